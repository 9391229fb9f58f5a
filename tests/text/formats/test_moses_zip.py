"""Zip files of OPUS: which members are read, and what a hostile archive may not do."""

import zipfile

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import opening, read_parallel


def read(path, members, languages=("en", "fr"), packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return list(read_parallel(str(path), languages))


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_the_members_of_both_languages_are_read(packing, tmp_path):
    members = {"README": "x", "a/n.en-fr.en": "one\r\ntwo", "a/n.en-fr.fr": "un\ndeux\n", "m.en": "é", "m.fr": "à"}
    pairs = [("one", "un"), ("two", "deux"), ("é", "à")]
    assert read(tmp_path / "t.zip", members, packing=packing) == pairs
    assert read(tmp_path / "t", members, ("fr", "en")) == [(target, source) for source, target in pairs]
    assert {path.name for path in tmp_path.iterdir()} == {"t.zip", "t"}


@pytest.mark.parametrize(
    "members, message",
    [
        ({"n.en": "a", "n.de": "b"}, r"t\.zip: no two members that end in \.en and \.fr; it has n\.en, n\.de"),
        ({}, "no two members .* it has none"),
        ({"../n.en": "a", "../n.fr": "b"}, r"its member \.\./n\.en leads out of it"),
        ({"/etc/n.en": "a", "/etc/n.fr": "b"}, "leads out of it"),
        ({"n.en": "a\nb\n", "n.fr": "b\n"}, r"t\.zip:n\.en has 2 lines and \S*t\.zip:n\.fr has 1 lines"),
        ({"n.en": b"\xff", "n.fr": "b\n"}, r"t\.zip:n\.en, line 1, byte 1: not valid UTF-8"),
        ({f"{n}": "" for n in range(1001)}, "1,001 members"),
    ],
)
def test_an_archive_of_something_else_is_refused(members, message, tmp_path):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path / "t.zip", members)


def test_what_unpacks_to_far_more_than_text_does_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("attn_cli.text.formats.moses_zip.ALWAYS_ALLOWED", 1 << 20)
    assert opening.ALWAYS_ALLOWED == 1 << 26
    with pytest.raises(CorpusError, match=r"t\.zip:n\.en: unpacks to more than 200 times its size"):
        read(tmp_path / "t.zip", {"n.en": b"\n" * (3 << 20), "n.fr": b"\n" * (3 << 20)})


def test_a_damaged_archive_is_named(tmp_path):
    read(tmp_path / "t.zip", {"n.en": "one\n" * 99, "n.fr": "un\n" * 99}, packing=zipfile.ZIP_STORED)
    whole = (tmp_path / "t.zip").read_bytes()
    for content in (whole[:-30], whole.replace(b"one\none", b"two\none"), b"PK\3\4"):
        (tmp_path / "t.zip").write_bytes(content)
        with pytest.raises(CorpusError, match=r"t\.zip\S*: cannot be read .*; it is damaged"):
            list(read_parallel(str(tmp_path / "t.zip"), ("en", "fr")))
