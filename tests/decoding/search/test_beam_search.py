"""Beam search."""

import math

import numpy as np
import pytest
from table_engine import NeverEnding, TableEngine, exhaustive

from attn_cli.decoding.search import beam_search, search
from attn_cli.decoding.search.beam_search import beam
from attn_cli.decoding.search.beginning import begin
from attn_cli.decoding.search.single_path import greedy
from attn_cli.foundation.settings import EOS_ID, DecodingConfig


@pytest.mark.parametrize("prefix", [(), (4,), (6, 4, 4), (5, 6, 5, 6)])
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_wide_enough_equals_exhaustive_search(seed, alpha, prefix, monkeypatch):
    monkeypatch.setattr(beam_search, "PRUNED_BEHIND", math.inf)
    engine, source = TableEngine(vocabulary=7, seed=seed, end_after=4), [5, EOS_ID]
    [[found, *_]] = search(engine, [source], DecodingConfig(beam_size=400, length_penalty=alpha), [prefix])
    score, tokens = exhaustive(engine, source, 4, alpha, prefix)[0]
    assert (found.tokens, found.score) == (tokens, pytest.approx(score))


@pytest.mark.parametrize("prefix", [(), (4, 5)])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("n_best", [2, 11])
@pytest.mark.parametrize("seed", range(4))
def test_the_n_best_of_a_beam_wide_enough_are_those_of_exhaustive_search(seed, n_best, alpha, prefix):
    engine, source = TableEngine(vocabulary=7, seed=seed, sharpness=3, end_after=4), [5, EOS_ID]
    config = DecodingConfig(beam_size=400, length_penalty=alpha, n_best=n_best)
    [found] = search(engine, [source], config, [prefix])
    expected = exhaustive(engine, source, 4, alpha, prefix)[:n_best]
    assert [each.tokens for each in found[:n_best]] == [tokens for _, tokens in expected]


@pytest.mark.parametrize("seed", range(20))
def test_a_beam_of_one_is_greedy_search(seed):
    engine, config = TableEngine(vocabulary=9, seed=seed), DecodingConfig(beam_size=1)
    sources = [[4, EOS_ID], [5, 6, EOS_ID], [7, EOS_ID]]
    wide, narrow = (decode(begin(engine, sources, [[4]] * 3, config), config) for decode in (beam, greedy))
    assert [best for best, *_ in wide] == [best for [best] in narrow]


class Hasty(TableEngine):
    """Ends at once with a probability of nearly 1."""

    def next(self, source, history):
        logp = super().next(source, history) - 9
        logp[EOS_ID] = -0.001
        return logp


@pytest.mark.parametrize("size", [2, 5, 8])
def test_as_many_hypotheses_finish_as_are_asked_for(size):
    engine, sources = Hasty(9), [[4, EOS_ID], [5, 6, EOS_ID]]
    for n_best in range(1, size + 1):
        for found in search(engine, sources, DecodingConfig(beam_size=size, n_best=n_best)):
            assert len(found) >= n_best
            assert len({tuple(each.tokens) for each in found}) == len(found)
    assert [len(found) for found in search(engine, sources, DecodingConfig(beam_size=size))] == [1, 1]


def test_there_may_be_fewer_translations_than_are_asked_for():
    [found] = search(TableEngine(5, end_after=2), [[4, EOS_ID]], DecodingConfig(beam_size=5, n_best=5))
    assert sorted(each.tokens for each in found) == [[], [4], [4, 4]]


def test_the_best_of_those_without_end_are_returned_if_none_ends():
    for n_best in (1, 3):
        config = DecodingConfig(beam_size=4, n_best=n_best, max_length=3)
        [found] = search(NeverEnding(9), [[4, EOS_ID]], config)
        assert [len(each.tokens) for each in found] == [3] * n_best
        assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


class ThreeEnds(TableEngine):
    """Gives EOS the probability 0.4, 5 EOS 0.3, and 5 6 EOS 0.3."""

    def next(self, _source, history):
        probabilities = {(): {EOS_ID: 0.4, 5: 0.6}, (5,): {EOS_ID: 0.5, 6: 0.5}, (5, 6): {EOS_ID: 1.0}}
        logp = np.full(self.vocabulary, -50.0)
        for token, probability in probabilities.get(history, {}).items():
            logp[token] = math.log(probability)
        return logp


