"""Lists of models and corpora as tables for stdout; each line ends in a line feed.

The last column is the folder; where a model or a corpus cannot be used, it says why, and all others but the name are
empty. The texts are those of files that may come from strangers. No rich.
"""

from collections.abc import Callable, Sequence
from typing import Any

WIDEST = 40  # characters of a column, except the last
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
Entry = dict[str, Any]
Plain = Callable[[str], str]  # replaces control characters


def model_table(models: Sequence[Entry], plain: Plain) -> str:
    """Return the table of models."""
    columns: dict[str, Callable[[Entry], str]] = {
        "pair": lambda model: str(model["pair"]),
        ">weights": lambda model: _short(model["parameters"]),
        ">size": lambda model: f"{_short(model['size'])}B",
        "corpus": lambda model: str(model["corpus"]),
        ">BLEU": lambda model: "-" if model["validation_bleu"] is None else f"{model['validation_bleu']:.1f}",
        "date": lambda model: str(model["date"]),
    }
    return _table(models, columns, plain)


def corpus_table(corpora: Sequence[Entry], plain: Plain) -> str:
    """Return the table of corpora; words are those of the language that has more."""
    columns: dict[str, Callable[[Entry], str]] = {
        "pair": lambda corpus: str(corpus["pair"]),
        ">pairs": lambda corpus: f"{corpus['pairs']:,}",
        ">words": lambda corpus: f"{max(corpus['words'].values()):,}",
        ">vocabulary": lambda corpus: "-" if corpus["vocab_size"] is None else f"{corpus['vocab_size']:,}",
        "date": lambda corpus: corpus["date"] or "-",
    }
    return _table(corpora, columns, plain)


def available_table(corpora: Sequence[Entry], plain: Plain) -> str:
    """Return the table of corpora that can be downloaded, without a folder."""
    rows = [["name", "licence", "id"]]
    for one in corpora:
        name = "-" if one["name"] == one["id"] else one["name"]
        rows.append([plain(name), one["licence"] or "not known to attn-mt", plain(one["id"])])
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "".join(f"{_line(row, '<<', widths)}\n" for row in rows)


def _table(entries: Sequence[Entry], columns: dict[str, Callable[[Entry], str]], plain: Plain) -> str:
    """Return a table with the given columns between name and folder; those whose title begins with > align right."""
    rows = [["name", *(title.lstrip(">") for title in columns), "folder"]]
    for entry in entries:
        cells = ["-" if "problem" in entry else cell(entry) for cell in columns.values()]
        rows.append([entry["name"], *cells, str(entry.get("problem", entry["folder"]))])
    rows = [[*(_cut(plain(cell)) for cell in row[:-1]), plain(row[-1])] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    sides = ["<", *(">" if title.startswith(">") else "<" for title in columns)]
    return "".join(f"{_line(row, sides, widths)}\n" for row in rows)


def _line(row: Sequence[str], sides: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=False)]
    return "  ".join([*aligned, row[-1]])


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _short(number: int) -> str:
    """Return a number with one decimal and its unit, such as 19.0 M."""
    for size, unit in UNITS:
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} "
