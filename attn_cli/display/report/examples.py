"""The selection of sentences for a report, and each model's attention while it translates them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics.chrf import CHRF

from attn_cli.decoding.alignment import Alignment
from attn_cli.evaluation.systems import System, Task
from attn_cli.text.languages import count_words

MOST, EXTREMES = 30, 8  # sentences in all; of the best and of the worst, each
LONGEST = 1000  # characters; people who look at examples do not read longer ones


@dataclass(frozen=True)
class ShownTranslation:
    """A system's translation of a sentence, its sentence-level chrF, and its alignment, if there is one."""

    text: str
    score: float
    alignment: Alignment | None


@dataclass(frozen=True)
class Example:
    """A sentence of the test text, its line number, its references, and each system's translation."""

    line: int
    source: str
    references: list[str]
    translations: list[ShownTranslation]


def examples(task: Task, systems: Sequence[System]) -> dict[str, list[Example]]:
    """Return sentences to show, by kind: "worst", "best" and "others".

    Best and worst are determined by the first system's sentence-level chrF; the others are spread over the lengths of
    the source. Pairs with an empty side and pairs with a very long text are left out.
    """
    references = [[text for text in texts if text] for texts in zip(*task.references, strict=True)]
    hypotheses = list(zip(*(system.hypotheses for system in systems), strict=True))
    suitable = [
        row
        for row, (source, translations, texts) in enumerate(zip(task.sources, references, hypotheses, strict=True))
        if source and translations and max(map(len, (source, *translations, *texts))) <= LONGEST
    ]
    scores = {row: _chrf(hypotheses[row][0], references[row]) for row in suitable}
    kinds = _select(scores, {row: count_words(task.sources[row]) for row in suitable})
    selected = [row for rows in kinds.values() for row in rows]
    alignments = [_alignments(system, task, selected) for system in systems]

    def example(row: int) -> Example:
        translations = [
            ShownTranslation(text, _chrf(text, references[row]), by_row.get(row))
            for text, by_row in zip(hypotheses[row], alignments, strict=True)
        ]
        return Example(row + 1, task.sources[row], references[row], translations)

    return {kind: [example(row) for row in rows] for kind, rows in kinds.items()}


def _chrf(hypothesis: str, references: Sequence[str]) -> float:
    return float(CHRF().sentence_score(hypothesis, references).score)


def _select(scores: dict[int, float], words: dict[int, int]) -> dict[str, list[int]]:
    """Return the rows to show; among equal scores the longer source comes first."""
    ranked = sorted(scores, key=lambda row: (-scores[row], -words[row], row))
    count = min(EXTREMES, len(ranked) // 3)
    best, between, worst = ranked[:count], ranked[count : len(ranked) - count], ranked[len(ranked) - count :]
    by_length = sorted(between, key=lambda row: (words[row], row))
    spread = np.linspace(0, len(by_length) - 1, min(len(by_length), MOST - 2 * count)).astype(int)
    return {"worst": worst[::-1], "best": best, "others": [by_length[index] for index in spread]}


def _alignments(system: System, task: Task, rows: Sequence[int]) -> dict[int, Alignment]:
    """Return a system's alignments of the given rows; of a system without attention, none.

    A source that was translated in several segments is left out.
    """
    if not system.models or not all(stored.settings.model.has_attention for stored in system.models):
        return {}
    whole = [row for row in rows if len(system.translations[row].segments) == 1]
    aligned = task.translator(system.models).align([system.translations[row] for row in whole])
    return {row: alignment for row, [alignment] in zip(whole, aligned, strict=True)}
