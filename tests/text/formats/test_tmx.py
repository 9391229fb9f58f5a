"""TMX: languages, codes, units that lack a side."""

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import read_parallel


def tmx(*units):
    whole = "".join(
        "<tu>" + "".join(f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in unit) + "</tu>"
        for unit in units
    )
    return f'<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4"><header srclang="en"/><body>{whole}</body></tmx>'


def read(path, text, languages=("en", "fr"), encoding="utf-8"):
    read.notes = []
    path.write_bytes(text.encode(encoding))
    return list(read_parallel(str(path), languages, note=read.notes.append))


def test_the_two_languages_of_a_unit_are_read_in_either_direction(tmp_path):
    text = tmx([("EN-us", "one"), ("de", "eins"), ("fr_CA", "un"), ("fr", "une")], [("fr", "l’a &amp; b"), ("en", "a")])
    assert read(tmp_path / "t.tmx", text) == [("one", "un"), ("a", "l’a & b")]
    assert read(tmp_path / "t.tmx", text, ("fr", "de")) == [("un", "eins")]
    assert [note.partition(": ")[2] for note in read.notes] == ["1 units without fr and de are left out"]
    assert read(tmp_path / "other-name", text) == [("one", "un"), ("a", "l’a & b")]


def test_a_text_in_utf16_is_read(tmp_path):
    assert read(tmp_path / "t.tmx", tmx([("en", "é"), ("fr", "à")]), encoding="utf-16") == [("é", "à")]


def test_codes_are_dropped_and_marked_text_is_kept(tmp_path):
    seg = '<bpt i="1">&lt;b <sub>title</sub>></bpt>Bold<ept i="1">&lt;/b></ept> and <hi>marked</hi><ph x="2">{0}</ph>.'
    assert read(tmp_path / "t.tmx", tmx([("en", seg), ("fr", "x")])) == [("Bold and marked.", "x")]


def test_a_memory_in_other_languages_is_refused_with_those_it_has(tmp_path):
    with pytest.raises(CorpusError, match=r"t\.tmx: no unit has both en and fr; its languages are de, en-GB$"):
        read(tmp_path / "t.tmx", tmx([("de", "eins"), ("en-GB", "one")]))
