"""The starter corpus: English-French sentence pairs with gold word alignments, from a synchronous grammar.

``generate`` draws sentences from every rule in turn; each rule (a small function in tastes, actions,
descriptions, questions, pronouns, complex_sentences or long_sentences) produces English, French and alignment at once.

Words
    English words are what spaces separate, with . , ? ! apart; contractions (doesn't, I'm, Paul's, let's) are
    one word.  French likewise, with elided words (l' d' n' j' qu' s' m' t' c') apart, while du/des/au/aux,
    aujourd'hui and hyphenated forms (donne-le-moi, grand-mère, est-ce) are one word.  Surface text: no space
    after an elided word or before . and , one ordinary space before a French ? or !, none in English.

Alignment
    Every content word is linked.  ne and pas (jamais, personne ... ne) are both linked to the English word
    that carries the negation.  do, does, did, will, has been and the like are linked to the French verb form
    they are part of, and both parts of a passé composé to the English verb.  Articles link to articles; a
    French article or partitive without an English one links to the noun.  est-ce que links to the English
    auxiliary.  A contraction carries the links of both its parts.  Fixed phrases link as wholes.
    Punctuation links to punctuation.

Ambiguity
    you is tu, and masculine, unless sir, madam, ladies, children ... are addressed, then vous.  I and we take
    masculine agreement.  they is ils, unless it refers to women or girls of the same sentence, then elles.
    it refers to a thing named in the same sentence.  his and her follow the possessed noun: son, sa, ses.
    friend is ami unless a woman's name follows; doctor, teacher ... are masculine.
    new is nouveau before a noun, neuf after être.
    Simple present: présent.  Progressive: présent too, was -ing and used to: imparfait.  Simple past: passé
    composé for events, imparfait for be, have, want and belong.  will: futur simple, going to: aller and
    infinitive.  must and mustn't: devoir.  like is aimer (aimer bien for people), love is adorer (aimer for
    people).  A sentence whose English or French has already occurred is dropped, so both are unique,
    and a sentence with a word that hardly ever occurs is dropped too.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from . import actions, complex_sentences, descriptions, long_sentences, pronouns, questions, tastes
from . import english as en
from . import french as fr
from . import lexicon as lx
from .chooser import Chooser
from .fragment import Fragment

Rule = Callable[[Chooser], Fragment]

RULES: tuple[Rule, ...] = (
    *tastes.RULES,
    *actions.RULES,
    *descriptions.RULES,
    *questions.RULES,
    *pronouns.RULES,
    *complex_sentences.RULES,
    *long_sentences.RULES,
)
PAIRS_PER_RULE = 190
PAIRS_PER_RICH_RULE = 380
PAIRS_PER_LONG_RULE = 740
# rules with more forms to learn than others
RICH_RULES: tuple[Rule, ...] = (
    *complex_sentences.RULES,
    tastes.likes,
    tastes.dislikes,
    tastes.likes_but_not,
    tastes.eats,
    actions.routine,
    actions.plain,
    descriptions.is_more,
    descriptions.is_as,
    descriptions.is_the_most,
    descriptions.feeling,
    descriptions.age,
    descriptions.price,
    descriptions.crowd,
    descriptions.clock,
    descriptions.weather,
    pronouns.sees_them,
    pronouns.did_both,
    pronouns.gives_me,
    pronouns.gives_it_to,
    pronouns.order,
    pronouns.order_named,
    pronouns.lets,
    pronouns.take_and_give,
    pronouns.thanks,
)
# a word (of either language) that would occur less often than this is left out, with its sentences
FEWEST_OCCURRENCES = 5
ATTEMPTS_PER_PAIR = 4
CASUAL_ONE_IN = 6
LONGEST = 22
# the sentence kept back as the example to translate; it must never be in the corpus, on either side
HELD_BACK = ("he doesn't like apples", "il n'aime pas les pommes")
NAMES = frozenset(lx.MALE_NAMES + lx.FEMALE_NAMES)
PUNCTUATION = (".", ",", "?", "!")


@dataclass(frozen=True)
class Pair:
    """An English sentence, its French translation, and which words translate which."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    alignment: tuple[tuple[int, int], ...]
    construction: str

    @property
    def english_text(self) -> str:
        """The English sentence as it is written."""
        return english_surface(self.english)

    @property
    def french_text(self) -> str:
        """The French sentence as it is written."""
        return french_surface(self.french)

    @property
    def length(self) -> int:
        """How many English words there are, punctuation apart."""
        return sum(word not in PUNCTUATION for word in self.english)


