"""The beginning of a search: encoded sources, prefixes that are forced upon the translations, and limits.

Shapes: B sources, V vocabulary, P tokens of a prefix.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_cli.decoding.engine import NEVER_OUT, Engine, Floats, Ids, Session
from attn_cli.decoding.search.repetition_filter import run_limits
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig


@dataclass(frozen=True)
class Beginning:
    """What a search for the translations of B sources begins with.

    - `sources`: their token ids;
    - `session`: it has read the prefixes, but for the last token of each;
    - `tokens` (B,): this last token, or BOS where there is no prefix;
    - `totals` (B,): the log-probabilities of the prefixes;
    - `history` (B, P): the prefixes;
    - `max_lengths` (B,): the most tokens of each translation, the prefix included;
    - `run_limits` (B,): how often a run of tokens may occur in each translation.
    """

    sources: Sequence[Sequence[int]]
    session: Session
    tokens: Ids
    totals: Floats
    history: Ids
    max_lengths: Ids
    run_limits: Ids


def begin(
    engine: Engine, sources: Sequence[Sequence[int]], prefixes: Sequence[Sequence[int]], config: DecodingConfig
) -> Beginning:
    """Encode sources and let the engine read their prefixes, which must have the same length.

    Raises SettingsError where a prefix has an id that no translation contains.
    """
    history = np.array(prefixes, dtype=np.int64)  # (B, P)
    if np.isin(history, [*NEVER_OUT, EOS_ID]).any():
        raise SettingsError("a prefix has a token that no translation contains; leave out special and unknown symbols")
    session, rows = engine.start(sources), np.arange(len(sources))
    tokens, totals = np.full(len(sources), BOS_ID), np.zeros(len(sources))
    for forced in history.T:
        logp, _ = session.step(tokens, rows)  # (B, V)
        tokens, totals = forced, totals + logp[rows, forced]
    longest = [config.max_length or 2 * len(source) + 10 for source in sources]
    return Beginning(
        sources=sources,
        session=session,
        tokens=tokens,
        totals=totals,
        history=history,
        max_lengths=np.array(longest) + history.shape[1],
        run_limits=run_limits(sources),
    )
