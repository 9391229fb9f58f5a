"""Whether lines are in the language that a model translates from, judged by py3langid (the extra `language`).

It only chooses between the two languages of the model, so that short sentences are judged well: text in a third
language may pass unnoticed.
"""

import importlib.util
import re
from collections.abc import Sequence

from attn_cli.foundation.errors import SettingsError
from attn_cli.text.languages import SPACELESS, base_code

FEWEST_LETTERS, FEWEST_WORDS = 15, 3  # of a line that is judged
FEWEST_SPACELESS = 8  # letters of a line that is judged, in scripts without spaces
LONGEST = 1000  # characters that are judged
SHOWN = 5  # numbers of lines in the warning


class LanguageCheck:
    """Counts the lines that look like the target language; very short ones are not judged.

    A process can have one check at a time, because py3langid keeps the two languages for the whole process.
    """

    def __init__(self, source: str, target: str) -> None:
        """Prepare to tell two languages apart; a code may have further parts (pt_BR, eng_Latn), which are ignored.

        Raises SettingsError where py3langid is not installed, does not know a language, or both are the same to it.
        """
        if importlib.util.find_spec("py3langid") is None:
            raise SettingsError("`check_language`: needs py3langid; install it with: pip install 'attn-mt[language]'")
        import py3langid

        codes = {name: base_code(name) for name in (source, target)}
        if codes[source] == codes[target]:
            raise SettingsError(f"`check_language`: {source} and {target} cannot be told apart; leave it out")
        for name, code in codes.items():
            try:
                py3langid.set_languages([code])
            except ValueError:
                message = f"`check_language`: py3langid does not know the language {name}; leave it out"
                raise SettingsError(message) from None
        py3langid.set_languages(list(codes.values()))
        self._names, self._foreign, self._classify = (source, target), codes[target], py3langid.classify
        self._lines, self._suspects = 0, 0
        self._first: list[int] = []

    def add(self, lines: Sequence[str]) -> None:
        """Judge the next lines of the text."""
        for line in lines:
            self._lines += 1
            if self._is_suspect(line[:LONGEST]):
                self._suspects += 1
                if self._suspects <= SHOWN:
                    self._first.append(self._lines)

    def _is_suspect(self, line: str) -> bool:
        return _is_long_enough(line) and self._classify(line)[0] == self._foreign

    def warning(self) -> str | None:
        """Return how many lines are suspect, and the numbers of the first; None if there is none."""
        if not self._suspects:
            return None
        source, target = self._names
        numbers = ", ".join(map(str, self._first)) + ", …" * (self._suspects > SHOWN)
        return f"warning: {self._suspects:,} of {self._lines:,} lines look like {target}, not {source}: line {numbers}"


def _is_long_enough(line: str) -> bool:
    letters = sum(map(str.isalpha, line))
    if re.search(SPACELESS, line):
        return letters >= FEWEST_SPACELESS
    return letters >= FEWEST_LETTERS and len(line.split()) >= FEWEST_WORDS
