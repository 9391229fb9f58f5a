"""Opening a text file: a regular file, unpacked as its first bytes tell, and in UTF-8 where it is in UTF-16.

The name does not matter: a plain text may be called .gz. What is unpacked is bounded, so that a small file cannot fill
the memory or take hours.
"""

import bz2
import codecs
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from attn_cli.foundation import storage
from attn_cli.foundation.errors import CorpusError

PACKED = (".gz", ".bz2", ".xz", ".zst")  # ends of names
MOST_RATIO, ALWAYS_ALLOWED = 200, 1 << 26  # bytes unpacked of a byte packed; and bytes that are never too many
_MOST_MEMORY = 1 << 28  # bytes of a decompressor
_CHUNK = 1 << 11  # bytes packed; small, because Zstandard may unpack each to 32,000
_BYTE_ORDER_MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Raise CorpusError, which begins with `name`, where a file cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise CorpusError(f"{name}: no such file") from None
    except UnicodeError as error:
        raise CorpusError(f"{name}: not valid {error.encoding.upper()} ({error.reason}); convert it to UTF-8") from None  # type: ignore[attr-defined]
    except _DAMAGED as error:
        raise CorpusError(f"{name}: cannot be read ({error}); it is damaged: copy or download it again") from None
    except OSError as error:
        if Path(name).is_dir():
            raise CorpusError(f"{name}: cannot be read, it is a folder; give a file") from None
        raise CorpusError(f"{name}: cannot be read ({error.strerror or error})") from None


_open: list[tuple[io.BufferedReader, int]] = []  # the regular files that are being read, and their sizes


def share_read() -> float | None:
    """Return the share of the bytes of all open text files that has been read, or None where no file is open."""
    size = sum(size for _, size in _open)
    return sum(file.tell() for file, _ in _open) / size if size else None


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Yield the content of a file, unpacked.

    Only a regular file is read, or a pipe that the shell has made for this process. Raises CorpusError as `readable`
    does.
    """
    if path.parent == Path("/dev/fd"):
        with readable(str(path)), path.open("rb") as pipe:
            yield unpacked(pipe, 1 << 40)
        return
    with (
        readable(str(path)),
        storage.regular_file(path) as descriptor,
        os.fdopen(descriptor, "rb", closefd=False) as file,
    ):
        size = os.fstat(descriptor).st_size
        _open.append((file, size))
        try:
            yield unpacked(file, size)
        finally:
            _open.remove((file, size))


@contextmanager
def opened_text(path: Path) -> Iterator[io.BufferedReader]:
    """Yield the content of a text file as `opened` does, in UTF-8 where it begins with the mark of UTF-16."""
    with opened(path) as file:
        yield as_utf8(file, str(path))


def unpacked(file: io.BufferedReader, size: int) -> io.BufferedReader:
    """Return the content of `file`, which has `size` bytes and may be packed with gzip, bzip2, xz or Zstandard.

    Reading the result raises OSError where it is more than 200 times as large and more than 64 MiB.
    """
    start = file.peek(6)
    raw: Any
    if start.startswith(b"\x1f\x8b"):
        raw = gzip.GzipFile(fileobj=file)
    elif start.startswith((b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")):
        raw = _Unpacked(file, {b"B": bz2.BZ2Decompressor, b"\xfd": _xz, b"\x28": _zstandard}[start[:1]])
    else:
        return file
    return io.BufferedReader(_Bounded(raw, max(ALWAYS_ALLOWED, MOST_RATIO * size)), 1 << 16)


def as_utf8(file: io.BufferedReader, name: str) -> io.BufferedReader:
    """Return `file` in UTF-8 where it begins with the byte order mark of UTF-16 or UTF-32, else as it is.

    Raises CorpusError where it looks like UTF-16 without that mark.
    """
    start = file.peek(512)[:512]
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return io.BufferedReader(cast(io.RawIOBase, _Transcoded(file, encoding)), 1 << 16)
    if 3 * start.count(0) > len(start):
        raise CorpusError(
            f"{name}: looks like UTF-16 without a byte order mark; convert it: iconv -f UTF-16LE -t UTF-8 (or UTF-16BE)"
        )
    return file


class _Raw(io.RawIOBase):
    """A stream whose subclasses say what comes next, in pieces of at most `size` bytes, and an empty one at the end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        raise NotImplementedError


class _Bounded(_Raw):
    """A stream that must not have more than `most` bytes."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._left = file, most

    def _next(self, size: int) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise OSError(f"unpacks to more than {MOST_RATIO} times its size, which is not text")
        return data


class _Unpacked(_Raw):
    """What a file unpacks to; it holds one or more streams, each of which a new decompressor reads."""

    def __init__(self, file: BinaryIO, start: Callable[[], Any]) -> None:
        self._file, self._start, self._stream = file, start, start()

    def _next(self, size: int) -> bytes:
        while True:
            packed = b""
            if self._stream.eof:
                packed = (self._stream.unused_data or self._file.read(_CHUNK)).lstrip(b"\0")  # xz pads with NUL
                if not packed:
                    return b""
                self._stream = self._start()
            elif self._stream.needs_input and not (packed := self._file.read(_CHUNK)):
                raise EOFError("its end is missing")
            if data := self._decompress(packed, size):
                return data

    def _decompress(self, packed: bytes, size: int) -> bytes:
        try:
            return cast(bytes, self._stream.decompress(packed, size))
        except OSError as error:  # of bz2
            raise EOFError(str(error)) from None


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_MOST_MEMORY)


def _zstandard() -> Any:
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        return _Zstandard()
    return zstd.ZstdDecompressor()


class _Zstandard:
    """A decompressor of the package zstandard, with the interface of those of bz2 and lzma."""

    def __init__(self) -> None:
        try:
            import zstandard
        except ImportError:
            raise OSError("packed with zstd: unpack it with zstd -d, or pip install zstandard") from None
        self._stream: Any = zstandard.ZstdDecompressor(max_window_size=_MOST_MEMORY).decompressobj()
        self._error, self._rest = zstandard.ZstdError, memoryview(b"")

    @property
    def eof(self) -> bool:
        return bool(self._stream.eof) and not self._rest

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return cast(bytes, self._stream.unused_data)

    def decompress(self, packed: bytes, size: int) -> bytes:
        if packed:
            try:
                self._rest = memoryview(self._stream.decompress(packed))
            except self._error as error:
                raise EOFError(str(error)) from None
        data, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return data


class _Transcoded(_Raw):
    """The text of a file in another encoding, in UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._rest = file, b""
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def _next(self, size: int) -> bytes:
        while not self._rest:
            packed = self._file.read(1 << 16)
            self._rest = self._decoder.decode(packed, final=not packed).encode()
            if not packed:
                break
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
