"""Preparing a corpus: the files it writes, its report, and that an error leaves the old corpus unchanged."""

import hashlib
import json
import random

import pytest
from digit_language import digit_pairs, write_pairs

from attn_cli.foundation.errors import CorpusError, WorkspaceError
from attn_cli.foundation.settings import CleaningConfig, PrepareConfig, TokenizerConfig
from attn_cli.text import token_files
from attn_cli.text.preparation import spool
from attn_cli.text.preparation.cleaning import COMPOSED, CONTROLS, DUPLICATE, EMPTY, HELD_OUT, RATIO
from attn_cli.text.preparation.prepare import Sources, prepare, vocab_size_for
from attn_cli.text.prepared_corpus import PreparedCorpus

LANGUAGES = ("en", "fr")
CONFIG = PrepareConfig(vocab_size=300)
ANY_SCRIPT = CleaningConfig(keep_suspect=True)


@pytest.fixture
def run(recorder):
    """Return a function that prepares pairs, written beside `folder`, into it."""

    def run(folder, train, valid=None, test=None, config=CONFIG):
        texts = folder.parent / f"{folder.name}-texts"
        texts.mkdir(exist_ok=True)
        for name, pairs in (("train", train), ("valid", valid), ("test", test)):
            write_pairs(texts / name, pairs or [])
        locations = [str(texts / name) if pairs else None for name, pairs in (("valid", valid), ("test", test))]
        return prepare(LANGUAGES, Sources((str(texts / "train"),), *locations), folder, config, recorder)

    return run


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(folder, name):
    sides = [(folder / f"{name}.{language}").read_bytes().decode().split("\n")[:-1] for language in LANGUAGES]
    return list(zip(*sides, strict=True))


PAIRS = digit_pairs(120, seed=1)
TRAIN, VALID, TEST = PAIRS[:100], PAIRS[100:110], PAIRS[110:]


def test_the_folder_holds_the_corpus_and_nothing_else(run, tmp_path):
    prepared = run(tmp_path / "c", TRAIN, VALID, TEST)
    texts = {f"{name}.{language}" for name in ("train", "valid", "test") for language in LANGUAGES}
    ids = {f"train.{language}.{kind}.npy" for language in LANGUAGES for kind in ("tokens", "offsets")}
    assert set(contents(tmp_path / "c")) == {"prepared.json", "tokenizer.model"} | texts | ids
    assert prepared.folder == tmp_path / "c"


def test_the_texts_are_kept_and_the_token_ids_are_those_of_the_text(run, tmp_path):
    run(tmp_path / "c", TRAIN, VALID, TEST)
    assert [read(tmp_path / "c", name) for name in ("train", "valid", "test")] == [TRAIN, VALID, TEST]
    corpus = PreparedCorpus(tmp_path / "c")
    for side, file in enumerate(corpus.train()):
        assert [file[row].tolist() for row in range(len(file))] == corpus.tokenizer.encode([p[side] for p in TRAIN])


def test_the_description_records_the_settings_and_the_numbers(run, tmp_path):
    dirty = [*TRAIN, TRAIN[0], ("", "rien"), VALID[0]]
    config = PrepareConfig(vocab_size=310, cleaning=CleaningConfig(max_words=50), seed=7)
    info = run(tmp_path / "c", dirty, VALID, TEST, config).info
    assert info["pairs"] == {"train": 100, "valid": 10, "test": 10}
    assert info["words"] == {name: sum(len(p[side].split()) for p in TRAIN) for side, name in enumerate(LANGUAGES)}
    assert info["dropped"] == {DUPLICATE: 1, EMPTY: 1, HELD_OUT: 1}
    assert info["cleaning"] == config.cleaning.to_dict()
    assert info["tokenizer"]["vocab_size"] == PreparedCorpus(tmp_path / "c").tokenizer.vocab_size
    assert (info["source_language"], info["target_language"], info["seed"]) == ("en", "fr", 7)


def test_text_without_spaces_counts_as_its_characters_do(run, tmp_path):
    train = [(f"{number} men", "".join(map(chr, range(0x4E00 + number, 0x4E0A + number)))) for number in range(40)]
    info = run(tmp_path / "c", train, VALID, TEST, PrepareConfig(vocab_size=400, cleaning=ANY_SCRIPT)).info
    assert info["words"] == {"en": 80, "fr": 400}
    assert PreparedCorpus(tmp_path / "c").words == 400


