"""`prepare`: wrong input gives one clear line and exit code 1."""

from digit_language import digit_pairs, write_pairs
from shell import assert_fails


def test_a_missing_file(shell, tmp_path):
    done = shell("prepare", "en-fr", "--train", str(tmp_path / "no"), "--out", str(tmp_path / "c"))
    assert_fails(done, str(tmp_path / "no.en"), "no such file")


def test_sides_of_different_lengths(shell, tmp_path):
    write_pairs(tmp_path / "t", digit_pairs(30, seed=1))
    with (tmp_path / "t.fr").open("a", encoding="utf-8") as file:
        file.write("trop\n")
    done = shell("prepare", "en-fr", "--train", str(tmp_path / "t"), "--out", str(tmp_path / "c"))
    assert_fails(done, "t.en has 30 lines", "t.fr has 31 lines")


def test_text_that_is_not_utf8(shell, tmp_path):
    write_pairs(tmp_path / "t", digit_pairs(30, seed=1))
    lines = (tmp_path / "t.fr").read_bytes().split(b"\n")
    lines[6] = "zéro".encode("latin-1")
    (tmp_path / "t.fr").write_bytes(b"\n".join(lines))
    done = shell("prepare", "en-fr", "--train", str(tmp_path / "t"), "--out", str(tmp_path / "c"))
    assert_fails(done, f"{tmp_path / 't.fr'}, line 7")
