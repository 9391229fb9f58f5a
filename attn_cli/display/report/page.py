"""An evaluation as one page for a browser: scores, charts, and sentences with the attention behind them.

The page is one file. It loads nothing, and its policy forbids it to: only its own style and script, named by their
hashes, are in force. Text gets into it through markup.py, which escapes it. The page's words are in report.html.
"""

import base64
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, TypeGuard

from attn_cli import __version__
from attn_cli.display.report.charts import STYLES, Series, Tick, chart, format_number, legend, round_numbers
from attn_cli.display.report.examples import Example, ShownTranslation, examples
from attn_cli.display.report.markup import Markup, element, joined, table
from attn_cli.evaluation.systems import Comparison, Evaluation, Score, System, Task, evaluate
from attn_cli.foundation import storage
from attn_cli.models.folder import StoredModel
from attn_cli.text.tokenizer import fold

Log = list[dict[str, Any]]
CURVE_POINTS = 100  # of a training curve; the rest is averaged
VALIDATED = ["Model", "Update", "BLEU", "Perplexity"]
EXPLAINED = {
    "worst": ("The worst", "The lowest sentence-level chrF."),
    "best": ("The best", "The highest sentence-level chrF; of equal ones the longest sentences."),
    "others": ("Between", "From short to long, at even distances among the others."),
}


@dataclass(frozen=True)
class Reported:
    """A system with all that is found of it, and the number of the colour, dash and mark that stand for it."""

    style: int
    system: System
    result: Evaluation
    log: Log

    @property
    def name(self) -> str:
        """Return what the system is called."""
        return self.system.name


def write(path: Path, task: Task, systems: Sequence[System], result: Evaluation) -> None:
    """Write the report on `systems` to `path`; `result` is what was found of the first, compared with the others.

    Raises OSError where it cannot be written.
    """
    results = [result, *(evaluate(other, [], task) for other in systems[1:])]
    reported = [
        Reported(style, system, found, training_log(system.model) if system.model else [])
        for style, (system, found) in enumerate(zip(systems, results, strict=True))
    ]
    text = page(task, reported, examples(task, systems))
    with storage.replace_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "replace"))  # a name on the command line need not be Unicode


def training_log(model: StoredModel) -> Log:
    """Return the log of a model's training; nothing where there is none."""
    from attn_cli import training_state  # which imports torch: not for finished translations

    return training_state.read_log(model.folder)


def page(task: Task, systems: Sequence[Reported], chosen: dict[str, list[Example]]) -> str:
    """Return the report as HTML."""
    style, script = _part("css"), _part("js")
    first, *others = [one.name for one in systems]
    return Template(_part("html")).substitute(
        policy=f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'",
        style=style,
        script=script,
        title=joined(f"{first} against {', '.join(others)}" if others else first),
        task=_task(task, systems),
        scores=_scores(systems),
        signatures=_signatures(systems[0].result),
        by_length=_by_length(systems),
        training=_training(systems),
        examples=joined(*(_examples(kind, systems, task.languages, found) for kind, found in chosen.items())),
        settings=joined(*(_settings(one.system) for one in systems)),
        version=__version__,
    )


def _part(kind: str) -> str:
    return Path(__file__).with_suffix(f".{kind}").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _task(task: Task, systems: Sequence[Reported]) -> Markup:
    source, target = task.languages
    where = element("span", task.place, class_="path")
    decoding = f"; models: beam {task.decoding.beam_size}, length penalty {task.decoding.length_penalty:g}"
    searched = decoding if any(one.system.model for one in systems) else ""
    return joined(f"{source} to {target}, {len(task.pairs):,} sentences of ", where, f"{searched}.")


def _scores(systems: Sequence[Reported]) -> Markup:
    first, *others = systems
    rows = []
    for key, score in first.result.scores.items():
        cells = [_score(other.result.scores[key], first.result.baselines[other.name][key]) for other in others]
        rows.append([score.name, _score(score), *cells])
    perplexities = [one.result.perplexity for one in systems]
    if any(perplexities):
        rows.append(["Perplexity", *(element("b", _number(value)) for value in perplexities)])
    return table("Scores", ["", *map(_name, systems)], rows)


