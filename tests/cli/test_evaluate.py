"""`evaluate`: figures, finished translations, and the right test text."""

import json
import shlex
import subprocess
import sys

import pytest
import sacrebleu
from digit_language import write_pairs
from report_examples import read
from shell import Shell, assert_fails, text_of

import attn_cli
from attn_cli.network import int8


def test_evaluate_gives_sacrebleus_figures(shell, digits):
    done = shell("evaluate", "digits", "--json")
    result = json.loads(done.stdout)
    assert done.stdout.count(b"\n") == 1
    source = (digits / "test.en").read_text(encoding="utf-8")
    hypotheses = text_of(shell("translate", "-m", "digits", stdin=source).stdout).splitlines()
    references = (digits / "test.fr").read_text(encoding="utf-8").splitlines()
    bleu = sacrebleu.metrics.BLEU()
    assert result["bleu"]["score"] == bleu.corpus_score(hypotheses, [references]).score
    assert set(str(bleu.get_signature()).split("|")) < set(result["bleu"]["signature"].split("|"))
    made = {"beam_size": 5, "length_penalty": 1.0, "precision": "float32", "device": "cpu", "threads": 1}
    assert made.items() <= result.items()
    assert result["attn_mt_version"] == attn_cli.__version__
    assert result["sentences"] == 50
    assert result["perplexity"] > 1
    assert sum(bucket["sentences"] for bucket in result["by_length"]) == 50
    shown = text_of(shell("evaluate", "digits").stdout)
    assert [line.split()[0] for line in shown.splitlines()[:4]] == ["BLEU", "chrF2", "TER", "perplexity"]
    other = shell("evaluate", "digits", "--json", "--test", str(digits / "valid"))
    assert json.loads(other.stdout)["test"] == str(digits / "valid")


@pytest.mark.skipif(not int8.is_available(), reason="this processor, or this torch, has no such products")
def test_evaluate_and_translate_compute_in_integers_if_asked(shell):
    result = json.loads(shell("evaluate", "digits", "--json", "--precision", "int8").stdout)
    usual = json.loads(shell("evaluate", "digits", "--json").stdout)
    assert (result["precision"], usual["precision"]) == ("int8", "float32")
    assert result["perplexity"] == usual["perplexity"]  # that is computed in float32
    assert result["bleu"]["score"] == pytest.approx(usual["bleu"]["score"], abs=5)
    rounded, exact = (
        json.loads(shell("translate", "-m", "digits", "--json", "--precision", precision, "one two").stdout)
        for precision in ("int8", "float32")
    )
    assert 1e-4 < abs(rounded["score"] - exact["score"]) < 0.1  # engines alone differ by less


