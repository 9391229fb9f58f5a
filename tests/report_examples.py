"""A page about invented systems, for the tests of its HTML and of its behaviour in a browser."""

from typing import Any

import numpy as np

from attn_cli.decoding.alignment import Alignment
from attn_cli.display.report.examples import Example, ShownTranslation, examples
from attn_cli.display.report.page import Reported, page
from attn_cli.evaluation.systems import System, Task, evaluate
from attn_cli.foundation.settings import DecodingConfig

EVIL = ["<script>alert(1)</script>", '"><img src="x" onerror="alert(2)">', "</script></title></style>&amp;", "a\u2028b"]
PAIRS = [
    ("she reads a book", "elle lit un livre"),
    ("where is the station in this town ?", "où est la gare de cette ville ?"),
    *((f"{text} one", f"{text} un") for text in EVIL),
]
LOG: list[dict[str, Any]] = [
    *({"kind": "progress", "step": 20 * step, "loss": 8 / step} for step in range(1, 31)),
    *({"kind": "validation", "step": 100 * n, "bleu": 10.0 * n, "perplexity": 60.0 / n} for n in range(1, 6)),
]


def diagonal(source: str, target: str) -> Alignment:
    """An alignment in which each word attends to the one at its place by 0.9, and to the last by 0.1."""
    sources, targets = (*source.split(" "), "</s>"), (*target.split(" "), "</s>")
    weights = np.zeros((len(targets), len(sources)), dtype=np.float32)
    for place in range(len(targets)):
        weights[place, min(place, len(sources) - 1)] += 0.9
        weights[place, -1] += 0.1
    return Alignment(sources, targets, weights)


def reported(hypotheses: dict[str, list[str]], pairs: list[tuple[str, str]], logs: list[list[dict[str, Any]]]) -> str:
    """The page on some systems; those called "model..." have attention."""
    task = Task(place="/texts/<b>test", languages=("en", "fr"), pairs=pairs, decoding=DecodingConfig(), machine={})
    systems = [System(name, texts) for name, texts in hypotheses.items()]
    results = [evaluate(system, [] if style else systems[1:], task) for style, system in enumerate(systems)]
    chosen = {
        kind: [aligned(example, list(hypotheses)) for example in found]
        for kind, found in examples(task, systems).items()
    }
    parts = enumerate(zip(systems, results, logs, strict=True))
    return page(task, [Reported(style, *found) for style, found in parts], chosen)


def aligned(example: Example, names: list[str]) -> Example:
    translations = [
        ShownTranslation(
            made.text, made.score, diagonal(example.source, made.text) if name.startswith("model") else None
        )
        for name, made in zip(names, example.translations, strict=True)
    ]
    return Example(example.line, example.source, example.reference, translations)


def sample() -> str:
    """A page on two models and a finished translation; of the first model there is a training log."""
    perfect = [target for _, target in PAIRS]
    hypotheses = {"model A": perfect, "model <i>B": [f"{text} !" for text in perfect], "file.fr": perfect[::-1]}
    return reported(hypotheses, PAIRS, [LOG, [], []])
