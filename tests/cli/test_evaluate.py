"""`evaluate`: figures, finished translations, and the right test text."""

import json

import pytest
import sacrebleu
from digit_language import write_pairs
from shell import Shell, assert_fails, text_of

import attn_cli


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
    for test in (["t"], ["t.tsv"], ["t", "--pair", "en-fr"]):
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


def test_a_line_is_split_into_sentences_unless_it_is_to_stay_whole(shell, tmp_path):
    (tmp_path / "test.en").write_text("one two\u2028three four\n", encoding="utf-8")
    (tmp_path / "test.fr").write_text("deux un quatre trois\n", encoding="utf-8")
    results = [
        json.loads(shell("evaluate", "digits", "--test", str(tmp_path / "test"), "--json", *option).stdout)
        for option in ((), ("--no-split",))
    ]
    assert [result["split_sentences"] for result in results] == [True, False]
    assert results[0]["chrf"]["score"] == pytest.approx(100)
    assert results[1]["chrf"]["score"] < 99
