"""Search for the translation of sources, over the steps of an engine. Token ids only, in NumPy, without torch.

single_path.py is greedy search, sampling.py draws translations, beam_search.py is beam search. A translation may begin
with a prefix that is given: beginning.py. It has at most `max_length` tokens after the prefix; without that setting
2·S + 10, for a source of S tokens with EOS. None of them lets a translation repeat itself: repetition_filter.py.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby

from attn_cli.decoding.engine import Engine
from attn_cli.decoding.search.beam_search import beam
from attn_cli.decoding.search.beginning import begin
from attn_cli.decoding.search.hypothesis import Hypothesis, normalized
from attn_cli.decoding.search.sampling import sample
from attn_cli.decoding.search.single_path import greedy
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import DecodingConfig

__all__ = ["Hypothesis", "normalized", "search"]

SMALLEST_SHARE = 6  # docs/performance.md, "A thread for each batch"


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
    width = config.n_best if config.sample else config.beam_size

    def decoded(indices: list[int]) -> list[list[Hypothesis]]:
        batch, prefixes = ([side[index] for index in indices] for side in (sources, begins))
        return decode(begin(engine, batch, prefixes, config), config)

    batches = list(_batches(sources, begins, lambda length: max(1, engine.batch_rows(length) // width), engine.at_once))
    results = engine.decode_all(decoded, batches)
    found = dict(zip(chain(*batches), chain(*results), strict=True))
    if not all(math.isfinite(hypothesis.log_probability) for hypotheses in found.values() for hypothesis in hypotheses):
        raise ModelFolderError("the model's probabilities are not numbers: its weights are damaged; train it again")
    return [found[index] for index in range(len(sources))]


def _batches(
    sources: Sequence[Sequence[int]], prefixes: Sequence[Sequence[int]], size: Callable[[int], int], at_once: int
) -> Iterator[list[int]]:
    """Yield the numbers of sources of similar length, longest first, whose prefixes have the same length.

    `size` returns how many sources of up to some length to take. The last batches, of which up to `at_once` are decoded
    at the same time, get equal shares of what is left, so that none of them is decoded alone; none is smaller than a
    batch / SMALLEST_SHARE, for which a further batch does not pay.
    """
    order = sorted(range(len(sources)), key=lambda index: (len(prefixes[index]), -len(sources[index])))
    for _, group in groupby(order, key=lambda index: len(prefixes[index])):
        rest = list(group)
        count = size(len(sources[rest[0]]))
        while len(rest) > at_once * count:
            yield rest[:count]
            rest = rest[count:]
            count = size(len(sources[rest[0]]))
        shares = min(at_once, len(rest), max(1, SMALLEST_SHARE * len(rest) // count))
        yield from (rest[first::shares] for first in range(shares))