def test_perplexity_leaves_out_very_long_pairs(shell, tmp_path):
    short, long = ("one two", "deux un"), ("one " * 1100, "un")
    results = {}
    for name, pairs in {"short": [short], "both": [short, long], "long": [long]}.items():
        write_pairs(tmp_path / name, pairs)
        done = shell("evaluate", "digits", "--beam", "1", "--json", "--test", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        results[name] = json.loads(done.stdout)
    assert results["short"]["perplexity"] == pytest.approx(results["both"]["perplexity"])
    assert "perplexity" not in results["long"]


def test_evaluate_scores_a_finished_translation_and_compares(shell, digits, tmp_path):
    references = (digits / "test.fr").read_text(encoding="utf-8")
    (tmp_path / "perfect.fr").write_text(references, encoding="utf-8")
    (tmp_path / "bad.fr").write_text(references.replace("un", "neuf"), encoding="utf-8")
    files = [str(tmp_path / name) for name in ("perfect.fr", "bad.fr")]
    done = shell(
        "evaluate", "digits", "--json", "--hypotheses", files[0], "--baseline", files[1], "--baseline", "digits"
    )
    result = json.loads(done.stdout)
    assert result["bleu"]["score"] == pytest.approx(100)
    assert result["model"] is None
    compared = result["baselines"][files[1]]["bleu"]
    assert compared["other"] < 95 < compared["score"]
    assert compared["p_value"] < 0.05
    assert set(result["baselines"]) == {files[1], "digits"}
    assert "against digits" in text_of(shell("evaluate", "digits", "--baseline", "digits").stdout)
    (tmp_path / "short.fr").write_text("un\n", encoding="utf-8")
    assert_fails(
        shell("evaluate", "digits", "--hypotheses", str(tmp_path / "short.fr")), "short.fr: it has 1 lines", "50"
    )


def test_evaluate_takes_one_of_sacrebleus_test_sets(shell, digits, tmp_path):
    (tmp_path / "wmt14").mkdir()
    texts = {name: (digits / f"test.{end}").read_text(encoding="utf-8") for name, end in (("src", "en"), ("ref", "fr"))}
    for field in sacrebleu.DATASETS["wmt14"].fieldnames("en-fr"):
        path = tmp_path / "wmt14" / f"wmt14.en-fr.{field}"
        path.write_text(texts.get(field, texts["src"]), encoding="utf-8")
    found = json.loads(shell("evaluate", "digits", "--json", "--test-set", "wmt14", SACREBLEU=str(tmp_path)).stdout)
    usual = json.loads(shell("evaluate", "digits", "--json").stdout)
    assert found["test"] == "wmt14"
    assert {**found, "test": usual["test"]} == usual
    assert_fails(shell("evaluate", "digits", "--test-set", "wmt15x"), "wmt15x: not a test set of sacreBLEU", "wmt15")
    both = shell("evaluate", "digits", "--test-set", "wmt14", "--test", str(digits / "valid"))
    assert both.returncode == 2
    assert b"one of --test and --test-set" in both.stderr


def test_a_baseline_that_does_not_match_is_refused_before_anything_is_translated(shell, tmp_path):
    (tmp_path / "wrong.fr").write_text("un\n", encoding="utf-8")
    done = shell("evaluate", "digits", "--baseline", str(tmp_path / "wrong.fr"))
    assert_fails(done, "wrong.fr: it has 1 lines, the test text 50")
    assert b"translating" not in done.stderr


@pytest.fixture(scope="module")
def prepared_again(tmp_path_factory, digits) -> Shell:
    """A shell with a model, whose corpus was prepared again with another seed since."""
    shell = Shell(tmp_path_factory.mktemp("again"))
    prepare = ("prepare", "en-fr", "--train", str(digits / "train"), "--out", "mine", "--vocab-size", "320")
    assert shell(*prepare, "--seed", "1").returncode == 0
    small = ("--embedding-size", "16", "--hidden-size", "16", "--decoder-layers", "1", "--steps", "2")
    assert shell("train", "mine", *small).returncode == 0
    assert shell("evaluate", "mine", "--beam", "1", "-q").returncode == 0
    assert shell(*prepare, "--seed", "2").returncode == 0
    return shell


def test_a_corpus_that_was_prepared_again_is_not_the_models_test_text(prepared_again, digits):
    assert_fails(prepared_again("evaluate", "mine"), "mine has been prepared again", "--test")
    test = str(digits / "test")
    assert prepared_again("evaluate", "mine", "--beam", "1", "-q", "--test", test).returncode == 0


def test_a_finished_translation_is_scored_without_any_model(tmp_path):
    shell = Shell(tmp_path / "no-home")
    pairs = [
        tuple(line.split("\n")) for line in ("a cat sleeps here\nun chat dort ici", "two dogs eat\ndeux chiens mangent")
    ]
    write_pairs(tmp_path / "t", pairs)
    (tmp_path / "t.tsv").write_text("".join("\t".join(pair) + "\n" for pair in pairs), encoding="utf-8")
    hypotheses = tmp_path / "output"
    hypotheses.write_text("un chat dort là\ndeux chiens mangent\n", encoding="utf-8")
    scores = []
    numbered = "".join(f"{number},{source},{target}\n" for number, (source, target) in enumerate(pairs))
    (tmp_path / "t.csv").write_text(numbered, encoding="utf-8")
    for test in (["t"], ["t.tsv"], ["t", "--pair", "en-fr"], ["t.csv", "--columns", "2,3"]):
        done = shell(
            "evaluate", "--hypotheses", str(hypotheses), "--json", "--test", str(tmp_path / test[0]), *test[1:]
        )
        assert done.returncode == 0, text_of(done.stderr)
        result = json.loads(done.stdout)
        assert (result["model"], result["precision"], result["device"]) == (None, None, None)
        scores.append(result["chrf"]["score"])
    assert 60 < scores[0] == scores[1] == scores[2] < 100
    (tmp_path / "t.de").write_text("eins\nzwei\n", encoding="utf-8")
    unclear = shell("evaluate", "--hypotheses", str(hypotheses), "--test", str(tmp_path / "t"))
    assert unclear.returncode == 2
    assert b"--pair" in unclear.stderr


@pytest.mark.parametrize(
    ("setting", "option", "source", "target"),
    [
        ("split_sentences", "--no-split", "one two\u2028three four", "deux un quatre trois"),
        ("copy_literals", "--no-copy", "one https://example.com/x two", "deux https://example.com/x un"),
    ],
)
def test_lines_are_split_and_literals_copied_unless_turned_off(shell, tmp_path, setting, option, source, target):
    (tmp_path / "test.en").write_text(f"{source}\n", encoding="utf-8")
    (tmp_path / "test.fr").write_text(f"{target}\n", encoding="utf-8")
    command = ("evaluate", "digits", "--test", str(tmp_path / "test"), "--json")
    on, off = (json.loads(shell(*command, *more).stdout) for more in ((), (option,)))
    assert (on[setting], off[setting]) == (True, False)
    assert on["chrf"]["score"] > 80
    assert off["chrf"]["score"] < on["chrf"]["score"] - 1


@pytest.fixture
def scored(shell, digits, tmp_path):
    """Runs `evaluate` on the digits' test text with a finished translation, `out.fr` in `tmp_path`."""
    references = (digits / "test.fr").read_text(encoding="utf-8")
    (tmp_path / "out.fr").write_text(references.replace("un", "neuf"), encoding="utf-8")
    text = ("--test", str(digits / "test"), "--pair", "en-fr")
    return lambda *arguments, **more: shell(
        "evaluate", "--hypotheses", str(tmp_path / "out.fr"), *text, *arguments, **more
    )


def test_several_references_are_used_by_all_scores(scored, digits, tmp_path):
    first = (digits / "test.fr").read_text(encoding="utf-8").splitlines()
    second = ["", *(line.replace("un", "neuf", 1) for line in first[1:])]
    third = [line[::-1] for line in first]
    for name, lines in (("second", second), ("third", third)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    more = [argument for name in ("second", "third") for argument in ("--reference", str(tmp_path / name))]
    result = json.loads(scored("--json", *more, "--baseline", str(tmp_path / "third")).stdout)
    hypotheses = (tmp_path / "out.fr").read_text(encoding="utf-8").splitlines()
    references = [first, [line or None for line in second], third]
    for key, expected in (
        ("bleu", sacrebleu.corpus_bleu(hypotheses, references)),
        ("chrf", sacrebleu.corpus_chrf(hypotheses, references)),
        ("ter", sacrebleu.corpus_ter(hypotheses, references)),
    ):
        compared = result["baselines"][str(tmp_path / "third")][key]
        assert result[key]["score"] == compared["score"] == expected.score
        assert result[key]["signature"].startswith("nrefs:var|")
        assert compared["signature"].startswith("nrefs:var|")
    assert result["references"] == 3
    (tmp_path / "second").write_text("un\n", encoding="utf-8")
    assert_fails(scored(*more), "second: it has 1 lines, the test text 50; they must match line by line")


def test_a_finished_translation_is_read_from_standard_input(shell, scored, digits, tmp_path):
    text = (tmp_path / "out.fr").read_bytes()
    with_file = json.loads(scored("--json").stdout)
    for arguments in (("--test", str(digits / "test"), "--pair", "en-fr"), ("--test", str(digits / "test"))):
        done = shell("evaluate", "--json", "--hypotheses", "-", *arguments, stdin=text)
        assert json.loads(done.stdout) == with_file | {"hypotheses": "standard input"}
    against = json.loads(shell("evaluate", "digits", "--json", "--hypotheses", "-", stdin=text).stdout)
    assert against["bleu"] == with_file["bleu"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"un\n" * 49, "it has 49 lines, the test text 50"),
        (b"un\n" * 51, "it has more than 50 lines, the test text 50"),
        (b"un\n\xff\n", "standard input, line 2, byte 1: not valid UTF-8"),
        (b"", "it has 0 lines"),
    ],
)
def test_standard_input_that_does_not_match_is_refused(data, message, shell):
    done = shell("evaluate", "digits", "--hypotheses", "-", "--baseline", "digits", stdin=data)
    assert_fails(done, "standard input", message)
    assert b"translating" not in done.stderr


