"""TSV and CSV: quotation marks, headers, and the choice of columns."""

import pytest

from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.text.formats import read_parallel
from attn_cli.text.formats.tables import parse_columns


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a table: its name, text, and columns; and has the notes of the last call."""

    def read(name, text, columns=None, languages=("en", "fr")):
        read.notes = []
        (tmp_path / name).write_bytes(text.encode())
        return list(read_parallel(str(tmp_path / name), languages, columns, read.notes.append))

    return read


@pytest.mark.parametrize(
    "text", ['"Hi\tSalut\n', 'a "b" c\td\n"x"\ty\n', '"all"\t"tout"\n"one\t"un"\n', '5" pipe\t"5"\n']
)
def test_a_quotation_mark_in_a_tsv_file_is_a_character(text, read):
    assert read("t.tsv", text) == [tuple(line.split("\t")) for line in text.splitlines()]
    assert read.notes == []


def test_quotation_marks_around_every_column_are_left_out_with_a_note(read):
    text = '"He said ""hi"""\t"Il dit « a »"\r\n\n"a\tb"\t""\r\n'
    assert read("t.tsv", text) == [('He said "hi"', "Il dit « a »"), ("", ""), ("a\tb", "")]
    assert [note.partition(".tsv: ")[2] for note in read.notes] == [
        "the quotation marks around every column are left out"
    ]


@pytest.mark.parametrize(
    "text",
    ["a, b,c\n", 'a;"b; c"\nd;e\n', "a, b\tc\nd\te\n"],
    ids=["three columns", "semicolons", "tabs"],
)
def test_the_separator_of_a_csv_file_is_told_by_its_first_lines(text, read):
    if text.startswith("a, b,"):
        with pytest.raises(CorpusError, match=r"t\.csv, line 1: 3 columns; choose two with `columns`"):
            read("t.csv", text)
    else:
        assert read("t.csv", text) == [("a", "b; c") if ";" in text else ("a, b", "c"), ("d", "e")]


def test_a_csv_cell_may_hold_commas_quotation_marks_and_line_breaks(read):
    text = 'a,b\r\n"x, ""y""","one\r\n  line"\r\n\r\nsays "z", "ok"\n'
    assert read("t.csv", text) == [("a", "b"), ('x, "y"', "one line"), ("", ""), ('says "z"', "ok")]


@pytest.mark.parametrize(
    "text, message",
    [
        ('a,b\n"c,d\ne,f\n', r"t\.csv, line 2: unexpected end of data; check the quotation marks"),
        ('a,b\n"c" d,e\n', r"t\.csv, line 2: .* expected after '\"'; check the quotation marks"),
        ("a,b\n" + '"' + "x,y\n" * 50_000, r"t\.csv, line 2: a cell of more than 131,072 characters"),
        ("a,b\nc\n", r"t\.csv, line 2: 1 column; each line needs two"),
    ],
)
def test_a_damaged_csv_file_is_refused_with_the_line(text, message, read):
    with pytest.raises(CorpusError, match=message):
        read("t.csv", text)


@pytest.mark.parametrize("header", ["source\ttarget", "EN\tfr-FR", "English\tFrench", " src\ttgt", '"en"\t"fr"'])
def test_a_header_is_left_out_with_a_note(header, read):
    row = '"a"\t"b"\n' if '"' in header else "a\tb\n"
    assert read("t.tsv", f"{header}\n{row}") == [("a", "b")]
    assert "its header is left out; columns 1 and 2 are source and target" in read.notes[-1]


def test_a_header_tells_the_columns(read):
    assert read("t.tsv", "id\tfr\tscore\ten\n1\tun\t0.5\tone\n") == [("one", "un")]
    assert read("t.csv", "fr,en\nun,one\n") == [("one", "un")]
    assert read("t.csv", "id,en,fr\n1,one,un\n", columns=(2, 3)) == [("one", "un")]


@pytest.mark.parametrize("row", ["French\tfrançais", "English\tanglais", "en\tdans", "one\tun"])
def test_a_first_row_that_does_not_name_both_sides_is_a_pair(row, read):
    assert read("t.tsv", f"{row}\n") == [tuple(row.split("\t"))]
    assert read.notes == []


def test_more_than_two_columns_need_a_choice(read):
    text = "7\tone\t8\tun\n9\ttwo\t10\tdeux\n"
    with pytest.raises(CorpusError, match=r"line 1: 4 columns; choose two with `columns`, for example 2,4"):
        read("t.tsv", text)
    assert read("t.tsv", text, (2, 4)) == [("one", "un"), ("two", "deux")]
    assert read("t.tsv", text, (4, 2)) == [("un", "one"), ("deux", "two")]
    with pytest.raises(CorpusError, match=r"line 1: 4 columns; columns 2 and 5 are needed"):
        read("t.tsv", text, (2, 5))


@pytest.mark.parametrize("text", ["", "1", "1,1", "0,1", "1;2", "1,2,3", "-1,2", "1,999999999999"])
def test_columns_are_two_numbers(text):
    assert parse_columns(" 3, 1") == (3, 1)
    with pytest.raises(SettingsError, match=r"`columns` .*: give the numbers of two columns"):
        parse_columns(text)
