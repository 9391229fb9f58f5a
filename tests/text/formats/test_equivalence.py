"""Every format gives the same pairs, whatever characters they hold, packed or not."""

import csv
import gzip
import io
import json
import lzma
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from digit_language import digit_pairs
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder import Recorder

from attn_cli.foundation.settings import PrepareConfig
from attn_cli.text.formats import read_parallel
from attn_cli.text.preparation.prepare import Sources, prepare

# Not control characters, which XML cannot hold, nor white space at the ends, which is left out
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zs"), exclude_characters="\u2028\u2029\ufeff")
WORDS = st.lists(st.text(CHARACTERS | st.sampled_from("\"',;<&\\{#"), min_size=1, max_size=4), min_size=1, max_size=3)
SENTENCES = WORDS.map(" ".join)
PAIRS = st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=5)


def lines(pairs, side):
    return "".join(f"{pair[side]}\n" for pair in pairs)


def tsv(pairs):
    return "en\tfr\n" + "".join("\t".join(pair) + "\n" for pair in pairs)


def quoted_tsv(pairs):
    return "".join("\t".join('"' + cell.replace('"', '""') + '"' for cell in pair) + "\n" for pair in pairs)


def comma_separated(pairs):
    text = io.StringIO()
    csv.writer(text).writerows([("source", "target"), *pairs])
    return text.getvalue()


def json_lines(pairs):
    return "".join(json.dumps({"translation": {"en": source, "fr": target}}) + "\n" for source, target in pairs)


def tmx(pairs):
    def variant(code, text):
        return f'<tuv xml:lang="{code}"><seg>{escape(text)}</seg></tuv>'

    units = (f"<tu>{variant('fr-FR', target)}{variant('en', source)}</tu>" for source, target in pairs)
    return f'<?xml version="1.0"?><tmx version="1.4"><body>{"".join(units)}</body></tmx>'


def xliff(pairs):
    units = (
        f"<trans-unit><source>{escape(source)}</source><target>{escape(target)}</target></trans-unit>"
        for source, target in pairs
    )
    return f'<xliff><file source-language="en" target-language="fr">{"".join(units)}</file></xliff>'


def po(pairs):
    def quoted(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "".join(f"msgid {quoted(source)}\nmsgstr {quoted(target)}\n\n" for source, target in pairs)


TEXTS = {
    "t.tsv": tsv, "quoted.tsv": quoted_tsv, "t.csv": comma_separated, "t.jsonl": json_lines, "t.tmx": tmx,
    "t.xlf": xliff, "t.po": po,
}  # fmt: skip


def write_all(folder, pairs):
    """Write pairs in every format, packed and not, and return the locations."""
    locations = [str(folder / "two"), str(folder / "moses.zip"), f"{folder}/two.en,{folder}/two.fr"]
    for side, language in enumerate(("en", "fr")):
        (folder / f"two.{language}").write_text(lines(pairs, side), encoding="utf-8", newline="\n")
    with zipfile.ZipFile(folder / "moses.zip", "w") as archive:
        for side, language in enumerate(("en", "fr")):
            archive.writestr(f"n.en-fr.{language}", lines(pairs, side))
    for ending, write in TEXTS.items():
        content = write(pairs).encode()
        for packed in (content, gzip.compress(content), lzma.compress(content)):
            locations.append(str(folder / f"{len(locations)}-{ending}"))
            Path(locations[-1]).write_bytes(packed)
    return locations


@settings(max_examples=25, deadline=None, derandomize=True)
@given(pairs=PAIRS)
def test_every_format_gives_the_same_pairs(pairs):
    with tempfile.TemporaryDirectory() as name:
        for location in write_all(Path(name), pairs):
            assert list(read_parallel(location, ("en", "fr"))) == pairs, location


def test_every_format_gives_the_same_corpus_to_the_byte(tmp_path):
    pairs = [
        *digit_pairs(60, seed=1),
        ('the "first" of it', "le « premier »"),
        ("a\u2028b", "cœur\u202f!"),
    ]
    corpora = []
    for location in write_all(tmp_path, pairs):
        config = PrepareConfig(vocab_size=320)
        folder = prepare(("en", "fr"), Sources((location,)), tmp_path / "corpus", config, Recorder()).folder
        content = {path.name: path.read_bytes() for path in folder.iterdir()}
        content["prepared.json"] = content["prepared.json"].replace(json.dumps(location).encode(), b'"LOCATION"')
        corpora.append(content)
    assert len(corpora[0]) == 12
    for corpus in corpora:
        assert {name for name in corpus if corpus[name] != corpora[0].get(name)} == set()
