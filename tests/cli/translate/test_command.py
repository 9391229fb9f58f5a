"""`translate`: one line in, one line out, from arguments, pipes and co-processes."""

import gzip
import json
import shlex
import subprocess
import sys

import pytest
from digit_language import digit_pairs
from shell import assert_fails, text_of

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
        "\u200b",
        "\u00ad",
        "\x1b[31m\x9b",
    ]
)


def test_arguments_are_lines_and_stdin_is_left_alone(shell):
    done = shell("translate", "one two three", "", "four five\nsix", stdin="nine\n")
    lines = text_of(done.stdout).split("\n")
    assert (done.returncode, len(lines), lines[1], lines[3]) == (0, 4, "", "")
    assert lines[0] == "trois deux un"


def test_a_dash_stands_for_stdin(shell):
    assert shell("translate", "-", stdin="one two\nnine\n").stdout == b"deux un\nneuf\n"


def test_likely_slips_are_noted_and_translated_all_the_same(shell, digits):
    done = shell("translate", "one", "two", str(digits / "test.en"))
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 3)
    assert "attn-mt translate < " in text_of(done.stderr)
    assert "each of the 3 words is translated by itself" in text_of(done.stderr)
    assert shell("translate", "-q", "one", "two").stderr == b""
    assert shell("translate", "one two", "three " * 1000).stderr == b""


def test_lines_in_the_language_of_the_translation_get_one_warning(shell):
    lines = "one two three four five\nquatre et trois font sept\none\n"
    done = shell("translate", "--check-language", stdin=lines)
    assert (done.returncode, done.stdout) == (0, shell("translate", stdin=lines).stdout)
    assert text_of(done.stderr) == "warning: 1 of 3 lines look like fr, not en: line 2\n"
    assert shell("translate", "--check-language", "-q", stdin=lines).stderr == b""


@pytest.mark.parametrize("text", ["-5 degrees", "--he said", "- yes", "-5"])
def test_a_text_that_begins_with_a_dash_is_told_apart_by_two_dashes(text, shell):
    done = shell("translate", "one", text, COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"put -- before a text that begins with a dash: attn-mt translate -- {shlex.quote(text)} " in text_of(
        done.stderr
    )
    assert shell("translate", "--", "one", text).stdout.startswith(b"un\n")


@pytest.mark.parametrize("arguments", [["--beem", "3", "one"], ["--beam", "3 -", "one"], ["--beem", "--", "- yes"]])
def test_other_usage_errors_do_not_speak_of_dashes(arguments, shell):
    done = shell("translate", *arguments)
    assert (done.returncode, b"put --" in done.stderr) == (2, False)


def test_a_closed_stdin_is_an_error_if_there_is_no_text(shell):
    command = f"{shlex.quote(sys.executable)} -m attn_cli translate <&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, check=False)
    assert_fails(done, "standard input: it is closed")
    done = subprocess.run(
        ["bash", "-c", f"{shlex.quote(sys.executable)} -m attn_cli translate one <&-"],
        capture_output=True, env=shell.environment, check=False,
    )  # fmt: skip
    assert done.stdout == b"un\n"


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
    assert not [character for line in text_of(done.stdout).split("\n") for character in line if ord(character) < 32]
    assert not set("\x1b\x7f\x85\x9b\u2028\u2029") & set(text_of(done.stdout))


def test_every_sentence_of_a_line_is_translated_unless_the_line_is_to_stay_whole(shell):
    line = "one two\u2028three four\u2028five six\n"
    assert text_of(shell("translate", "-q", stdin=line).stdout) == "deux un quatre trois six cinq\n"
    assert text_of(shell("translate", "-q", "--no-split", stdin=line).stdout) == "six cinq quatre trois deux un\n"


def test_a_file_is_translated_as_it_is_evaluated(shell, digits, tmp_path):
    translated = shell("translate", "-q", stdin=(digits / "test.en").read_bytes())
    (tmp_path / "out.fr").write_bytes(translated.stdout)
    own = json.loads(shell("evaluate", "digits", "--json").stdout)
    test = ("--test", str(digits / "test"))
    read = json.loads(shell("evaluate", "--hypotheses", str(tmp_path / "out.fr"), *test, "--json").stdout)
    assert [own[metric]["score"] for metric in ("bleu", "chrf")] == [
        read[metric]["score"] for metric in ("bleu", "chrf")
    ]


def test_bytes_that_are_not_utf_8_are_replaced_with_one_note(shell):
    data = b"one two\n\xff three\n\xff\n"
    done = shell("translate", stdin=data)
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 3)
    assert text_of(done.stderr).count("not valid UTF-8") == 1
    assert "2 of 3 lines are not valid UTF-8, the first is line 2;" in text_of(done.stderr)
    assert shell("translate", "-q", stdin=data).stderr == b""


@pytest.mark.parametrize(
    ("data", "name"),
    [(gzip.compress(b"one\n", mtime=0), "gzip"), ("one\n".encode("utf-16"), "UTF-16")],
    ids=["gzip", "UTF-16"],
)
def test_input_in_another_format_is_refused_by_name(shell, data, name):
    assert_fails(shell("translate", stdin=data), "standard input", name)


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


def test_several_models_translate_together_if_they_share_a_corpus(shell, digits, tmp_path):
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
    assert_fails(
        shell("translate", "-m", "digits", "-m", other, "one"),
        "digits and model: models that translate together must share",
    )


def test_a_device_that_is_not_there(shell):
    assert_fails(shell("translate", "--device", "cuda:7", "one"), "--device cuda:7")


def test_literals_are_copied_unless_they_are_to_be_translated(shell):
    line = "one https://example.com/x two"
    assert b"https://example.com/x" in shell("translate", line).stdout
    assert b"https://example.com/x" not in shell("translate", "--no-copy", line).stdout
