"""A prepared corpus on disk: its token ids, both directions, its fingerprint, damage, and earlier versions."""

import json
import shutil
from mmap import mmap
from pathlib import Path

import numpy as np
import pytest
from digit_language import digit_pairs
from small_training import with_synthetic

from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.settings import EOS_ID
from attn_cli.text.prepared_corpus import FORMAT_VERSION, PreparedCorpus
from attn_cli.text.token_files import TokenFile
from attn_cli.text.tokenizer import Tokenizer

RELEASED = Path(__file__).parents[1] / "released" / "format-1" / "corpus"


@pytest.fixture
def copied(digit_corpus, tmp_path):
    """A copy of the prepared corpus, to damage."""
    return shutil.copytree(digit_corpus, tmp_path / "corpus")


# Files of token ids


def test_token_ids_come_back_as_they_were_written(tmp_path):
    sentences = [[5, 6, EOS_ID], [EOS_ID], [65_535, 0, 7, EOS_ID]]
    TokenFile.write(tmp_path / "train.en", sentences)
    file = TokenFile(tmp_path / "train.en")
    assert [file[row].tolist() for row in range(len(file))] == sentences
    assert file.lengths.tolist() == [3, 1, 4]


def test_token_ids_stay_on_disk_until_they_are_read(tmp_path):
    TokenFile.write(tmp_path / "train.en", [[5, EOS_ID]])
    memory = TokenFile(tmp_path / "train.en")[0]
    while isinstance(memory, np.ndarray):
        memory = memory.base
    assert isinstance(memory, mmap)


@pytest.mark.parametrize("name", ["tokens", "offsets"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(None, id="missing"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut off"),
        pytest.param(lambda content: content[:20], id="cut off in its header"),
        pytest.param(lambda _: b"garbage", id="garbage"),
        pytest.param(lambda _: b"", id="empty"),
    ],
)
def test_a_damaged_file_of_token_ids_is_named(name, damage, copied):
    path = copied / f"train.fr.{name}.npy"
    content = path.read_bytes()
    path.unlink()
    if damage:
        path.write_bytes(damage(content))
    with pytest.raises(CorpusError, match=r"train\.fr: the prepared corpus is damaged"):
        PreparedCorpus(copied).train()


@pytest.mark.parametrize(
    "offsets", [[1, 2, 4], [0, 3, 2, 4], [0, 2, 2, 4], [0, -1, 4], [0, 2**62, 4], [0, 2**63 - 1, -(2**63), 4], [4], []]
)
def test_offsets_that_do_not_increase_are_an_error(offsets, tmp_path):
    TokenFile.write(tmp_path / "t", [[5, EOS_ID], [6, EOS_ID]])
    np.save(tmp_path / "t.offsets.npy", np.array(offsets, dtype=np.int64))
    with pytest.raises(CorpusError, match="damaged"):
        TokenFile(tmp_path / "t")


def test_sides_of_different_lengths_are_an_error(copied):
    TokenFile.write(copied / "train.fr", [[5, EOS_ID]] * 59)
    with pytest.raises(CorpusError, match="its sides differ"):
        PreparedCorpus(copied).train()


def test_a_corpus_is_read_in_its_own_direction(digit_corpus):
    corpus = PreparedCorpus(digit_corpus)
    source, target = corpus.train()
    assert corpus.languages == ("en", "fr")
    assert corpus.tokenizer.decode([source[0], target[0]]) == list(digit_pairs(60, seed=1)[0])
    assert corpus.split("valid") == digit_pairs(80, seed=1)[60:70]
    assert corpus.target_tokens == sum(map(len, corpus.tokenizer.encode([pair[1] for pair in digit_pairs(60, seed=1)])))


@pytest.fixture(scope="module")
def tokenizer():
    """A tokenizer that is not the corpus' own."""
    return Tokenizer((RELEASED / "tokenizer.model").read_bytes())


def texts_of(corpus):
    return [corpus.tokenizer.decode([side[row] for row in range(len(side))]) for side in corpus.train()]


def test_another_tokenizer_gives_the_same_text_in_its_own_pieces(copied, tokenizer):
    own = PreparedCorpus(copied)
    other = own.with_tokenizer(tokenizer)
    assert other.tokenizer is tokenizer
    assert texts_of(other) == texts_of(own) == [list(side) for side in zip(*digit_pairs(60, seed=1), strict=True)]
    assert other.train()[0][0].tolist() == tokenizer.encode([digit_pairs(60, seed=1)[0][0]])[0]
    assert other.train()[0][0].tolist() != own.train()[0][0].tolist()
    assert other.target_tokens == sum(map(len, tokenizer.encode(texts_of(own)[1])))
    assert texts_of(other.reversed()) == texts_of(own)[::-1]
    assert texts_of(own.reversed().with_tokenizer(tokenizer)) == texts_of(own)[::-1]


def test_a_corpus_has_one_fingerprint_with_every_tokenizer(copied, tokenizer):
    own = PreparedCorpus(copied)
    assert own.with_tokenizer(tokenizer).fingerprint == own.fingerprint != own.reversed().fingerprint


def test_the_tokens_of_another_tokenizer_are_made_once(copied, tokenizer, monkeypatch):
    before = PreparedCorpus(copied).with_tokenizer(tokenizer)
    monkeypatch.setattr(Tokenizer, "encode", lambda *_: pytest.fail("tokenised again"))
    assert texts_of(PreparedCorpus(copied).with_tokenizer(tokenizer)) == texts_of(before)
    assert len(list(copied.glob("*tokens-*"))) == 1  # and no unfinished folder


@pytest.mark.parametrize("damage", [lambda text: text.partition("\n")[2], lambda text: text + "one\n"])
def test_text_with_more_or_fewer_lines_than_the_corpus_has_pairs_is_refused(damage, copied, tokenizer):
    path = copied / "train.fr"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"train\.fr: damaged"):
        PreparedCorpus(copied).with_tokenizer(tokenizer)
    assert not list(copied.glob("*tokens-*"))


