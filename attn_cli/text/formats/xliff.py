"""Parallel text in XLIFF 1.2 and 2: the units of translated documents."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.markup import text_of, units
from attn_cli.text.languages import is_named

ENDINGS = (".xlf", ".xliff", ".sdlxliff", ".mqxliff")
_CODES = {"bpt", "ept", "it", "ph", "bx", "ex", "x"}  # elements that hold the codes of a document, not its words
_UNTRANSLATED = {"new", "needs-translation", "initial"}  # states


def read(path: Path, languages: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the source and the target of each translated unit, or segment of one, in the order of `languages`.

    Units whose state says that they are not translated are left out, and so are proposals (<alt-trans>). The codes of
    a document within a text are dropped. Raises CorpusError as `units` does, and where the languages are others.
    """
    for around, unit in units(path, ("trans-unit", "unit")):
        backwards = _is_backwards(path, around, languages)
        for part in [unit] if unit.tag == "trans-unit" else unit.iter("segment"):
            source, target = part.find("source"), part.find("target")
            if source is not None and target is not None and not _state(part, target) & _UNTRANSLATED:
                pair = text_of(source, _CODES), text_of(target, _CODES)
                if all(pair):
                    yield pair[::-1] if backwards else pair


def _state(part: Element, target: Element) -> set[str | None]:
    return {part.get("state"), target.get("state")}


def _is_backwards(path: Path, around: dict[str, str], languages: tuple[str, str]) -> bool:
    """Return whether a file translates from the second language into the first; one may not name its target."""
    source = around.get("srcLang") or around.get("source-language") or ""
    target = around.get("trgLang") or around.get("target-language") or ""
    for first, second in (languages, languages[::-1]):
        if is_named(first, source) and (not target or is_named(second, target)):
            return first != languages[0]
    raise CorpusError(
        f"{path}: it translates from {source or 'an unknown language'} to {target or 'an unknown one'}, "
        f"not {' to '.join(languages)} or back"
    )
