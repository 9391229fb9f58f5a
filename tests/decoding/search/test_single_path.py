"""Greedy search."""

import pytest
from table_engine import TableEngine

from attn_cli.decoding.search import search
from attn_cli.foundation.settings import EOS_ID, DecodingConfig


def test_greedy_search_returns_one_hypothesis_per_source():
    found = search(TableEngine(vocabulary=9), [[4, EOS_ID], [5, 6, EOS_ID]], DecodingConfig(beam_size=1))
    assert [len(hypotheses) for hypotheses in found] == [1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_every_token_of_a_greedy_translation_is_the_most_probable_one(seed):
    engine, source = TableEngine(vocabulary=30, seed=seed, end_after=9), (4, 5, EOS_ID)
    [[found]] = search(engine, [source], DecodingConfig(beam_size=1))
    for place, token in enumerate([*found.tokens, EOS_ID]):
        assert engine.next(source, found.tokens[:place]).argmax() == token
