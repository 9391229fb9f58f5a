"""Corpora by name: their folders, both directions, and the starter corpus that is prepared when it is needed."""

import shutil
from pathlib import Path

import pytest
from digit_language import digit_pairs, write_pairs

from attn_cli.foundation import storage
from attn_cli.foundation.errors import CorpusError, WorkspaceError
from attn_cli.text.catalogue import (
    corpus_folder,
    open_corpus,
    starter_corpora,
    starter_corpus,
    starter_sources,
    summarise,
    summarise_starter,
)
from attn_cli.text.preparation.prepare import Sources
from attn_cli.text.prepared_corpus import PreparedCorpus


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package whose only starter corpus is en-fr: 60 pairs of digits, and 10 each for valid and test."""
    folder = tmp_path / "data" / "en-fr"
    folder.mkdir(parents=True)
    pairs = digit_pairs(80, seed=2)
    for name, part in (("train", pairs[:60]), ("valid", pairs[60:70]), ("test", pairs[70:])):
        write_pairs(folder / name, part)
    monkeypatch.setattr(storage, "PACKAGE_DATA", (tmp_path / "nowhere", tmp_path / "data"))
    return folder


@pytest.mark.parametrize("name", ["en-fr", "tatoeba", "multi30k.v2", "a b", "données"])
def test_a_name_is_a_folder_under_the_home(name, home):
    assert corpus_folder(name) == home / "corpora" / name


@pytest.mark.parametrize("name", ["./en-fr", "../en-fr", "a/b", "en-fr/", "/a/b"])
@pytest.mark.usefixtures("home")
def test_a_name_with_a_separator_or_a_leading_dot_is_a_folder_anywhere(name):
    assert corpus_folder(name) == Path(name).resolve()


def test_the_starter_corpus_is_in_the_package(package):
    assert starter_corpus("en-fr") == package
    sources = Sources((str(package / "train"),), str(package / "valid"), str(package / "test"))
    assert starter_sources("en-fr") == sources


@pytest.mark.parametrize("pair", ["fr-en", "xx-yy", "models", "", "..", "en-fr/../en-fr"])
@pytest.mark.usefixtures("package")
def test_other_names_have_no_starter_corpus(pair):
    assert starter_corpus(pair) is None
    with pytest.raises(WorkspaceError, match=f"^{pair}: no corpus of this pair comes with attn-mt"):
        starter_sources(pair)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.usefixtures("package")
def test_a_prepared_corpus_is_opened_as_it_is(reverse, digit_corpus, home, recorder):
    shutil.copytree(digit_corpus, home / "corpora" / "en-fr")
    corpus = open_corpus("en-fr", recorder, reverse=reverse)
    assert corpus.folder == home / "corpora" / "en-fr"
    assert corpus.languages == (("fr", "en") if reverse else ("en", "fr"))
    assert recorder.notes == recorder.stages == []


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.usefixtures("package")
def test_a_corpus_of_the_reversed_pair_is_read_backwards(reverse, digit_corpus, home, recorder):
    shutil.copytree(digit_corpus, home / "corpora" / "en-fr")
    corpus = open_corpus("fr-en", recorder, reverse=reverse)
    assert corpus.folder == home / "corpora" / "en-fr"
    assert corpus.languages == (("en", "fr") if reverse else ("fr", "en"))
    assert recorder.notes == recorder.stages == []


def test_the_corpus_of_the_pair_itself_comes_before_that_of_the_reversed_pair(digit_corpus, home, recorder):
    for pair in ("en-fr", "fr-en"):
        shutil.copytree(digit_corpus, home / "corpora" / pair)
    assert open_corpus("fr-en", recorder).folder == home / "corpora" / "fr-en"


def test_a_corpus_of_the_reversed_pair_comes_before_the_starter_corpus(digit_corpus, home, package, recorder):
    shutil.copytree(digit_corpus, home / "corpora" / "fr-en")
    assert open_corpus("en-fr", recorder).folder == home / "corpora" / "fr-en"
    assert package.exists()
    assert recorder.notes == []


@pytest.mark.parametrize("name, languages", [("en-fr", ("en", "fr")), ("fr-en", ("fr", "en"))])
@pytest.mark.usefixtures("package")
def test_without_a_prepared_corpus_the_starter_corpus_is_prepared_and_a_note_says_so(name, languages, home, recorder):
    corpus = open_corpus(name, recorder)
    assert corpus.folder == home / "corpora" / "en-fr"
    assert corpus.languages == languages
    assert recorder.notes == ["en-fr: not prepared yet; preparing the starter corpus that comes with attn-mt"]
    assert [result.folder for result in recorder.results] == [corpus.folder]
    assert open_corpus(name, recorder).fingerprint == corpus.fingerprint
    assert len(recorder.notes) == len(recorder.results) == 1


@pytest.mark.parametrize("name", ["xx-yy", "tatoeba"])
@pytest.mark.usefixtures("package")
def test_an_unknown_name_is_an_error_with_the_folder_that_was_searched(name, home, recorder):
    with pytest.raises(WorkspaceError) as error:
        open_corpus(name, recorder)
    assert str(error.value) == f"{name}: no such corpus in {home / 'corpora'}; prepare one first"
    assert recorder.notes == []


def test_a_corpus_in_a_folder_anywhere_is_opened(digit_corpus, recorder):
    assert open_corpus(f"{digit_corpus}/", recorder).languages == ("en", "fr")
    assert open_corpus(str(digit_corpus), recorder, reverse=True).languages == ("fr", "en")


@pytest.mark.usefixtures("package")
def test_a_folder_named_like_a_pair_is_never_prepared(tmp_path, monkeypatch, recorder):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match="no prepared corpus in this folder"):
        open_corpus("./en-fr", recorder)
    assert not (tmp_path / "en-fr").exists()


@pytest.mark.usefixtures("package")
def test_corpora_with_similar_names_are_suggested(digit_corpus, home, recorder):
    shutil.copytree(digit_corpus, home / "corpora" / "tatoeba")
    with pytest.raises(
        WorkspaceError, match=r"^tatoba: no such corpus in .*; the most similar name is tatoeba; prepare"
    ):
        open_corpus("tatoba", recorder)
    with pytest.raises(WorkspaceError, match=r"^en-fra: .*; the most similar name is en-fr; prepare"):
        open_corpus("en-fra", recorder)
    with pytest.raises(WorkspaceError, match=f"; the most similar name is {home}/corpora/tatoeba; prepare"):
        open_corpus(f"{home}/corpora/tatoba", recorder)


@pytest.mark.usefixtures("home", "package")
def test_a_folder_of_that_name_here_is_suggested(digit_corpus, tmp_path, monkeypatch, recorder):
    shutil.copytree(digit_corpus, tmp_path / "copied")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match=r"^copied: no such corpus in .*write \./copied$"):
        open_corpus("copied", recorder)
    assert open_corpus("./copied", recorder).folder == tmp_path / "copied"


def test_the_summary_of_a_prepared_corpus_is_that_of_its_description(digit_corpus):
    summary, corpus = summarise(digit_corpus), PreparedCorpus(digit_corpus)
    assert (summary.pair, summary.pairs, summary.words) == ("en-fr", 60, corpus.info["words"])
    assert summary.vocab_size == corpus.tokenizer.vocab_size


def test_the_summary_of_a_starter_corpus_counts_its_text(package):
    assert starter_corpora() == [package]
    summary = summarise_starter(package)
    words = {
        language: len((package / f"train.{language}").read_text(encoding="utf-8").split()) for language in ("en", "fr")
    }
    assert (summary.pair, summary.pairs, summary.words) == ("en-fr", 60, words)
    assert summary.vocab_size is summary.date is None
