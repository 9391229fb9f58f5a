"""Parallel text in the message catalogues of gettext, PO files."""

import re
from collections.abc import Iterator
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.lines import LONGEST_LINE, read_lines
from attn_cli.text.languages import is_named

ENDINGS = (".po",)
_LINE = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d+\])\s*)?"((?:[^"\\]|\\.)*)"')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "", "b": "", "f": " ", "v": " "}

Message = dict[str, str]  # its strings by keyword, and its flags under "#,"


def read(path: Path, languages: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the messages and their translations, in the order of `languages`.

    Messages that are fuzzy, obsolete, untranslated, or have plural forms are left out. The header tells the language of
    the translations; without one it is the second. Raises CorpusError as `read_lines` does, where a line is not of a
    PO file, and where its language is neither of the two.
    """
    backwards = False
    for message in _messages(path):
        source, target = message.get("msgid", ""), message.get("msgstr", "")
        if not source and target:
            backwards = _is_backwards(path, target, languages)
        elif source and target and "msgid_plural" not in message and "fuzzy" not in message.get("#,", ""):
            yield (target, source) if backwards else (source, target)


def _messages(path: Path) -> Iterator[Message]:
    message: Message = {}
    keyword, size = "", 0
    for number, line in enumerate(map(str.strip, read_lines(path)), 1):
        begins = line.startswith(("#,", "msgctxt", "msgid")) and not line.startswith("msgid_plural")
        if not line or (begins and any(key.startswith("msgstr") for key in message)):
            yield message
            message, keyword, size = {}, "", 0
        size += len(line)
        if line.startswith("#,"):
            message["#,"] = message.get("#,", "") + line
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        keyword = (match and match[1]) or keyword
        if not match or not keyword or size > LONGEST_LINE:
            raise CorpusError(f"{path}, line {number}: not a line of a PO file; check it with msgfmt --check")
        message[keyword] = message.get(keyword, "") + _unescaped(match[2])
    yield message


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)


def _is_backwards(path: Path, header: str, languages: tuple[str, str]) -> bool:
    match = re.search(r"^Language:[ \t]*(\S+)", header, re.MULTILINE)
    if not match or is_named(languages[1], match[1]):
        return False
    if is_named(languages[0], match[1]):
        return True
    raise CorpusError(f"{path}: its translations are in {match[1]}, not in {' or '.join(languages)}")
