"""Test sets by name, from a cache that the tests fill: nothing is downloaded."""

import urllib.request

import pytest
from sacrebleu.dataset import DATASETS

from attn_cli.evaluation.test_sets import read_test_set
from attn_cli.foundation.errors import CorpusError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder in which sacreBLEU keeps wmt14 during the test."""
    monkeypatch.setattr(DATASETS["wmt14"], "_outdir", str(tmp_path))
    monkeypatch.setattr(DATASETS["wmt14"], "_rawdir", str(tmp_path / "raw"))
    return tmp_path


@pytest.mark.parametrize("languages", [("en", "fr"), ("en_GB", "fr_CA"), ("eng_Latn", "fra_Latn")])
def test_a_test_set_in_the_cache_is_read(languages, cache):
    texts = {"src": "A cat.\nTwo dogs.\n", "ref": "Un chat.\nDeux chiens.\n"}
    for field in DATASETS["wmt14"].fieldnames("en-fr"):
        (cache / f"wmt14.en-fr.{field}").write_text(texts.get(field, "1\n2\n"), encoding="utf-8")
    assert read_test_set("wmt14", languages) == [("A cat.", "Un chat."), ("Two dogs.", "Deux chiens.")]


def test_an_unknown_test_set_is_refused_with_similar_names():
    with pytest.raises(CorpusError, match=r"wmt14x: not a test set of sacreBLEU; similar names: wmt14, "):
        read_test_set("wmt14x", ("en", "fr"))


def test_a_pair_that_a_test_set_lacks_is_refused_with_its_pairs():
    with pytest.raises(CorpusError, match=r"wmt14: has no pair en-ja; choose from cs-en, .*en-fr"):
        read_test_set("wmt14", ("en", "ja"))


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("failure", [OSError("no route"), SystemExit(1), EOFError("cut off")])
def test_a_test_set_that_cannot_be_downloaded_is_refused(monkeypatch, failure):
    def urlopen(*_):
        raise failure

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(CorpusError, match="wmt14: could not be downloaded"):
        read_test_set("wmt14", ("en", "fr"))


def test_of_several_references_the_first_by_name_is_used(cache, monkeypatch):
    for field in ("src", "refB", "refA"):
        (cache / field).write_text(f"{field}\n", encoding="utf-8")
    # sacreBLEU does not sort them.
    references = [str(cache / "refB"), str(cache / "refA")]
    monkeypatch.setattr(DATASETS["wmt14"], "get_files", lambda _: [str(cache / "src"), *references])
    monkeypatch.setattr(DATASETS["wmt14"], "fieldnames", lambda _: ["src", "ref:B", "ref:A"])
    assert read_test_set("wmt14", ("en", "fr")) == [("src", "refA")]


def test_an_incomplete_test_set_in_the_cache_is_refused(cache):
    for field in DATASETS["wmt14"].fieldnames("en-fr"):
        text = "A cat.\nTwo dogs.\n" if field == "src" else "Un chat.\n"
        (cache / f"wmt14.en-fr.{field}").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match="wmt14: incomplete in sacreBLEU's cache"):
        read_test_set("wmt14", ("en", "fr"))
