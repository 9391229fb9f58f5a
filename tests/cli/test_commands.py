"""The command line as a user meets it: processes, streams and exit codes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import sacrebleu
import typer
from digit_language import FRENCH, digit_pairs, write_pairs
from shell import assert_fails, text_of

from attn_cli.cli.exit_codes import exit_codes

ODD_INPUT = "\n".join(
    [
        "one two",
        "",
        "crlf\r",
        "lone\rcr",
        "x\u0085y",
        "x\u2028y",
        "nul\x00",
        "😀👩‍👩‍👧 emoji",
        "مرحبا بالعالم",
        "   ",
        "e\u0301",
    ]
)


@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "train --help", "translate --beam 0 x", "evaluate --nope"]
)
def test_help_version_and_usage_errors_do_not_import_torch(arguments, shell):
    code = f"import sys; sys.argv[1:] = {arguments.split()!r}\nimport atexit\n"
    code += "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
    code += "from attn_cli.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=shell.environment, check=False)
    assert text_of(done.stderr).endswith("False\n")
    assert done.returncode == (2 if arguments.split()[-1] in ("x", "--nope") else 0)


@pytest.mark.parametrize("command", ["prepare", "train", "translate", "evaluate"])
def test_every_option_has_help(command, shell):
    shown = text_of(shell(command, "--help", COLUMNS="250", NO_COLOR="1").stdout)
    options = [line for line in shown.splitlines() if line.startswith(("│ --", "│ *"))]
    assert options
    for line in options:
        *_, last = [part for part in line.strip("│ ").split("  ") if part]
        assert len(last.split()) >= 2, line  # words, not the option's name or type


def test_the_version_is_shown(shell):
    assert text_of(shell("--version").stdout).startswith("attn-mt 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "--beam", "0", "x"],
        ["train", "digits", "--minutes", "1", "--steps", "5"],
        ["train", "digits", "--resume", "--hidden-size", "64"],
        ["train", "digits", "--hidden-size", "33", "--out", "odd"],
        ["train", "digits", "--attention", "telepathy", "--out", "odd"],
        ["train", "digits", "--attention", "none", "--window", "local-m", "--out", "odd"],
        ["train", "digits", "--attention", "none", "--hard-attention", "--out", "odd"],
        ["train", "digits", "--cell", "transformer", "--out", "odd"],
        ["translate", "--plot", "map.gif", "one"],
        ["translate", "--plot", "map.png", "one", "two"],
        ["translate", "--plot", "map.png"],
        ["translate", "--plot", "map.png", " "],
        ["translate", "--plot", "map.png", "one " * 200],
        ["prepare", "english"],
        ["paint"],
        ["train"],
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_so(arguments, shell):
    done = shell(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert "Usage: attn-mt" in text_of(done.stderr)
    assert "Error" in text_of(done.stderr)


def test_arguments_are_lines_and_stdin_is_left_alone(shell):
    done = shell("translate", "one two three", "", "four five\nsix", stdin="nine\n")
    lines = text_of(done.stdout).split("\n")
    assert (done.returncode, len(lines), lines[1], lines[3]) == (0, 4, "", "")
    assert lines[0] == "trois deux un"


def test_a_pipe_is_translated_line_by_line_in_order(shell, digits):
    source = (digits / "test.en").read_text(encoding="utf-8")
    done = shell("translate", "-q", stdin=source)
    reference = (digits / "test.fr").read_text(encoding="utf-8").splitlines()
    translated = text_of(done.stdout).splitlines()
    assert len(translated) == len(reference)
    assert sum(a == b for a, b in zip(translated, reference, strict=True)) > 0.8 * len(reference)
    assert done.stderr == b""


def test_odd_input_gives_as_many_lines_out(shell):
    data = ODD_INPUT.encode() + b"\ninvalid \xff\xfe utf-8\n" + b"one two " * 1000 + b"\nno line feed at the end"
    done = shell("translate", "--beam", "1", stdin=data)
    assert done.returncode == 0
    assert done.stdout.count(b"\n") == data.count(b"\n") + 1
    assert text_of(done.stdout).split("\n")[1] == ""
    assert "\r" not in text_of(done.stdout)


@pytest.mark.slow
def test_a_line_of_a_megabyte_gives_one_line(shell):
    done = shell("translate", "--beam", "1", stdin="one two three four. " * 50_000)
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 1)
    assert len(done.stdout) > 10_000


@pytest.mark.parametrize("data", ["", "\n", "a\n\nb\n", "a"])
def test_as_many_lines_come_out_as_go_in(data, shell):
    expected = data.count("\n") + (not data.endswith("\n") and data != "")
    assert shell("translate", stdin=data).stdout.count(b"\n") == expected


def test_both_engines_translate_alike(shell):
    lines = [source for source, _ in digit_pairs(5, seed=9)]
    numpy, torch = (shell("translate", "--engine", engine, *lines, ATTN_MT_THREADS="") for engine in ("numpy", "torch"))
    assert numpy.returncode == torch.returncode == 0
    assert numpy.stdout == torch.stdout
    assert numpy.stdout.count(b"\n") == 5


@pytest.mark.parametrize(("count", "torch"), [(1, "False"), (32, "False"), (200, "True")])
def test_torch_is_imported_for_many_lines_only_and_order_is_kept(count, torch, shell, digits):
    source = (digits / "train.en").read_text().splitlines()[:count]
    code = "import sys; sys.argv[1:] = ['translate', '--beam', '1']\nimport atexit\n"
    code += "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
    code += "from attn_cli.cli.app import main; main()"
    environment = shell.environment | {"ATTN_MT_THREADS": ""}
    text = "\n".join(source).encode()
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, env=environment, check=False)
    assert text_of(done.stderr).endswith(f"{torch}\n")
    assert done.stdout == shell("translate", "--beam", "1", *source).stdout
    assert done.stdout.count(b"\n") == count


def test_the_locale_changes_nothing(shell):
    given, read = ("seven zero", "zéro"), "zero été\n"
    results = []
    for locale in ("C.UTF-8", "C", "POSIX"):
        environment = {"LC_ALL": locale, "LANG": locale}
        if locale == "POSIX":
            environment["PYTHONCOERCECLOCALE"] = "0"
        results.append(
            shell("translate", *given, **environment).stdout + shell("translate", stdin=read, **environment).stdout
        )
    assert results[0] == results[1] == results[2]
    assert text_of(results[0]).startswith("zéro sept\n")


class TestAttention:
    """translate --heatmap and --plot."""

    LINES = "one two three\n\nseven\nnine zero\n"

    def test_only_translations_go_to_stdout_and_each_has_its_map_on_stderr(self, shell):
        plain, mapped = shell("translate", stdin=self.LINES), shell("translate", "--heatmap", stdin=self.LINES)
        assert mapped.stdout == plain.stdout
        assert mapped.stdout.count(b"\n") == 4
        assert (plain.stderr, mapped.returncode) == (b"", 0)
        rows = [line.split()[0] for line in text_of(mapped.stderr).splitlines() if line.endswith(tuple("·0123456789"))]
        assert rows == ["trois", "deux", "un", "</s>", "sept", "</s>", "zéro", "neuf", "</s>"]
        assert b"\x1b" not in mapped.stderr

    def test_a_map_follows_its_translation(self, shell):
        command = f"{sys.executable} -m attn_cli translate --heatmap one 'nine zero' 2>&1"
        done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, check=False)
        lines = [line for line in text_of(done.stdout).splitlines() if line in ("un", "zéro neuf") or "│" in line]
        assert lines[0] == "un"
        assert lines[1].endswith("</s>")
        assert "zéro neuf" in lines[2:-1]

    def test_both_engines_show_the_same(self, shell):
        numpy, torch = (
            shell("translate", "--heatmap", "--engine", engine, "six one two", ATTN_MT_THREADS="")
            for engine in ("numpy", "torch")
        )
        figures = [np.array(re.findall(r"\d+", text_of(done.stderr)), dtype=int) for done in (numpy, torch)]
        assert len(figures[0]) > 4
        np.testing.assert_allclose(figures[0], figures[1], atol=1)

    def test_colour_is_for_those_who_want_it(self, shell):
        coloured = shell("translate", "--heatmap", "one", FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="")
        bare = shell("translate", "--heatmap", "one", FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="1")
        assert b"\x1b[38;5;" in coloured.stderr
        assert b"\x1b" not in bare.stderr
        assert re.sub(rb"\x1b\[[0-9;]*m", b"", coloured.stderr) == bare.stderr

    def test_a_map_fits_the_terminal(self, shell):
        done = shell("translate", "--heatmap", "one two three four five six " * 4, COLUMNS="60")
        assert max(map(len, text_of(done.stderr).splitlines())) <= 60

    def test_a_long_line_has_a_map_for_each_segment(self, shell):
        done = shell("translate", "--heatmap", "one two. " * 100, COLUMNS="5000")
        assert done.stdout.count(b"\n") == 1
        assert len(re.findall(r"^ *</s>", text_of(done.stderr), flags=re.MULTILINE)) >= 2

    def test_quiet_shows_none(self, shell):
        done = shell("translate", "--heatmap", "-q", "one")
        assert (text_of(done.stdout), done.stderr) == ("un\n", b"")

    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_the_matrix_of_a_line_becomes_a_picture(self, ending, shell, tmp_path):
        done = shell("translate", "--plot", str(tmp_path / f"map.{ending}"), "one two")
        assert (text_of(done.stdout), done.stderr) == ("deux un\n", b"")
        assert [path.name for path in tmp_path.iterdir()] == [f"map.{ending}"]

    def test_a_picture_that_cannot_be_written_is_named(self, shell, tmp_path):
        (tmp_path / "file").write_text("in the way")
        done = shell("translate", "--plot", str(tmp_path / "file" / "map.png"), "one")
        assert done.returncode == 1
        assert text_of(done.stderr).startswith(f"error: {tmp_path / 'file'}")

    def test_a_model_without_attention_is_refused_before_anything_is_translated(self, shell, tmp_path):
        model = str(tmp_path / "vector")
        sizes = ("--embedding-size", "8", "--hidden-size", "8", "--decoder-layers", "1")
        assert shell("train", "digits", "--attention", "none", *sizes, "--steps", "1", "--out", model).returncode == 0
        for option in (["--heatmap"], ["--plot", "map.png"]):
            assert_fails(shell("translate", "-m", model, *option, "one"), "vector: trained with --attention none")


def test_what_draws_is_imported_only_to_draw(shell):
    drawing = {"rich", "matplotlib", "attn_cli.decoding.alignment", "attn_cli.console"}
    assert shell.imports(drawing, "translate", "one") == (b"un\n", set())
    assert shell.imports(drawing, "translate", "--heatmap", "one") == (b"un\n", drawing - {"matplotlib"})


def test_it_answers_as_a_coprocess(shell):
    with subprocess.Popen(
        [sys.executable, "-m", "attn_cli", "translate"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=shell.environment,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for english, french in (("one two", "deux un"), ("nine zero", "zéro neuf")):
            process.stdin.write(f"{english}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().decode() == f"{french}\n"
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_reader_that_leaves_is_no_error(shell):
    command = f"yes one | {sys.executable} -m attn_cli translate | head -1; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, timeout=60, check=False)
    assert (text_of(done.stdout), done.stderr) == ("un\n0\n", b"")


def test_a_reader_of_the_progress_that_leaves_does_not_stop_the_training(shell, tmp_path):
    train = f"{sys.executable} -m attn_cli train digits --steps 60 --out {tmp_path}/m"
    done = subprocess.run(
        ["bash", "-c", f"{train} 2>&1 | head -2; echo ${{PIPESTATUS[0]}}"],
        capture_output=True, env=shell.environment, timeout=100, check=False,
    )  # fmt: skip
    assert text_of(done.stdout).splitlines()[-1] == "0"
    assert (tmp_path / "m" / "config.json").exists()


def test_closed_streams_are_no_traceback(shell):
    for redirection, code in (("<&-", 0), ("one >&-", 1)):
        command = f"{sys.executable} -m attn_cli translate {redirection}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, check=False)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["translate one", "evaluate -q", "evaluate -q --json"])
def test_a_full_disk_behind_stdout_is_a_failure(command, shell):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "attn_cli", *command.split()], stdout=full, stderr=subprocess.PIPE,
            env=shell.environment, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert text_of(done.stderr) == "error: standard output: No space left on device; the output is incomplete\n"


def test_several_models_translate_together_if_they_are_of_one_corpus(shell, digits, tmp_path):
    second = str(tmp_path / "second")
    small = ["--embedding-size", "16", "--hidden-size", "32", "--steps", "30"]
    assert shell("train", "digits", *small, "--out", second).returncode == 0
    lines = [source for source, _ in digit_pairs(40, seed=5)]
    alone, twice, both = (
        shell("translate", "-q", *[part for name in names for part in ("-m", name)], stdin="\n".join(lines)).stdout
        for names in (["digits"], ["digits", "digits"], ["digits", second])
    )
    assert alone == twice
    assert both.count(b"\n") == 40
    assert shell("prepare", "en-fr", "--train", str(digits / "train"), "--out", str(tmp_path / "other")).returncode == 0
    other = str(tmp_path / "model")
    assert shell("train", str(tmp_path / "other"), *small, "--out", other).returncode == 0
    assert_fails(shell("translate", "-m", "digits", "-m", other, "one"), "digits and model: not of one tokenizer")


def test_evaluate_gives_sacrebleus_figures(shell, digits):
    done = shell("evaluate", "digits", "--json")
    result = json.loads(done.stdout)
    assert done.stdout.count(b"\n") == 1
    source = (digits / "test.en").read_text(encoding="utf-8")
    hypotheses = text_of(shell("translate", "-m", "digits", stdin=source).stdout).splitlines()
    references = (digits / "test.fr").read_text(encoding="utf-8").splitlines()
    bleu = sacrebleu.metrics.BLEU()
    assert result["bleu"]["score"] == bleu.corpus_score(hypotheses, [references]).score
    assert result["bleu"]["signature"] == str(bleu.get_signature())
    assert result["sentences"] == 50
    assert result["perplexity"] > 1
    assert sum(bucket["sentences"] for bucket in result["by_length"]) == 50
    shown = text_of(shell("evaluate", "digits").stdout)
    assert [line.split()[0] for line in shown.splitlines()[:4]] == ["BLEU", "chrF2", "TER", "perplexity"]
    other = shell("evaluate", "digits", "--json", "--test", str(digits / "valid"))
    assert json.loads(other.stdout)["test"] == str(digits / "valid")


def test_perplexity_leaves_out_what_no_memory_might_hold(shell, tmp_path):
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
    assert_fails(
        shell("evaluate", "digits", "--test-set", "wmt15x"), "wmt15x: sacreBLEU knows no such test set", "wmt15"
    )
    both = shell("evaluate", "digits", "--test-set", "wmt14", "--test", str(digits / "valid"))
    assert both.returncode == 2
    assert b"one of --test and --test-set" in both.stderr


def test_train_and_prepare_give_json(shell, digits, tmp_path):
    prepared = shell("prepare", "en-fr", "--train", str(digits / "train"), "--out", str(tmp_path / "c"), "--json", "-q")
    assert json.loads(prepared.stdout)["pairs"]["train"] + 60 == 600
    assert prepared.stderr == b""
    trained = shell("train", str(tmp_path / "c"), "--steps", "2", "--out", str(tmp_path / "m"), "--json", "-q")
    assert json.loads(trained.stdout)["steps"] == 2
    assert trained.stderr == b""


def test_the_other_direction_reads_the_same_corpus_backwards(shell, digits, tmp_path):
    texts = [argument for name in ("train", "valid", "test") for argument in (f"--{name}", str(digits / name))]
    home = tmp_path / "home"
    run = type(shell)(home)
    assert run("prepare", "en-fr", *texts).returncode == 0
    assert run("train", "fr-en", "--steps", "2").returncode == 0
    assert json.loads((home / "models" / "fr-en" / "config.json").read_text())["settings"]["source_language"] == "fr"
    assert run("train", "en-fr", "--reverse", "--steps", "2", "--out", "back").returncode == 0
    same = [(home / "models" / name / "model.safetensors").read_bytes() for name in ("fr-en", "back")]
    assert same[0] == same[1]
    assert json.loads(run("evaluate", "fr-en", "--json").stdout)["sentences"] == 50
    more = run("train", "en-fr", "--resume", "--steps", "3", "--out", "back", "--json")  # it knows its direction
    assert json.loads(more.stdout)["steps"] == 3
    assert run("train", "en-fr", "--steps", "2").returncode == 0
    assert_fails(run("evaluate", "en-fr", "--baseline", "fr-en"), "--baseline fr-en: translates fr to en, not en to fr")


def test_a_baseline_that_does_not_match_is_refused_before_anything_is_translated(shell, tmp_path):
    (tmp_path / "wrong.fr").write_text("un\n", encoding="utf-8")
    done = shell("evaluate", "digits", "--baseline", str(tmp_path / "wrong.fr"))
    assert_fails(done, "wrong.fr: it has 1 lines, the test text 50")
    assert b"translating" not in done.stderr


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (MemoryError(), "out of memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory"),
    ],
)
def test_a_lack_of_memory_is_one_line(error, shown, capsys):
    with pytest.raises(typer.Exit) as caught, exit_codes():
        raise error
    assert caught.value.exit_code == 1
    assert shown in capsys.readouterr().err


def test_an_error_of_the_program_itself_is_not_hidden():
    with pytest.raises(RuntimeError, match="refer to a single memory location"), exit_codes():
        raise RuntimeError("elements refer to a single memory location")


def test_ctrl_c_saves_and_says_how_to_resume(shell, tmp_path):
    command = [sys.executable, "-m", "attn_cli", "train", "digits", "--minutes", "5", "--out", str(tmp_path / "m")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=shell.environment, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("step 20 "):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 130
    hint = next(line for line in rest.splitlines() if "--resume" in line)
    log = (tmp_path / "m" / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    stopped = json.loads(log[-1])["step"]
    resumed = shell(*hint.split("attn-mt ")[1].split(), "--steps", str(stopped + 5))
    assert resumed.returncode == 0, text_of(resumed.stderr)
    assert f"resuming after update {stopped:,}" in text_of(resumed.stderr)
    assert f"trained {stopped + 5:,} updates" in text_of(resumed.stderr)


class TestWrongInput:
    """One clear line and exit code 1 each, and nothing lost."""

    def test_an_unknown_pair(self, shell):
        assert_fails(shell("train", "xx-yy"), "xx-yy", "attn-mt prepare xx-yy --train")
        assert_fails(shell("prepare", "xx-yy"), "attn-mt prepare xx-yy --train")

    def test_a_corpus_that_is_not_there(self, shell, tmp_path):
        assert_fails(shell("train", "nothing"), "nothing", "attn-mt prepare")
        assert_fails(shell("train", str(tmp_path / "nothing")), "nothing", "attn-mt prepare")

    def test_a_missing_file(self, shell, tmp_path):
        done = shell("prepare", "en-fr", "--train", str(tmp_path / "no"), "--out", str(tmp_path / "c"))
        assert_fails(done, str(tmp_path / "no.en"), "no such file")

    def test_sides_of_different_lengths(self, shell, tmp_path):
        write_pairs(tmp_path / "t", digit_pairs(30, seed=1))
        with (tmp_path / "t.fr").open("a", encoding="utf-8") as file:
            file.write("trop\n")
        done = shell("prepare", "en-fr", "--train", str(tmp_path / "t"), "--out", str(tmp_path / "c"))
        assert_fails(done, "t.en has 30 lines", "t.fr has 31 lines")

    def test_text_that_is_not_utf8(self, shell, tmp_path):
        write_pairs(tmp_path / "t", digit_pairs(30, seed=1))
        lines = (tmp_path / "t.fr").read_bytes().split(b"\n")
        lines[6] = "zéro".encode("latin-1")
        (tmp_path / "t.fr").write_bytes(b"\n".join(lines))
        done = shell("prepare", "en-fr", "--train", str(tmp_path / "t"), "--out", str(tmp_path / "c"))
        assert_fails(done, f"{tmp_path / 't.fr'}, line 7")

    @pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.json"])
    @pytest.mark.parametrize("damage", ["missing", "cut short"])
    def test_a_damaged_model(self, name, damage, shell, tmp_path):
        folder = shutil.copytree(shell.home / "models" / "digits", tmp_path / "m")
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        if damage == "cut short":
            (folder / name).write_bytes(content[: len(content) // 2])
        assert_fails(shell("translate", "-m", str(folder), "one"), name)

    def test_a_model_from_a_newer_version(self, shell, tmp_path):
        folder = shutil.copytree(shell.home / "models" / "digits", tmp_path / "m")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"format_version": 99}))
        assert_fails(shell("translate", "-m", str(folder), "one"), "newer", "update attn-mt")

    def test_a_model_that_is_there_already(self, shell):
        weights = shell.home / "models" / "digits" / "model.safetensors"
        before = weights.read_bytes()
        assert_fails(shell("train", "digits", "--steps", "1"), "--resume", "--overwrite")
        assert weights.read_bytes() == before

    def test_a_folder_that_holds_something_else(self, shell, digits, tmp_path):
        (tmp_path / "thesis.txt").write_text("years of work")
        assert_fails(shell("train", "digits", "--steps", "1", "--out", str(tmp_path)), "holds something else")
        texts = ("--train", str(digits / "train"))
        assert_fails(shell("prepare", "en-fr", *texts, "--out", str(tmp_path)), "holds something else")
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_a_project_with_a_training_folder_of_its_own(self, shell, tmp_path):
        (tmp_path / "training").mkdir()
        (tmp_path / "training" / "state.pt").write_text("a week of work")
        done = shell("train", "digits", "--steps", "1", "--overwrite", "--out", str(tmp_path))
        assert_fails(done, "holds something else")
        assert (tmp_path / "training" / "state.pt").read_text() == "a week of work"

    def test_no_model_at_all(self, shell, tmp_path):
        assert_fails(shell("translate", "one", ATTN_MT_HOME=str(tmp_path)), "attn-mt train en-fr")

    def test_nothing_to_resume(self, shell, tmp_path):
        assert_fails(shell("train", "digits", "--resume", "--out", str(tmp_path / "m")), "nothing to resume")

    def test_a_device_that_is_not_there(self, shell):
        assert_fails(shell("translate", "--device", "cuda:7", "one"), "--device cuda:7")

    def test_a_place_that_cannot_be_written(self, shell, tmp_path):
        (tmp_path / "file").write_text("in the way")
        place = str(tmp_path / "file" / "m")
        assert_fails(shell("train", "digits", "--steps", "1", "--out", place), "file")


def test_several_models_are_told_apart_and_the_last_is_named(shell, tmp_path):
    home = tmp_path / "home"
    for age, name in ((100, "old"), (50, "new")):
        folder = shutil.copytree(shell.home / "models" / "digits", home / "models" / name)
        os.utime(folder / "config.json", (time.time() - age,) * 2)
    done = shell("translate", "one", ATTN_MT_HOME=str(home))
    assert "model: new" in text_of(done.stderr)
    assert text_of(done.stdout).strip() in FRENCH
    assert shell("translate", "-q", "one", ATTN_MT_HOME=str(home)).stderr == b""
