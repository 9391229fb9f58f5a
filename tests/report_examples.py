"""Pages about invented systems, and a reader of their HTML, for the tests of the report and of it in a browser."""

from html.parser import HTMLParser
from typing import Any

import numpy as np

from attn_cli.decoding.alignment import Alignment
from attn_cli.display.report.examples import Example, ShownTranslation, examples
from attn_cli.display.report.page import page
from attn_cli.display.report.reported import Reported
from attn_cli.evaluation.systems import System, Task, evaluate
from attn_cli.foundation.settings import DecodingConfig, MachineConfig

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


VOID = {"meta"}  # elements without an end tag


class Reader(HTMLParser):
    """Reads a page, and fails where its elements are not properly closed."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def attributes(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of the elements of a kind that have the wanted values."""
        kind = [attributes for name, attributes in self.elements if name == tag]
        return [attributes for attributes in kind if wanted.items() <= attributes.items()]


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def task_of(pairs: list[tuple[str, str]], location: str = "/texts/<b>test") -> Task:
    return Task(
        location=location, languages=("en", "fr"), pairs=pairs, decoding=DecodingConfig(), machine=MachineConfig()
    )


def diagonal(source: str, target: str) -> Alignment:
    """An alignment of each word with the source word of the same position by 0.9, and with the last by 0.1."""
    sources, targets = (*source.split(" "), "</s>"), (*target.split(" "), "</s>")
    weights = np.zeros((len(targets), len(sources)), dtype=np.float32)
    for row in range(len(targets)):
        weights[row, min(row, len(sources) - 1)] += 0.9
        weights[row, -1] += 0.1
    return Alignment(sources, targets, weights)


def reported(hypotheses: dict[str, list[str]], pairs: list[tuple[str, str]], logs: list[list[dict[str, Any]]]) -> str:
    """The page about some systems; those called "model..." have attention."""
    task = task_of(pairs)
    systems = [System(name, texts) for name, texts in hypotheses.items()]
    results = [evaluate(system, [] if style else systems[1:], task) for style, system in enumerate(systems)]
    selected = {
        kind: [aligned(example, list(hypotheses)) for example in shown]
        for kind, shown in examples(task, systems).items()
    }
    parts = enumerate(zip(systems, results, logs, strict=True))
    return page(task, [Reported(style, *part) for style, part in parts], selected)


def aligned(example: Example, names: list[str]) -> Example:
    translations = [
        ShownTranslation(
            shown.text, shown.score, diagonal(example.source, shown.text) if name.startswith("model") else None
        )
        for name, shown in zip(names, example.translations, strict=True)
    ]
    return Example(example.line, example.source, example.references, translations)


def sample() -> str:
    """A page about two models and a finished translation; the first model has a training log."""
    perfect = [target for _, target in PAIRS]
    hypotheses = {"model A": perfect, "model <i>B": [f"{text} !" for text in perfect], "file.fr": perfect[::-1]}
    return reported(hypotheses, PAIRS, [LOG, [], []])
