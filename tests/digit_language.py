"""The digit language: a small made-up language pair, in which attention has something to do."""

import random
from pathlib import Path

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
FRENCH = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]


def digit_pairs(count: int, seed: int, longest: int = 6) -> list[tuple[str, str]]:
    """Return distinct pairs of digits in words, the French ones in reverse order: attention has something to do."""
    generator = random.Random(seed)
    pairs: dict[str, str] = {}
    while len(pairs) < count:
        digits = [generator.randrange(10) for _ in range(generator.randint(2, longest))]
        source = " ".join(ENGLISH[digit] for digit in digits)
        pairs[source] = " ".join(FRENCH[digit] for digit in reversed(digits))
    return list(pairs.items())


def write_pairs(prefix: Path, pairs: list[tuple[str, str]]) -> None:
    """Write pairs as PREFIX.en and PREFIX.fr."""
    for side, language in enumerate(("en", "fr")):
        text = "".join(f"{pair[side]}\n" for pair in pairs)
        prefix.with_name(f"{prefix.name}.{language}").write_text(text, encoding="utf-8", newline="\n")
