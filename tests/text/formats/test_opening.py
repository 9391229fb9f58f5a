"""Files packed or not, in several encodings: what is read, and what is refused in one line."""

import bz2
import gzip
import lzma
import os
from pathlib import Path

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import opening, read_parallel
from attn_cli.text.formats.lines import read_lines

LINES = ["a cat", "", "an été “odd”", "\U0001f600"]
TEXT = "".join(f"{line}\n" for line in LINES)


def zstd(content):
    return pytest.importorskip("zstandard").ZstdCompressor().compress(content)


PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd}


def read(path, content):
    path.write_bytes(content)
    return list(read_lines(path))


@pytest.mark.parametrize("ending", PACK)
def test_a_packed_file_is_read_whatever_its_name(ending, tmp_path):
    packed = PACK[ending](TEXT.encode())
    for name in (f"t{ending}", "t"):
        assert read(tmp_path / name, packed) == LINES
    assert read(tmp_path / f"plain{ending}", TEXT.encode()) == LINES


@pytest.mark.parametrize("ending", PACK)
def test_a_file_may_be_packed_in_several_parts(ending, tmp_path):
    parts = (TEXT[:7].encode(), TEXT[7:].encode())
    assert read(tmp_path / "t", b"".join(map(PACK[ending], parts))) == LINES


@pytest.mark.parametrize("ending", PACK)
@pytest.mark.parametrize("damage", [lambda packed: packed[:-9], lambda packed: packed[:20] + b"\xff" * 40])
def test_a_damaged_packed_file_is_named(ending, damage, tmp_path):
    packed = PACK[ending](os.urandom(999).hex().encode() + b"\n")
    with pytest.raises(CorpusError, match=r"t: cannot be read .*; it is damaged: copy or download it again") as error:
        read(tmp_path / "t", damage(packed))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("ending", PACK)
def test_a_side_of_two_files_may_be_packed(ending, tmp_path):
    (tmp_path / f"t.en{ending}").write_bytes(PACK[ending](b"one\n"))
    (tmp_path / "t.fr").write_bytes(b"un\n")
    assert list(read_parallel(str(tmp_path / "t"), ("en", "fr"))) == [("one", "un")]


@pytest.mark.parametrize("ending", PACK)
def test_what_unpacks_to_far_more_than_text_does_is_refused(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "ALWAYS_ALLOWED", 1 << 20)
    (tmp_path / "t").write_bytes(PACK[ending]((b"x" * 9999 + b"\n") * 500))
    lines = read_lines(tmp_path / "t")
    with pytest.raises(CorpusError, match=r"t: cannot be read \(unpacks to more than 200 times its size"):
        for number, _ in enumerate(lines):
            assert number < 200


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_text_with_a_byte_order_mark_is_read(encoding, tmp_path):
    assert read(tmp_path / "t", TEXT.encode(encoding)) == LINES
    assert read(tmp_path / "t.gz", gzip.compress(TEXT.replace("\n", "\r\n").encode(encoding))) == LINES
    assert read(tmp_path / "big-endian", b"\xfe\xff" + TEXT.encode("utf-16-be")) == LINES


@pytest.mark.parametrize(
    "content, message",
    [
        (TEXT.encode("utf-16-le"), r"t: looks like UTF-16 without a byte order mark; convert it: iconv -f UTF-16LE"),
        ("é".encode("utf-16") + b"\n\0\n", r"t: not valid UTF-16-LE \(truncated data\); convert it to UTF-8"),
        ("été\n".encode("latin-1"), r"t, line 1, byte 1: not valid UTF-8; .*iconv -f ISO-8859-1 -t UTF-8"),
        (b"a\rb\rc", r"t: its lines end in a carriage return alone \(classic Mac OS\); convert it, .*tr "),
    ],
)
def test_a_text_in_another_form_is_refused_with_what_to_do(content, message, tmp_path):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path / "t", content)


def test_what_is_not_a_regular_file_is_refused_at_once(tmp_path, replace_by_fifo):
    with pytest.raises(CorpusError, match=r"\S+: cannot be read, it is a folder; give a file"):
        list(read_lines(tmp_path))
    (tmp_path / "t").touch()
    replace_by_fifo(tmp_path / "t")
    with pytest.raises(CorpusError, match=r"t: cannot be read \(not a regular file\)"):
        list(read_lines(tmp_path / "t"))


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no /dev/fd here")
def test_a_pipe_of_the_shell_is_read():
    reader, writer = os.pipe()
    os.write(writer, TEXT.encode())
    os.close(writer)
    assert list(read_lines(Path(f"/dev/fd/{reader}"))) == LINES
    os.close(reader)
