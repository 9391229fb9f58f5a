"""Where a model comes from: its languages, date and score, its network, and its README.md."""

import re
from collections.abc import Iterator
from itertools import groupby

from attn_cli.display.description import described
from attn_cli.display.report.markup import Markup, element, joined, table
from attn_cli.foundation import storage
from attn_cli.models.folder import README, StoredModel
from attn_cli.text.languages import name_of

_SHOWN = ("Attention", "Layers", "Sizes", "Parameters")  # of what `described` tells; a corpus may be a private path


def about(stored: StoredModel) -> Markup:
    """Return what is known about a model."""
    source, target = map(name_of, stored.settings.languages)
    outcome = stored.outcome
    bleu = None if outcome.validation_bleu is None else f"{outcome.validation_bleu:.1f}, by greedy search"
    rows = [
        ("Model", stored.folder.name),
        ("Languages", f"{source} to {target}"),
        ("Trained until", outcome.date),
        ("BLEU on the validation text", bleu),
        *(row for row in described(stored.settings, stored.parameters) if row[0] in _SHOWN),
    ]
    listed = [joined(element("dt", subject), element("dd", text)) for subject, text in rows if text]
    return joined(element("dl", *listed), _readme(stored))


def _readme(stored: StoredModel) -> Markup:
    try:
        content = storage.read_file(stored.folder / README, most=storage.DESCRIPTION_MOST)
    except OSError:
        return Markup()
    return element("div", *_blocks(content.decode("utf-8", "replace")), class_="readme")


def _blocks(text: str) -> Iterator[Markup]:
    """Yield the headings, tables, lists, commands and paragraphs of a Markdown text; marks within a line stay."""
    for block in re.split(r"\n[ \t]*\n", text.expandtabs()):
        for kind, lines in groupby(filter(str.strip, block.splitlines()), _kind):
            yield _block(kind, [line.strip() for line in lines])


def _kind(line: str) -> str:
    """Return what a line belongs to, by its first characters."""
    if line.startswith("    "):
        return "pre"
    return {"#": "h3", "|": "table", "-": "ul"}.get(line.strip()[:1], "p")


def _block(kind: str, lines: list[str]) -> Markup:
    match kind:
        case "h3":
            return joined(*(element("h3", line.lstrip("# ")) for line in lines))
        case "table":
            cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
            rows = [row for row in cells[1:] if set("".join(row)) - {*"-:"}]  # without the line below the head
            return table("A table of the model's description", cells[0], rows)
        case "ul":
            return element("ul", *(element("li", line.lstrip("- ")) for line in lines))
        case "pre":
            return element("pre", element("code", "\n".join(lines)))
        case _:
            return element("p", " ".join(lines))
