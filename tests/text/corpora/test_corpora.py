"""Corpora by name: the list of mtdata, short names, languages, forms of files, and archives from strangers."""

import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from file_server import serving, write_mtdata
from recorder import Recorder

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.corpora import available, get_corpora, index
from attn_cli.text.corpora.entries import Languages
from attn_cli.text.formats import read_parallel

PAIRS = [("a house", "une maison"), ("two trees", "deux arbres")]
EN, FR = ("".join(f"{pair[side]}\n" for pair in PAIRS).encode() for side in (0, 1))


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(*members, mode="w:gz"):
    """Pack members, each a name with its content, or, for a link, with its target."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
    return file.getvalue()


TMX = "<tmx><body>{}</body></tmx>".format(
    "".join(
        f'<tu><tuv xml:lang="en-GB"><seg>{en}</seg></tuv><tuv xml:lang="fr"><seg>{fr}</seg></tuv></tu>'
        for en, fr in PAIRS
    )
).encode()
ROWS = "".join(f"0.9\t{fr}\t{en}\n" for en, fr in PAIRS)
OPUS = {"ext": "zip", "in_ext": "txt", "in_paths": ["*.en", "*.fr"], "cite": ["opus"]}
TABLE = {"ext": "tsv.gz", "cols": [2, 1]}
TAR = {"ext": "tar.gz", "in_ext": "txt", "in_paths": ["*/train.en", "all/train.fr"]}
ZIP = zipped(**{"README": "read", "x.en-fr.en": EN, "x.en-fr.fr": FR})
CORPORA = {  # an id, how mtdata describes the corpus, and the file
    "OPUS-tatoeba-v2-eng-fra": (OPUS, ZIP),
    "OPUS-tatoeba-v20230412-eng-fra": (OPUS, ZIP),
    "OPUS-tatoeba-v20990101-eng-por": (OPUS | {"in_paths": ["*.en", "*.pt"]}, ZIP),
    "OPUS-ted2020-v1-eng-fra_CA": (OPUS | {"in_paths": ["*.en", "*.fr_ca"]}, zipped(**{"x.en": EN, "x.fr_ca": FR})),
    "OPUS-ted2020-v1-eng-fra": (OPUS | {"in_paths": ["*.en", "*.fr"]}, ZIP),
    "Facebook-wikimatrix-1-eng-fra": (TABLE, gzip.compress(ROWS.encode())),
    "Facebook-xz-1-fra-eng": ({"ext": "tsv.xz", "cols": [1, 2]}, lzma.compress(ROWS.encode())),
    "Neulab-ted-1-eng-fra": (
        {"ext": "tar.gz", "in_ext": "tsv", "in_paths": ["all.tsv"], "cols": [1, 0]},
        tarred(("all.tsv", f"fr\ten\n__NULL__\tno\n{ROWS}".replace("0.9\t", "").encode())),
    ),
    "ELRC-law-1-eng-fra": ({"ext": "zip", "in_ext": "tmx", "in_paths": ["*.tmx"]}, zipped(**{"a/b.tmx": TMX})),
    "ParaCrawl-tmx-3-eng-fra": ({"ext": "tmx.gz"}, gzip.compress(TMX)),
    "Statmt-europarl-7-fra-eng": (
        TAR | {"in_paths": ["all/train.fr", "*/train.en"]},
        tarred(("./all/train.en", EN), ("other", b""), ("./all/train.fr", FR)),
    ),
    "Statmt-plain-1-eng-fra": (TAR | {"ext": "tar"}, tarred(("all/train.fr", FR), ("all/train.en", EN), mode="w")),
    "Statmt-news-1-fra-eng": ({"ext": "tgz", "in_ext": "sgm", "in_paths": ["a", "b"]}, b""),
    "Flores-same-1-eng-fra": (TAR | {"in_paths": ["a", "a"]}, b""),
    "Bad-above-1-eng-fra": (TAR, tarred(("../x", b""), ("all/train.en", EN), ("all/train.fr", FR))),
    "Bad-absolute-1-eng-fra": (TAR, tarred(("/x/train.en", EN), ("all/train.fr", FR))),
    "Bad-link-1-eng-fra": (TAR, tarred(("all/train.en", "/etc/passwd"), ("all/train.fr", FR))),
    "Bad-missing-1-eng-fra": (TAR, tarred(("all/train.en", EN))),
    "Bad-two-1-eng-fra": (TAR, tarred(("a/train.en", EN), ("b/train.en", EN), ("all/train.fr", FR))),
    "Bad-tar-1-eng-fra": (TAR, b"no archive" * 100),
    "Bad-bomb-1-eng-fra": (TAR, tarred(("all/train.en", b"0" * (100 << 20)), ("all/train.fr", FR))),
    "Bad-zip-1-eng-fra": (OPUS | {"in_paths": ["a.en", "a.fr"]}, zipped(**{"../a.en": EN, "a.en": EN, "a.fr": FR})),
    "Bad-opus-1-eng-fra": (OPUS, zipped(**{"../a.en": EN, "a.en": EN, "a.fr": FR})),
}


class Place:
    """A home, a server of files, and mtdata, for tests."""

    def __init__(self, home, files):
        self.home, self.files, self.recorder = home, files, Recorder()

    def get(self, name, pair=("en", "fr"), **options):
        """Return the pairs of a corpus, and its record."""
        (corpus,) = get_corpora([name], pair, self.recorder, lambda *_: None, **options)
        pairs = [one for location in corpus.locations for one in read_parallel(location, pair)]
        return pairs, corpus.record


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(index.metadata, "version", lambda _: "0.5.1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    with serving() as (files, address):
        entries = [{"did": "Statmt-mono-1-eng", "url": f"{address}/mono"}]
        for name, (described, content) in CORPORA.items():
            files.files[f"/{name}"] = content
            filename = f"text.{described['ext']}"
            entries.append({"did": name, "url": f"{address}/{name}", "filename": filename} | described)
        files.files |= {"/en.gz": gzip.compress(EN), "/fr.gz": gzip.compress(FR)}
        two = {"url": [f"{address}/fr.gz", f"{address}/en.gz"], "ext": "txt.gz", "filename": "train.txt.gz"}
        entries.append({"did": "StanfordNLP-wmt15-1-fra-eng"} | two)
        write_mtdata(tmp_path / "packages", entries)
        yield Place(tmp_path / "home", files)


UNREAD = ("Bad-", "Flores-", "Statmt-news", "OPUS-tatoeba-v2099")


@pytest.mark.parametrize("name", [name for name in CORPORA if not name.startswith(UNREAD)])
def test_every_form_is_read_in_both_directions(place, name):
    assert place.get(name)[0] == PAIRS
    asked = len(place.files.requests)
    assert place.get(name, ("fr", "en"))[0] == [pair[::-1] for pair in PAIRS]
    assert len(place.files.requests) == asked


def test_two_files_are_one_corpus(place):
    assert place.get("StanfordNLP-wmt15-1-fra-eng")[0] == PAIRS


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("above", "../x leads out of it"),
        ("absolute", "/x/train.en leads out of it"),
        ("link", "a link or the like"),
        ("missing", "no members called all/train.fr"),
        ("two", "2 members called */train.en"),
        ("tar", "cannot be read"),
        ("bomb", "more than 200 times its size"),
        ("zip", "../a.en leads out of it"),
        ("opus", "../a.en leads out of it"),
    ],
)
def test_archives_from_strangers(place, name, reason):
    with pytest.raises(CorpusError) as error:
        place.get(f"Bad-{name}-1-eng-fra")
    assert reason in str(error.value)
    folder = place.home / "downloads" / f"Bad-{name}-1-eng-fra"
    assert [path.name for path in folder.iterdir()] == ["text.zip" if name in ("zip", "opus") else "text.tar.gz"]
    assert sorted(path.name for path in place.home.parent.iterdir()) == ["home", "packages"]


def test_a_short_name_is_the_newest_version_of_the_pair(place):
    pairs, record = place.get("tatoeba")
    assert pairs == PAIRS
    assert record["id"] == "OPUS-tatoeba-v20230412-eng-fra"
    assert (record["name"], record["licence"]) == ("tatoeba", "CC BY 2.0 FR")
    assert record["url"].endswith(f"/{record['id']}")
    assert record["citation"].startswith("Tiedemann (2012)")
    assert any("licence: CC BY 2.0 FR, see https://tatoeba.org" in note for note in place.recorder.notes)
    assert any("cite Tiedemann (2012)" in note for note in place.recorder.notes)


def test_a_licence_that_is_not_known(place):
    _, record = place.get("Statmt-europarl-7-fra-eng")
    assert (record["licence"], record["citation"]) == (None, None)
    assert f"licence: not known to attn-mt, see {record['url']}" in place.recorder.notes[0]


def test_a_region_is_taken_where_there_is_one(place):
    assert place.get("ted-talks", ("en", "fr_CA"))[1]["id"] == "OPUS-ted2020-v1-eng-fra_CA"
    assert place.get("ted-talks", ("fr", "en"))[1]["id"] == "OPUS-ted2020-v1-eng-fra"
    assert place.get("tatoeba", ("en", "fr_CA"))[0] == PAIRS  # of no region


def test_similar_languages_are_not_the_same():
    languages = Languages({"nb": "nob", "nn": "nno", "en": "eng", "zh": "zho", "ar": "ara"}, {"eng": "Latn"})
    assert languages.distance(("en", "nb"), ("eng", "nno")) is None
    assert languages.distance(("en_Latn", "nb"), ("eng", "nob")) == 0
    assert languages.distance(("en", "zh"), ("eng", "zho_Hant")) is None
    assert languages.distance(("en", "zh"), ("eng", "zho_CN")) == 1
    assert languages.is_reversed(("ar", "en"), ("arb_Arab", "eng")) is False  # asked for by its id
    assert languages.is_reversed(("en", "ar"), ("arb_Arab", "eng")) is True
    assert languages.is_reversed(("en_US", "en_GB"), ("eng_GB", "eng_US")) is True
    assert languages.is_reversed(("en", "fr"), ("eng", "deu")) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tatoba", "no corpus of en-fr has this name; similar: tatoeba"),
        ("OPUS-tatoeba-v20990101-eng-por", "no corpus of en-fr has this name"),
        ("un", "`corpus` list shows all"),
        ("Statmt-news-1-fra-eng", "in a format that is not read (tgz, sgm)"),
        ("Flores-same-1-eng-fra", "not read"),
    ],
)
def test_unknown_names(place, name, reason):
    with pytest.raises(CorpusError) as error:
        place.get(name)
    assert reason in str(error.value)
    assert place.files.requests == []


def test_the_corpora_of_a_pair(place):
    records = available(("fr", "en"), place.recorder)
    assert [record["name"] for record in records][:2] == ["tatoeba", "ted-talks"]
    ids = {record["id"] for record in records}
    assert "Facebook-wikimatrix-1-eng-fra" in ids
    assert not ids & {"Statmt-news-1-fra-eng", "Flores-same-1-eng-fra", "OPUS-tatoeba-v20990101-eng-por"}


def test_mtdata_and_the_network_are_needed_once(place, monkeypatch):
    place.get("tatoeba")
    assert any("reading the list of corpora" in stage for stage in place.recorder.stages)
    assert sorted(path.name for path in (place.home / "downloads").iterdir()) == [
        "OPUS-tatoeba-v20230412-eng-fra",
        "corpora.jsonl.gz",
    ]
    monkeypatch.setenv("PYTHONPATH", "")
    place.files.files.clear()
    assert place.get("tatoeba", offline=True)[0] == PAIRS
    with pytest.raises(CorpusError, match=r"because of `offline`; download it by hand to .*v1-eng-fra.text.zip"):
        place.get("ted-talks", offline=True)
    (place.home / "downloads" / "OPUS-ted2020-v1-eng-fra" / "text.zip").write_bytes(ZIP)
    assert place.get("ted-talks", offline=True)[0] == PAIRS


def test_text_is_made_again_from_a_newer_file(place):
    name = "Facebook-wikimatrix-1-eng-fra"
    place.get(name)
    file = place.home / "downloads" / name / "text.tsv.gz"
    file.write_bytes(gzip.compress(b"0.9\tun\tone\n"))
    assert place.get(name)[0] == [("one", "un")]


def test_without_mtdata(place, tmp_path):
    (tmp_path / "packages" / "mtdata" / "__init__.py").write_text("raise ModuleNotFoundError\n")
    with pytest.raises(CorpusError, match="pip install mtdata"):
        place.get("tatoeba")


def test_the_list_is_read_again_for_a_new_version_of_mtdata(place, monkeypatch):
    place.get("tatoeba")
    place.get("tatoeba")
    assert len(place.recorder.stages) == 1
    monkeypatch.setattr(index.metadata, "version", lambda _: "0.5.2")
    place.get("tatoeba")
    assert len(place.recorder.stages) == 2


def test_an_mtdata_that_is_not_understood(place, tmp_path):
    (tmp_path / "packages" / "mtdata" / "index.py").write_text("INDEX = None\n")
    with pytest.raises(CorpusError, match=r"list of corpora cannot be read .AttributeError.*; try pip install"):
        place.get("tatoeba")
    assert list((place.home / "downloads").iterdir()) == []


def test_a_damaged_list(place):
    place.home.mkdir()
    path = place.home / "downloads" / "corpora.jsonl.gz"
    path.parent.mkdir()
    for content in (b"", b"no", gzip.compress(b"{}\n"), gzip.compress(b'{"codes": {}, "scripts": {}}\n[]\n')):
        path.write_bytes(content)
        with pytest.raises(CorpusError, match="damaged; delete it"):
            place.get("tatoeba")


def test_no_file_of_the_current_folder_is_imported(place, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    for name in ("gzip.py", "json.py", "mtdata.py", "mtdata_mine.py"):
        (tmp_path / "here" / name).write_text("raise SystemExit('imported')\n")
    monkeypatch.chdir(tmp_path / "here")
    assert place.get("tatoeba")[0] == PAIRS
