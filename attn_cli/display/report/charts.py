"""Line charts as SVG, whose lines differ in colour, dash and mark; the colours themselves are in page.css."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from attn_cli.display.report.markup import Markup, element

WIDTH, HEIGHT = 440, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 4, 14, 52  # margins, for the numbers and names of the axes
INSET = 20  # from the margin to the first and last point
STYLES = 6  # kinds of line, in page.css and MARKS
MARKS = (
    "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",  # circle
    "M-3.2-3.2h6.4v6.4h-6.4z",  # square
    "M0-4.5L4.3 3.2h-8.6z",  # triangle
    "M0-4.8L4.8 0L0 4.8L-4.8 0z",  # diamond
    "M0 4.5L4.3-3.2h-8.6z",  # triangle upside down
    "M-4-1.2h2.8v-2.8h2.4v2.8h2.8v2.4h-2.8v2.8h-2.4v-2.8h-2.8z",  # cross
)


@dataclass(frozen=True)
class Series:
    """Points to connect by a line; `style` is the number of its system. Without `marked` the line is thin and solid."""

    name: str
    points: Sequence[tuple[float, float]]
    style: int
    marked: bool = True


@dataclass(frozen=True)
class Tick:
    """A position on the horizontal axis, and the one or two lines of text below it."""

    position: float
    label: str
    below: str = ""


def chart(series: Sequence[Series], ticks: Sequence[Tick], *, across: str, up: str) -> Markup:
    """Return a chart of at least one point; `across` and `up` name the two axes."""
    levels = round_numbers([y for one in series for _, y in one.points])
    across_range = _range([*(x for one in series for x, _ in one.points), *(tick.position for tick in ticks)])
    scale = _Scale(across_range, levels)
    name_y = HEIGHT - (4 if any(tick.below for tick in ticks) else 18)
    label = f"{up} by {across}: {', '.join(one.name for one in series)}. The table holds the numbers."
    return element(
        "svg",
        *(_level(scale, level, levels) for level in levels),
        *(_tick(scale, tick) for tick in ticks),
        element("text", across, class_="axis", x=(LEFT + WIDTH - RIGHT) / 2, y=name_y, text_anchor="middle"),
        *(_line(scale, one) for one in series),
        viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label,
    )  # fmt: skip


def figure(title: str, names: Sequence[str], drawn: Markup) -> Markup:
    """Return a chart with its title, which may be empty, and a legend if there are several systems."""
    heading = element("h3", title) if title else ""
    return element("figure", element("figcaption", heading, _legend(names) if names[1:] else ""), drawn)


def _legend(names: Sequence[str]) -> Markup:
    """Return the names of the systems, each beside its line."""
    lines = [
        element(
            "svg",
            element("path", class_="line", d="M0 6H34"),
            element("path", class_="mark", d=MARKS[style % STYLES], transform="translate(17 6)"),
            class_=f"series-{style % STYLES}", viewBox="0 0 34 12", aria_hidden="true",
        )
        for style in range(len(names))
    ]  # fmt: skip
    return element("ul", *(element("li", *pair) for pair in zip(lines, names, strict=True)), class_="legend")


def round_numbers(numbers: Sequence[float], most: int = 6) -> list[float]:
    """Return evenly spaced numbers with few digits that enclose all of `numbers`, about `most` at most."""
    low, high = _range(numbers)
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [number * step for number in range(math.floor(low / step), math.ceil(high / step) + 1)]


def format_number(number: float, among: Sequence[float]) -> str:
    """Return a round number with the digits that distinguish it from its neighbours."""
    step = among[1] - among[0]
    return f"{number:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


@dataclass(frozen=True)
class _Scale:
    """The positions of the axes' numbers in the picture."""

    across: tuple[float, float]
    levels: list[float]

    def x(self, number: float) -> float:
        low, high = self.across
        begin, end = LEFT + INSET, WIDTH - RIGHT - INSET
        return round(begin + (end - begin) * (number - low) / (high - low), 1)

    def y(self, number: float) -> float:
        low, high = self.levels[0], self.levels[-1]
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (number - low) / (high - low), 1)


def _range(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the least and the greatest number; if they are practically equal, a range around them."""
    low, high = min(numbers), max(numbers)
    if high - low > 1e-9 * max(1.0, abs(low), abs(high)):
        return low, high
    return max(low - 1, min(low, 0.0)), high + 1  # not below 0 unless the number itself is


def _level(scale: _Scale, level: float, levels: list[float]) -> Markup:
    y = scale.y(level)
    return element(
        "g",
        element("path", class_="grid", d=f"M{LEFT} {y}H{WIDTH - RIGHT}"),
        element("text", format_number(level, levels), x=LEFT - 8, y=y + 4, text_anchor="end"),
    )


def _tick(scale: _Scale, tick: Tick) -> Markup:
    x, y = scale.x(tick.position), HEIGHT - BOTTOM
    return element(
        "g",
        element("text", tick.label, x=x, y=y + 17, text_anchor="middle"),
        element("text", tick.below, class_="below", x=x, y=y + 31, text_anchor="middle") if tick.below else "",
    )


def _line(scale: _Scale, series: Series) -> Markup:
    points = [(scale.x(x), scale.y(y)) for x, y in series.points]
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    marks = [
        element(
            "path",
            element("title", f"{series.name}: {value:,.2f}"),
            class_="mark", d=MARKS[series.style % STYLES], transform=f"translate({x} {y})",
        )
        for (_, value), (x, y) in zip(series.points, points, strict=True)
    ]  # fmt: skip
    line = element("path", class_="line" if series.marked else "line thin", d=path)
    return element("g", line, *(marks if series.marked else []), class_=f"series-{series.style % STYLES}")
