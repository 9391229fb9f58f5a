"""Parallel text: each format, each thing that can be wrong with it, and each reason to drop a pair."""

import gzip
from pathlib import Path

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.cleaning import (
    DUPLICATE,
    EMPTY,
    HELD_OUT,
    RATIO,
    REASONS,
    TOO_LONG,
    clean,
    normalized,
    read_lines,
    read_parallel,
)

LANGUAGES = ("en", "fr")
PAIRS = [("a cat", "un chat"), ("", "rien"), ("an été", "ün “été”")]
EN, FR = ("".join(f"{pair[side]}\n" for pair in PAIRS).encode() for side in (0, 1))
FULL = [PAIRS[0], PAIRS[2]]
TSV = "".join(f"{source}\t{target}\n" for source, target in FULL).encode()
BOM = b"\xef\xbb\xbf"


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "files",
    [
        {"t.en": EN, "t.fr": FR},
        {"t.en.gz": gzip.compress(EN), "t.fr.gz": gzip.compress(FR)},
        {"t.en": EN, "t.fr.gz": gzip.compress(FR)},
        {"t.en.gz": gzip.compress(EN[:4]) + gzip.compress(EN[4:]), "t.fr": FR},
        {"t.en": crlf(EN), "t.fr": FR},
        {"t.en": BOM + EN, "t.fr": BOM + crlf(FR)},
        {"t.en.gz": gzip.compress(BOM + EN), "t.fr": FR},
        {"t.en": EN.removesuffix(b"\n"), "t.fr": FR},
        {"t.en": EN.replace(b"a cat", b" \ta cat "), "t.fr": FR},
    ],
    ids=["plain", "gz", "mixed", "gz in two parts", "crlf", "bom", "bom in gz", "no last line feed", "spaces"],
)
def test_a_prefix_stands_for_two_files(files, tmp_path):
    assert read_parallel(str(write(tmp_path, files) / "t"), LANGUAGES) == PAIRS


@pytest.mark.parametrize(
    "name, content",
    [
        ("t.tsv", TSV),
        ("t.tsv.gz", gzip.compress(TSV)),
        ("t.tsv", BOM + crlf(TSV)),
        ("t.tsv", TSV.replace(b"\t", b" \t ")),
    ],
    ids=["plain", "gz", "bom and crlf", "spaces"],
)
def test_a_tsv_file_has_both_columns(name, content, tmp_path):
    assert read_parallel(str(write(tmp_path, {name: content}) / name), LANGUAGES) == FULL


def test_a_prefix_may_have_dots(tmp_path):
    write(tmp_path, {"news.v1.0.en": EN, "news.v1.0.fr": FR})
    assert read_parallel(str(tmp_path / "news.v1.0"), LANGUAGES) == PAIRS


def test_the_languages_decide_which_side_comes_first(tmp_path):
    write(tmp_path, {"t.en": EN, "t.fr": FR})
    assert read_parallel(str(tmp_path / "t"), ("fr", "en")) == [(target, source) for source, target in PAIRS]


def test_empty_files_hold_no_pairs(tmp_path):
    assert read_parallel(str(write(tmp_path, {"t.en": b"", "t.fr": b""}) / "t"), LANGUAGES) == []


@pytest.mark.parametrize("character", "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0")
def test_only_a_line_feed_ends_a_line(character, tmp_path):
    write(tmp_path, {"t": f"a{character}b\nc\n".encode()})
    assert list(read_lines(tmp_path / "t")) == [f"a{character}b", "c"]


def test_a_byte_order_mark_is_one_only_at_the_beginning(tmp_path):
    write(tmp_path, {"t": BOM + b"a\n" + BOM + b"b\n"})
    assert list(read_lines(tmp_path / "t")) == ["a", "\ufeffb"]


