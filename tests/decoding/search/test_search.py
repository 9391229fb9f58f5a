"""Search, with small engines whose probabilities are known."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from table_engine import NeverEnding, Stuck, TableEngine, log_probability, most_frequent_run

from attn_cli.decoding.search import search
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig


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


@pytest.mark.parametrize("size", [1, 3])
def test_a_translation_without_end_is_stopped_at_twice_the_source_length_plus_ten(size):
    for length in (1, 4):
        [[found]] = search(NeverEnding(8), [[5] * (length - 1) + [EOS_ID]], DecodingConfig(beam_size=size))
        assert len(found.tokens) == found.length == 2 * length + 10
        assert math.isfinite(found.score)


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


class Markov(TableEngine):
    """Gives the next token the logits of the last one's row in a matrix (V - 2, V - 3): the first row is for BOS."""

    def __init__(self, logits):
        super().__init__(vocabulary=len(logits[0]) + EOS_ID)
        self.logits = np.array(logits)

    def next(self, _source, history):
        scores = np.full(self.vocabulary, -np.inf)
        last = history[-1] if history else BOS_ID
        scores[EOS_ID:] = self.logits[max(0, last - EOS_ID)]
        return scores - scores.max() - np.log(np.exp(scores - scores.max()).sum())


LOGITS = st.sampled_from([-math.inf, -math.inf, -80.0, -3.0, 0.0, 9.0])


@given(
    logits=st.integers(2, 6).flatmap(
        lambda size: st.lists(
            st.lists(LOGITS, min_size=size, max_size=size).filter(lambda row: max(row) > -math.inf),
            min_size=size,
            max_size=size,
        )
    ),
    size=st.integers(1, 6),
    n_best=st.integers(1, 6),
    sample=st.booleans(),
    max_length=st.sampled_from([1, 5, 40]),
    prefix=st.lists(st.integers(EOS_ID + 1, EOS_ID + 1), max_size=9),
)
def test_no_translation_is_impossible_whatever_the_model(logits, size, n_best, sample, max_length, prefix):
    config = DecodingConfig(beam_size=size, n_best=min(n_best, size), sample=sample, max_length=max_length)
    engine, source = Markov(logits), [4, EOS_ID]
    assume(log_probability(engine, source, prefix) > -math.inf)
    [hypotheses] = search(engine, [source], config, [prefix])
    assert len(hypotheses) >= (config.n_best if sample else 1)
    for found in hypotheses:
        ends = [EOS_ID] * (found.length - len(found.tokens))
        assert found.tokens[: len(prefix)] == prefix
        assert len(found.tokens) < found.length or found.length == len(prefix) + max_length
        assert found.log_probability == pytest.approx(log_probability(engine, source, [*found.tokens, *ends]))
        assert math.isfinite(found.log_probability)
        assert math.isfinite(found.score)


@pytest.mark.parametrize("size", [1, 3])
def test_where_a_model_can_only_repeat_itself_it_does(size):
    [[found]] = search(Markov([[-math.inf, 0.0]] * 2), [[4, EOS_ID]], DecodingConfig(beam_size=size))
    assert (found.tokens, found.log_probability) == ([4] * 14, 0.0)


@pytest.mark.parametrize("settings", [{"beam_size": 1}, {"beam_size": 3}, {"sample": True}])
def test_a_translation_has_at_most_the_tokens_that_are_asked_for(settings):
    for length in (1, 7, 30):
        config = DecodingConfig(max_length=length, **settings)
        for [best, *_] in search(NeverEnding(8), [[4, EOS_ID], [5, 6, EOS_ID]], config):
            assert len(best.tokens) == best.length == length


@pytest.mark.parametrize("config", [{"beam_size": 1}, {"beam_size": 3}, {"sample": True, "n_best": 2}], ids=str)
def test_probabilities_that_are_not_numbers_are_an_error(config, monkeypatch):
    monkeypatch.setattr(TableEngine, "next", lambda self, _source, _history: np.full(self.vocabulary, np.nan))
    with pytest.raises(ModelFolderError, match="not numbers"):
        search(TableEngine(6), [[4, EOS_ID]], DecodingConfig(**config))


@pytest.mark.parametrize(
    ("at_once", "lines", "sizes"),
    [
        (1, 40, [24, 16]),
        (2, 100, [24, 24, 24, 14, 14]),
        (2, 48, [24, 24]),
        (2, 30, [15, 15]),
        (2, 7, [7]),
        (4, 50, [13, 13, 12, 12]),
        (4, 10, [5, 5]),
        (3, 1, [1]),
    ],
)
def test_the_batches_that_are_decoded_last_are_of_equal_size(at_once, lines, sizes, monkeypatch):
    monkeypatch.setattr(TableEngine, "at_once", at_once)
    monkeypatch.setattr(TableEngine, "batch_rows", lambda _self, _length: 24)
    batches = []

    class Watched(TableEngine):
        def start(self, sources):
            batches.append([len(source) for source in sources])
            return super().start(sources)

    lengths = [1 + (index * 7) % 11 for index in range(lines)]
    search(Watched(8), [[4] * length + [EOS_ID] for length in lengths], DecodingConfig(beam_size=1, max_length=1))
    assert [len(batch) for batch in batches] == sizes
    shared = batches[-at_once:]  # among which the lengths are shared out too
    assert max(sum(batch) for batch in shared) - min(sum(batch) for batch in shared) <= 12


@pytest.mark.parametrize("at_once", [1, 5])
def test_a_long_line_that_needs_all_rows_is_decoded_alone(at_once, monkeypatch):
    monkeypatch.setattr(TableEngine, "at_once", at_once)
    monkeypatch.setattr(TableEngine, "batch_rows", lambda _self, _length: 1)
    sources = [[4 + index, EOS_ID] for index in range(3)]
    config = DecodingConfig(beam_size=2)
    assert search(TableEngine(8), sources, config) == [search(TableEngine(8), [each], config)[0] for each in sources]
