"""Parallel text in JSON Lines: an object per line, its sides under their languages, or as source and target."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.storage import parse_json
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.languages import is_named

ENDINGS = (".jsonl", ".ndjson")


def read(path: Path, languages: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of a .jsonl file; blank lines are left out.

    A line is {"en": …, "fr": …}, {"source": …, "target": …}, or either within {"translation": …}. Raises CorpusError as
    `read_lines` does, and where a line is something else.
    """
    for number, line in enumerate(read_lines(path), 1):
        if line.strip():
            try:
                yield _pair(parse_json(line), languages)
            except ValueError as error:
                raise CorpusError(f"{path}, line {number}: {error}") from None


def _pair(value: Any, languages: tuple[str, str]) -> tuple[str, str]:
    inner = value.get("translation") if isinstance(value, dict) else None
    sides = inner if isinstance(inner, dict) else value
    if not isinstance(sides, dict):
        raise ValueError(f'not an object; each line needs one, such as {{"{languages[0]}": …, "{languages[1]}": …}}')
    return _side(sides, languages[0], "source"), _side(sides, languages[1], "target")


def _side(sides: dict[str, Any], language: str, role: str) -> str:
    named = [text for key, text in sides.items() if is_named(language, key)]
    text = (named or [sides.get(role)])[0]
    if not isinstance(text, str):
        raise ValueError(f"no text under {language} or {role}; it has {', '.join(sorted(sides)[:9]) or 'nothing'}")
    text.encode()  # half of a surrogate pair raises ValueError
    return text
