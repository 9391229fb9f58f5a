"""Whether the two sides of a sentence pair belong together, judged by their numbers, which any language writes alike.

No dictionary and no training is needed. Numbers on one side only say nothing, because the other side may write them in
words; and so does a name, because it may be translated (docs/cleaning.md has what was measured).
"""

import re
import unicodedata
from collections import Counter

MOST_COMPARED = 100  # pairs of unlike numbers; a table of figures is not judged

_digits = re.compile(r"\d+").findall
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:[.,'’٬ \u00a0\u2009\u202f]\d{3})+(?!\d)")  # 1,000, 1 000, 1.000, 1'000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def disagrees(source: str, target: str) -> bool:
    """Return whether both sides have numbers, and at least as many unlike ones as equal ones.

    A number may be written in groups, with other digits (Arabic-Indic, full-width) and another decimal sign. Numbers
    that a translation may turn into each other are no reason: 8 p.m. and 20 h, 1950s and 50, 3万 and 30,000.
    """
    left, right = _digits(source), _digits(target)
    if not left or not right or left == right or _differ_little(Counter(left), Counter(right)):
        return False
    numbers, others = _numbers(source), _numbers(target)
    if not numbers or not others:
        return False
    if "".join(numbers).strip("0") == "".join(others).strip("0") or _differ_little(Counter(numbers), Counter(others)):
        return False
    unlike, others_unlike = Counter(numbers) - Counter(others), Counter(others) - Counter(numbers)
    if len(unlike) * len(others_unlike) > MOST_COMPARED:
        return False
    return not any(_may_mean(one, other) for one in unlike for other in others_unlike)


def _differ_little(left: Counter[str], right: Counter[str]) -> bool:
    """Return whether more numbers are equal than unlike, on the side with fewer unlike ones."""
    equal = (left & right).total()
    return 2 * equal > min(left.total(), right.total())


def _numbers(text: str) -> list[str]:
    """Return the numbers of `text` in ASCII digits, groups joined, without zeros before them; 0 is left out."""
    joined = _GROUPED.sub(lambda match: "".join(_digits(match[0])), text)
    return [number for number in (_ascii(run).lstrip("0") for run in _digits(joined)) if number]


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else _NOT_ASCII.sub(lambda match: str(unicodedata.decimal(match[0])), digits)


def _may_mean(one: str, other: str) -> bool:
    """Return whether two numbers may mean the same: two and four digits of a year, 8 and 20 o'clock, 3 and 30,000."""
    short, long = sorted((one, other), key=len)
    if len(long) == 4 and len(short) == 2 and long.endswith(short):
        return True
    if len(long) <= 2 and abs(int(one) - int(other)) == 12:
        return True
    return one.rstrip("0") == other.rstrip("0")
