"""Write the list of the corpora that the library mtdata knows to the current folder, which is thrown away afterwards.

A program of its own, which imports nothing of attn_cli: mtdata changes the logging of the process, imports files called
mtdata*.py of the current folder, writes 144 MB (here to that folder), and needs half a minute and 0.8 GB of memory.
"""

import gzip
import itertools
import json
import string
from pathlib import Path
from typing import Any

LIST = "corpora.jsonl.gz"
NOT_INSTALLED = 3  # exit code


def main() -> None:
    """Write a line about the languages and the citations, and then one for each corpus of two languages."""
    try:
        import mtdata
    except ModuleNotFoundError:
        raise SystemExit(NOT_INSTALLED) from None
    mtdata.cached_index_file = Path("index.pkl")  # else under the home folder of the user
    from mtdata.index import INDEX

    with gzip.open(LIST, "wt", encoding="utf-8") as file:
        about = {"version": mtdata.__version__, "citations": _citations(INDEX.ref_db), **_languages()}
        file.write(json.dumps(about) + "\n")
        for entry in INDEX.get_entries():
            if len(entry.did.langs) == 2:
                file.write(json.dumps(_described(entry)) + "\n")


def _described(entry: Any) -> dict[str, Any]:
    return {
        "id": str(entry.did),
        "urls": [entry.url] if isinstance(entry.url, str) else list(entry.url),
        "filename": entry.filename,
        "form": entry.ext,
        "inner": entry.in_ext,
        "members": list(entry.in_paths or ()),
        "columns": list(entry.cols or ()),
        "cited": list(entry.cite or ()),
    }


def _languages() -> dict[str, dict[str, str]]:
    """Return the code of three letters for one of two, and the scripts that codes leave out."""
    from mtdata.iso import iso3_code
    from mtdata.iso.bcp47 import bcp47

    pairs = map("".join, itertools.product(string.ascii_lowercase, repeat=2))
    codes = {two: three for two in pairs if (three := iso3_code(two, default=None))}
    return {"codes": codes, "scripts": dict(bcp47.default_scripts)}


def _citations(references: Any) -> dict[str, str]:
    """Return authors, year and title of each work that corpora cite, in one line."""
    return {key: _cited(references[key]) for key in references.keys()}  # noqa: SIM118  # it is no dictionary


def _cited(work: Any) -> str:
    names = [" ".join(map(_plain, person.last_names)) for person in work.persons.get("author", ())]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{authors} ({work.fields.get('year', 'no year')}): {_plain(work.fields.get('title', 'no title'))}".strip()


def _plain(latex: str) -> str:
    from pybtex.richtext import Text

    return str(Text.from_latex(latex))


if __name__ == "__main__":
    main()
