"""`prepare`: wrong input gives one clear line and exit code 1; languages and scripts of any kind."""

import gzip
import json

from digit_language import digit_pairs, write_pairs
from shell import Shell, assert_fails


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


def test_chinese_with_a_code_of_two_parts_is_prepared_trained_on_and_translated(tmp_path):
    shell = Shell(tmp_path / "home")
    pairs = [
        (
            "".join(chr(0x4E00 + (7 * row + 331 * column * row) % 3000) for column in range(12)),
            f"There are {row} of us.",
        )
        for row in range(400)
    ]
    for side, language in enumerate(("zh_Hans", "en")):
        text = "".join(f"{pair[side]}\n" for pair in pairs)
        (tmp_path / f"t.{language}").write_text(text, encoding="utf-8")
    done = shell("prepare", "zh_Hans-en", "--train", str(tmp_path / "t"), "--json")
    assert done.returncode == 0, done.stderr.decode()
    info = json.loads(done.stdout)
    assert (info["source_language"], info["target_language"]) == ("zh_Hans", "en")
    assert info["words"]["zh_Hans"] == 12 * info["pairs"]["train"]
    assert info["tokenizer"]["vocab_size"] > 2000  # 2,000 have no room for the characters
    small = ["--embedding-size", "16", "--hidden-size", "16", "--decoder-layers", "1", "--steps", "2"]
    done = shell("train", "zh_Hans-en", *small)
    assert done.returncode == 0, done.stderr.decode()
    done = shell("translate", "-m", "zh_Hans-en", stdin=f"{pairs[0][0]}\n{pairs[1][0]}\n")
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 2), done.stderr.decode()
    done = shell("evaluate", "zh_Hans-en", "--json")
    assert [bucket["begin"] for bucket in json.loads(done.stdout)["by_length"]] == [11], done.stderr.decode()


def test_languages_that_are_no_pair_are_a_usage_error(shell):
    for pair in ("en-pt-BR", "pt_BR-pt_BR", "en"):
        done = shell("prepare", pair)
        assert done.returncode == 2
        assert f"{pair}: give two languages, as in en-fr or en-pt_BR".encode() in done.stderr


def test_columns_of_a_table(shell, tmp_path):
    rows = [f"{number}\t{source}\t{target}\n" for number, (source, target) in enumerate(digit_pairs(60, seed=1))]
    (tmp_path / "t.tsv").write_text("".join(rows), encoding="utf-8")
    command = ("prepare", "en-fr", "--train", str(tmp_path / "t.tsv"), "--out", str(tmp_path / "c"))
    assert_fails(shell(*command), "t.tsv, line 1: 3 columns; choose two with --columns, for example 2,3")
    assert shell(*command, "--columns", "2,3", "--vocab-size", "300").returncode == 0
    for wrong in (("--columns", "2"), ("--columns", "2,2")):
        assert shell(*command, *wrong).returncode == 2
    assert shell("prepare", "en-fr", "--columns", "1,2").returncode == 2


def test_standard_input_is_read_in_any_format(tmp_path):
    shell = Shell(tmp_path / "home")
    pairs = digit_pairs(60, seed=1)
    table = "".join("\t".join(pair) + "\n" for pair in pairs)
    objects = "".join(json.dumps({"translation": dict(zip(("en", "fr"), pair, strict=True))}) + "\n" for pair in pairs)
    for text in (table.encode(), objects.encode(), gzip.compress(table.encode())):
        done = shell("prepare", "en-fr", "--train", "-", "--vocab-size", "300", "--json", stdin=text)
        assert done.returncode == 0, done.stderr.decode()
        info = json.loads(done.stdout)
        assert (info["pairs"]["train"], info["sources"]["train"]) == (54, ["-"])
        assert not (tmp_path / "home" / "corpora" / "en-fr" / "spool").exists()


def test_errors_in_standard_input_name_it(shell, tmp_path):
    command = ("prepare", "en-fr", "--train", "-", "--out", str(tmp_path / "c"))
    assert_fails(shell(*command, stdin=b"a\tb\n" * 20 + b"c\n"), "standard input, line 21: 1 column")
    assert_fails(shell(*command, stdin=b"no table\n"), "standard input: not in a format that is known")
    assert_fails(shell(*command, "--valid", "-", stdin=b"a\tb\n"), "standard input: given twice")
    assert not (tmp_path / "c").exists()


def test_the_tokenizer_of_a_model_or_of_a_file_is_used(shell, tmp_path):
    write_pairs(tmp_path / "t", digit_pairs(60, seed=1))
    model = shell.home / "models" / "digits" / "tokenizer.model"
    command = ("prepare", "en-fr", "--train", str(tmp_path / "t"), "--out", str(tmp_path / "c"), "--tokenizer")
    for given in ("digits", str(model)):
        assert shell(*command, given).returncode == 0
        assert (tmp_path / "c" / "tokenizer.model").read_bytes() == model.read_bytes()
    (tmp_path / "other.model").write_bytes(b"something else")
    assert_fails(shell(*command, str(tmp_path / "other.model")), "other.model: the tokenizer is not a SentencePiece")
    assert_fails(shell(*command, "no-such-model"), "no-such-model")
    done = shell(*command, "digits", "--vocab-size", "400")
    assert (done.returncode, b"leave it or --tokenizer out" in done.stderr) == (2, True)


def test_rules_of_cleaning_and_the_list_of_dropped_pairs(shell, tmp_path):
    same = "radio tango bravo"
    pairs = [
        *digit_pairs(60, seed=1),
        (same, same),
        ("one thing", "une chose"),
        ("One thing!", "un truc"),
    ]
    write_pairs(tmp_path / "t", pairs)
    command = ("prepare", "en-fr", "--train", str(tmp_path / "t"), "--out", str(tmp_path / "c"), "--vocab-size", "300")
    dropped = tmp_path / "dropped.tsv"
    done = shell(*command, "--json", "--one-translation", "--show-dropped", str(dropped))
    info = json.loads(done.stdout)
    assert info["dropped"] == {"both sides equal": 1, "source has a translation already": 1}
    assert info["dropped_examples"]["both sides equal"] == [[str(tmp_path / "t"), 61, same, same]]
    assert "both sides equal" not in json.loads(shell(*command, "--json", "--keep-suspect").stdout)["dropped"]
