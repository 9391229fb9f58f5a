"""Parallel text in files: each format, and each error that a file can have."""

import gzip
import io
import tracemalloc
from pathlib import Path

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import lines, read_parallel
from attn_cli.text.formats.lines import read_lines

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


def read(location: Path, languages: tuple[str, str] = LANGUAGES) -> list[tuple[str, str]]:
    return list(read_parallel(str(location), languages))


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
    ids=["plain", "gz", "mixed", "gz in two members", "crlf", "bom", "bom in gz", "no last line feed", "spaces"],
)
def test_a_prefix_stands_for_two_files(files, tmp_path):
    assert read(write(tmp_path, files) / "t") == PAIRS


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
    assert read(write(tmp_path, {name: content}) / name) == FULL


def test_a_prefix_may_contain_dots(tmp_path):
    write(tmp_path, {"news.v1.0.en": EN, "news.v1.0.fr": FR})
    assert read(tmp_path / "news.v1.0") == PAIRS


def test_the_languages_decide_which_side_comes_first(tmp_path):
    write(tmp_path, {"t.en": EN, "t.fr": FR})
    assert read(tmp_path / "t", ("fr", "en")) == [(target, source) for source, target in PAIRS]


def test_empty_files_hold_no_pairs(tmp_path):
    assert read(write(tmp_path, {"t.en": b"", "t.fr": b""}) / "t") == []


@pytest.mark.parametrize("character", "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0")
def test_only_a_line_feed_ends_a_line(character, tmp_path):
    write(tmp_path, {"t": f"a{character}b\nc\n".encode()})
    assert list(read_lines(tmp_path / "t")) == [f"a{character}b", "c"]


def test_a_byte_order_mark_is_removed_only_at_the_beginning(tmp_path):
    write(tmp_path, {"t": BOM + b"a\n" + BOM + b"b\n"})
    assert list(read_lines(tmp_path / "t")) == ["a", "\ufeffb"]


def test_a_line_may_be_longer_than_the_buffer(tmp_path):
    write(tmp_path, {"t": b"x" * (3 << 20) + b"\ny"})
    assert [len(line) for line in read_lines(tmp_path / "t")] == [3 << 20, 1]


def test_a_line_of_more_than_a_limit_is_refused_and_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 8)
    write(tmp_path, {"t": b"seven b\nlonger than that\n"})
    reader = read_lines(tmp_path / "t")
    assert next(reader) == "seven b"
    with pytest.raises(CorpusError, match=r"t, line 2: longer than 0 MiB; it is not lines of text"):
        next(reader)


def test_standard_input_is_read_as_a_file_is():
    stream = io.BytesIO(BOM + "é\r\n\nend".encode())
    assert list(read_lines(stream)) == ["é", "", "end"]
    with pytest.raises(CorpusError, match=r"standard input, line 2, byte 1: not valid UTF-8"):
        list(read_lines(io.BytesIO(b"a\n\xff\n")))


@pytest.mark.parametrize(
    "files, location, message",
    [
        ({}, "t", r"t\.en: no such file, nor with \.gz"),
        ({"t.en": EN}, "t", r"t\.fr: no such file, nor with \.gz"),
        ({}, "t.tsv", r"t\.tsv: no such file"),
        ({}, "t.tsv.gz", r"t\.tsv\.gz: no such file"),
    ],
)
def test_a_missing_file_is_named(files, location, message, tmp_path):
    with pytest.raises(CorpusError, match=message):
        read(write(tmp_path, files) / location)


@pytest.mark.parametrize(
    "english, french, message",
    [
        (EN, FR + b"\n\n", r"t\.en has 3 lines and \S*t\.fr has 5 lines"),
        (EN + b"\n", FR, r"t\.en has 4 lines and \S*t\.fr has 3 lines"),
        (b"", FR, r"t\.en has 0 lines and \S*t\.fr has 3 lines"),
    ],
)
def test_different_numbers_of_lines_are_both_named_at_the_end(english, french, message, tmp_path):
    write(tmp_path, {"t.en": english, "t.fr": french})
    pairs = read_parallel(str(tmp_path / "t"), LANGUAGES)
    common = min(english.count(b"\n"), french.count(b"\n"))
    assert [next(pairs) for _ in range(common)] == PAIRS[:common]
    with pytest.raises(CorpusError, match=message):
        next(pairs)