def english_surface(words: tuple[str, ...]) -> str:
    """English words as running text."""
    text = " ".join(words)
    for mark in PUNCTUATION:
        text = text.replace(f" {mark}", mark)
    return text


def french_surface(words: tuple[str, ...]) -> str:
    """French words as running text: elisions joined, a space before ? and !."""
    text = ""
    for word in words:
        joined = not text or text.endswith("'") or word in (".", ",")
        text += word if joined else f" {word}"
    return text


def comparison_key(text: str) -> str:
    """A sentence lower-cased and without punctuation."""
    kept = "".join(letter for letter in text.lower() if letter not in ".,?!")
    return " ".join(kept.split())


def finish(fragment: Fragment, construction: str) -> Pair:
    """The pair of a finished sentence: contractions, elisions, capitals, and the links of the merged words."""
    contract = zlib.crc32(" ".join(fragment.english).encode()) % 2 == 0
    left = en.settle(fragment.english, contract)
    right = fr.settle(fragment.french)
    rows = {source: index for index, (_, sources) in enumerate(left) for source in sources}
    columns = {source: index for index, (_, sources) in enumerate(right) for source in sources}
    links = dict.fromkeys((rows[i], columns[j]) for i, j in fragment.links)
    english, french = tuple(word for word, _ in left), tuple(word for word, _ in right)
    if is_casual(english):
        return _casual(english, french, tuple(sorted(links)), construction)
    return Pair(_capitalised(english), _capitalised(french), tuple(sorted(links)), construction)


def is_casual(english: tuple[str, ...]) -> bool:
    """Whether a sentence is written as people type at a prompt; a matter of its words alone."""
    return zlib.crc32(("casual " + " ".join(english)).encode()) % CASUAL_ONE_IN == 0


def _capitalised(words: tuple[str, ...]) -> tuple[str, ...]:
    return (words[0][0].upper() + words[0][1:], *words[1:])


def _lowered(words: tuple[str, ...]) -> tuple[str, ...]:
    if words[0] == "I" or words[0].startswith("I'"):
        return words
    return (words[0][0].lower() + words[0][1:], *words[1:])


def _casual(
    english: tuple[str, ...], french: tuple[str, ...], links: tuple[tuple[int, int], ...], construction: str
) -> Pair:
    english, french = _lowered(english), _lowered(french)
    if english[-1] == ".":
        links = tuple(link for link in links if link[0] < len(english) - 1)
        english, french = english[:-1], french[:-1]
    return Pair(english, french, links, construction)


def repeats_a_name(pair: Pair) -> bool:
    """Whether somebody is named twice, as in *Martin likes Martin*."""
    named = [word.lower() for word in pair.french if word.capitalize() in NAMES]
    return len(named) > len(set(named))


class _Corpus:
    """The pairs so far, and the sentences that must not occur again."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self._english = {HELD_BACK[0]}
        self._french = {HELD_BACK[1]}

    def add(self, pair: Pair) -> bool:
        """Keep a pair unless either sentence has occurred (or is held back), is too long or repeats a name."""
        english, french = comparison_key(pair.english_text), comparison_key(pair.french_text)
        if english in self._english or french in self._french or pair.length > LONGEST or repeats_a_name(pair):
            return False
        self._english.add(english)
        self._french.add(french)
        self.pairs.append(pair)
        return True


def _quota(rule: Rule) -> int:
    """How many pairs a rule contributes at most."""
    if rule in long_sentences.RULES:
        return PAIRS_PER_LONG_RULE
    return PAIRS_PER_RICH_RULE if rule in RICH_RULES else PAIRS_PER_RULE


def without_rare_words(pairs: list[Pair]) -> list[Pair]:
    """The pairs all of whose words occur often enough among the pairs that are left."""
    while True:
        count = Counter(word.lower() for pair in pairs for word in pair.english)
        other = Counter(word.lower() for pair in pairs for word in pair.french)
        left = [
            pair
            for pair in pairs
            if all(count[word.lower()] >= FEWEST_OCCURRENCES for word in pair.english)
            and all(other[word.lower()] >= FEWEST_OCCURRENCES for word in pair.french)
        ]
        if len(left) == len(pairs):
            return left
        pairs = left


def generate(seed: int = 1) -> list[Pair]:
    """All pairs of the corpus; the same for the same seed in every process."""
    chooser, corpus = Chooser(seed), _Corpus()
    for rule in RULES:
        wanted = _quota(rule)
        for _ in range(wanted * ATTEMPTS_PER_PAIR):
            if wanted and corpus.add(finish(rule(chooser), rule.__name__)):
                wanted -= 1
    return without_rare_words(corpus.pairs)
