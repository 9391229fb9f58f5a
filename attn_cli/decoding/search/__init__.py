"""Search for the translation of sources, over the steps of an engine. Token ids only, in NumPy, without torch.

single_path.py is greedy search, sampling.py draws translations, beam_search.py is beam search. A translation may begin
with a prefix that is given: beginning.py. It has at most `max_length` tokens after the prefix; without that setting
2·S + 10, for a source of S tokens with EOS. None of them lets a translation repeat itself: repetition_filter.py.
"""

import math
from collections.abc import Sequence
from itertools import groupby, islice

from attn_cli.decoding.engine import Engine
from attn_cli.decoding.search.beam_search import beam
from attn_cli.decoding.search.beginning import begin
from attn_cli.decoding.search.hypothesis import Hypothesis, normalized
from attn_cli.decoding.search.sampling import sample
from attn_cli.decoding.search.single_path import greedy
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import DecodingConfig

__all__ = ["BATCH_ROWS", "Hypothesis", "normalized", "search"]

BATCH_ROWS = 384  # hypotheses decoded at once


def search(
    engine: Engine,
    sources: Sequence[Sequence[int]],
    config: DecodingConfig,
    prefixes: Sequence[Sequence[int]] | None = None,
) -> list[list[Hypothesis]]:
    """Return hypotheses of each source, best score first.

    Beam search returns all those that have finished: at least `n_best` where so many can be found, else at least one.
    Greedy search (`beam_size` 1) returns one, sampling `n_best`, among which there may be equal ones.

    Each source is a sequence of token ids that ends with EOS. `prefixes` are the token ids, without EOS, with which
    the translation of each source has to begin; one may be empty. The tokens of a hypothesis contain its prefix, and
    log-probability and length count it. Sources of similar length, with prefixes of the same length, are decoded
    together.

    Raises SettingsError where a prefix has an id that no translation contains, ModelFolderError where a probability is
    not a number.
    """
    begins = [()] * len(sources) if prefixes is None else prefixes
    decode = sample if config.sample else greedy if config.beam_size == 1 else beam
    size = max(1, BATCH_ROWS // (config.n_best if config.sample else config.beam_size))
    order = sorted(range(len(sources)), key=lambda index: (len(begins[index]), len(sources[index])))
    found: dict[int, list[Hypothesis]] = {}
    for _, group in groupby(order, key=lambda index: len(begins[index])):
        while indices := list(islice(group, size)):
            batch = [sources[index] for index in indices]
            beginning = begin(engine, batch, [begins[index] for index in indices], config)
            found.update(zip(indices, decode(beginning, config), strict=True))
    if not all(math.isfinite(hypothesis.log_probability) for hypotheses in found.values() for hypothesis in hypotheses):
        raise ModelFolderError("the model's probabilities are not numbers: its weights are damaged; train it again")
    return [found[index] for index in range(len(sources))]