def test_training_text_that_is_a_named_pipe_is_not_waited_for(copied, tokenizer, replace_by_fifo):
    replace_by_fifo(copied / "train.en")
    with pytest.raises(CorpusError, match=r"train\.en: missing, or not a regular file"):
        PreparedCorpus(copied).with_tokenizer(tokenizer)


def test_pieces_per_word_do_not_count_the_end_of_a_sentence(copied, tokenizer):
    corpus = PreparedCorpus(copied)
    texts = texts_of(corpus)[1]
    words = sum(len(text.split()) for text in texts)
    for each in (corpus.tokenizer, tokenizer):
        pieces = sum(len(each.pieces(tokens)) - 1 for tokens in each.encode(texts))
        assert corpus.pieces_per_word(each)["fr"] == corpus.reversed().pieces_per_word(each)["fr"] == pieces / words


def test_the_own_tokenizer_makes_no_tokens_again(copied):
    corpus = PreparedCorpus(copied)
    assert corpus.with_tokenizer(Tokenizer(corpus.tokenizer.model)) is corpus
    assert not list(copied.glob("tokens-*"))


def test_a_corpus_is_read_backwards(digit_corpus):
    corpus = PreparedCorpus(digit_corpus, reverse=True)
    source, target = corpus.train()
    assert corpus.languages == ("fr", "en")
    assert corpus.tokenizer.decode([target[0], source[0]]) == list(digit_pairs(60, seed=1)[0])
    assert corpus.split("test") == [(target, source) for source, target in digit_pairs(80, seed=1)[70:]]
    assert corpus.words == max(corpus.info["words"].values())


def test_a_folder_without_a_corpus_is_named(tmp_path):
    with pytest.raises(CorpusError, match="no prepared corpus in this folder; prepare one first"):
        PreparedCorpus(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"{}", b"[]", pytest.param(b"[" * 200_000 + b"]" * 200_000, id="nested deeply")],
)
def test_a_damaged_description_is_named(content, copied):
    (copied / "prepared.json").write_bytes(content)
    with pytest.raises(CorpusError, match=r"prepared\.json: damaged"):
        PreparedCorpus(copied)


def test_a_corpus_of_a_newer_format_is_refused(copied):
    info = json.loads((copied / "prepared.json").read_text())
    (copied / "prepared.json").write_text(json.dumps(info | {"format_version": FORMAT_VERSION + 1}))
    with pytest.raises(CorpusError, match="newer version of attn-mt"):
        PreparedCorpus(copied)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"garbage"), id="garbage"),
        pytest.param(lambda path: path.unlink(), id="missing"),
    ],
)
def test_a_damaged_tokenizer_is_named(damage, copied):
    damage(copied / "tokenizer.model")
    with pytest.raises(CorpusError, match=r"tokenizer\.model"):
        PreparedCorpus(copied)


@pytest.mark.parametrize("key", ["format_version", "cleaning", "words", "pairs", "source_language", "target_language"])
@pytest.mark.parametrize("value", ["missing", None, "x", [], {}])
def test_a_description_with_a_wrong_value_is_named(key, value, copied):
    info = json.loads((copied / "prepared.json").read_text())
    info = {k: v for k, v in info.items() if k != key} | ({} if value == "missing" else {key: value})
    (copied / "prepared.json").write_text(json.dumps(info))
    if (key, value) == ("cleaning", {}):
        assert PreparedCorpus(copied).cleaning.max_words == 100  # every setting has a default
        return
    with pytest.raises(CorpusError, match=r"prepared\.json: damaged"):
        PreparedCorpus(copied)


