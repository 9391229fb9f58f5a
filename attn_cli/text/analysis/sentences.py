"""Splitting a line into sentences, by rules.

A sentence ends after . ! ? … or the like, with the quotes and brackets that close there and the emoji that follow, if
white space and a word that can begin a sentence come next: one with a capital letter, a number, or a letter of a
script without capitals; in a line without any capital letter, any word. After 。！？ no space is needed. Line
separators always end a sentence. A full stop after an abbreviation, an initial or the number of a list item ends none.

The rules are those of every language; a language of its own has three lists of abbreviations and one of words that
often begin a sentence. To add one, add its lists.
"""

import re
from collections.abc import Iterator

from attn_cli.text.languages import base_code

# Abbreviations in lower case, without their last full stop. After these a name or another word follows, and no sentence
# ends; ...
BEFORE_WORDS = {
    "en": "adm capt cf cmdr col cpl dr e.g fr gen gov hon i.e lt maj messrs mr mrs ms mt prof rep rev sen sgt"
    " st viz vs wrt",
    "fr": "c.-à-d cf chap dr m me mgr mlle mm mme p.ex pr prof st ste vs",
    "de": "bzw ca d.h dr evtl fr geb ggf hl hr inkl o.ä prof sog st u.a vgl z.b",
}
# ... after these, as after every single letter, none ends if a number follows; ...
BEFORE_NUMBERS = {
    "en": "approx art ca ch eq fig figs no nos nr pp sec ss vol",
    "fr": "art env fig no nos pp vol",
    "de": "abb abs art bd nr tel",
}
# ... and after these, or letters with full stops such as U.S., one ends only if a word of the last list follows.
AT_THE_END = {
    "en": "apr assn aug ave blvd bros co corp dec dept est etc feb inc jan jr jul jun ltd mar nov oct ph.d rd sept sr",
    "fr": "apr av bd boul déc etc févr janv juil nov oct sept suiv",
    "de": "apr aug dez etc feb jan jul jun mio mrd nov okt sep str usw",
}
BEGINNINGS = {
    "en": "a after all an and at but did do does for he her his how i if in is it its let maybe my no now on our she"
    " so some that the their then there these they this those we what when where who why yes you your",
    "fr": "a après au aussi avec c'est ce cela ces cet cette comment dans de des elle elles en est et il ils j'ai je"
    " l'on la le les leur mais mon mes non nous on où ou oui par pour pourquoi puis quand que quel qui sa ses si son"
    " sur tu un une vous à",
    "de": "aber als am auch auf das dann der die dies diese doch du ein eine er es ich ihr im in ist ja mein nein sie"
    " so und warum was wenn wer wie wir wo",
}

SEPARATORS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_PICTURE = "[\U0001f300-\U0001faff]"
_EMOJI = "[\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]"  # and ☺, ♥ and the like, which also stand for a word
END = re.compile(
    rf"""(?P<stop>[.!?…‽؟۔।॥]+ | (?P<wide>[。！？｡]+) | (?<=\s){_PICTURE}+)  # what ends the sentence,
    (?: ["'”’)\]}}」』）] | [ \u00a0\u202f]?[»›] )*                      # the quotes and brackets that close,
    (?: \s*{_EMOJI}+ )*                                                # and emoji""",
    re.VERBOSE,
)
NEXT = re.compile(r"""(?P<space>\s*)[\s"'“”‘«‹„(\[{「『（¿¡—–•*-]*(?P<word>[\w'’-]{1,30}(?P<stop>\.)?)?""")
LAST_WORD = re.compile(r"[^\s\"'“‘«‹„(\[{—–-]{1,30}\Z")
_LONGEST = 40  # characters before a full stop that can belong to its word and the one before it
ACRONYM = re.compile(r"(?:\w\.)+\w")


def split_sentences(text: str, language: str) -> list[str]:
    """Return the sentences of `text`, in order, without white space around them; together they are the whole text.

    `language` is a code, as in "en", "en_GB" or "eng_Latn".
    """
    rules = _Rules(base_code(language))
    return [sentence.strip() for line in SEPARATORS.split(text) for sentence in rules.split(line) if sentence.strip()]


class _Rules:
    """The rules of one language."""

    def __init__(self, language: str) -> None:
        lists = (BEFORE_WORDS, BEFORE_NUMBERS, AT_THE_END, BEGINNINGS)
        self._words, self._numbers, self._at_the_end, self._beginnings = (
            frozenset(words.get(language, "").split()) for words in lists
        )
        self._has_ordinals = language == "de"  # 3. Oktober

    def split(self, line: str) -> Iterator[str]:
        """Yield the sentences of `line`, with their white space."""
        any_case = not any(map(str.isupper, line))
        begin = 0
        for end in END.finditer(line):
            following = NEXT.match(line, end.end())
            if following and self._can_begin(following, end, any_case) and self._is_end(line, begin, end, following):
                yield line[begin : end.end()]
                begin = end.end()
        yield line[begin:]

    def _can_begin(self, following: re.Match[str], end: re.Match[str], any_case: bool) -> bool:
        """Return whether the word that follows can begin a sentence."""
        word = following["word"]
        if not word or not (following["space"] or end["wide"]):
            return False
        first = word.lstrip("'’-_")[:1]
        lower_case = any_case and not end["stop"].startswith(("..", "…"))
        return first.isalnum() and (lower_case or not first.islower())

    def _is_end(self, line: str, begin: int, end: re.Match[str], following: re.Match[str]) -> bool:
        """Return whether the full stop ends a sentence, not only a word; any other stop does."""
        if end["stop"] != ".":
            return True
        before = line[max(begin, end.start() - _LONGEST) : end.start()]
        last = LAST_WORD.search(before)
        if not last:
            return True
        word, earlier = last[0].lower(), before[: last.start()].split()
        following_word = following["word"].rstrip(".").replace("’", "'").lower()
        begins = following_word in self._beginnings and not (following["stop"] and len(following_word) == 1)
        if word in self._words:
            return False
        if following_word[:1].isdigit() and (word in self._numbers or (len(word) == 1 and word.isalpha())):
            return False
        if word.isdigit():
            return bool(earlier) and (begins or not (self._has_ordinals and len(word) <= 2))
        if len(word) == 1 and last[0].isupper():  # an initial, unless it is the end of "so am I"
            return bool(earlier) and (begins or (word == "i" and earlier[-1].islower()))
        return begins or not (word in self._at_the_end or ACRONYM.fullmatch(word))
