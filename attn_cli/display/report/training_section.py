"""The section of a report about training: loss and validation BLEU by update, from the training logs."""

import math
from collections.abc import Sequence
from typing import TypeGuard

from attn_cli.display.report.charts import Series, Tick, chart, figure, format_number, round_numbers
from attn_cli.display.report.markup import Markup, element, joined, table
from attn_cli.display.report.reported import Log, Reported, perplexity_text

CURVE_POINTS = 100  # of a training curve at most; more are averaged
HEAD = ["Model", "Update", "BLEU", "Perplexity"]


def training(systems: Sequence[Reported]) -> Markup:
    """Return the training curves of the systems with a log, and a sentence about the systems without one."""
    losses = [series for one in systems for series in _losses(one)]
    scores = [Series(one.name, curve(one.log, "validation", "bleu"), one.style) for one in systems]
    figures = [_curves("Loss, in nats per token", systems, losses), _curves("Validation BLEU, greedy", systems, scores)]
    about = "Thin lines: training, with dropout, from the first validation on. Lines with marks: validation."
    rows = [row for one in systems for row in _validations(one)]
    details = element("details", element("summary", "All validations"), table("Validations", HEAD, rows))
    without = ", ".join(one.name for one in systems if not one.log)
    return joined(
        element("p", about, class_="note") if any(figures) else "",
        element("div", *figures, class_="pair"),
        details if rows else "",
        element("p", f"There is no training log of {without}.", class_="note") if without else "",
    )


def _losses(one: Reported) -> list[Series]:
    """Return the loss in training and in validation, which is the logarithm of the perplexity."""
    validations = [(step, math.log(max(value, 1.0))) for step, value in curve(one.log, "validation", "perplexity")]
    # Before the first validation the loss falls so far that on its scale the rest would look flat.
    begin = validations[0][0] if validations else 0
    points = thinned([(step, value) for step, value in curve(one.log, "progress", "loss") if step >= begin])
    return [
        Series(f"{one.name}, training", points, one.style, marked=False),
        Series(f"{one.name}, validation", validations, one.style),
    ]


def _validations(one: Reported) -> list[list[str]]:
    perplexities = dict(curve(one.log, "validation", "perplexity"))
    scores = curve(one.log, "validation", "bleu")
    return [[one.name, f"{step:,.0f}", f"{bleu:.2f}", perplexity_text(perplexities.get(step))] for step, bleu in scores]


def _curves(title: str, systems: Sequence[Reported], series: Sequence[Series]) -> Markup:
    series = [one for one in series if one.points]
    if not series:
        return Markup()
    steps = round_numbers([0, *(x for one in series for x, _ in one.points)], 5)
    ticks = [Tick(step, format_number(step, steps)) for step in steps]
    return figure(title, [one.name for one in systems], chart(series, ticks, across="updates", up=title))


def curve(log: Log, kind: str, key: str) -> list[tuple[float, float]]:
    """Return (step, value) of the records of a kind, without those whose step or value is not a finite number."""
    points = [(record.get("step"), record.get(key)) for record in log if record.get("kind") == kind]
    return [(x, y) for x, y in points if _is_finite(x) and _is_finite(y)]


def _is_finite(number: object) -> TypeGuard[float]:
    return isinstance(number, int | float) and abs(number) < 1e300


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most CURVE_POINTS points, each the mean of neighbouring points."""
    size = math.ceil(len(points) / CURVE_POINTS) or 1
    groups = [points[begin : begin + size] for begin in range(0, len(points), size)]
    return [(sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups]