def _score(score: Score, compared: Comparison | None = None) -> Markup:
    p_value = element("small", f"p = {compared.p_value:.4f}") if compared else ""
    return joined(element("b", f"{score.score:.2f}"), " ", element("small", f"± {score.interval:.2f}"), p_value)


def _name(one: Reported) -> Markup:
    return element("span", one.name, class_=f"system series-{one.style % STYLES}")


def _signatures(result: Evaluation) -> Markup:
    alone = [(score.name, score.signature) for score in result.scores.values()]
    first = next(iter(result.baselines.values()), {})
    paired = [(f"{found.name}, compared", found.signature) for found in first.values()]
    return element("ul", *(element("li", f"{name} ", element("code", text)) for name, text in alone + paired))


def _by_length(systems: Sequence[Reported]) -> Markup:
    buckets = list(enumerate(systems[0].result.by_length))
    ticks = [Tick(place, bucket.words, f"{bucket.sentences:,}") for place, bucket in buckets]
    found = [[bucket.bleu for bucket in one.result.by_length] for one in systems]
    lines = [Series(one.name, list(enumerate(bleu)), one.style) for one, bleu in zip(systems, found, strict=True)]
    drawn = chart(lines, ticks, across="words of the source; below, sentences", up="BLEU")
    head = ["Words", "Sentences", *(one.name for one in systems)]
    rows = [
        [bucket.words, f"{bucket.sentences:,}", *(f"{bleu[place]:.1f}" for bleu in found)] for place, bucket in buckets
    ]
    return joined(_figure("", systems, drawn), table("BLEU by length", head, rows))


def _figure(title: str, systems: Sequence[Reported], drawn: Markup) -> Markup:
    names = legend([one.name for one in systems]) if systems[1:] else ""
    return element("figure", element("figcaption", element("h3", title) if title else "", names), drawn)


def _training(systems: Sequence[Reported]) -> Markup:
    """Return the training curves of the systems that have a log, and a sentence about those that have none."""
    losses = [series for one in systems for series in _losses(one)]
    scores = [Series(one.name, curve(one.log, "validation", "bleu"), one.style) for one in systems]
    figures = [_curves("Loss, in nats a token", systems, losses), _curves("Validation BLEU, greedy", systems, scores)]
    about = "Thin: training, with dropout, from the first validation on. Marked: validation."
    rows = [row for one in systems for row in _validations(one)]
    details = element("details", element("summary", "All validations"), table("Validations", VALIDATED, rows))
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
    # Before the first validation it falls so far that of the rest nothing could be seen.
    begin = validations[0][0] if validations else 0
    points = thinned([(step, value) for step, value in curve(one.log, "progress", "loss") if step >= begin])
    return [
        Series(f"{one.name}, training", points, one.style, marked=False),
        Series(f"{one.name}, validation", validations, one.style),
    ]


def _validations(one: Reported) -> list[list[str]]:
    perplexities = dict(curve(one.log, "validation", "perplexity"))
    scores = curve(one.log, "validation", "bleu")
    return [[one.name, f"{step:,.0f}", f"{bleu:.2f}", _number(perplexities.get(step))] for step, bleu in scores]


def _curves(title: str, systems: Sequence[Reported], series: Sequence[Series]) -> Markup:
    series = [one for one in series if one.points]
    if not series:
        return Markup()
    steps = round_numbers([0, *(x for one in series for x, _ in one.points)], 5)
    ticks = [Tick(step, format_number(step, steps)) for step in steps]
    return _figure(title, systems, chart(series, ticks, across="updates", up=title))


def curve(log: Log, kind: str, key: str) -> list[tuple[float, float]]:
    """Return (step, value) of the records of a kind; those without finite numbers are left out."""
    found = [(record.get("step"), record.get(key)) for record in log if record.get("kind") == kind]
    return [(x, y) for x, y in found if _is_finite(x) and _is_finite(y)]


