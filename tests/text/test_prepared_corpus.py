"""A prepared corpus on disk, and batches that hold each of its sentences once an epoch."""

import json
import shutil

import numpy as np
import pytest
from digit_language import digit_pairs, write_pairs

from attn_cli.foundation.errors import AttnMTError, CorpusError
from attn_cli.foundation.settings import PrepareConfig
from attn_cli.text.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import FORMAT_VERSION, Batches, PreparedCorpus, TokenFile, make_batch, pad
from attn_cli.text.tokenizer import BOS_ID, EOS_ID, PAD_ID

COUNT = 500


class Silent:
    """Hears of preparing and says nothing."""

    def doing(self, what):
        pass


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """Source and target of 500 pairs of 2 to 30 tokens; the first token of both sides is the pair's number + 100."""
    random = np.random.default_rng(1)
    files = []
    for name in ("source", "target"):
        prefix = tmp_path_factory.mktemp("tokens") / name
        lengths = random.integers(0, 29, COUNT)
        TokenFile.write(prefix, [[100 + row, *[9] * length, EOS_ID] for row, length in enumerate(lengths)])
        files.append(TokenFile(prefix))
    return tuple(files)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """Source and target of 3,000 pairs, numbered as those of `sides`, with few target lengths: 1 to 3 tokens."""
    random = np.random.default_rng(1)
    files = []
    for longest in (30, 3):
        prefix = tmp_path_factory.mktemp("tokens") / "tokens"
        lengths = random.integers(0, longest, 3000)
        TokenFile.write(prefix, [[100 + row, *[9] * length] for row, length in enumerate(lengths)])
        files.append(TokenFile(prefix))
    return tuple(files)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A prepared corpus of digits."""
    texts = tmp_path_factory.mktemp("texts")
    pairs = digit_pairs(80, seed=1)
    for name, part in (("train", pairs[:60]), ("valid", pairs[60:70]), ("test", pairs[70:])):
        write_pairs(texts / name, part)
    sources = Sources((str(texts / "train"),), str(texts / "valid"), str(texts / "test"))
    return prepare(("en", "fr"), sources, texts / "corpus", PrepareConfig(vocab_size=300), Silent()).folder


@pytest.fixture
def copied(folder, tmp_path):
    """A copy of the prepared corpus, to damage."""
    return shutil.copytree(folder, tmp_path / "corpus")


def listed(batches):
    return [[array.tolist() for array in (batch.source, batch.target_in, batch.target_out)] for batch in batches]


def pair_numbers(batches):
    return [row[0] - 100 for batch in batches for row in batch.target_out.tolist()]


# Files of token ids


def test_token_ids_come_back_as_they_were_written(tmp_path):
    sentences = [[5, 6, EOS_ID], [EOS_ID], [65_535, 0, 7, EOS_ID]]
    TokenFile.write(tmp_path / "train.en", sentences)
    file = TokenFile(tmp_path / "train.en")
    assert [file[row].tolist() for row in range(len(file))] == sentences
    assert file.lengths.tolist() == [3, 1, 4]


def test_token_ids_stay_on_disk_until_they_are_asked_for(sides):
    assert isinstance(sides[0][3], np.memmap)


@pytest.mark.parametrize("name", ["tokens", "offsets"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(None, id="missing"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut off"),
        pytest.param(lambda content: content[:20], id="cut off in its head"),
        pytest.param(lambda _: b"garbage", id="garbage"),
        pytest.param(lambda _: b"", id="nothing in it"),
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


# One batch


def test_sentences_are_filled_up_with_padding():
    assert pad([[5], [6, 7, 8], [9, 10]]).tolist() == [[5, 0, 0], [6, 7, 8], [9, 10, 0]]


def test_a_batch_shifts_its_target_by_one():
    batch = make_batch([[5, EOS_ID], [6, 7, EOS_ID]], [[8, EOS_ID], [9, 10, 11, EOS_ID]])
    assert batch.source.tolist() == [[5, EOS_ID, PAD_ID], [6, 7, EOS_ID]]
    assert batch.source_lengths.tolist() == [2, 3]
    assert batch.target_out.tolist() == [[8, EOS_ID, PAD_ID, PAD_ID], [9, 10, 11, EOS_ID]]
    assert batch.target_in[0, :2].tolist() == [BOS_ID, 8]
    assert batch.target_in[1].tolist() == [BOS_ID, 9, 10, 11]
    assert batch.target_tokens == 6


def test_a_batch_is_made_of_memory_mapped_ids_too(sides):
    batch = make_batch([sides[0][3]], [sides[1][3]])
    assert batch.source.dtype == batch.target_in.dtype == batch.target_out.dtype == np.int64
    assert batch.target_out.tolist() == [sides[1][3].tolist()]


# Batches


@pytest.mark.parametrize("batch_tokens", [1, 7, 60, 400, 10**9])
def test_an_epoch_holds_each_pair_once(batch_tokens, sides):
    source, target = sides
    seen = []
    for batch in Batches(source, target, batch_tokens=batch_tokens, seed=1).epoch(0):
        for row, number in enumerate(pair_numbers([batch])):
            assert batch.source[row, : batch.source_lengths[row]].tolist() == source[number].tolist()
            assert batch.target_out[row][batch.target_out[row] != PAD_ID].tolist() == target[number].tolist()
            seen.append(number)
    assert sorted(seen) == list(range(COUNT))


@pytest.mark.parametrize("batch_tokens", [1, 7, 60, 400, 10**9])
def test_a_batch_holds_at_most_so_many_padded_target_tokens_or_one_sentence(batch_tokens, sides):
    for batch in Batches(*sides, batch_tokens=batch_tokens, seed=1).epoch(0):
        assert batch.target_out.size <= batch_tokens or len(batch.target_out) == 1


def test_batches_have_few_numbers_of_sentences(sides):
    batches = Batches(*sides, batch_tokens=400, seed=1)
    *sizes, _last = sorted({len(batch.target_out) for batch in batches.epoch(0)})
    assert all(size % (1 << max(0, size.bit_length() - 4)) == 0 for size in sizes if size >= 16)


def test_batches_are_nearly_full_and_nearly_without_padding(sides):
    batches = Batches(*sides, batch_tokens=400, seed=1)
    tokens = int(sides[1].lengths.sum())
    padded = sum(batch.target_out.size for batch in batches.epoch(0))
    assert len(batches) <= 1.2 * tokens / 400
    assert padded <= 1.1 * tokens


def test_sentences_of_a_batch_have_similar_source_lengths_too(crowded):
    padded = sum(batch.source.size for batch in Batches(*crowded, batch_tokens=100, seed=1).epoch(0))
    assert padded <= 1.25 * crowded[0].lengths.sum()


def test_the_same_seed_and_epoch_give_the_same_batches(sides):
    first, second = (Batches(*sides, batch_tokens=60, seed=3) for _ in range(2))
    expected = listed(first.epoch(2))
    assert listed(first.epoch(2)) == expected
    assert listed(second.epoch(2)) == expected


@pytest.mark.parametrize("seed, epoch", [(3, 1), (4, 0), (0, 3)])
def test_another_epoch_or_seed_gives_another_order(seed, epoch, sides):
    numbers, others = (
        pair_numbers(Batches(*sides, batch_tokens=60, seed=s).epoch(e)) for s, e in ((3, 0), (seed, epoch))
    )
    assert others != numbers
    assert sorted(others) == sorted(numbers)


def test_another_epoch_puts_other_sentences_together(crowded):
    batches = Batches(*crowded, batch_tokens=100, seed=3)
    together = [{frozenset(pair_numbers([batch])) for batch in batches.epoch(epoch)} for epoch in (0, 1)]
    assert not together[0] & together[1]


def test_short_and_long_sentences_alternate(sides):
    lengths = [batch.target_out.shape[1] for batch in Batches(*sides, batch_tokens=60, seed=3).epoch(0)]
    assert lengths not in (sorted(lengths), sorted(lengths, reverse=True))


def test_an_epoch_goes_on_where_it_is_told_to_begin(sides):
    batches = Batches(*sides, batch_tokens=60, seed=3)
    expected = listed(batches.epoch(1))
    for begin in (0, 1, 17, len(batches) - 1, len(batches)):
        assert listed(batches.epoch(1, begin)) == expected[begin:]


def test_every_epoch_has_the_same_number_of_batches(sides):
    batches = Batches(*sides, batch_tokens=60, seed=3)
    assert {len(list(batches.epoch(number))) for number in range(4)} == {len(batches)}


# The corpus


def test_a_corpus_is_read_in_its_own_direction(folder):
    corpus = PreparedCorpus(folder)
    source, target = corpus.train()
    assert corpus.languages == ("en", "fr")
    assert corpus.tokenizer.decode([source[0], target[0]]) == list(digit_pairs(60, seed=1)[0])
    assert corpus.split("valid") == digit_pairs(80, seed=1)[60:70]
    assert corpus.target_tokens == sum(map(len, corpus.tokenizer.encode([pair[1] for pair in digit_pairs(60, seed=1)])))


def test_a_corpus_is_read_backwards(folder):
    corpus = PreparedCorpus(folder, reverse=True)
    source, target = corpus.train()
    assert corpus.languages == ("fr", "en")
    assert corpus.tokenizer.decode([target[0], source[0]]) == list(digit_pairs(60, seed=1)[0])
    assert corpus.split("test") == [(target, source) for source, target in digit_pairs(80, seed=1)[70:]]
    assert corpus.words == max(corpus.info["words"].values())


def test_where_nothing_is_prepared_the_error_says_how_to(tmp_path):
    with pytest.raises(CorpusError, match="no prepared corpus there; make one with: attn-mt prepare"):
        PreparedCorpus(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", pytest.param(b"{}"), pytest.param(b"[]")],
)
def test_a_damaged_description_is_named(content, copied):
    (copied / "prepared.json").write_bytes(content)
    with pytest.raises(CorpusError, match=r"prepared\.json"):
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
        pytest.param(
            lambda path: path.unlink(),
            id="missing",
        ),
    ],
)
def test_a_damaged_tokenizer_is_named(damage, copied):
    damage(copied / "tokenizer.model")
    with pytest.raises(AttnMTError, match=r"tokenizer\.model"):
        PreparedCorpus(copied)
