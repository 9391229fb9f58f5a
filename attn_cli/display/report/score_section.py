"""The sections of a report about scores: the table with its signatures, and BLEU by length."""

from collections.abc import Sequence

from attn_cli.display.report.charts import Series, Tick, chart, figure
from attn_cli.display.report.markup import Markup, element, joined, table
from attn_cli.display.report.reported import Reported, perplexity_text
from attn_cli.evaluation.scores import Comparison, Score
from attn_cli.evaluation.systems import Evaluation


def scores(systems: Sequence[Reported]) -> Markup:
    """Return the table of all scores, a column per system."""
    first, *others = systems
    rows = []
    for key, score in first.result.scores.items():
        cells = [_cell(other.result.scores[key], first.result.baselines[other.name][key]) for other in others]
        rows.append([score.name, _cell(score), *cells])
    perplexities = [one.result.perplexity for one in systems]
    if any(perplexities):
        rows.append(["Perplexity", *(element("b", perplexity_text(value)) for value in perplexities)])
    return table("Scores", ["", *(one.label() for one in systems)], rows)


def _cell(score: Score, compared: Comparison | None = None) -> Markup:
    p_value = element("small", f"p = {compared.p_value:.4f}") if compared else ""
    return joined(element("b", f"{score.score:.2f}"), " ", element("small", f"± {score.interval:.2f}"), p_value)


def signatures(result: Evaluation) -> Markup:
    """Return the signatures of the scores and of the comparisons with the baselines."""
    alone = [(score.name, score.signature) for score in result.scores.values()]
    comparisons = next(iter(result.baselines.values()), {})
    paired = [(f"{comparison.name}, compared", comparison.signature) for comparison in comparisons.values()]
    return element("ul", *(element("li", f"{name} ", element("code", text)) for name, text in alone + paired))


def by_length(systems: Sequence[Reported]) -> Markup:
    """Return BLEU by length of the source, as a chart and as a table."""
    buckets = list(enumerate(systems[0].result.by_length))
    ticks = [Tick(index, bucket.words, f"{bucket.sentences:,}") for index, bucket in buckets]
    columns = [[bucket.bleu for bucket in one.result.by_length] for one in systems]
    lines = [Series(one.name, list(enumerate(bleu)), one.style) for one, bleu in zip(systems, columns, strict=True)]
    drawn = chart(lines, ticks, across="words of the source; below, sentences", up="BLEU")
    head = ["Words", "Sentences", *(one.name for one in systems)]
    rows = [
        [bucket.words, f"{bucket.sentences:,}", *(f"{bleu[index]:.1f}" for bleu in columns)]
        for index, bucket in buckets
    ]
    return joined(figure("", [one.name for one in systems], drawn), table("BLEU by length", head, rows))
