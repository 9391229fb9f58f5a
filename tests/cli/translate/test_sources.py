"""`translate` with files: input from one, output to one as a whole or not at all, and the progress on a terminal."""

import gzip
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from shell import assert_fails, needs_ctrl_c, text_of

MODEL = str(Path(__file__).parents[2] / "released" / "format-1" / "model")
COMMAND = (sys.executable, "-m", "attn_cli", "translate", "-m", MODEL, "--engine", "numpy")


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "in.en"
    path.write_text("one two\n\nthree", encoding="utf-8")
    return path


@pytest.fixture
def translate(shell):
    return lambda *arguments, **options: shell("translate", "-m", MODEL, *map(str, arguments), **options)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_translated_into_a_file(translate, source, tmp_path):
    done = translate("-i", source, "-o", tmp_path / "new" / "out.fr")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / "new" / "out.fr").read_bytes() == b"deux un\n\ntrois\n"
    assert names(tmp_path / "new") == ["out.fr"]


def test_a_dash_is_a_standard_stream(translate, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert translate("-i", "-", "-o", "-", stdin="one two\n").stdout == b"deux un\n"
    assert translate("--input", source, "--output", "-").stdout == b"deux un\n\ntrois\n"
    assert translate("-", "-o", tmp_path / "out", stdin="nine\n").stdout == b""
    assert (tmp_path / "out").read_text(encoding="utf-8") == "neuf\n"
    assert names(tmp_path) == ["in.en", "out"]


def test_a_file_may_replace_itself(translate, source):
    assert translate("-i", source, "-o", source).returncode == 0
    assert source.read_bytes() == b"deux un\n\ntrois\n"


def test_what_a_link_leads_to_is_written(translate, tmp_path):
    (tmp_path / "link").symlink_to("target")
    assert translate("one", "-o", tmp_path / "link").returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "un\n"


def test_input_that_is_no_text_file_is_refused_by_its_name(translate, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text.gz").write_bytes(gzip.compress(b"one\n", mtime=0))
    for name, problem in (
        ("missing", "No such file"), ("pipe", "not a regular file"), (".", "not a regular file"), ("text.gz", "gzip")
    ):  # fmt: skip
        assert_fails(translate("-i", tmp_path / name, "-o", tmp_path / "out"), f"{tmp_path / name}: ", problem)
    assert names(tmp_path) == ["pipe", "text.gz"]


def test_output_that_cannot_be_written_is_refused_before_any_work(translate, source):
    for path in (source.parent, "/dev/null", source / "out"):
        done = translate("-i", source, "-o", path, "-m", "no such model")
        assert_fails(done, f"{path}: ")


def test_text_and_a_file_at_once_are_wrong_usage(translate, source):
    for text in ("one", "-"):
        done = translate("-i", source, text)
        assert (done.returncode, done.stdout) == (2, b"")
        assert "give one of TEXT and --input" in text_of(done.stderr)


def test_output_of_which_a_part_failed_leaves_the_old_file(shell, source, tmp_path):
    source.write_text("one two\n" * 500, encoding="utf-8")
    (tmp_path / "out").write_bytes(b"old")
    done = subprocess.run(
        [*COMMAND, "-i", source, "-o", tmp_path / "out"], capture_output=True, env=shell.environment,
        timeout=60, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )  # fmt: skip
    assert_fails(done, f"{tmp_path / 'out'}: File too large")
    assert (tmp_path / "out").read_bytes() == b"old"
    assert names(tmp_path) == ["in.en", "out"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process there")
@needs_ctrl_c
def test_ctrl_c_leaves_the_old_file(shell, tmp_path):
    (tmp_path / "out").write_bytes(b"old")
    with subprocess.Popen(
        [*COMMAND, "-o", tmp_path / "out"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=shell.environment
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"one\n")
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not any(path.suffix == ".part" and path.stat().st_size for path in tmp_path.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert (tmp_path / "out").read_bytes() == b"old"
    assert names(tmp_path) == ["out"]


def on_terminal(command: list[str], environment: dict[str, str], stdin: Path | None = None) -> tuple[bytes, bytes]:
    """Run a command whose stderr is a terminal; return its stdout, and what the terminal is sent."""
    ours, theirs = pty.openpty()
    with Path(stdin or os.devnull).open("rb") as file:
        done = subprocess.run(
            command, stdin=file, stdout=subprocess.PIPE, stderr=theirs, env=environment, timeout=60, check=True
        )
    os.close(theirs)
    sent = b""
    try:
        while part := os.read(ours, 1 << 16):
            sent += part
    except OSError:  # Linux says so that the other end is closed
        pass
    os.close(ours)
    return done.stdout, sent


def test_a_terminal_shows_how_far_a_file_is_translated(shell, source):
    source.write_text("one\ntwo\n" * 200, encoding="utf-8")
    for command, stdin in (([*COMMAND, "-i", str(source)], None), ([*COMMAND], source)):
        output, sent = on_terminal([*command], shell.environment, stdin)
        assert output == b"un\ndeux\n" * 200
        assert sent.startswith(b"\r0 lines\r256 lines, 64 %, ")
        assert b"\r400 lines, 100 %, " in sent
        assert sent.split(b"\r")[-2:] == [b" " * len(sent.split(b"\r")[-2]), b""]


def test_a_note_erases_the_progress(shell, source):
    source.write_bytes(b"one\n" * 300 + b"\xff\n")
    _, sent = on_terminal([*COMMAND, "-i", str(source)], shell.environment)
    assert b" \r1 of 301 lines are not valid UTF-8" in sent


def test_there_is_no_progress_where_it_is_not_asked_for(shell, source):
    assert on_terminal([*COMMAND, "-q", "-i", str(source)], shell.environment)[1] == b""
    assert on_terminal([*COMMAND, "one"], shell.environment)[1] == b""
    assert on_terminal([*COMMAND], shell.environment)[1] == b""  # the null device has no size
    assert shell("translate", "-m", MODEL, "-i", str(source)).stderr == b""
