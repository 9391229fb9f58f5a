"""A translation in token ids, and its score: log p / length ** length_penalty.

EOS is counted in both (Wu et al. 2016, arXiv:1609.08144, section 7, with a plain power).
"""

from dataclasses import dataclass
from typing import Self, TypeVar

from attn_cli.decoding.engine import Floats, Ids
from attn_cli.foundation.settings import DecodingConfig

_Number = TypeVar("_Number", float, Floats)


@dataclass(frozen=True)
class Hypothesis:
    """A translation: token ids without EOS, log-probability, score, and length, in which EOS is counted.

    A hypothesis that was stopped by the limit on its length has no EOS.
    """

    tokens: list[int]
    log_probability: float
    score: float
    length: int

    @classmethod
    def of(cls, tokens: Ids, log_probability: float, length: int, config: DecodingConfig) -> Self:
        """Make a hypothesis from an array of its tokens, and compute its score."""
        log_probability = float(log_probability)
        return cls(tokens.tolist(), log_probability, normalized(log_probability, length, config), length)


def normalized(log_probability: _Number, length: int | Ids, config: DecodingConfig) -> _Number:
    """Return the score of a log-probability, or of an array of them: log p / length ** length_penalty."""
    return log_probability / length**config.length_penalty  # type: ignore[return-value]


def best_first(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Return hypotheses in the order of their scores."""
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)
