"""XML: what a hostile or damaged file may not do."""

import tracemalloc

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.markup import text_of, units

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


def read(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(units(path, ("u",)))


@pytest.mark.parametrize(
    "text, message",
    [
        (f"<!DOCTYPE t [{LAUGHS}]><t><u>&l9;</u></t>", "line 1: its document type declares entities"),
        ('<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><t><u>&x;</u></t>', "declares entities"),
        ("<t>\n<u>a</u>\n<u>b</", r"line 3: not whole or not well-formed XML \(unclosed token\)"),
        ("<t>\n<u>a</u>\n<u>b", r"line 3: not whole or not well-formed XML \(no element found\)"),
        ("", "not whole"),
        ("<t><u>a&#1;</u></t>", "reference to invalid character number"),
        ("<?xml version='1.0' encoding='no-such'?><t/>", "not whole or not well-formed XML"),
        ("<t><u>é</u></t>".encode("latin-1"), r"not well-formed"),
        ("<t>" + "<a>" * 200, "more than 100 elements within each other"),
        ("<t><u>" + "word " * 400_000 + "</u></t>", "a unit of translation or a tag of more than 1 MiB"),
        ("<t><u a='" + "x" * 2_000_000 + "'/></t>", "a unit of translation or a tag of more than 1 MiB"),
        ("<t><a b='" + "x" * 2_000_000 + "'/></t>", "a unit of translation or a tag of more than 1 MiB"),
    ],
    ids=[
        "laughs", "external", "cut in a tag", "cut", "empty", "character", "encoding", "latin-1", "deep", "unit", "tag",
        "other tag",
    ],
)  # fmt: skip
def test_a_hostile_or_damaged_file_is_refused_in_one_line(text, message, tmp_path):
    with pytest.raises(CorpusError, match=rf"t\.xml, {message}|t\.xml, line \d+: .*{message}") as error:
        read(tmp_path / "t.xml", text)
    assert "\n" not in str(error.value)


def test_units_are_yielded_with_what_is_around_them_and_not_held(tmp_path):
    text = "<t a='1'>" + "".join(f"<f b='{n}'><x:u c='2'>text {n}</x:u></f>\n" for n in range(15_000)) + "</t>"
    (tmp_path / "t.xml").write_text(text, encoding="utf-8")
    tracemalloc.start()
    for count, (around, unit) in enumerate(units(tmp_path / "t.xml", ("u",))):
        assert around == {"a": "1", "b": str(count)}
        assert (unit.tag, unit.attrib, unit.text) == ("u", {"c": "2"}, f"text {count}")
    assert count == 14_999
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_the_encoding_is_the_declared_one(encoding, tmp_path):
    text = f"<?xml version='1.0' encoding='{encoding.removesuffix('-sig')}'?><t><u>été</u></t>"
    assert [unit.text for _, unit in read(tmp_path / "t.xml", text.encode(encoding))] == ["été"]


def test_white_space_is_one_space_and_dropped_elements_leave_their_tails(tmp_path):
    [(_, unit)] = read(tmp_path / "t.xml", "<t><u>\n a<x>code<y>more</y></x> b<y>\u00a0kept</y>\n\tc </u></t>")
    assert text_of(unit, {"x"}) == "a b\u00a0kept c"
