"""Preparing: what lies in the folder afterwards, what is held out, and that an error costs nothing."""

import contextlib
import json

import pytest
from digit_language import digit_pairs, write_pairs

from attn_cli.foundation.errors import AttnMTError, CorpusError
from attn_cli.foundation.settings import CleaningConfig, PrepareConfig
from attn_cli.text import prepare as preparing
from attn_cli.text.cleaning import DUPLICATE, EMPTY, HELD_OUT
from attn_cli.text.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus

LANGUAGES = ("en", "fr")
CONFIG = PrepareConfig(vocab_size=300)


class Recorder:
    """Remembers what it heard."""

    def __init__(self):
        self.heard = []

    def doing(self, what):
        self.heard.append(what)


def run(folder, train, valid=None, test=None, config=CONFIG):
    """Prepare pairs, written beside `folder`, into it."""
    texts = folder.parent / f"{folder.name}-texts"
    texts.mkdir(exist_ok=True)
    places = {name: str(texts / name) for name, pairs in (("train", train), ("valid", valid), ("test", test)) if pairs}
    for name, pairs in (("train", train), ("valid", valid), ("test", test)):
        write_pairs(texts / name, pairs or [])
    sources = Sources((places["train"],), places.get("valid"), places.get("test"))
    return prepare(LANGUAGES, sources, folder, config, Recorder())


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(folder, name):
    sides = [(folder / f"{name}.{language}").read_bytes().decode().split("\n")[:-1] for language in LANGUAGES]
    return list(zip(*sides, strict=True))


PAIRS = digit_pairs(120, seed=1)
TRAIN, VALID, TEST = PAIRS[:100], PAIRS[100:110], PAIRS[110:]


def test_the_folder_holds_the_corpus_and_nothing_else(tmp_path):
    prepared = run(tmp_path / "c", TRAIN, VALID, TEST)
    texts = {f"{name}.{language}" for name in ("train", "valid", "test") for language in LANGUAGES}
    ids = {f"train.{language}.{kind}.npy" for language in LANGUAGES for kind in ("tokens", "offsets")}
    assert set(contents(tmp_path / "c")) == {"prepared.json", "tokenizer.model"} | texts | ids
    assert prepared.folder == tmp_path / "c"


def test_the_texts_are_there_and_the_ids_are_those_of_the_text(tmp_path):
    run(tmp_path / "c", TRAIN, VALID, TEST)
    assert [read(tmp_path / "c", name) for name in ("train", "valid", "test")] == [TRAIN, VALID, TEST]
    corpus = PreparedCorpus(tmp_path / "c")
    for side, file in enumerate(corpus.train()):
        assert [file[row].tolist() for row in range(len(file))] == corpus.tokenizer.encode([p[side] for p in TRAIN])


def test_the_description_says_what_was_made_and_how(tmp_path):
    dirty = [*TRAIN, TRAIN[0], ("", "rien"), VALID[0]]
    config = PrepareConfig(vocab_size=310, cleaning=CleaningConfig(max_words=50), seed=7)
    info = run(tmp_path / "c", dirty, VALID, TEST, config).info
    assert info["pairs"] == {"train": 100, "valid": 10, "test": 10}
    assert info["words"] == {name: sum(len(p[side].split()) for p in TRAIN) for side, name in enumerate(LANGUAGES)}
    assert info["dropped"] == {DUPLICATE: 1, EMPTY: 1, HELD_OUT: 1}
    assert info["cleaning"] == config.cleaning.to_dict()
    assert info["tokenizer"]["vocab_size"] == PreparedCorpus(tmp_path / "c").tokenizer.vocab_size
    assert (info["source_language"], info["target_language"], info["seed"]) == ("en", "fr", 7)