def test_a_line_may_be_longer_than_the_buffer(tmp_path):
    write(tmp_path, {"t": b"x" * (3 << 20) + b"\ny"})
    assert [len(line) for line in read_lines(tmp_path / "t")] == [3 << 20, 1]


@pytest.mark.parametrize(
    "files, place, told",
    [
        ({}, "t", r"t\.en: no such file, nor t\.en\.gz"),
        ({"t.en": EN}, "t", r"t\.fr: no such file, nor t\.fr\.gz"),
        ({}, "t.tsv", r"t\.tsv: no such file"),
        ({}, "t.tsv.gz", r"t\.tsv\.gz: no such file"),
    ],
)
def test_a_missing_file_is_named(files, place, told, tmp_path):
    with pytest.raises(CorpusError, match=told):
        read_parallel(str(write(tmp_path, files) / place), LANGUAGES)


def test_different_numbers_of_lines_are_both_named(tmp_path):
    write(tmp_path, {"t.en": EN, "t.fr": FR + b"\n\n"})
    with pytest.raises(CorpusError, match=r"t\.en has 3 lines and \S*t\.fr has 5 lines"):
        read_parallel(str(tmp_path / "t"), LANGUAGES)


@pytest.mark.parametrize(
    "content, place",
    [(b"\xffa\n", "line 1, byte 1"), (b"a\nb\n\xc3\xa9\xe9\n", "line 3, byte 3"), (b"a\nb\xc3", "line 2, byte 2")],
)
def test_a_line_that_is_not_utf8_is_named_with_its_number(content, place, tmp_path):
    write(tmp_path, {"t.en": EN, "t.fr": content})
    with pytest.raises(CorpusError, match=rf"t\.fr, {place}: not valid UTF-8"):
        read_parallel(str(tmp_path / "t"), LANGUAGES)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(EN * 100)[:-9], id="cut off"),
        pytest.param(gzip.compress(EN)[:-8] + bytes(8), id="wrong checksum"),
        pytest.param(EN, id="not packed"),
        pytest.param(
            gzip.compress(EN)[:10] + b"\xff" * 20,
            id="not deflated",
        ),
    ],
)
def test_a_damaged_gz_file_is_named(content, tmp_path):
    write(tmp_path, {"t.en.gz": content, "t.fr": FR})
    with pytest.raises(CorpusError, match=r"t\.en\.gz: cannot be read"):
        read_parallel(str(tmp_path / "t"), LANGUAGES)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "t.tsv").mkdir()
    with pytest.raises(CorpusError, match=r"t\.tsv: cannot be read"):
        read_parallel(str(tmp_path / "t.tsv"), LANGUAGES)


@pytest.mark.parametrize("line, columns", [("a", 1), ("a\tb\tc", 3), ("1\ta\t2\tb", 4)])
def test_a_tsv_line_without_two_columns_is_named_with_its_number(line, columns, tmp_path):
    write(tmp_path, {"t.tsv": TSV + line.encode()})
    with pytest.raises(CorpusError, match=rf"t\.tsv, line 3: {columns} columns"):
        read_parallel(str(tmp_path / "t.tsv"), LANGUAGES)


@pytest.mark.parametrize("pair", [("", "un chat"), ("a cat", "")])
def test_a_tsv_column_may_be_empty(pair, tmp_path):
    write(tmp_path, {"t.tsv": TSV + "\t".join(pair).encode()})
    assert read_parallel(str(tmp_path / "t.tsv"), LANGUAGES)[-1] == pair


# Cleaning

STRICT = CleaningConfig(max_words=4, max_characters=30, max_ratio=2.0)
HELD = [("Hello, world!", "Bonjour le monde."), ("It’s late…", "Il est tard"), ("!!!", "«»"), ("", "")]


