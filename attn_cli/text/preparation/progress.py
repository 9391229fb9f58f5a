"""What preparing a corpus reports: its stages, the result of cleaning, and the prepared corpus."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Example = tuple[str, int, str, str]  # location, number of the pair there (from 1), source, target


@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """The result of cleaning in numbers of pairs: read, dropped for each reason, mended in each way, and in each split.

    `examples` has the first pairs dropped for each reason.
    """

    read: int
    dropped: dict[str, int]
    mended: dict[str, int]
    pairs: dict[str, int]
    examples: dict[str, list[Example]] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """The result of preparing: the corpus' folder and its description (prepared.json)."""

    folder: Path
    info: dict[str, Any]


class Reporter(Protocol):
    """Receives the progress of preparing a corpus."""

    def doing(self, stage: str, unit: str = "", /) -> None:
        """Receive the name of the stage that begins, and what is counted in it, if anything is."""

    def counted(self, done: int, share: float | None, /) -> None:
        """Receive how much of the stage is done: a number, and the share of the whole where it is known."""

    def note(self, text: str, /) -> None:
        """Receive a remark for the user."""

    def cleaned(self, cleaning: Cleaning, /) -> None:
        """Receive the result of cleaning; it may be that no pair is left."""

    def prepared(self, result: Prepared, /) -> None:
        """Receive the result, once the corpus is on disk."""
