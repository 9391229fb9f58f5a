"""XLIFF 1.2 and 2: units, segments, states, directions."""

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import read_parallel

VERSION_1 = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file source-language="en-US" target-language="fr"><body><group>
<trans-unit id="1"><source>one <g id="1">two</g><ph id="2">&lt;br></ph></source><target>un <g id="1">deux</g></target>
<alt-trans><source>other</source><target>autre</target></alt-trans></trans-unit>
<trans-unit id="2"><source>untranslated</source></trans-unit>
<trans-unit id="3"><source>empty</source><target/></trans-unit>
<trans-unit id="4"><source>new</source><target state="new">new</target></trans-unit>
<trans-unit id="5"><source>three</source><target state="final">trois</target></trans-unit>
</group></body></file></xliff>"""
VERSION_2 = """<x:xliff version="2.0" srcLang="en" trgLang="fr" xmlns:x="urn:oasis:names:tc:xliff:document:2.0">
<x:file id="f"><x:unit id="1"><x:segment><x:source>one <x:pc id="1">two</x:pc><x:ph id="2"/></x:source>
<x:target>un deux</x:target></x:segment><x:ignorable><x:source> </x:source><x:target>x</x:target></x:ignorable>
<x:segment state="initial"><x:source>new</x:source><x:target>new</x:target></x:segment>
<x:segment><x:source>three</x:source><x:target>trois</x:target></x:segment></x:unit></x:file></x:xliff>"""
PAIRS = [("one two", "un deux"), ("three", "trois")]


def read(path, text, languages=("en", "fr")):
    path.write_bytes(text.encode())
    return list(read_parallel(str(path), languages))


@pytest.mark.parametrize("text", [VERSION_1, VERSION_2], ids=["1.2", "2"])
def test_translated_units_are_read_in_either_direction(text, tmp_path):
    assert read(tmp_path / "t.xlf", text) == PAIRS
    assert read(tmp_path / "t.xliff", text, ("fr", "en")) == [(target, source) for source, target in PAIRS]
    assert read(tmp_path / "other-name", text) == PAIRS


def test_a_file_that_does_not_name_its_target_is_read(tmp_path):
    assert read(tmp_path / "t.xlf", VERSION_1.replace(' target-language="fr"', "")) == PAIRS


def test_other_languages_are_refused(tmp_path):
    message = r"t\.xlf: it translates from en-US to fr, not en to de or back"
    with pytest.raises(CorpusError, match=message):
        read(tmp_path / "t.xlf", VERSION_1, ("en", "de"))
