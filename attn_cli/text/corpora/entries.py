"""One corpus in the list of corpora, and whether it is of the languages that are wanted.

Codes of languages in the list have three letters, perhaps with a script and a region: eng, zho_Hant, por_BR.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from attn_cli.text.languages import base_code

ARCHIVES = ("zip", "tar", "tar.gz", "tgz")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A corpus of two languages: its addresses, and where in their files the sentences are.

    `form` is the form of a file, such as "tsv.gz" or "zip", and `inner` that of the `members` of an archive, which may
    have wildcards. `columns` are those of the two languages in a table, from 0; the first two where there are none.
    """

    id: str
    urls: tuple[str, ...]
    filename: str
    form: str
    inner: str | None
    members: tuple[str, ...]
    columns: tuple[int, ...]
    cited: tuple[str, ...]

    @property
    def group(self) -> str:
        """Return the beginning of the id, which corpora in other languages and versions share: "OPUS-tatoeba"."""
        return self.id.rsplit("-", 3)[0]

    @property
    def languages(self) -> tuple[str, str]:
        """Return the codes of the two languages, in the order of the files, members and columns."""
        _, first, second = self.id.rsplit("-", 2)
        return first, second

    @property
    def version(self) -> tuple[int, ...]:
        """Return the numbers in the version: (2021, 7) for "v2021-07"."""
        return tuple(map(int, re.findall(r"\d+", self.id.rsplit("-", 3)[1])))

    @property
    def filenames(self) -> list[str]:
        """Return a name for the file of each address."""
        name = PurePosixPath(self.filename.replace("\\", "/")).name
        return [name] if len(self.urls) == 1 else [f"{number}-{name}" for number in range(1, len(self.urls) + 1)]

    @property
    def kind(self) -> str:
        """Return the format of the text: "txt" (a file for each language), "tsv", "tmx", or one that is not read."""
        return self.inner or self.form.partition(".")[0]

    @property
    def is_readable(self) -> bool:
        """Return whether attn-mt can read the corpus."""
        files = self.members if self.form in ARCHIVES else self.urls
        if self.kind == "txt":
            return len(set(files)) == 2 and not self.columns
        return self.kind in ("tsv", "tmx") and len(self.columns) in (0, 2)


class Tag(NamedTuple):
    """The parts of a code: the language in three letters, the script, and the region."""

    language: str
    script: str | None
    region: str | None


@dataclass(frozen=True)
class Languages:
    """Compares codes: `codes` has the code of three letters for one of two, `scripts` those that codes leave out."""

    codes: dict[str, str]
    scripts: dict[str, str]

    def tag(self, code: str) -> Tag:
        """Return the parts of a code, such as "pt_BR", "zho_Hant" or "es_419"."""
        language, *parts = code.split("_")
        language = self.codes.get(language.lower(), language.lower())
        script = next((part.title() for part in parts if len(part) == 4), self.scripts.get(language))
        return Tag(language, script, next((part.upper() for part in parts if len(part) < 4), None))

    def distance(self, wanted: tuple[str, str], had: tuple[str, str]) -> int | None:
        """Return how many regions only one side names, as in pt and por_BR; None where they are other languages."""
        distances = [self._distance(self.tag(one), self.tag(other)) for one, other in zip(wanted, had, strict=True)]
        return None if None in distances else sum(filter(None, distances))

    @staticmethod
    def _distance(wanted: Tag, had: Tag) -> int | None:
        if wanted[:2] != had[:2] or (wanted.region and had.region and wanted.region != had.region):
            return None
        return int(wanted.region != had.region)

    def is_reversed(self, wanted: tuple[str, str], had: tuple[str, str]) -> bool | None:
        """Return whether the languages of a corpus come in the other order; None where they are other languages.

        Regions and scripts do not matter, nor whether the code is that of a language or a variety of it (ara, arb).
        """
        first, second = ([base_code(self.tag(code).language) for code in codes] for codes in (wanted, had))
        if first == second:
            exact, turned = self.distance(wanted, had), self.distance(wanted, had[::-1])
            return exact is None and turned is not None
        return True if first == second[::-1] else None