def test_the_description_on_disk_is_the_one_returned(tmp_path):
    prepared = run(tmp_path / "c", TRAIN, VALID, TEST)
    stored = json.loads((tmp_path / "c" / "prepared.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(prepared.info))
    assert stored["sources"]["train"] == [str(tmp_path / "c-texts" / "train")]


def test_valid_and_test_are_never_cleaned(tmp_path):
    raw = [("", "vide"), ("same", "même"), ("same", "même"), ("w " * 200 + "w", "x"), ("It’s\u2028“odd”", "«\x85»\rz")]
    run(tmp_path / "c", TRAIN, raw, raw[::-1])
    corpus = PreparedCorpus(tmp_path / "c")
    assert corpus.split("valid") == raw
    assert corpus.split("test") == raw[::-1]


def test_text_that_is_also_in_valid_or_test_is_not_trained_on(tmp_path):
    shouted = [(VALID[0][0].upper() + "!", "salut"), ("hello", f"« {TEST[0][1]} »")]
    run(tmp_path / "c", TRAIN + shouted, VALID, TEST)
    assert read(tmp_path / "c", "train") == TRAIN


def test_a_line_with_odd_separators_stays_one_sentence(tmp_path):
    odd = [*TRAIN, ("a\u2028b\x85c\rd", "e\u2029f\x0bg\x0ch")]
    run(tmp_path / "c", odd, VALID, TEST)
    assert read(tmp_path / "c", "train") == odd
    assert len(PreparedCorpus(tmp_path / "c").train()[0]) == len(odd)


def test_without_valid_and_test_a_share_of_the_training_text_is_held_out_for_each(tmp_path):
    run(tmp_path / "c", PAIRS)
    train, valid, test = (read(tmp_path / "c", name) for name in ("train", "valid", "test"))
    assert (len(train), len(valid), len(test)) == (108, 6, 6)
    assert sorted(train + valid + test) == sorted(PAIRS)


@pytest.mark.parametrize("given, missing", [("valid", "test"), ("test", "valid")])
def test_only_what_is_missing_is_held_out(given, missing, tmp_path):
    run(tmp_path / "c", TRAIN, **{given: VALID})
    assert read(tmp_path / "c", given) == VALID
    assert len(read(tmp_path / "c", missing)) == 5
    assert sorted(read(tmp_path / "c", "train") + read(tmp_path / "c", missing)) == sorted(TRAIN)


def test_what_is_held_out_is_not_trained_on_where_it_stands_twice(tmp_path):
    twice = TRAIN + [(source.upper() + ".", f"{target} !") for source, target in TRAIN]
    run(tmp_path / "c", twice)
    train, valid, test = (
        {source.lower().rstrip(".") for source, _ in read(tmp_path / "c", name)} for name in ("train", "valid", "test")
    )
    assert train
    assert not train & (valid | test)


def test_nothing_empty_is_held_out(tmp_path):
    run(tmp_path / "c", TRAIN + [("", "rien"), ("nothing", "")] * 100)
    assert all(all(pair) for name in ("valid", "test") for pair in read(tmp_path / "c", name))
    assert len(read(tmp_path / "c", "valid")) == 15


def test_not_more_is_held_out_than_is_useful(tmp_path, monkeypatch):
    monkeypatch.setattr(preparing, "HELD_OUT_MOST", 2)
    assert run(tmp_path / "c", PAIRS).info["pairs"] == {"train": 116, "valid": 2, "test": 2}


def test_from_a_handful_of_pairs_nothing_is_held_out(tmp_path):
    assert run(tmp_path / "c", PAIRS[:19]).info["pairs"] == {"train": 19, "valid": 0, "test": 0}
    assert PreparedCorpus(tmp_path / "c").split("valid") == []


def test_the_seed_chooses_what_is_held_out(tmp_path):
    configs = [PrepareConfig(vocab_size=300, seed=seed) for seed in (1, 2)]
    first, other = (read(run(tmp_path / f"c{c.seed}", PAIRS, config=c).folder, "valid") for c in configs)
    assert len(first) == len(other)
    assert first != other


def test_preparing_again_gives_the_same_bytes(tmp_path):
    first = contents(run(tmp_path / "c", PAIRS).folder)
    assert contents(run(tmp_path / "c", PAIRS).folder) == first


def test_without_a_vocabulary_size_the_one_that_suits_is_asked_for(tmp_path):
    words = [(f"word{row} {row * 7919 % 10007}", f"mot{row} {row * 7907 % 10009}") for row in range(3000)]
    info = run(tmp_path / "c", words, VALID, TEST, PrepareConfig()).info
    assert info["tokenizer"]["vocab_size"] == 2000


def test_texts_of_several_places_follow_one_another(tmp_path):
    for name, part in (("a", TRAIN[:60]), ("b", TRAIN[60:]), ("valid", VALID), ("test", TEST)):
        write_pairs(tmp_path / name, part)
    sources = Sources((str(tmp_path / "a"), str(tmp_path / "b")), str(tmp_path / "valid"), str(tmp_path / "test"))
    prepare(LANGUAGES, sources, tmp_path / "c", CONFIG, Recorder())
    assert read(tmp_path / "c", "train") == TRAIN


def test_each_stage_is_told(tmp_path):
    write_pairs(tmp_path / "t", TRAIN)
    recorder = Recorder()
    prepare(LANGUAGES, Sources((str(tmp_path / "t"),)), tmp_path / "c", CONFIG, recorder)
    assert recorder.heard == ["reading", "cleaning 90 pairs", "training the tokenizer", "tokenising"]


def test_the_old_corpus_is_replaced_as_a_whole(tmp_path):
    folder = run(tmp_path / "c", TRAIN, VALID, TEST).folder
    (folder / "train.de").write_text("alt\n")
    run(folder, TRAIN[:50], VALID, TEST)
    assert not (folder / "train.de").exists()
    assert read(folder, "train") == TRAIN[:50]
    assert {path.name for path in tmp_path.iterdir()} == {"c", "c-texts"}


@pytest.mark.parametrize(
    "train, told",
    [
        pytest.param([("", "rien")] * 3, "no sentence pair is left after cleaning", id="nothing left"),
        pytest.param([], "no sentence pair is left after cleaning", id="nothing there"),
        pytest.param(None, "no such file", id="missing"),
        pytest.param([(chr(0x4E00 + n), chr(0x5E00 + n)) for n in range(999)], "tokenizer", id="too many letters"),
    ],
)
def test_an_error_leaves_the_old_corpus_in_place(train, told, tmp_path):
    folder = run(tmp_path / "c", TRAIN, VALID, TEST).folder
    before = contents(folder)
    if train is not None:
        write_pairs(tmp_path / "new", train)
    with pytest.raises(CorpusError, match=told):
        prepare(LANGUAGES, Sources((str(tmp_path / "new"),)), folder, CONFIG, Recorder())
    assert contents(folder) == before
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


def test_a_folder_that_is_no_corpus_is_not_deleted(tmp_path):
    (tmp_path / "Documents").mkdir()
    (tmp_path / "Documents" / "thesis.txt").write_text("years of work")
    with contextlib.suppress(AttnMTError):
        run(tmp_path / "Documents", TRAIN, VALID, TEST)
    assert (tmp_path / "Documents" / "thesis.txt").exists()


def test_there_is_no_starter_corpus_for_just_any_pair():
    assert preparing.starter_sources("xx-yy") is None