def test_a_closed_standard_input_is_an_error(shell):
    command = f"{shlex.quote(sys.executable)} -m attn_cli evaluate digits --hypotheses - <&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, check=False)
    assert_fails(done, "standard input: it is closed")


def test_each_sentence_is_written_with_its_scores(shell, digits, tmp_path):
    table, objects = tmp_path / "new" / "s.tsv", tmp_path / "s.jsonl"
    plain = shell("evaluate", "digits")
    for path in (table, objects):
        done = shell("evaluate", "digits", "--sentences", str(path))
        assert done.stdout == plain.stdout, text_of(done.stderr)
        assert f"sentences: {path}" in text_of(done.stderr)
    assert [file.name for file in table.parent.iterdir()] == ["s.tsv"]
    rows = [json.loads(line) for line in objects.read_text(encoding="utf-8").splitlines()]
    references = (digits / "test.fr").read_text(encoding="utf-8").splitlines()
    assert [row["references"] for row in rows] == [[reference] for reference in references]
    assert [row["id"] for row in rows] == list(range(1, 51))
    row = rows[7]
    assert row["bleu"] == sacrebleu.sentence_bleu(row["hypothesis"], row["references"]).score
    assert -5 < row["score"] < 0
    head, *lines = table.read_text(encoding="utf-8").splitlines()
    assert head == "id\tsource\thypothesis\treference\tbleu\tchrf\tter\tscore"
    assert [line.split("\t")[2] for line in lines] == [row["hypothesis"] for row in rows]