@pytest.mark.parametrize("vocab_size", [None, 1500])
def test_text_of_many_characters_gets_a_tokenizer_that_has_room_for_them(vocab_size, run, tmp_path):
    generator = random.Random(1)
    lines = ["".join(chr(0x4E00 + int(generator.paretovariate(0.4)) % 20_000) for _ in range(20)) for _ in range(1000)]
    train = [(f"on day {number} the men went home", line) for number, line in enumerate(lines)]
    different = len(set("".join(map("".join, train))))
    prepared = run(tmp_path / "c", train, VALID, TEST, PrepareConfig(vocab_size=vocab_size, cleaning=ANY_SCRIPT))
    settings = prepared.info["tokenizer"]
    assert settings["vocab_size"] == vocab_size or 2000 < settings["vocab_size"] <= 2000 + different
    assert 0.98 <= settings["character_coverage"] < TokenizerConfig.character_coverage
    assert read(tmp_path / "c", "train") == train


def test_the_description_on_disk_is_the_one_returned(run, tmp_path):
    prepared = run(tmp_path / "c", TRAIN, VALID, TEST)
    stored = json.loads((tmp_path / "c" / "prepared.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(prepared.info))
    assert stored["sources"]["train"] == [str(tmp_path / "c-texts" / "train")]


def test_valid_and_test_are_never_cleaned(run, tmp_path):
    raw = [("", "vide"), ("same", "même"), ("same", "même"), ("w " * 200 + "w", "x"), ("It’s\u2028“odd”", "«\x85»\rz")]
    run(tmp_path / "c", TRAIN, raw, raw[::-1])
    corpus = PreparedCorpus(tmp_path / "c")
    assert corpus.split("valid") == raw
    assert corpus.split("test") == raw[::-1]


def test_text_that_is_also_in_valid_or_test_is_not_trained_on(run, tmp_path):
    shouted = [(VALID[0][0].upper() + "!", "salut"), ("hello", f"« {TEST[0][1]} »")]
    run(tmp_path / "c", TRAIN + shouted, VALID, TEST)
    assert read(tmp_path / "c", "train") == TRAIN


def test_a_line_with_odd_separators_stays_one_sentence(run, tmp_path):
    run(tmp_path / "c", [*TRAIN, ("a\u2028b\x85c\rd", "e\u2029f\x0bg\x0ch")], VALID, TEST)
    assert read(tmp_path / "c", "train") == [*TRAIN, ("a\u2028b c d", "e\u2029f g h")]
    assert len(PreparedCorpus(tmp_path / "c").train()[0]) == len(TRAIN) + 1


def test_without_valid_and_test_they_are_held_out_by_the_seed(run, tmp_path):
    folders = [
        run(tmp_path / f"c{seed}", PAIRS, config=PrepareConfig(vocab_size=300, seed=seed)).folder for seed in (1, 2)
    ]
    for folder in folders:
        train, valid, test = (read(folder, name) for name in ("train", "valid", "test"))
        assert (len(train), len(valid), len(test)) == (108, 6, 6)
        assert sorted(train + valid + test) == sorted(PAIRS)
    assert read(folders[0], "valid") != read(folders[1], "valid")


def test_a_second_form_of_a_sentence_held_out_is_not_trained_on(run, tmp_path):
    twice = TRAIN + [(source.upper() + ".", f"{target} !") for source, target in TRAIN]
    run(tmp_path / "c", twice)
    train, valid, test = (
        {source.lower().rstrip(".") for source, _ in read(tmp_path / "c", name)} for name in ("train", "valid", "test")
    )
    assert train
    assert not train & (valid | test)


def test_a_corpus_of_few_pairs_has_empty_splits(run, tmp_path):
    assert run(tmp_path / "c", PAIRS[:19]).info["pairs"] == {"train": 19, "valid": 0, "test": 0}
    assert PreparedCorpus(tmp_path / "c").split("valid") == []


def test_preparing_again_gives_the_same_bytes(run, tmp_path):
    first = contents(run(tmp_path / "c", PAIRS).folder)
    assert contents(run(tmp_path / "c", PAIRS).folder) == first


def test_without_a_vocabulary_size_the_one_that_suits_the_corpus_is_chosen(run, tmp_path):
    words = [(f"word{row} {row * 7919 % 10007}", f"mot{row} {row * 7907 % 10009}") for row in range(3000)]
    info = run(tmp_path / "c", words, VALID, TEST, PrepareConfig(cleaning=ANY_SCRIPT)).info
    assert info["tokenizer"]["vocab_size"] == 2000


def test_texts_of_several_locations_are_concatenated(recorder, tmp_path):
    for name, part in (("a", TRAIN[:60]), ("b", TRAIN[60:]), ("valid", VALID), ("test", TEST)):
        write_pairs(tmp_path / name, part)
    sources = Sources((str(tmp_path / "a"), str(tmp_path / "b")), str(tmp_path / "valid"), str(tmp_path / "test"))
    prepare(LANGUAGES, sources, tmp_path / "c", CONFIG, recorder)
    assert read(tmp_path / "c", "train") == TRAIN


def test_the_old_corpus_is_replaced_as_a_whole(run, tmp_path):
    folder = run(tmp_path / "c", TRAIN, VALID, TEST).folder
    (folder / "train.de").write_text("alt\n")
    run(folder, TRAIN[:50], VALID, TEST)
    assert not (folder / "train.de").exists()
    assert read(folder, "train") == TRAIN[:50]
    assert {path.name for path in tmp_path.iterdir()} == {"c", "c-texts"}


@pytest.mark.parametrize(
    "train, message",
    [
        pytest.param([("", "rien")] * 3, "no sentence pair is left after cleaning", id="nothing left"),
        pytest.param([], "no sentence pair is left after cleaning", id="empty files"),
        pytest.param(None, "no such file", id="missing"),
        pytest.param(
            [(chr(0x4E00 + n), chr(0x5E00 + n)) for n in range(999)], "`vocab_size` 300", id="too many characters"
        ),
    ],
)
def test_an_error_leaves_the_old_corpus_in_place(train, message, run, recorder, tmp_path):
    folder = run(tmp_path / "c", TRAIN, VALID, TEST).folder
    before = contents(folder)
    if train is not None:
        write_pairs(tmp_path / "new", train)
    with pytest.raises(CorpusError, match=message):
        prepare(LANGUAGES, Sources((str(tmp_path / "new"),)), folder, CONFIG, recorder)
    assert contents(folder) == before
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


def test_a_folder_with_other_content_is_refused_before_anything_is_read(recorder, tmp_path):
    (tmp_path / "Documents").mkdir()
    (tmp_path / "Documents" / "thesis.txt").write_text("years of work")
    with pytest.raises(WorkspaceError, match="holds something else"):
        prepare(LANGUAGES, Sources(("no-such-text",)), tmp_path / "Documents", CONFIG, recorder)
    assert (tmp_path / "Documents" / "thesis.txt").exists()
    assert recorder.stages == []


def test_each_stage_and_the_result_are_reported(run, recorder, tmp_path):
    result = run(tmp_path / "c", TRAIN)
    text = str(tmp_path / "c-texts" / "train")
    reading, tokenising = f"reading and cleaning {text}", "tokenising"
    assert recorder.stages == [reading, "comparing 100 pairs", "writing", "training the tokenizer", tokenising]
    assert (reading, 100) in [(stage, done) for stage, done, _ in recorder.counts]
    assert recorder.counts[-1] == (tokenising, 180, 1.0)
    assert recorder.results == [result]


def test_what_was_dropped_is_reported_even_if_nothing_is_left(run, recorder, tmp_path):
    dirty = [("", f"rien {row}") for row in range(5)] + [("a", "b " * 80)]
    with pytest.raises(CorpusError, match="no sentence pair is left after cleaning"):
        run(tmp_path / "c", dirty)
    [cleaning] = recorder.cleanings
    assert (cleaning.read, cleaning.dropped) == (6, {EMPTY: 5, RATIO: 1})
    text = str(tmp_path / "c-texts" / "train")
    assert cleaning.examples[EMPTY] == [(text, row + 1, "", f"rien {row}") for row in range(3)]
    assert list(cleaning.examples) == [EMPTY, RATIO]


def test_all_pairs_dropped_are_written_with_their_reasons_and_numbers(recorder, tmp_path):
    write_pairs(tmp_path / "a", [*TRAIN, ("", "rien")])
    write_pairs(tmp_path / "b", [TRAIN[0], ("tab\there", "x " * 90), VALID[0]])
    write_pairs(tmp_path / "valid", VALID)
    a, b, file = str(tmp_path / "a"), str(tmp_path / "b"), tmp_path / "dropped.tsv"
    for _ in range(2):  # the file of an earlier run is replaced
        sources = Sources((a, b), valid=str(tmp_path / "valid"))
        prepare(LANGUAGES, sources, tmp_path / "c", CONFIG, recorder, show_dropped=file)
    assert [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()] == [
        ["reason", "location", "pair", "source", "target"],
        [EMPTY, a, "101", "", "rien"],
        [DUPLICATE, b, "1", *TRAIN[0]],
        [RATIO, b, "2", "tab here", ("x " * 90).strip()],
        [HELD_OUT, b, "3", *VALID[0]],
    ]


def test_a_file_of_something_else_is_not_replaced_by_the_dropped_pairs(recorder, tmp_path):
    (tmp_path / "thesis.tsv").write_text("years of work")
    with pytest.raises(WorkspaceError, match="holds something else"):
        prepare(LANGUAGES, Sources(("none",)), tmp_path / "c", CONFIG, recorder, show_dropped=tmp_path / "thesis.tsv")
    assert recorder.stages == []


def test_any_number_of_processes_gives_the_same_bytes(recorder, tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "CHUNK", 20)
    monkeypatch.setattr(token_files, "CHUNK", 30)
    write_pairs(tmp_path / "a", [*PAIRS, PAIRS[3], ("", "rien"), *digit_pairs(100, seed=2)])
    first, second = (
        contents(
            prepare(
                LANGUAGES, Sources((str(tmp_path / "a"),)), tmp_path / str(count), CONFIG, recorder, processes=count
            ).folder
        )
        for count in (1, 2)
    )
    assert first == second


def test_synthetic_pairs_come_last_and_are_never_held_out(recorder, tmp_path):
    made = [(f"{source} made", f"{target} fait") for source, target in digit_pairs(60, seed=3)]
    write_pairs(tmp_path / "genuine", PAIRS)
    write_pairs(tmp_path / "made", [*made, PAIRS[0]])
    sources = Sources((str(tmp_path / "genuine"),), synthetic=(str(tmp_path / "made"),))
    info = prepare(LANGUAGES, sources, tmp_path / "c", CONFIG, recorder).info
    train = read(tmp_path / "c", "train")
    assert info["pairs"] == {"train": len(train), "valid": 6, "test": 6, "synthetic": 60}
    assert train[-60:] == made
    assert set(read(tmp_path / "c", "valid") + read(tmp_path / "c", "test")) <= set(PAIRS)


def test_a_tokenizer_that_is_given_is_used(recorder, run, tmp_path):
    given = PreparedCorpus(run(tmp_path / "other", TRAIN[:30]).folder).tokenizer
    write_pairs(tmp_path / "a", TRAIN)
    done = prepare(LANGUAGES, Sources((str(tmp_path / "a"),)), tmp_path / "c", CONFIG, recorder, tokenizer=given)
    corpus = PreparedCorpus(tmp_path / "c")
    assert corpus.tokenizer.model == given.model
    assert done.info["tokenizer"] == {"vocab_size": given.vocab_size}
    assert corpus.train()[0][0].tolist() == given.encode([read(tmp_path / "c", "train")[0][0]])[0]


def test_text_is_mended_before_it_is_compared_and_written(run, tmp_path):
    info = run(tmp_path / "c", [*TRAIN, ("cafe\u0301", "un\x01café"), ("café", "un café")], VALID, TEST).info
    assert read(tmp_path / "c", "train") == [*TRAIN, ("café", "un café")]
    assert info["dropped"] == {DUPLICATE: 1}
    assert info["mended"] == {CONTROLS: 1, COMPOSED: 1}


def test_an_error_reports_no_result(run, recorder, tmp_path):
    with pytest.raises(CorpusError):
        run(tmp_path / "c", [("", "rien")])
    assert recorder.results == []


def test_each_text_file_is_hashed(run, tmp_path):
    info = run(tmp_path / "c", TRAIN, VALID, TEST).info
    files = [f"{name}.{language}" for name in ("train", "valid", "test") for language in LANGUAGES]
    hashes = {name: hashlib.sha256((tmp_path / "c" / name).read_bytes()).hexdigest() for name in files}
    assert info["text_sha256"] == hashes


@pytest.mark.parametrize("split", ["train", "valid", "test"])
@pytest.mark.parametrize("side", [0, 1])
def test_any_change_of_the_text_changes_the_fingerprint(split, side, run, tmp_path):
    texts = {"train": TRAIN, "valid": VALID, "test": TEST}
    before = PreparedCorpus(run(tmp_path / "c", **texts).folder)
    *others, last = texts[split]
    changed = tuple(
        " ".join(reversed(sentence.split())) if side == at else sentence for at, sentence in enumerate(last)
    )
    after = PreparedCorpus(run(tmp_path / "c", **texts | {split: [*others, changed]}).folder)
    assert {name: after.info[name] for name in ("pairs", "words", "sources")} == {
        name: before.info[name] for name in ("pairs", "words", "sources")
    }
    assert after.fingerprint != before.fingerprint


@pytest.mark.parametrize(
    "words, size",
    [(0, 2000), (300_000, 2000), (300_001, 6000), (2_500_000, 6000), (2_500_001, 8000), (20_000_000, 8000),
     (20_000_001, 16_000), (10**12, 16_000)],
)  # fmt: skip
def test_larger_corpora_have_larger_vocabularies(words, size):
    assert vocab_size_for(words) == size