@pytest.mark.parametrize("location", ["t", "t.tsv"])
def test_the_text_is_never_held_as_a_whole(location, tmp_path):
    write(tmp_path, {"t.en": EN * 10_000, "t.fr": FR * 10_000, "t.tsv": TSV * 15_000})
    pairs = read_parallel(str(tmp_path / location), LANGUAGES)
    tracemalloc.start()
    count = sum(1 for _ in pairs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 400_000


@pytest.mark.parametrize(
    "content, position",
    [(b"\xffa\n", "line 1, byte 1"), (b"a\nb\n\xc3\xa9\xe9\n", "line 3, byte 3"), (b"a\nb\xc3", "line 2, byte 2")],
)
def test_a_line_that_is_not_utf8_is_named_with_its_number(content, position, tmp_path):
    write(tmp_path, {"t.en": EN, "t.fr": content})
    with pytest.raises(CorpusError, match=rf"t\.fr, {position}: not valid UTF-8"):
        read(tmp_path / "t")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(EN * 100)[:-9], id="cut off"),
        pytest.param(gzip.compress(EN)[:-8] + bytes(8), id="wrong checksum"),
        pytest.param(
            gzip.compress(EN)[:10] + b"\xff" * 20,
            id="not deflated",
        ),
    ],
)
def test_a_damaged_gz_file_is_named(content, tmp_path):
    write(tmp_path, {"t.en.gz": content, "t.fr": FR})
    with pytest.raises(CorpusError, match=r"t\.en\.gz: cannot be read .*damaged"):
        read(tmp_path / "t")


def test_a_folder_instead_of_a_file_is_named(tmp_path):
    (tmp_path / "t.tsv").mkdir()
    with pytest.raises(CorpusError, match=r"t\.tsv: cannot be read"):
        read(tmp_path / "t.tsv")


@pytest.mark.parametrize("line, columns", [("a", 1), ("a\tb\tc", 3), ("1\ta\t2\tb", 4)])
def test_a_tsv_line_without_two_columns_is_named_with_its_number(line, columns, tmp_path):
    write(tmp_path, {"t.tsv": TSV + line.encode()})
    with pytest.raises(CorpusError, match=rf"t\.tsv, line 3: {columns} column"):
        read(tmp_path / "t.tsv")


@pytest.mark.parametrize("pair", [("", "un chat"), ("a cat", "")])
def test_a_tsv_column_may_be_empty(pair, tmp_path):
    write(tmp_path, {"t.tsv": TSV + "\t".join(pair).encode()})
    assert read(tmp_path / "t.tsv")[-1] == pair


def test_two_paths_are_the_two_sides_in_order(tmp_path):
    write(tmp_path, {"a.txt": EN, "b.txt.gz": gzip.compress(FR)})
    assert list(read_parallel(f"{tmp_path}/a.txt,{tmp_path}/b.txt.gz", LANGUAGES)) == PAIRS
    with pytest.raises(CorpusError, match=r"b\.txt: no such file"):
        list(read_parallel(f"{tmp_path}/a.txt,{tmp_path}/b.txt", LANGUAGES))
    with pytest.raises(CorpusError, match="a,b,c: 3 files; give two, as in"):
        list(read_parallel("a,b,c", LANGUAGES))


def test_a_prefix_may_end_as_a_format_does_or_be_a_folder_too(tmp_path):
    for name in ("t.po", "news.tmx", "dir", "a,b"):
        (tmp_path / "dir").mkdir(exist_ok=True)
        write(tmp_path, {f"{name}.en": EN, f"{name}.fr": FR})
        assert read(tmp_path / name) == PAIRS


def test_a_file_in_no_format_that_is_known_says_so(tmp_path):
    write(tmp_path, {"notes.doc": b"some words\n", "empty": b"", "t.en": EN})
    for name in ("notes.doc", "empty", "t.en"):
        with pytest.raises(CorpusError, match=rf"{name}: not in a format that is known \(\.tsv, .*two files"):
            read(tmp_path / name)
    with pytest.raises(CorpusError, match=r"\S+: cannot be read, it is a folder; give a file"):
        read(tmp_path)


def test_a_file_of_two_columns_is_read_whatever_its_name(tmp_path):
    assert read(write(tmp_path, {"pairs.txt": TSV}) / "pairs.txt") == FULL