def test_sentences_that_cannot_be_written_are_refused_before_any_work(shell, tmp_path):
    (tmp_path / "notes.tsv").write_text("mine\n", encoding="utf-8")
    for path in (tmp_path / "notes.tsv", tmp_path / "notes.tsv" / "s.tsv"):
        done = shell("evaluate", "digits", "--sentences", str(path))
        assert_fails(done, f"{path}: ", "choose another path")
        assert b"translating" not in done.stderr
    assert (tmp_path / "notes.tsv").read_text(encoding="utf-8") == "mine\n"


@pytest.fixture(scope="module")
def second(shell, tmp_path_factory) -> str:
    """The folder of another model trained on the digit corpus, for a moment only."""
    folder = str(tmp_path_factory.mktemp("second") / "model")
    small = ("--embedding-size", "16", "--hidden-size", "32", "--decoder-layers", "1", "--steps", "40")
    assert shell("train", "digits", *small, "--out", folder).returncode == 0
    return folder


def test_models_are_evaluated_together(shell, digits, second, tmp_path):
    both = ("-m", "digits", "-m", second)
    done = shell("evaluate", *both, "--json", "--baseline", "digits", "--report", str(tmp_path / "r.html"))
    assert done.returncode == 0, text_of(done.stderr)
    assert b"digits + model: translating 50 sentences" in done.stderr
    result = json.loads(done.stdout)
    assert (result["model"], result["models"]) == (None, [str(shell.home / "models" / "digits"), second])
    source = (digits / "test.en").read_text(encoding="utf-8")
    hypotheses = text_of(shell("translate", "-q", "--engine", "torch", *both, stdin=source).stdout).splitlines()
    references = (digits / "test.fr").read_text(encoding="utf-8").splitlines()
    assert result["bleu"]["score"] == sacrebleu.corpus_bleu(hypotheses, [references]).score
    alone = [json.loads(shell("evaluate", name, "--json").stdout) for name in ("digits", second)]
    assert alone[1]["model"] == second
    assert alone[0]["perplexity"] < result["perplexity"] < alone[1]["perplexity"]
    assert result["baselines"]["digits"]["bleu"]["other"] == alone[0]["bleu"]["score"]
    report = read((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "digits + model" in {words["data-name"] for words in report.attributes("div", role="listbox")}
    assert {"digits", "model"} <= {*report.texts["dd"]}
    assert shell("evaluate", "-m", second, "--json").stdout == shell("evaluate", second, "--json").stdout


def test_a_tokenizer_is_named_by_the_signature(scored, tmp_path):
    for options in ((), ("--tokenize", "char")):
        result = json.loads(scored("--json", *options).stdout)
        assert f"tok:{options[-1] if options else '13a'}|" in result["bleu"]["signature"]
    # In a cache that is a file nothing can be stored, and nothing is downloaded.
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = scored("--tokenize", "flores200", SACREBLEU=str(tmp_path / "file"), LC_ALL="C.UTF-8")
    assert_fails(done, "--tokenize flores200: cannot be used")
