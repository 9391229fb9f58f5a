"""What is asked of `translate`: a text per line, alone or in a JSON object with its id and a prefix."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from attn_cli.cli.translate.sources import Source, lines_of, opened, paragraphs
from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.foundation.storage import parse_json

Batch = list["Request"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is read: texts given as arguments, or else a file or stdin; as lines, as JSON objects, or as paragraphs."""

    given: list[str]
    file: Path | None = None
    json_input: bool = False
    paragraphs: bool = False

    def __post_init__(self) -> None:
        if self.given and self.file is not None:
            raise SettingsError("give one of TEXT and `input`")
        if self.json_input and self.paragraphs:
            raise SettingsError("`paragraphs`: not with `json_input`, where each line is an object")

    @property
    def texts(self) -> list[str]:
        """Return the texts given as arguments; a single - stands for stdin, and is none."""
        return [] if self.given == ["-"] else lines_of(self.given)

    def opened(self) -> AbstractContextManager[Source | None]:
        """Return a context that opens the file or stdin; None if the texts are arguments."""
        return nullcontext() if self.texts else opened(self.file)

    def requests(self, batches: Iterator[list[str]], prefix: str) -> Iterator[Batch]:
        """Yield the requests in batches of lines; `prefix` is that of all that have none of their own."""
        if self.json_input:
            return from_json(batches, prefix)
        return from_text(paragraphs(batches) if self.paragraphs else batches, prefix)


class Request(NamedTuple):
    """A text to translate, the number of its line, from 0, its id, and the beginning that its translation must have."""

    number: int
    id: Any
    text: str
    prefix: str = ""


def from_text(batches: Iterable[list[str]], prefix: str = "") -> Iterator[Batch]:
    """Yield a request for each line; its id is its number, from 1."""
    number = 0
    for batch in batches:
        yield [Request(index, index + 1, text, prefix) for index, text in enumerate(batch, number)]
        number += len(batch)


def from_json(batches: Iterable[list[str]], prefix: str = "") -> Iterator[Batch]:
    """Yield a request for each line, a JSON object with "source", perhaps "id" and "prefix"; other keys are ignored.

    `prefix` is that of lines without one. A blank line is a request for a blank text.
    Raises CorpusError where a line is something else; the requests before it are yielded.
    """
    for batch in from_text(batches, prefix):
        requests: Batch = []
        for request in batch:
            try:
                requests.append(_parsed(request) if request.text.strip() else request)
            except (ValueError, KeyError, TypeError) as error:
                if requests:
                    yield requests
                raise CorpusError(
                    f'line {request.number + 1}: not a JSON object with a text under "source" ({error}); mend that line'
                ) from None
        yield requests


def _parsed(request: Request) -> Request:
    content = parse_json(request.text)
    if not isinstance(content, dict):
        raise TypeError(f"it is a {type(content).__name__}")
    if "source" not in content:
        raise KeyError("source")
    text, prefix = content["source"], content.get("prefix", request.prefix)
    if not isinstance(text, str) or not isinstance(prefix, str):
        raise TypeError("source and prefix are texts")
    # JSON can escape half of a character, which is not text.
    text, prefix = (each.encode("utf-8", "replace").decode() for each in (text, prefix))
    return Request(request.number, content.get("id", request.id), text, prefix)