def why(pair: tuple[str, str], held_out: list[tuple[str, str]], config: CleaningConfig) -> str | None:
    """Return why the pair is dropped, or None where it is kept as it is."""
    kept, cleaning = clean([pair], held_out, config)
    assert kept == ([] if cleaning.dropped else [pair])
    return next(iter(cleaning.dropped), None)


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("a cat", "un chat"), None),
        (("", "un chat"), EMPTY),
        (("a cat", ""), EMPTY),
        (("", ""), EMPTY),
        (("w w w w", "w w w w"), None),
        (("w w w w w", "w w w w"), TOO_LONG),
        (("w w w w", "w w w w w"), TOO_LONG),
        (("x" * 30, "x" * 30), None),
        (("x" * 31, "x" * 30), TOO_LONG),
        (("x" * 30, "x" * 31), TOO_LONG),
        (("é" * 30, "é" * 30), None),  # characters, not bytes
        (("ab", "x" * 14), None),  # 12 to 24
        (("ab", "x" * 15), RATIO),
        (("x" * 15, "ab"), RATIO),
        (("ab", "я" * 7), None),  # bytes, not characters
        (("ab", "я" * 8), RATIO),
    ],
)
def test_a_pair_that_is_unfit_is_dropped_for_its_reason(pair, reason):
    assert why(pair, [], STRICT) == reason


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("", "w w w w w"), EMPTY),
        (("", "x" * 15), EMPTY),
        (("ab", "x" * 31), TOO_LONG),
    ],
)
def test_the_first_reason_that_applies_is_the_one_counted(pair, reason):
    assert why(pair, [], STRICT) == reason


def test_unfit_comes_before_duplicate_and_duplicate_before_held_out():
    unfit, held = ("ab", "x" * 15), ("hello world", "salut")
    _, cleaning = clean([unfit, unfit, held, held], HELD, STRICT)
    assert cleaning.dropped == {RATIO: 2, HELD_OUT: 1, DUPLICATE: 1}
    assert REASONS == (EMPTY, TOO_LONG, RATIO, DUPLICATE, HELD_OUT)


def test_only_a_pair_that_was_there_before_is_a_duplicate():
    pairs = [("a", "b"), ("a", "c"), ("d", "b"), ("a", "b"), ("A", "b")]
    kept, cleaning = clean(pairs, [], STRICT)
    assert kept == [("a", "b"), ("a", "c"), ("d", "b"), ("A", "b")]
    assert cleaning.dropped == {DUPLICATE: 1}


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("Hello, world!", "Salut"), HELD_OUT),
        (("Hi", "Bonjour le monde."), HELD_OUT),
        (("hello WORLD", "Salut"), HELD_OUT),
        (("Hi", "« BONJOUR,  le monde ! »"), HELD_OUT),
        (("It's late", "Tard"), HELD_OUT),
        (("!!!", "Oh"), HELD_OUT),
        (("???", "Oh"), None),  # all punctuation: compared as it is
        (("Bonjour le monde", "Salut"), None),  # held out on the other side
        (("Hello worlds", "Salut"), None),
        (("Helloworld", "Salut"), None),
    ],
)
def test_a_side_that_is_held_out_is_known_by_its_letters_and_digits(pair, reason):
    assert why(pair, HELD, CleaningConfig()) == reason


@pytest.mark.parametrize(
    "sentence, same",
    [("STRASSE", "Straße"), ("l’eau", "L'EAU"), ("a\u00a0b", "a b"), ("¿Qué?", "qué"), ("你好。", "你好！")],
)
def test_sentences_are_compared_without_case_punctuation_and_extra_space(sentence, same):
    assert normalized(sentence) == normalized(same)


def test_cleaning_counts_what_it_read_kept_and_dropped():
    pairs = [("a", "b"), ("", "b"), ("c", "d"), ("a", "b"), ("Hello world", "e")]
    kept, cleaning = clean(iter(pairs), iter(HELD), STRICT)
    assert (cleaning.read, cleaning.kept, sum(cleaning.dropped.values())) == (5, 2, 3)
    assert kept == [("a", "b"), ("c", "d")]
