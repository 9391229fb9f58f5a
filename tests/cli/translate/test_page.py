"""`translate --page`: it writes a page and translates nothing."""

import pytest


def test_it_writes_the_page_and_says_so_on_stderr_alone(shell, tmp_path):
    path = tmp_path / "page.html"
    done = shell("translate", "-m", "digits", "--page", str(path), stdin="one\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert f"page: {path}, 0." in done.stderr.decode()
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert shell("translate", "-q", "--page", str(path)).stderr == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one"], "--page goes with --model only, not with TEXT"),
        (["-i", "x"], "not with --input"),
        (["-o", "x"], "not with --output"),
        (["--beam", "5"], "not with --beam"),
        (["--json"], "not with --json"),
        (["--list"], "not with --list"),
        (["-m", "a", "-m", "b"], "give -m once"),
    ],
)
def test_what_has_no_effect_on_a_page_is_wrong_usage(arguments, message, shell, tmp_path):
    done = shell("translate", "--page", str(tmp_path / "page.html"), *arguments, COLUMNS="200")
    assert done.returncode == 2
    assert message in " ".join(done.stderr.decode().split())
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_not_replaced(shell, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("a letter", encoding="utf-8")
    done = shell("translate", "-m", "digits", "--page", str(path))
    assert done.returncode == 1
    assert b"holds something else" in done.stderr
    assert path.read_text(encoding="utf-8") == "a letter"
