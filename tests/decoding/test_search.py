"""Search, with small engines whose probabilities are known."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from attn_cli.decoding.search import beam, greedy, search
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig


class TableEngine:
    """A model of few tokens, whose next log-probabilities are random but depend on source and history only."""

    def __init__(self, vocabulary: int, seed: int = 0, sharpness: float = 1.0, end_after: int | None = None) -> None:
        self.vocabulary, self.seed, self.sharpness, self.end_after = vocabulary, seed, sharpness, end_after
        self.calls: list[int] = []

    def start(self, sources):
        return TableSession(self, [tuple(source) for source in sources])

    def next(self, source, history):
        generator = np.random.default_rng([self.seed, len(source), *source, *history])
        scores = self.sharpness * generator.normal(size=self.vocabulary)
        scores[:EOS_ID] = -np.inf
        if self.end_after is not None and len(history) >= self.end_after:
            scores[EOS_ID + 1 :] = -np.inf
        return scores - np.log(np.exp(scores).sum())


class TableSession:
    def __init__(self, engine, sources):
        self.engine, self.hypotheses = engine, [(source, ()) for source in sources]

    def step(self, tokens, rows, k=None):
        self.engine.calls.append(len(rows))
        assert len(tokens) == len(rows)
        parents = [self.hypotheses[row] for row in rows]
        self.hypotheses = [(s, (*h, int(token))) for (s, h), token in zip(parents, tokens, strict=True)]
        logp = np.stack([self.engine.next(s, h[1:]) for s, h in self.hypotheses])
        order = np.argsort(-logp, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(logp, order, 1), order


def log_probability(engine, source, tokens):
    history, total = (), 0.0
    for token in tokens:
        total += engine.next(tuple(source), history)[token]
        history = (*history, token)
    return total


def exhaustive(engine, source, longest, alpha):
    """The best of all sequences of up to `longest` tokens that end."""
    best = (-math.inf, ())
    for length in range(longest + 1):
        for body in itertools.product(range(EOS_ID + 1, engine.vocabulary), repeat=length):
            score = log_probability(engine, source, [*body, EOS_ID]) / (length + 1) ** alpha
            best = max(best, (score, body))
    return best


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(6))
def test_a_beam_wide_enough_equals_exhaustive_search(seed, alpha):
    engine = TableEngine(vocabulary=7, seed=seed, end_after=4)
    [[found, *_]] = beam(engine, [[5, EOS_ID]], DecodingConfig(beam_size=400, length_penalty=alpha))
    score, body = exhaustive(engine, [5, EOS_ID], 4, alpha)
    assert (tuple(found.tokens), found.score) == (body, pytest.approx(score))


@pytest.mark.parametrize("seed", range(20))
def test_a_beam_of_one_is_greedy_search(seed):
    engine = TableEngine(vocabulary=9, seed=seed)
    sources = [[4, EOS_ID], [5, 6, EOS_ID], [7, EOS_ID]]
    config = DecodingConfig(beam_size=1)
    assert [best for best, *_ in beam(engine, sources, config)] == [best for [best] in greedy(engine, sources, config)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_batch_gives_what_single_sentences_give(seed, size):
    engine = TableEngine(vocabulary=12, seed=seed)
    sources = [[4 + (index * 5) % 7] * (1 + index % 4) + [EOS_ID] for index in range(9)]
    config = DecodingConfig(beam_size=size)
    assert search(engine, sources, config) == [search(engine, [source], config)[0] for source in sources]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("size", [1, 4])
def test_log_probability_length_and_score_of_a_hypothesis_equal_those_computed_from_its_tokens(seed, size):
    engine = TableEngine(vocabulary=10, seed=seed, sharpness=2.0, end_after=6)
    [hypotheses] = search(engine, [[4, 5, EOS_ID]], DecodingConfig(beam_size=size, length_penalty=0.7))
    for found in hypotheses:
        expected = log_probability(engine, [4, 5, EOS_ID], [*found.tokens, EOS_ID])
        assert found.log_probability == pytest.approx(expected)
        assert found.length == len(found.tokens) + 1
        assert found.score == pytest.approx(expected / found.length**0.7)


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


def test_greedy_search_returns_one_hypothesis_per_source():
    found = search(TableEngine(vocabulary=9), [[4, EOS_ID], [5, 6, EOS_ID]], DecodingConfig(beam_size=1))
    assert [len(hypotheses) for hypotheses in found] == [1, 1]


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


class NeverEnding(TableEngine):
    def next(self, source, history):
        logp = super().next(source, history)
        logp[EOS_ID] = -np.inf
        return logp


@pytest.mark.parametrize("size", [1, 3])
def test_a_translation_without_end_is_stopped_at_twice_the_source_length_plus_ten(size):
    for length in (1, 4):
        [[found]] = search(NeverEnding(8), [[5] * (length - 1) + [EOS_ID]], DecodingConfig(beam_size=size))
        assert len(found.tokens) == found.length == 2 * length + 10
        assert math.isfinite(found.score)


class Stuck(TableEngine):
    """Prefers to repeat 5 6 7 8 9 without end, and ranks EOS last."""

    def next(self, source, history):
        logp = super().next(source, history) - 10
        logp[EOS_ID] = -30.0
        logp[5 + len(history) % 5] = -0.01
        return logp


def most_frequent_run(tokens):
    return max(Counter(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False)).values())


@pytest.mark.parametrize("size", [1, 2, 5])
def test_no_run_of_four_tokens_occurs_a_third_time(size):
    sources = [[4] * 3 + [EOS_ID], [*range(4, 14), EOS_ID], [*range(4, 14), *range(4, 14), EOS_ID]]
    for best, *_ in search(Stuck(14, seed=size), sources, DecodingConfig(beam_size=size)):
        assert most_frequent_run(best.tokens) <= 2
        assert math.isfinite(best.score)


class Constant(TableEngine):
    """Always prefers lower ids, whatever the history, and ranks EOS last."""

    def next(self, _source, _history):
        logp = -0.1 - np.arange(self.vocabulary, dtype=float)
        logp[: EOS_ID + 1] = -100.0
        return logp


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_translation_has_a_finite_score_however_many_tokens_are_forbidden(size):
    source = [*range(4, 104), EOS_ID]
    [[best, *_]] = search(Constant(60), [source], DecodingConfig(beam_size=size))
    assert len(best.tokens) == 2 * len(source) + 10
    assert most_frequent_run(best.tokens) <= 2
    assert math.isfinite(best.score)


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


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_translation_may_repeat_itself_as_often_as_its_source(size):
    sources = [[4, 8, 6, 7, 9, 10] * 4 + [EOS_ID], [4, 5, 6, 7] * 2 + [EOS_ID]]
    [often, *_], [seldom, *_] = search(Stuck(14, seed=size), sources, DecodingConfig(beam_size=size))
    assert (most_frequent_run(often.tokens), most_frequent_run(seldom.tokens)) == (4, 2)


@pytest.mark.parametrize("size", [1, 4])
def test_finished_sentences_take_no_more_rows(size):
    engine = TableEngine(vocabulary=8, sharpness=3.0)
    search(engine, [[4] * length + [EOS_ID] for length in range(1, 12)], DecodingConfig(beam_size=size))
    assert engine.calls[-1] < max(engine.calls) / 2
    assert engine.calls[-1] > 0


def test_results_are_in_the_order_of_the_sources_whatever_their_lengths():
    engine = TableEngine(vocabulary=9, end_after=6)
    sources = [[4 + index % 5] * (1 + (index * 7) % 11) + [EOS_ID] for index in range(60)]
    config = DecodingConfig(beam_size=2)
    forward, backward = search(engine, sources, config), search(engine, sources[::-1], config)
    assert forward == backward[::-1]


def test_no_source_gives_no_result():
    assert search(TableEngine(8), [], DecodingConfig()) == []


def test_the_first_token_fed_to_the_engine_is_bos():
    fed = []

    class Spy(TableEngine):
        def next(self, source, history):
            return super().next(source, history)

        def start(self, sources):
            session = super().start(sources)
            step = session.step
            session.step = lambda tokens, rows, k=None: (fed.append(tokens.tolist()), step(tokens, rows, k))[1]
            return session

    search(Spy(8), [[4, EOS_ID], [5, EOS_ID]], DecodingConfig(beam_size=2))
    assert fed[0] == [BOS_ID, BOS_ID]
