"""List translations that contain the same four consecutive words more than twice, although their source does not.

    python -m scripts.repetitions SOURCE TRANSLATION

Both are text files that match line by line. Exits with 1 if there is such a line, with 2 if a file cannot be read.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.lines import read_lines

WORDS, OFTEN = 4, 2


def most_repeated(sentence: str) -> tuple[str, int]:
    """Return the most frequent phrase of four words of a sentence, and its count; "", 0 if the sentence is shorter."""
    words = sentence.split()
    phrases = Counter(" ".join(words[begin : begin + WORDS]) for begin in range(len(words) - WORDS + 1))
    return max(phrases.items(), key=lambda item: item[1], default=("", 0))


def repetitions(sources: Sequence[str], translations: Sequence[str]) -> Iterator[tuple[int, str, int]]:
    """Yield the line number, from 1, of each translation that repeats itself, with the repeated phrase and its count.

    Raises ValueError where there are not as many translations as sources.
    """
    for number, (source, translation) in enumerate(zip(sources, translations, strict=True), 1):
        phrase, count = most_repeated(translation)
        if count > OFTEN >= most_repeated(source)[1]:
            yield number, phrase, count


def main() -> None:
    """Run the script from the command line."""
    parser = argparse.ArgumentParser(description="List translations that repeat themselves where the source does not.")
    parser.add_argument("source", type=Path)
    parser.add_argument("translation", type=Path)
    options = parser.parse_args()
    try:
        sources, translations = (list(read_lines(path)) for path in (options.source, options.translation))
        found = list(repetitions(sources, translations))
    except (CorpusError, ValueError) as error:
        parser.error(str(error))
    for number, phrase, count in found:
        print(f"line {number}: {count} times: {phrase}")
    print(f"{len(found)} of {len(sources):,} translations repeat themselves", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