def test_synthetic_pairs_are_counted_in_both_directions_and_a_corpus_that_names_none_has_none(copied):
    info = json.loads((copied / "prepared.json").read_text())
    info["pairs"].pop("synthetic", None)
    (copied / "prepared.json").write_text(json.dumps(info))
    assert PreparedCorpus(copied).synthetic == 0
    assert with_synthetic(copied, info["pairs"]["train"]).reversed().synthetic == info["pairs"]["train"]


@pytest.mark.parametrize("number", [-1, 1000, 1.0, "1", None, [1]])
def test_a_wrong_number_of_synthetic_pairs_is_refused(number, copied):
    with pytest.raises(CorpusError, match=r"prepared\.json: damaged"):
        with_synthetic(copied, number)


def test_a_file_in_place_of_the_folder_is_named(copied):
    with pytest.raises(CorpusError, match="no prepared corpus in this folder"):
        PreparedCorpus(copied / "train.en")


def test_the_fingerprint_depends_on_direction_description_and_tokenizer(copied):
    corpus = PreparedCorpus(copied)
    seen = [corpus.fingerprint, corpus.reversed().fingerprint]
    assert corpus.reversed().reversed().fingerprint == seen[0]
    description = (copied / "prepared.json").read_text()
    (copied / "prepared.json").write_text(json.dumps(json.loads(description) | {"seed": 99}))
    seen.append(PreparedCorpus(copied).fingerprint)
    (copied / "prepared.json").write_text(description)
    (copied / "tokenizer.model").write_bytes((RELEASED / "tokenizer.model").read_bytes())
    seen.append(PreparedCorpus(copied).fingerprint)
    assert len(set(seen)) == 4


# Files that are not regular files


@pytest.mark.parametrize("name", ["prepared.json", "tokenizer.model", "train.fr.tokens.npy", "train.fr.offsets.npy"])
def test_a_named_pipe_in_a_corpus_is_an_error_and_not_waited_for(name, copied, replace_by_fifo):
    replace_by_fifo(copied / name)
    with pytest.raises(CorpusError, match=name.removesuffix(".tokens.npy").removesuffix(".offsets.npy")):
        PreparedCorpus(copied).train()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
@pytest.mark.parametrize("name", ["prepared.json", "tokenizer.model", "train.fr.tokens.npy", "train.fr.offsets.npy"])
def test_a_link_to_a_device_in_a_corpus_is_an_error_and_not_read(name, copied):
    (copied / name).unlink()
    (copied / name).symlink_to("/dev/zero")
    with pytest.raises(CorpusError, match=name.removesuffix(".tokens.npy").removesuffix(".offsets.npy")):
        PreparedCorpus(copied).train()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_named_pipe_instead_of_valid_text_is_an_error_and_not_waited_for(language, copied, replace_by_fifo):
    replace_by_fifo(copied / f"valid.{language}")
    with pytest.raises(CorpusError, match=rf"valid\.{language}: missing, or not a regular file"):
        PreparedCorpus(copied).split("valid")


@pytest.mark.parametrize("language", ["../../x", "/", "e\0", "", "fr", 3, None])
def test_a_language_that_is_none_leads_to_no_other_file(language, copied):
    path = copied / "prepared.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    info["words"][str(language)] = 9
    path.write_text(json.dumps(info | {"source_language": language}), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"prepared\.json: damaged"):
        PreparedCorpus(copied)


# Corpora of earlier versions


def test_a_corpus_prepared_by_version_0_1_0_is_read():
    corpus = PreparedCorpus(RELEASED)
    assert "text_sha256" not in corpus.info
    assert corpus.languages == ("en", "fr")
    for side, file in enumerate(corpus.train()):
        text = (RELEASED / f"train.{corpus.languages[side]}").read_text(encoding="utf-8").splitlines()
        assert [file[row].tolist() for row in range(len(file))] == corpus.tokenizer.encode(text)
    assert [len(corpus.split(name)) for name in ("valid", "test")] == [50, 50]


def test_the_fingerprint_of_a_corpus_prepared_by_version_0_1_0_has_not_changed():
    # Trainings that were begun with that version hold it, and can be resumed.
    assert PreparedCorpus(RELEASED).fingerprint == "24741087c0afb1d6d5c0b79f9058f394390f1656d13c6198465598819bc17cf6"
