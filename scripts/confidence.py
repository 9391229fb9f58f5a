"""Measure how well a model's confidence follows the quality of its translations.

    python -m scripts.confidence MODEL --text PREFIX [--lines 2000]

Translates evenly spread lines of a parallel text with beam size 5. The calibration is fitted to every second line; on
the others it prints Spearman's rank correlation between confidence and sentence chrF, and the reliability table: for
ranges of confidence, how many lines, their mean confidence, and their mean chrF.
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from sacrebleu.metrics.chrf import CHRF

from attn_cli.decoding.choice import make_translator
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.models.catalogue import open_model
from attn_cli.models.confidence import Calibration
from attn_cli.text.formats import read_parallel

EDGES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, from 0; equal values share their mean rank."""
    array = np.asarray(values, dtype=np.float64)
    below = (array[:, None] > array[None, :]).sum(axis=1)
    equal = (array[:, None] == array[None, :]).sum(axis=1)
    mean: list[float] = (below + (equal - 1) / 2).tolist()
    return mean


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's rank correlation of two sequences of equal length."""
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def measured(model: str, text: str, most: int) -> tuple[list[float], list[float]]:
    """Return the mean log-probability of the tokens of each translation, and its chrF from 0 to 1."""
    stored = open_model(model)
    pairs = [pair for pair in read_parallel(text, stored.settings.languages) if all(pair)]
    pairs = [pairs[row] for row in np.linspace(0, len(pairs) - 1, min(most, len(pairs))).astype(int)]
    translations = make_translator([stored], DecodingConfig(), MachineConfig()).translate([pair[0] for pair in pairs])
    scored = [(found, pair[1]) for found, pair in zip(translations, pairs, strict=True) if found.targets]
    means = [found.log_probability / sum(len(target) + 1 for target in found.targets) for found, _ in scored]
    return means, [CHRF().sentence_score(found.text, [reference]).score / 100 for found, reference in scored]


def main() -> None:
    """Run the script by its command line."""
    parser = argparse.ArgumentParser(description="Compare a model's confidence with the chrF of its translations.")
    parser.add_argument("model", help="name or folder")
    parser.add_argument("--text", required=True, help="parallel text, as PREFIX of its two files")
    parser.add_argument("--lines", type=int, default=2000)
    options = parser.parse_args()
    means, qualities = measured(options.model, options.text, options.lines)
    fitted = Calibration.fitted(means[::2], qualities[::2])
    print(f"fitted to {len(means[::2])} lines: offset {fitted.offset:.4f}, slope {fitted.slope:.4f}")
    confidences, others = [fitted.confidence(mean, 1) for mean in means[1::2]], qualities[1::2]
    print(f"Spearman, on {len(others)} other lines: {spearman(confidences, others):.3f}")
    for low, high in pairwise(EDGES):
        rows = [row for row, confidence in enumerate(confidences) if low <= confidence < high]
        if rows:
            mean, quality = (float(np.mean([values[row] for row in rows])) for values in (confidences, others))
            print(f"{low:.1f} to {high:.1f}: {len(rows):5} lines, mean confidence {mean:.2f}, mean chrF {quality:.2f}")


if __name__ == "__main__":
    main()
