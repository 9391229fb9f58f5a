"""The sentences that a report shows, and what each model attends to while it translates them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics.chrf import CHRF

from attn_cli.decoding.alignment import Alignment
from attn_cli.evaluation.systems import System, Task

MOST, EXTREMES = 30, 8  # sentences in all, and of the best and the worst
LONGEST = 1000  # characters; whoever looks at examples does not read longer ones


@dataclass(frozen=True)
class ShownTranslation:
    """What a system made of a sentence, its chrF, and the attention that went with it, where there is any."""

    text: str
    score: float
    alignment: Alignment | None


@dataclass(frozen=True)
class Example:
    """A sentence of the test text, the number of its line, and each system's translation."""

    line: int
    source: str
    reference: str
    translations: list[ShownTranslation]


def examples(task: Task, systems: Sequence[System]) -> dict[str, list[Example]]:
    """Return sentences to show, by kind: "worst", "best" and "others".

    Best and worst are those of the first system by sentence-level chrF; the others are spread over the lengths of the
    source. What has a side empty, or a very long one, is left out.
    """
    texts = zip(task.sources, task.references, *(system.hypotheses for system in systems), strict=True)
    fit = {row: text for row, text in enumerate(texts) if all(text[:2]) and max(map(len, text)) <= LONGEST}
    scores = {row: _chrf(ours, reference) for row, (_, reference, ours, *_) in fit.items()}
    kinds = _choose(scores, {row: len(source.split()) for row, (source, *_) in fit.items()})
    shown = [row for kind in kinds.values() for row in kind]
    aligned = [_attention(system, task, shown) for system in systems]

    def example(row: int) -> Example:
        source, reference, *made = fit[row]
        translations = [
            ShownTranslation(text, _chrf(text, reference), found.get(row))
            for text, found in zip(made, aligned, strict=True)
        ]
        return Example(row + 1, source, reference, translations)

    return {kind: [example(row) for row in chosen] for kind, chosen in kinds.items()}


def _chrf(hypothesis: str, reference: str) -> float:
    return float(CHRF().sentence_score(hypothesis, [reference]).score)


def _choose(scores: dict[int, float], words: dict[int, int]) -> dict[str, list[int]]:
    """Return the rows to show; of equal scores the longer source comes first."""
    ranked = sorted(scores, key=lambda row: (-scores[row], -words[row], row))
    count = min(EXTREMES, len(ranked) // 3)
    best, between, worst = ranked[:count], ranked[count : len(ranked) - count], ranked[len(ranked) - count :]
    by_length = sorted(between, key=lambda row: (words[row], row))
    places = np.linspace(0, len(by_length) - 1, min(len(by_length), MOST - 2 * count)).astype(int)
    return {"worst": worst[::-1], "best": best, "others": [by_length[place] for place in places]}


def _attention(system: System, task: Task, rows: Sequence[int]) -> dict[int, Alignment]:
    """Return what a system attended to in the given rows; no row of a system without attention.

    A source that was translated in parts is left out.
    """
    if system.model is None or not system.model.settings.model.has_attention:
        return {}
    whole = [row for row in rows if len(system.translations[row].sources) == 1]
    found = task.translator(system.model).alignments([system.translations[row] for row in whole])
    return {row: alignment for row, [alignment] in zip(whole, found, strict=True)}
