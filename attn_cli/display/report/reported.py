"""A system as a report shows it."""

from dataclasses import dataclass
from typing import Any

from attn_cli.display.report.charts import STYLES
from attn_cli.display.report.markup import Markup, element
from attn_cli.evaluation.systems import Evaluation, System

Log = list[dict[str, Any]]


@dataclass(frozen=True)
class Reported:
    """A system with its results and its training log (empty: none); `style` numbers its colour, dash and mark."""

    style: int
    system: System
    result: Evaluation
    log: Log

    @property
    def name(self) -> str:
        """Return the system's name."""
        return self.system.name

    def label(self) -> Markup:
        """Return the system's name in its colour."""
        return element("span", self.name, class_=f"system series-{self.style % STYLES}")


def perplexity_text(value: float | None) -> str:
    """Return a perplexity as text, short even if it is huge."""
    if value is None:
        return "–"
    return f"{value:,.2f}" if value < 1e6 else f"{value:.1e}"
