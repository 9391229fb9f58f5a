"""An evaluation as one page for a browser: scores, charts, and sentences with their attention.

The page is a single file and loads nothing. Its content security policy allows only its own style and script, which it
names by their hashes. Text is inserted through markup.py, which escapes it. The page's own words are in page.html.
"""

from collections.abc import Sequence
from pathlib import Path
from string import Template

from attn_cli import __version__
from attn_cli.display.description import described
from attn_cli.display.report.examples import Example, examples
from attn_cli.display.report.markup import Markup, element, joined, policy
from attn_cli.display.report.reported import Reported
from attn_cli.display.report.score_section import by_length, scores, signatures
from attn_cli.display.report.sentence_section import sentences
from attn_cli.display.report.training_section import training
from attn_cli.evaluation.systems import Evaluation, System, Task, evaluate
from attn_cli.foundation import replacing
from attn_cli.models.folder import StoredModel
from attn_cli.training.log import read_log


def write(path: Path, task: Task, systems: Sequence[System], result: Evaluation) -> None:
    """Write the report on `systems` to `path`; `result` is that of the first, compared with the others.

    Raises OSError where it cannot be written.
    """
    results = [result, *(evaluate(other, [], task) for other in systems[1:])]
    reported = [
        Reported(style, system, evaluation, read_log(system.models[0].folder) if len(system.models) == 1 else [])
        for style, (system, evaluation) in enumerate(zip(systems, results, strict=True))
    ]
    text = page(task, reported, examples(task, systems))
    with replacing.replace_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "replace"))  # a file name need not be valid Unicode


def page(task: Task, systems: Sequence[Reported], selected: dict[str, list[Example]]) -> str:
    """Return the report as HTML."""
    style, script = _part("css"), _part("js")
    first, *others = [one.name for one in systems]
    return Template(_part("html")).substitute(
        policy=policy(style, script),
        style=style,
        script=script,
        title=joined(f"{first} against {', '.join(others)}" if others else first),
        task=_task(task, systems),
        scores=scores(systems),
        signatures=signatures(systems[0].result),
        by_length=by_length(systems),
        training=training(systems),
        sentences=sentences(systems, task.languages, selected),
        systems=joined(*(_system(one.system) for one in systems)),
        version=__version__,
    )


def _part(kind: str) -> str:
    return Path(__file__).with_suffix(f".{kind}").read_text(encoding="utf-8")


def _task(task: Task, systems: Sequence[Reported]) -> Markup:
    source, target = task.languages
    location = element("span", task.location, class_="path")
    decoding = f"; models: beam {task.decoding.beam_size}, length penalty {task.decoding.length_penalty:g}"
    search = decoding if any(one.system.models for one in systems) else ""
    references = f", up to {len(task.references)} references each" if task.more_references else ""
    return joined(f"{source} to {target}, {len(task.pairs):,} sentences of ", location, f"{references}{search}.")


def _system(system: System) -> Markup:
    """Return how a system's translations were made, in brief."""
    if not system.models:
        return element("section", element("h3", system.name), element("p", "A finished translation."))
    return element("section", element("h3", system.name), *map(_model, system.models))


def _model(stored: StoredModel) -> Markup:
    rows = [
        joined(element("dt", subject), element("dd", text))
        for subject, text in [("Model", stored.folder.name), *described(stored.settings, stored.parameters)]
    ]
    return element("dl", *rows)
