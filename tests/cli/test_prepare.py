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


def test_columns_of_a_table(shell, tmp_path):
    rows = [f"{number}\t{source}\t{target}\n" for number, (source, target) in enumerate(digit_pairs(60, seed=1))]
    (tmp_path / "t.tsv").write_text("".join(rows), encoding="utf-8")
    command = ("prepare", "en-fr", "--train", str(tmp_path / "t.tsv"), "--out", str(tmp_path / "c"))
    assert_fails(shell(*command), "t.tsv, line 1: 3 columns; choose two with --columns, for example 2,3")
    assert shell(*command, "--columns", "2,3", "--vocab-size", "300").returncode == 0
    for wrong in (("--columns", "2"), ("--columns", "2,2")):
        assert shell(*command, *wrong).returncode == 2
    assert shell("prepare", "en-fr", "--columns", "1,2").returncode == 2
