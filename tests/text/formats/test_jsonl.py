"""JSON Lines: the forms of an object, and what is refused."""

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import read_parallel


def read(path, text):
    path.write_bytes(text.encode())
    return list(read_parallel(str(path), ("en", "fr")))


@pytest.mark.parametrize(
    "line",
    [
        '{"en": "a", "fr": "é\\n b"}',
        '{"id": 7, "translation": {"fr": "é\\nb", "en": " a"}}',
        '{"source": "a", "target": "\\u00e9\\r\\nb"}',
        '{"en-US": "a", "fr_FR": "é b"}',
    ],
)
def test_each_form_of_an_object_is_read(line, tmp_path):
    assert read(tmp_path / "t.jsonl", f"{line}\r\n\n{line}") == [("a", "é b")] * 2
    assert read(tmp_path / "t.ndjson", line) == read(tmp_path / "other", line) == [("a", "é b")]


@pytest.mark.parametrize(
    "line, message",
    [
        ('{"en": "a"', "Expecting"),
        ('["a", "b"]', "not an object; each line needs one"),
        ('{"en": "a", "de": "b"}', "no text under fr or target; it has de, en"),
        ('{"en": "a", "fr": null}', "no text under fr or target"),
        ('{"en": "a", "fr": "\\ud800"}', "surrogates not allowed"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_is_not_a_pair_is_named(line, message, tmp_path):
    with pytest.raises(CorpusError, match=rf"t\.jsonl, line 2: .*{message}"):
        read(tmp_path / "t.jsonl", '{"en": "a", "fr": "b"}\n' + line)