def test_all_finished_hypotheses_are_returned_best_first():
    [hypotheses] = search(ThreeEnds(8), [[4, EOS_ID]], DecodingConfig(beam_size=3, length_penalty=1.0))
    assert [hypothesis.tokens for hypothesis in hypotheses][:3] == [[5, 6], [5], []]
    assert [math.exp(hypothesis.log_probability) for hypothesis in hypotheses[:3]] == pytest.approx([0.3, 0.3, 0.4])
    scores = [hypothesis.score for hypothesis in hypotheses]
    assert scores == sorted(scores, reverse=True)


def test_without_a_length_penalty_the_most_probable_hypothesis_is_the_best():
    [[best, *_]] = search(ThreeEnds(8), [[4, EOS_ID]], DecodingConfig(beam_size=3, length_penalty=0.0))
    assert (best.tokens, best.score) == ([], pytest.approx(math.log(0.4)))


def test_a_wider_beam_finds_what_greedy_search_misses():
    gains = 0
    for seed in range(30):
        engine = TableEngine(vocabulary=8, seed=seed, sharpness=1.5, end_after=5)
        scores = [search(engine, [[4, EOS_ID]], DecodingConfig(beam_size=size))[0][0].score for size in (1, 200)]
        assert scores[1] >= scores[0] - 1e-9
        gains += scores[1] > scores[0] + 1e-9
    assert gains > 10


class Certain(TableEngine):
    """Gives nearly all probability to 4 5 6 7 4 5, and ranks EOS second at every step."""

    def next(self, _source, history):
        logp = np.full(self.vocabulary, -12.0)
        logp[EOS_ID] = -7.0
        logp[[*range(4, 8), 4, 5, EOS_ID][min(len(history), 6)]] = -0.01
        return logp


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_early_ends_of_low_probability_do_not_end_the_search(size):
    [[found, *_]] = search(Certain(20), [[4, 5, 6, EOS_ID]], DecodingConfig(beam_size=size))
    assert found.tokens == [4, 5, 6, 7, 4, 5]


class RepeatsThreeTimes(TableEngine):
    """Prefers 5 6 7 8 three times; the last 8 may also be 9, and before the third time EOS is likely, too."""

    def next(self, _source, history):
        logp = np.full(self.vocabulary, -30.0)
        logp[[9, EOS_ID]] = -3.0, -2.0 if len(history) == 8 else -20.0
        logp[([5, 6, 7, 8] * 3 + [EOS_ID] * 9)[len(history)]] = -0.01
        return logp


def test_a_hypothesis_that_would_repeat_itself_is_dropped_if_another_one_is_left():
    narrow, wide = (
        search(RepeatsThreeTimes(10), [[4] * 3 + [EOS_ID]], DecodingConfig(beam_size=size))[0][0] for size in (1, 2)
    )
    assert narrow.tokens == [5, 6, 7, 8] * 2 + [5, 6, 7, 9]
    assert wide.tokens == [5, 6, 7, 8] * 2
    assert wide.log_probability == pytest.approx(-0.08 - 2.0)


def searched(monkeypatch, behind: float, **choices):
    """The best translations of twenty sources, and the rows of all steps, where `behind` is the threshold."""
    monkeypatch.setattr(beam_search, "PRUNED_BEHIND", behind)
    engine = TableEngine(vocabulary=30, seed=2, sharpness=6, end_after=6)
    found = search(engine, [[4 + number, EOS_ID] for number in range(20)], DecodingConfig(beam_size=5, **choices))
    return [best.tokens for best, *_ in found], sum(engine.calls)


def test_hypotheses_far_behind_the_best_are_not_continued(monkeypatch):
    whole, pruned = (searched(monkeypatch, behind) for behind in (math.inf, 2.5))
    assert pruned[1] < 0.85 * whole[1]
    assert sum(one == other for one, other in zip(pruned[0], whole[0], strict=True)) >= 19


def test_with_no_distance_allowed_one_hypothesis_of_each_source_is_continued(monkeypatch):
    assert searched(monkeypatch, 0.0)[1] <= 20 * 7


def test_where_several_translations_are_wanted_none_is_dropped(monkeypatch):
    whole, same = (searched(monkeypatch, behind, n_best=2) for behind in (math.inf, 2.5))
    assert same == whole
