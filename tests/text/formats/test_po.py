"""PO files: strings over several lines, and messages that are left out."""

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import read_parallel

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: fr\\n"\n\n'
BODY = r"""# a comment
#: file.c:7
#, c-format
msgctxt "menu"
msgid "Say \"one\"\n"
msgstr ""
"Dire "
"« un »\n"
#, fuzzy, c-format
msgid "fuzzy"
msgstr "flou"

msgid "file"
msgid_plural "files"
msgstr[0] "fichier"
msgstr[1] "fichiers"

#| msgid "before"
msgid "untranslated"
msgstr ""
#~ msgid "obsolete"
#~ msgstr "obsolète"
msgid ""
"two\ttabs \\"
msgstr "deux"
"""
PAIRS = [('Say "one"', "Dire « un »"), ("two\ttabs \\", "deux")]


def read(path, text, languages=("en", "fr")):
    path.write_bytes(text.encode())
    return list(read_parallel(str(path), languages))


def test_translated_messages_are_read(tmp_path):
    assert read(tmp_path / "t.po", HEADER + BODY) == PAIRS
    assert read(tmp_path / "t.po", BODY.replace("\n", "\r\n")) == PAIRS
    assert read(tmp_path / "other-name", HEADER + BODY) == PAIRS


def test_the_header_tells_the_direction(tmp_path):
    assert read(tmp_path / "t.po", HEADER + BODY, ("fr", "en")) == [(target, source) for source, target in PAIRS]
    with pytest.raises(CorpusError, match=r"t\.po: its translations are in fr, not in en or de"):
        read(tmp_path / "t.po", HEADER + BODY, ("en", "de"))


@pytest.mark.parametrize("line", ['msgid "open', "msgid", 'msgstr "a" "b"', "<html>", 'other "x"'])
def test_a_line_that_is_not_of_a_po_file_is_named(line, tmp_path):
    with pytest.raises(CorpusError, match=r"t\.po, line 7: not a line of a PO file; check it with msgfmt --check"):
        read(tmp_path / "t.po", f"{HEADER}\n{line}\n")
