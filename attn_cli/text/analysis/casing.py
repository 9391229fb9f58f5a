"""The case of letters: text in capitals, or with a capital letter on every word, read as ordinary text.

Models learn from ordinary text. Of the spellings of a word in lower case, with a capital letter, and in capitals, the
ordinary one is that to which the tokenizer's unigram model gives the highest probability (a simple truecasing; Lita et
al. 2003, "tRuEcasIng").
"""

import re
from collections.abc import Callable

SHORT = 3  # letters; a short word with a capital letter inside a sentence is seldom a name
FAVOUR = 2.0  # of the spelling in lower case: a rare word is hardly less probable with a capital
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def is_in_capitals(text: str) -> bool:
    """Return whether `text` has several words and no lower-case letter; a single word may be a name or a code."""
    return text.isupper() and sum(len(word) > 1 for word in WORD.findall(text)) > 1


def is_in_title_case(text: str, log_probability: Callable[[str], float]) -> bool:
    """Return whether every word has a capital letter, also those that are no names, as in Where Is The Station.

    Without a short word such as Is or The it may be a name of several words.
    """
    words = WORD.findall(text)
    return (
        len(words) > 2
        and all(word.istitle() or len(word) == 1 for word in words)
        and any(1 < len(word) <= SHORT and _ordinary(word, log_probability).islower() for word in words[1:])
    )


def ordinary_case(text: str, log_probability: Callable[[str], float]) -> str:
    """Return `text` in ordinary case: each word in its most probable spelling, the first letter a capital.

    It has as many characters as `text`: where a letter is two in the other case, as ß is, `text` itself is returned.
    """
    spelled = WORD.sub(lambda match: _ordinary(match[0], log_probability), text)
    first = next((index for index, letter in enumerate(spelled) if letter.isalpha()), 0)
    spelled = spelled[:first] + spelled[first : first + 1].upper() + spelled[first + 1 :]
    return spelled if len(spelled) == len(text) else text


def _ordinary(word: str, log_probability: Callable[[str], float]) -> str:
    spellings = {word.lower(): FAVOUR, word.capitalize(): 0.0, word.upper(): 0.0}
    return max(spellings, key=lambda spelling: log_probability(spelling) + spellings[spelling])
