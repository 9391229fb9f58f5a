"""Units of translation in XML files, one after another, with expat.

Files are hostile. So a document type with declarations of its own, which could expand to gigabytes, is refused; no
other file is read; and a unit, a tag and the depth are bounded.
"""

import re
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.opening import opened

LARGEST, DEEPEST = 1 << 20, 100  # bytes of a unit or tag, elements within each other
_CHUNK = 1 << 16

Unit = tuple[dict[str, str], Element]  # the attributes of the elements around it, and itself


def units(path: Path, names: Collection[str]) -> Iterator[Unit]:
    """Yield the elements called one of `names`, without namespaces, as soon as each is complete.

    Raises CorpusError as `opened` does, and where the file is not well-formed XML, ends early, or is beyond a bound.
    """
    with opened(path) as file:
        reader = _Reader(str(path), names)
        for chunk in iter(partial(file.read, _CHUNK), b""):
            yield from reader.feed(chunk, last=False)
        yield from reader.feed(b"", last=True)


def text_of(element: Element, dropped: Collection[str] = ()) -> str:
    """Return the text of an element, white space as single spaces, without the content of elements called `dropped`."""
    return " ".join(re.split(r"[ \t\r\n]+", "".join(_texts(element, dropped)))).strip()


def _texts(element: Element, dropped: Collection[str]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag not in dropped:
            yield from _texts(child, dropped)
        yield child.tail or ""


class _Reader:
    """Feeds expat, and collects the units that are complete."""

    def __init__(self, name: str, names: Collection[str]) -> None:
        self._name, self._names = name, names
        self._around: list[dict[str, str]] = []  # attributes of the open elements outside of a unit
        self._builder: TreeBuilder | None = None  # of the unit that is open
        self._depth = self._outside = self._fed = self._start = 0
        self._units: list[Unit] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes, *, last: bool) -> list[Unit]:
        """Return the units that `chunk` completes."""
        self._units = []
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, last)
        except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: of its declared encoding
            reason = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else error
            raise self._error(f"not whole or not well-formed XML ({reason}); write the file again") from None
        begun = self._parser.CurrentByteIndex if self._builder is None else self._start
        if self._fed - begun > LARGEST:
            raise self._error(f"a unit of translation or a tag of more than {LARGEST >> 20} MiB")
        return self._units

    def _error(self, reason: str) -> CorpusError:
        return CorpusError(f"{self._name}, line {self._parser.CurrentLineNumber}: {reason}")

    def _doctype(self, _name: str, _system: str | None, _public: str | None, declares: int) -> None:
        if declares:
            raise self._error(
                "its document type declares entities or the like, which are not read; remove <!DOCTYPE …>"
            )

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"more than {DEEPEST} elements within each other; it is not a file of translations")
        tag = name.rpartition(":")[2]
        if self._builder is None and tag in self._names:
            self._builder, self._start, self._outside = TreeBuilder(), self._parser.CurrentByteIndex, self._depth
        if self._builder is None:
            self._around.append(attributes)
        else:
            self._builder.start(tag, attributes)

    def _text(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)

    def _close(self, name: str) -> None:
        if self._builder is None:
            self._around.pop()
        else:
            self._builder.end(name.rpartition(":")[2])
            if self._depth == self._outside:
                around = {key: value for attributes in self._around for key, value in attributes.items()}
                self._units.append((around, self._builder.close()))
                self._builder, self._start = None, self._parser.CurrentByteIndex
        self._depth -= 1