def _is_finite(number: object) -> TypeGuard[float]:
    return isinstance(number, int | float) and abs(number) < 1e300


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return no more than CURVE_POINTS points, each the mean of neighbours."""
    size = math.ceil(len(points) / CURVE_POINTS) or 1
    parts = [points[begin : begin + size] for begin in range(0, len(points), size)]
    return [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in parts]


def _examples(kind: str, systems: Sequence[Reported], languages: tuple[str, str], found: Sequence[Example]) -> Markup:
    title, about = EXPLAINED[kind]
    articles = [_example(example, systems, languages) for example in found]
    return joined(element("h3", title), element("p", about, class_="note"), *articles) if found else Markup()


def _example(example: Example, systems: Sequence[Reported], languages: tuple[str, str]) -> Markup:
    """Return a sentence in all its forms; words are linked where the systems cut the source into the same ones."""
    source, target = languages
    words = next((made.alignment.source for made in example.translations if made.alignment), None)
    lines = [
        _line("source", _linked("source", words, example.source, source) if words else _plain(example.source, source)),
        _line("reference", _plain(example.reference, target)),
    ]
    for one, made in zip(systems, example.translations, strict=True):
        label = joined(_name(one), " ", element("small", f"{made.score:.0f}", title="sentence-level chrF"))
        lines.append(_line(label, _translated(one.name, made, words, target)))
    readout = element("p", class_="readout", role="status")
    return element("article", element("h4", f"Line {example.line:,}"), readout, *lines)


def _line(label: str, text: Markup) -> Markup:
    return element("div", element("span", label, class_="label"), text, class_="line")


def _plain(text: str, language: str) -> Markup:
    return element("p", text, lang=language, dir="auto")


def _translated(name: str, made: ShownTranslation, source: Sequence[str] | None, language: str) -> Markup:
    if made.alignment is None or made.alignment.source != source:
        return _plain(made.text, language)
    # The nearest hundredth: all that can be seen, and a tenth of the bytes.
    weights = [" ".join(f"{100 * weight:.0f}" for weight in row) for row in made.alignment.weights.tolist()]
    return _linked(name, made.alignment.target, made.text, language, weights)


def _linked(name: str, words: Sequence[str], text: str, language: str, weights: Sequence[str] | None = None) -> Markup:
    """Return the words of a text, end mark last, to be pointed at; those of a translation with weights in percent."""
    shares: Sequence[str | None] = weights or [None] * len(words)
    spans = [
        element("span", word, class_="word", role="option", tabindex=-1 if place else 0, data_weights=share)
        for place, (word, share) in enumerate(zip(words[:-1], shares, strict=False))
    ]
    end = element(
        "span", "end", class_="word end", role="option", tabindex=-1 if spans else 0, data_weights=shares[-1],
        lang="en", aria_label="end of sentence",
    )  # fmt: skip
    spaced = [part for pair in zip(spaces(words[:-1], text), spans, strict=True) for part in pair]
    return element(
        "div", *spaced, " ", end, class_="words", role="listbox", aria_orientation="horizontal",
        aria_label=f"{name}, by words", lang=language, dir="auto", data_name=name,
    )  # fmt: skip


def spaces(words: Sequence[str], text: str) -> list[str]:
    """Return what is before each word in a text: a space, or nothing, as before punctuation."""
    text, found, end = fold(text), [], 0
    for word in words:
        begin = text.find(word, end)
        found.append("" if begin == end else " ")
        end = begin + len(word) if begin >= 0 else end  # the tokenizer normalises: a word may read otherwise
    return found


def _settings(system: System) -> Markup:
    """Return how a system was made, in short."""
    if system.model is None:
        return element("section", element("h3", system.name), element("p", "A finished translation, from a file."))
    described = system.model.settings.described(system.model.parameters)
    rows = [joined(element("dt", name), element("dd", value)) for name, value in described]
    return element("section", element("h3", system.name), element("dl", *rows))


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if value < 1e6 else f"{value:.1e}"
