"""Parallel text in translation memories, TMX 1.4: units with a variant for each of several languages."""

from collections.abc import Callable, Iterator
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.markup import text_of, units
from attn_cli.text.languages import is_named

ENDINGS = (".tmx",)
_CODES = {"bpt", "ept", "it", "ph", "ut"}  # elements that hold the codes of a document, such as <b>, not its words
_MOST_LANGUAGES = 20  # in a message


def read(path: Path, languages: tuple[str, str], note: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    """Yield the first variants in both languages of each unit; a unit without both is left out, and counted in a note.

    `en` is also read from en-US and the like. The codes of a document within a text are dropped; the text that <hi>
    marks is kept. Raises CorpusError as `units` does, and where no unit has both languages.
    """
    seen: dict[str, None] = {}  # languages, in the order they come in
    found = missing = 0
    for _, unit in units(path, ("tu",)):
        texts = [(_language(variant.attrib), variant.find("seg")) for variant in unit.iter("tuv")]
        seen |= {code: None for code, _ in texts if len(seen) < _MOST_LANGUAGES}
        sides = [
            [text_of(segment, _CODES) for code, segment in texts if segment is not None and is_named(language, code)]
            for language in languages
        ]
        if all(sides):
            found += 1
            yield sides[0][0], sides[1][0]
        else:
            missing += 1
    if missing and not found:
        raise CorpusError(f"{path}: no unit has both {' and '.join(languages)}; its languages are {', '.join(seen)}")
    if missing:
        note(f"{path}: {missing:,} units without {' and '.join(languages)} are left out")


def _language(attributes: dict[str, str]) -> str:
    return attributes.get("xml:lang") or attributes.get("lang") or "unknown"
