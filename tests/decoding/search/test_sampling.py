"""Sampling: what is drawn, how often, and that it can be drawn again."""

import math
from collections import Counter

import numpy as np
import pytest
from table_engine import Stuck, TableEngine, log_probability, most_frequent_run

from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.decoding.search import search
from attn_cli.foundation.settings import EOS_ID, DecodingConfig

SOURCE = [4, 5, EOS_ID]


class Known(TableEngine):
    """Gives 4, 5, 6 and 7 the probabilities 0.4, 0.3, 0.2 and 0.1, and then ends."""

    def next(self, _source, history):
        logp = np.full(self.vocabulary, -np.inf)
        if history:
            logp[EOS_ID] = 0.0
        else:
            logp[[4, 5, 6, 7]] = np.log([0.4, 0.3, 0.2, 0.1])
        return logp


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        ({}, [0.4, 0.3, 0.2, 0.1]),
        ({"temperature": 0.5}, [0.16, 0.09, 0.04, 0.01]),
        ({"temperature": 2.0}, np.sqrt([0.4, 0.3, 0.2, 0.1])),
        ({"temperature": 100.0}, np.array([0.4, 0.3, 0.2, 0.1]) ** 0.01),
        ({"temperature": 0.01}, [1, 0, 0, 0]),
        ({"top_k": 1}, [1, 0, 0, 0]),
        ({"top_k": 3}, [4, 3, 2, 0]),
        ({"top_k": 1000}, [4, 3, 2, 1]),
        ({"top_p": 0.39}, [1, 0, 0, 0]),
        ({"top_p": 0.41}, [4, 3, 0, 0]),
        ({"top_p": 0.69}, [4, 3, 0, 0]),
        ({"top_p": 0.71}, [4, 3, 2, 0]),
        ({"top_p": 1.0}, [4, 3, 2, 1]),
        ({"top_k": 3, "top_p": 0.76}, [4, 3, 0, 0]),  # the first two have 7/9 of the first three
        ({"top_k": 3, "top_p": 0.79}, [4, 3, 2, 0]),
        ({"temperature": 0.5, "top_p": 0.8}, [16, 9, 0, 0]),  # 25/30 of the tempered distribution
    ],
    ids=str,
)
def test_tokens_are_drawn_as_often_as_they_should_be(settings, weights):
    count = 2000
    [found] = search(Known(9), [SOURCE], DecodingConfig(sample=True, n_best=count, **settings))
    drawn = Counter(token for each in found for token in each.tokens)
    assert set(drawn) == {token for token, weight in zip([4, 5, 6, 7], weights, strict=True) if weight}
    for token, expected in zip([4, 5, 6, 7], np.array(weights) / sum(weights), strict=True):
        assert drawn[token] / count == pytest.approx(expected, abs=4 * math.sqrt(0.25 / count))


def test_samples_are_best_first_with_the_log_probabilities_of_the_model():
    engine = TableEngine(vocabulary=10, end_after=6)
    config = DecodingConfig(sample=True, n_best=8, temperature=1.7, top_k=5, top_p=0.9, length_penalty=0.5)
    [found] = search(engine, [SOURCE], config)
    assert len(found) == 8
    for each in found:
        assert each.log_probability == pytest.approx(log_probability(engine, SOURCE, [*each.tokens, EOS_ID]))
        assert each.score == pytest.approx(each.log_probability / each.length**0.5)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert len({tuple(each.tokens) for each in found}) > 3


def test_one_translation_is_drawn_if_no_number_is_asked_for_whatever_the_beam_size():
    engine = TableEngine(vocabulary=10, end_after=6)
    one, other = (search(engine, [SOURCE], DecodingConfig(sample=True, beam_size=size)) for size in (1, 5))
    assert one == other
    assert len(one[0]) == 1


@pytest.mark.parametrize("n_best", [1, 3])
def test_what_is_drawn_for_a_source_does_not_depend_on_its_neighbours(n_best, stored):
    words = ["one", "two three", "eight nine one two", "three"]
    sources = stored.tokenizer.encode([f"{first} {second}" for first in words for second in words])
    engine = NumpyEngine(stored.settings.model, stored.weights)
    config = DecodingConfig(sample=True, n_best=n_best, temperature=1.5, top_p=0.95)
    together = search(engine, sources, config)
    for found in (search(engine, sources[::-1], config)[::-1], [search(engine, [each], config)[0] for each in sources]):
        for one, other in zip(together, found, strict=True):
            assert [each.tokens for each in one] == [each.tokens for each in other]
    assert len({tuple(each.tokens) for found in together for each in found}) > 10


def test_seed_and_source_change_what_is_drawn():
    engine = Known(9)
    drawn = {
        (seed, first): [
            each.tokens
            for found in search(engine, [[first, 5, EOS_ID]] * 2, DecodingConfig(sample=True, n_best=40, seed=seed))
            for each in found
        ]
        for seed in (0, 1)
        for first in (4, 5)
    }
    assert all(tokens[:40] == tokens[40:] for tokens in drawn.values())  # equal sources
    assert len({str(tokens) for tokens in drawn.values()}) == 4


@pytest.mark.parametrize("settings", [{"top_k": 1}, {"temperature": 0.01}, {"top_p": 1e-9}], ids=str)
def test_drawing_from_the_best_token_alone_is_greedy_search(settings):
    engine, sources = Stuck(14), [[4] * 3 + [EOS_ID], [*range(4, 14), EOS_ID]]
    greedy = search(engine, sources, DecodingConfig(beam_size=1))
    assert search(engine, sources, DecodingConfig(sample=True, **settings)) == greedy


def test_no_run_of_four_tokens_is_drawn_a_third_time():
    for found in search(
        Stuck(14), [[4] * 3 + [EOS_ID], [*range(4, 14), EOS_ID]], DecodingConfig(sample=True, n_best=9)
    ):
        for each in found:
            assert most_frequent_run(each.tokens) <= 2
            assert math.isfinite(each.log_probability)
