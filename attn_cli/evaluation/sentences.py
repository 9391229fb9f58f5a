"""The scores of single sentences, in a file of tab-separated values (.tsv) or of JSON Lines (.jsonl)."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attn_cli.evaluation.bleu import bleu
from attn_cli.evaluation.scores import METRICS, texts_of
from attn_cli.evaluation.systems import System, Task
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.replacing import check_writable, replace_file

Row = dict[str, Any]
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # what may end a field or a line


def check(path: Path) -> None:
    """Check that `write` could write to `path`, before any work is done.

    Raises SettingsError where the name has another ending, and WorkspaceError as `check_writable` does.
    """
    if path.suffix not in _FORMATS:
        raise SettingsError(f"`sentences` {path}: choose a file name that ends in {' or '.join(_FORMATS)}")
    check_writable(path, _FORMATS[path.suffix][0])


def write(path: Path, task: Task, system: System) -> None:
    """Write the sentences of a system with their scores to `path`, in the format that its ending names.

    Raises OSError where it cannot be written.
    """
    lines = _FORMATS[path.suffix][1](list(rows(task, system)))
    with replace_file(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def rows(task: Task, system: System) -> Iterator[Row]:
    """Yield each sentence: line number, source, hypothesis, references (None: lacking), and its scores.

    The scores are sacreBLEU's BLEU (with effective order), chrF and TER, and "score", the one by which the search ranks
    the translation, if a model made it.
    """
    references = task.references
    kinds = METRICS | {"bleu": partial(bleu, effective_order=True)}
    metrics = {key: kind(texts_of(references), task.tokenizer) for key, kind in kinds.items()}
    texts = zip(task.sources, system.hypotheses, zip(*references, strict=True), strict=True)
    for row, (source, hypothesis, translations) in enumerate(texts):
        present = [text for text in translations if text is not None]
        scores = {key: float(metric.sentence_score(hypothesis, present).score) for key, metric in metrics.items()}
        search = {"score": system.translations[row].score} if system.translations else {}
        about = {"id": row + 1, "source": source, "hypothesis": hypothesis, "references": translations}
        yield about | scores | search


def _json_lines(sentences: Sequence[Row]) -> Iterator[str]:
    for sentence in sentences:
        present = [text for text in sentence["references"] if text is not None]
        yield json.dumps(sentence | {"references": present}, ensure_ascii=False)


def _tab_separated(sentences: Sequence[Row]) -> Iterator[str]:
    """Yield the head, and a line for each sentence, with a column for each reference; a lacking one is empty."""
    for number, sentence in enumerate(sentences):
        columns: dict[str, str] = {}
        for key, value in sentence.items():
            named = _numbered(value) if key == "references" else {key: value}
            columns |= {name: _BREAKS.sub(" ", str(text)) for name, text in named.items()}
        if number == 0:
            yield "\t".join(columns)
        yield "\t".join(columns.values())


def _numbered(references: Sequence[str | None]) -> dict[str, str]:
    return {"reference" if count == 1 else f"reference_{count}": text or "" for count, text in enumerate(references, 1)}


# For each ending how such a file begins, and its lines.
_FORMATS: dict[str, tuple[bytes, Callable[[Sequence[Row]], Iterator[str]]]] = {
    ".tsv": (b"id\tsource\thypothesis\treference\t", _tab_separated),
    ".jsonl": (b'{"id": 1, "source": "', _json_lines),
}
