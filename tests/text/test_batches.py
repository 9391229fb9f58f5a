"""Batches: padding, the shift of the target, and that an epoch holds each pair once, in an order of its own."""

import hashlib
import json

import numpy as np
import pytest

from attn_cli.foundation.settings import BOS_ID, EOS_ID, PAD_ID
from attn_cli.text.batches import Batches, cut, make_batch, pad, rows_with_share
from attn_cli.text.token_files import TokenFile

COUNT = 500


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


def listed(batches):
    return [[array.tolist() for array in (batch.source, batch.target_in, batch.target_out)] for batch in batches]


def pair_numbers(batches):
    return [row[0] - 100 for batch in batches for row in batch.target_out.tolist()]


# One batch


def test_sentences_are_padded_at_the_end():
    assert pad([[5], [6, 7, 8], [9, 10]]).tolist() == [[5, 0, 0], [6, 7, 8], [9, 10, 0]]


def test_a_batch_shifts_its_target_by_one():
    batch = make_batch([[5, EOS_ID], [6, 7, EOS_ID]], [[8, EOS_ID], [9, 10, 11, EOS_ID]])
    assert batch.source.tolist() == [[5, EOS_ID, PAD_ID], [6, 7, EOS_ID]]
    assert batch.source_lengths.tolist() == [2, 3]
    assert batch.target_out.tolist() == [[8, EOS_ID, PAD_ID, PAD_ID], [9, 10, 11, EOS_ID]]
    assert batch.target_in[0, :2].tolist() == [BOS_ID, 8]
    assert batch.target_in[1].tolist() == [BOS_ID, 9, 10, 11]
    assert batch.target_tokens == 6


def test_a_batch_is_made_of_memory_mapped_token_ids_too(sides):
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
def test_a_batch_holds_at_most_the_given_number_of_padded_target_tokens_or_one_sentence(batch_tokens, sides):
    for batch in Batches(*sides, batch_tokens=batch_tokens, seed=1).epoch(0):
        assert batch.target_out.size <= batch_tokens or len(batch.target_out) == 1


def test_numbers_of_sentences_have_at_most_four_leading_bits(sides):
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


@pytest.mark.parametrize(
    "lengths, batch_tokens, bounds",
    [
        ([], 10, [0]),
        ([5], 1, [0, 1]),
        ([2] * 9, 8, [0, 4, 8, 9]),
        ([1] * 60, 37, [0, 36, 60]),  # 37 rows to 36; 24 are left
        ([1] * 38 + [38], 38, [0, 36, 38, 39]),
        ([1] * 30 + [3] * 11, 39, [0, 30, 41]),  # 31 rows of up to 3 tokens would be 93, and the last is not rounded
        ([7, 8, 9], 3, [0, 1, 2, 3]),
    ],
)
def test_bounds_of_batches_are_cut_where_they_are_full(lengths, batch_tokens, bounds):
    assert cut(np.array(lengths), batch_tokens) == bounds


@pytest.mark.parametrize("seed, epoch", [(3, 1), (4, 0), (0, 3)])
def test_another_epoch_or_seed_gives_another_order(seed, epoch, sides):
    numbers, others = (
        pair_numbers(Batches(*sides, batch_tokens=60, seed=s).epoch(e)) for s, e in ((3, 0), (seed, epoch))
    )
    assert others != numbers
    assert sorted(others) == sorted(numbers)


def test_another_epoch_combines_other_sentences_to_batches(crowded):
    batches = Batches(*crowded, batch_tokens=100, seed=3)
    together = [{frozenset(pair_numbers([batch])) for batch in batches.epoch(epoch)} for epoch in (0, 1)]
    assert not together[0] & together[1]


def test_an_epoch_holds_the_pairs_at_its_rows_as_often_as_they_are_there(sides):
    rows = np.array([3, 499, 7, 3, 3])
    batches = Batches(*sides, batch_tokens=40, seed=1, rows=rows)
    for epoch in (0, 1):
        seen = list(batches.epoch(epoch))
        assert len(seen) == len(batches)
        assert sorted(pair_numbers(seen)) == [3, 3, 3, 7, 499]
        for batch in seen:
            sources = [row[:length].tolist() for row, length in zip(batch.source, batch.source_lengths, strict=True)]
            assert sources == [sides[0][number].tolist() for number in pair_numbers([batch])]


def test_batches_are_those_of_earlier_versions(sides):
    digest = hashlib.sha256(json.dumps(listed(Batches(*sides, batch_tokens=60, seed=3).epoch(2))).encode()).hexdigest()
    assert (
        digest == "ad36a8cf04400f62637f98da2be9d7d1a84be8586cf2b545190c60c8479d9196"
    )  # trainings that began with an earlier version are resumed


@pytest.mark.parametrize(
    "genuine, synthetic, share, expected",
    [
        (3, 9, 0.5, [0, 0, 0, 1, 1, 1, 2, 2, 2, *range(3, 12)]),
        (6, 2, 0.5, [*range(6), 6, 6, 6, 7, 7, 7]),
        (4, 6, 0.5, [0, 0, 1, 2, 2, 3, *range(4, 10)]),  # a half as often again: every second pair twice
        (5, 5, 0.5, range(10)),
        (1, 3, 0.75, range(4)),
        (9, 1, 0.25, [*range(9), 9, 9, 9]),
    ],
)
def test_pairs_of_the_kind_that_is_too_rare_are_repeated_evenly(genuine, synthetic, share, expected):
    assert rows_with_share(genuine, synthetic, share).tolist() == list(expected)


@pytest.mark.parametrize("genuine, synthetic", [(1000, 70), (70, 1000), (999, 1000), (1000, 1000)])
@pytest.mark.parametrize("share", [0.1, 1 / 3, 0.5, 0.9])
def test_a_share_is_reached_without_leaving_a_pair_out(genuine, synthetic, share):
    rows = rows_with_share(genuine, synthetic, share)
    counts = np.bincount(rows, minlength=genuine + synthetic)
    assert len(counts) == genuine + synthetic
    assert counts[genuine:].sum() / len(rows) == pytest.approx(share, abs=1e-3)
    for kind in (counts[:genuine], counts[genuine:]):
        assert 1 <= kind.min() <= kind.max() <= kind.min() + 1
    assert min(counts[:genuine].max(), counts[genuine:].max()) == 1


def test_short_and_long_sentences_alternate(sides):
    lengths = [batch.target_out.shape[1] for batch in Batches(*sides, batch_tokens=60, seed=3).epoch(0)]
    assert lengths not in (sorted(lengths), sorted(lengths, reverse=True))


def test_an_epoch_continues_from_the_batch_it_is_given(sides):
    batches = Batches(*sides, batch_tokens=60, seed=3)
    expected = listed(batches.epoch(1))
    for begin in (0, 1, 17, len(batches) - 1, len(batches)):
        assert listed(batches.epoch(1, begin)) == expected[begin:]


def test_every_epoch_has_the_same_number_of_batches(sides):
    batches = Batches(*sides, batch_tokens=60, seed=3)
    assert {len(list(batches.epoch(number))) for number in range(4)} == {len(batches)}
