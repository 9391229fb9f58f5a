"""Translations that begin with a given prefix."""

import numpy as np
import pytest
import torch
from table_engine import NeverEnding, TableEngine, log_probability, most_frequent_run

from attn_cli.decoding.ensemble import EnsembleEngine
from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine, load_network
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, PAD_ID, UNK_ID, DecodingConfig
from attn_cli.network.machine import Machine

SEARCHES = [{"beam_size": 1}, {"beam_size": 4}, {"beam_size": 3, "n_best": 3}, {"sample": True, "n_best": 3}]
SOURCES = [[4, 5, EOS_ID], [6, EOS_ID], [7, 4, 8, EOS_ID], [5, EOS_ID], [6, 6, EOS_ID]]
PREFIXES = [(), (5,), (4, 9, 9, 4), (8,), (7, 7)]


@pytest.mark.parametrize("settings", SEARCHES, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_each_translation_begins_with_its_prefix_which_its_log_probability_counts(seed, settings):
    engine, config = TableEngine(vocabulary=10, seed=seed, end_after=8), DecodingConfig(**settings)
    found = search(engine, SOURCES, config, PREFIXES)
    for source, prefix, hypotheses in zip(SOURCES, PREFIXES, found, strict=True):
        assert len(hypotheses) >= config.n_best
        for each in hypotheses:
            assert tuple(each.tokens[: len(prefix)]) == prefix
            assert each.length == len(each.tokens) + 1
            expected = log_probability(engine, source, [*each.tokens, EOS_ID])
            assert each.log_probability == pytest.approx(expected)
            assert each.score == pytest.approx(expected / each.length)
        assert search(engine, [source], config, [prefix]) == [hypotheses]


@pytest.mark.parametrize("settings", SEARCHES, ids=str)
def test_empty_prefixes_change_nothing(settings):
    engine, config = TableEngine(vocabulary=10), DecodingConfig(**settings)
    assert search(engine, SOURCES, config, [()] * 5) == search(engine, SOURCES, config)


def test_a_translation_forced_to_begin_as_it_would_anyway_is_the_same():
    engine, config = TableEngine(vocabulary=10, end_after=9), DecodingConfig(beam_size=1)
    free = search(engine, SOURCES, config)
    for length in range(1, 9):
        forced = search(engine, SOURCES, config, [hypothesis.tokens[:length] for [hypothesis] in free])
        for [one], [other] in zip(free, forced, strict=True):
            assert (one.tokens, one.length) == (other.tokens, other.length)
            assert one.log_probability == pytest.approx(other.log_probability)


@pytest.mark.parametrize("settings", SEARCHES, ids=str)
def test_the_limit_on_the_length_is_for_the_tokens_after_the_prefix(settings):
    for limit, most in ((None, 2 * 2 + 10), (1, 1), (6, 6)):
        config = DecodingConfig(max_length=limit, **settings)
        for prefix in ((), (4, 5), range(4, 10)):
            [hypotheses] = search(NeverEnding(10), [[4, EOS_ID]], config, [prefix])
            assert {len(each.tokens) for each in hypotheses} == {len(prefix) + most}


@pytest.mark.parametrize("settings", SEARCHES, ids=str)
def test_a_prefix_may_repeat_itself_but_what_follows_may_not_go_on_so(settings):
    prefix = [4, 5, 6, 7] * 5
    [[found, *_]] = search(TableEngine(vocabulary=9), [[4, EOS_ID]], DecodingConfig(**settings), [prefix])
    assert found.tokens[:20] == prefix
    assert np.isfinite(found.log_probability)
    assert most_frequent_run(found.tokens) == 5


@pytest.mark.parametrize("token", [PAD_ID, UNK_ID, BOS_ID, EOS_ID])
def test_a_prefix_with_a_token_that_no_translation_contains_is_refused(token):
    with pytest.raises(SettingsError, match="a prefix has a token that no translation contains"):
        search(TableEngine(9), [[4, EOS_ID], [5, EOS_ID]], DecodingConfig(), [[4], [token]])


@pytest.mark.parametrize("settings", SEARCHES, ids=str)
def test_all_engines_agree_on_translations_with_prefixes(settings, stored):
    model, weights = stored.settings.model, stored.weights
    machine = Machine(device=torch.device("cpu"), precision=torch.float32, threads=1)
    numpy_engine = NumpyEngine(model, weights)
    engines = [numpy_engine, TorchEngine(load_network(model, weights), machine), EnsembleEngine([numpy_engine] * 2)]
    sources = stored.tokenizer.encode(["one two three", "four", "five six"])
    prefixes = [tokens[:-1] for tokens in stored.tokenizer.encode(["sept huit", "", "neuf"])]
    first, *others = [search(engine, sources, DecodingConfig(**settings), prefixes) for engine in engines]
    for hypotheses, prefix in zip(first, prefixes, strict=True):
        assert hypotheses[0].tokens[: len(prefix)] == prefix
    for other in others:
        for one, same in zip(first, other, strict=True):
            assert [each.tokens for each in one[: len(same)]] == [each.tokens for each in same[: len(one)]]
            assert one[0].log_probability == pytest.approx(same[0].log_probability, abs=1e-3)
