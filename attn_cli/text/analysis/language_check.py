"""Whether lines are in the language that a model translates from, and pairs in those of a corpus, judged by py3langid.

It only chooses between two languages, so that short sentences are judged well: text in a third language may pass
unnoticed. sides.py judges large samples among all languages.
"""

import copy
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from attn_cli.foundation.errors import SettingsError
from attn_cli.text.languages import SPACELESS, base_code

FEWEST_LETTERS, FEWEST_WORDS = 15, 3  # of a line that is judged
FEWEST_SPACELESS = 8  # letters of a line that is judged, in scripts without spaces
LONGEST = 200  # characters that are judged
CLEAR = 8.0  # nats by which a language is more probable; less is often a title with a name or code in it
SHOWN = 5  # numbers of lines in the warning


@cache
def identifier() -> Any:
    """Return py3langid's identifier of all its languages; another one than that which py3langid keeps for a process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)


class TwoLanguages:
    """Tells two languages apart; a code may have further parts (pt_BR, eng_Latn), which are ignored."""

    def __init__(self, source: str, target: str) -> None:
        """Raise SettingsError where py3langid does not know a language, or both are the same to it."""
        codes = {name: base_code(name) for name in (source, target)}
        if codes[source] == codes[target]:
            raise SettingsError(f"`check_language`: {source} and {target} cannot be told apart; leave it out")
        for name, code in codes.items():
            if code not in identifier().labels:
                raise SettingsError(f"`check_language`: py3langid does not know the language {name}; leave it out")
        self._names = {code: name for name, code in codes.items()}
        self._identifier = copy.copy(identifier())
        self._identifier.set_languages(list(codes.values()))

    def language_of(self, sentence: str, margin: float = 0.0) -> str | None:
        """Return in which of the two languages a sentence is, or None where it is too short to be judged.

        With a `margin`, in nats, it is also None where the other language is not so much less probable.
        """
        beginning = sentence[:LONGEST]
        if not is_long_enough(beginning):
            return None
        (language, best), (_, second) = self._identifier.rank(beginning)
        return self._names[language] if best - second >= margin else None


class PairCheck:
    """Says of sentence pairs whether a side is in the language of the other side."""

    def __init__(self, source: str, target: str) -> None:
        """Prepare to tell two languages apart; raises SettingsError as `TwoLanguages` does."""
        self._source, self._target, self._languages = source, target, TwoLanguages(source, target)

    def is_mistaken(self, source: str, target: str) -> bool:
        """Return whether a side that is long enough to be judged is clearly in the language of the other side."""
        language_of = self._languages.language_of
        return language_of(source, CLEAR) == self._target or language_of(target, CLEAR) == self._source


class LanguageCheck:
    """Counts the lines that look like the target language; very short ones are not judged."""

    def __init__(self, source: str, target: str) -> None:
        """Prepare to tell two languages apart; raises SettingsError as `TwoLanguages` does."""
        self._source, self._target, self._languages = source, target, TwoLanguages(source, target)
        self._lines, self._suspects = 0, 0
        self._first: list[int] = []

    def add(self, lines: Sequence[str]) -> None:
        """Judge the next lines of the text."""
        for line in lines:
            self._lines += 1
            if self._languages.language_of(line) == self._target:
                self._suspects += 1
                if self._suspects <= SHOWN:
                    self._first.append(self._lines)

    def warning(self) -> str | None:
        """Return how many lines are suspect, and the numbers of the first; None if there is none."""
        if not self._suspects:
            return None
        numbers = ", ".join(map(str, self._first)) + ", …" * (self._suspects > SHOWN)
        counts = f"{self._suspects:,} of {self._lines:,} lines"
        return f"warning: {counts} look like {self._target}, not {self._source}: line {numbers}"


def is_long_enough(line: str) -> bool:
    """Return whether a line has words enough that its language can be judged."""
    letters = sum(map(str.isalpha, line))
    if re.search(SPACELESS, line):
        return letters >= FEWEST_SPACELESS
    return letters >= FEWEST_LETTERS and len(line.split()) >= FEWEST_WORDS
