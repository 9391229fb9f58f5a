"""Noun phrases of both languages at once: determiners, adjectives, names, pronouns, possessors.

Labels inside a phrase: d determiner, a adjective, n noun.  A word one language leaves out (the article of
*les pommes* for *apples*) is linked to the noun.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import lexicon as lx
from .chooser import Chooser
from .fragment import Fragment, tag, weave
from .french import Agreement
from .lexicon import Adjective, Noun


@dataclass(frozen=True)
class NounPhrase:
    """A noun phrase and what agrees with it."""

    text: Fragment
    agreement: Agreement


MALE, FEMALE = Agreement(), Agreement(feminine=True)
PRONOUNS = {
    "I": ("je", Agreement(1)),
    "you": ("tu", Agreement(2)),
    "he": ("il", MALE),
    "she": ("elle", FEMALE),
    "we": ("nous", Agreement(1, True)),
    "they": ("ils", Agreement(3, True)),
}
ENGLISH_OWNERS = ("my", "your", "his", "our", "your", "their")
FRENCH_OWNERS = ("mon ma mes", "ton ta tes", "son sa ses", "notre notre nos", "votre votre vos", "leur leur leurs")


def pronoun(word: str) -> NounPhrase:
    """A subject pronoun by its English form; ``they.f`` is feminine."""
    if word == "they.f":
        return NounPhrase(weave("they:n", "elles:n"), Agreement(3, True, True))
    french, agreement = PRONOUNS[word]
    return NounPhrase(weave(f"{word}:n", f"{french}:n"), agreement)


def reference(phrase: NounPhrase) -> NounPhrase:
    """The pronoun for a person or persons already mentioned."""
    agreement = phrase.agreement
    if agreement.person != 3:
        return pronoun({0: "I", 1: "you", 3: "we"}[agreement.index])
    if agreement.plural:
        return pronoun("they.f" if agreement.feminine else "they")
    return pronoun("she" if agreement.feminine else "he")


def name(word: str) -> NounPhrase:
    """A person's name."""
    return NounPhrase(weave(f"{word}:n", f"{word}:n"), Agreement(feminine=word in lx.FEMALE))


def couple(first: NounPhrase, second: NounPhrase) -> NounPhrase:
    """Two people: feminine only if both are."""
    feminine = first.agreement.feminine and second.agreement.feminine
    text = weave("{a} and:d {b}", "{a} et:d {b}", a=first.text, b=second.text)
    return NounPhrase(text, Agreement(3, True, feminine))


def _group(noun: Noun, plural: bool, adjective: Adjective | None) -> tuple[str, str]:
    """Noun and adjective as templates."""
    english = tag(noun.english_plural if plural else noun.english, "n")
    french = tag(noun.french_plural if plural else noun.french, "n")
    if adjective is None:
        return english, french
    form = adjective.french(noun.feminine, plural)
    if adjective.before_noun:
        mark = "=" if form in ("beau", "nouveau", "vieux") and not plural else ""
        return f"{adjective.english}:a {english}", f"{mark}{form}:a {french}"
    return f"{adjective.english}:a {english}", f"{french} {form}:a"


def _phrase(english: str, french: str, noun: Noun, plural: bool) -> NounPhrase:
    return NounPhrase(weave(english, french), Agreement(3, plural, noun.feminine))


def article(noun: Noun, plural: bool, label: str = "d") -> str:
    """The French definite article, marked for contraction."""
    return f"{'=les' if plural else '=la' if noun.feminine else '=le'}:{label}".replace("=la", "la")


def definite(noun: Noun, plural: bool = False, adjective: Adjective | None = None) -> NounPhrase:
    """*the red apple*."""
    english, french = _group(noun, plural, adjective)
    return _phrase(f"the:d {english}", f"{article(noun, plural)} {french}", noun, plural)


def generic(noun: Noun, plural: bool) -> NounPhrase:
    """A whole kind, *apples* or *bread*: the definite article in French."""
    english, french = _group(noun, plural, None)
    return _phrase(english, f"{article(noun, plural, 'n')} {french}", noun, plural)


def indefinite(
    noun: Noun, plural: bool = False, adjective: Adjective | None = None, negated: bool = False
) -> NounPhrase:
    """*a red apple*, *red apples*; under a negation the French article is *de*."""
    english, french = _group(noun, plural, adjective)
    before = adjective is not None and adjective.before_noun
    if plural:
        return _phrase(english, f"{'de' if before or negated else 'des'}:n {french}", noun, plural)
    determiner = "de" if negated else "une" if noun.feminine else "un"
    return _phrase(f"a:d {english}", f"{determiner}:d {french}", noun, plural)


def partitive(
    noun: Noun, plural: bool, negated: bool, determiner: str = "", adjective: Adjective | None = None
) -> NounPhrase:
    """An amount, *bread*, *some apples*: du, de la, des, or de under a negation."""
    english, french = _group(noun, plural, adjective)
    label = "d" if determiner else "n"
    before = adjective is not None and adjective.before_noun
    if negated or (plural and before):
        french = f"de:{label} {french}"
    elif plural:
        french = f"des:{label} {french}"
    else:
        french = f"de:{label} {article(noun, plural, label)} {french}"
    opening = f"{determiner}:d " if determiner else ""
    return _phrase(opening + english, french, noun, plural)


def demonstrative(noun: Noun, plural: bool = False, adjective: Adjective | None = None) -> NounPhrase:
    """*this red apple*, *these apples*."""
    english, french = _group(noun, plural, adjective)
    french_word = "ces" if plural else "cette" if noun.feminine else "=ce"
    return _phrase(f"{'these' if plural else 'this'}:d {english}", f"{french_word}:d {french}", noun, plural)


def owner_words(owner: Agreement, noun: Noun, plural: bool) -> tuple[str, str]:
    """The possessive determiners of both languages."""
    english = ENGLISH_OWNERS[owner.index]
    if owner == FEMALE:
        english = "her"
    return english, FRENCH_OWNERS[owner.index].split()[2 if plural else int(noun.feminine)]


def possessive(owner: Agreement, noun: Noun, plural: bool = False, adjective: Adjective | None = None) -> NounPhrase:
    """*my red apple*."""
    english, french = _group(noun, plural, adjective)
    left, right = owner_words(owner, noun, plural)
    return _phrase(f"{left}:d {english}", f"{right}:d {french}", noun, plural)


def counted(number: int, noun: Noun, adjective: Adjective | None = None) -> NounPhrase:
    """*three red apples*."""
    english, french = _group(noun, True, adjective)
    words = tag(lx.french_number(number, noun.feminine), "d")
    return _phrase(f"{tag(lx.english_number(number), 'd')} {english}", f"{words} {french}", noun, True)


def possessed_by(possessor: NounPhrase, noun: Noun, plural: bool = False) -> NounPhrase:
    """*Paul's sister*: the possessor follows with de."""
    english, french = _group(noun, plural, None)
    ending = "'" if possessor.text.english[-1].endswith("s") and possessor.agreement.plural else "'s"
    words = possessor.text.english
    inner = Fragment((*words[:-1], words[-1] + ending), possessor.text.french, possessor.text.links)
    text = weave(f"{{p}} {english}", f"{article(noun, plural, 'n')} {french} de:p {{p}}", p=inner)
    last = len(words) - 1
    position = text.french.index("de")
    links = tuple(sorted((*text.links, (last, position))))
    return NounPhrase(Fragment(text.english, text.french, links), Agreement(3, plural, noun.feminine))


def container(english: str, french: str, noun: Noun, plural: bool = False) -> NounPhrase:
    """*a glass of water*: container templates (label c), de, and the bare noun."""
    left, right = _group(noun, plural, None)
    feminine = french.startswith("une")
    text = weave(f"{english} {left}", f"{french} de:o {right}")
    return NounPhrase(text, Agreement(feminine=feminine))


UNCOUNTED = ("radio", "music", "noise")

# --- choices -------------------------------------------------------------------------------------------


def attribute(ch: Chooser, noun: Noun, probability: float = 0.3) -> Adjective | None:
    """Now and then an adjective that suits the noun."""
    options = lx.ATTRIBUTES.get(noun.kind, ())
    if not options or not ch.chance(probability):
        return None
    adjective = ch.any(options)
    if adjective.english == "beautiful" and noun.kind == "person" and not noun.feminine:
        return lx.ADJECTIVES["handsome"]
    return adjective if lx.suits(adjective, noun) else None


def any_owner(ch: Chooser) -> Agreement:
    """The owner behind my, your, his, her, our or their."""
    return ch.pick((Agreement(1), Agreement(2), MALE, FEMALE, Agreement(1, True), Agreement(3, True)))


def any_pronoun(ch: Chooser) -> NounPhrase:
    """A subject pronoun."""
    return pronoun(ch.any(("I", "you", "he", "she", "we", "they")))


def any_name(ch: Chooser) -> NounPhrase:
    """A name."""
    return name(ch.pick(lx.MALE_NAMES + lx.FEMALE_NAMES))


def relation(ch: Chooser, owner: Agreement) -> Noun:
    """What somebody may be to another or others, who do not share a husband."""
    noun = ch.pick(lx.NOUNS["family"])
    return lx.noun("friend") if owner.plural and noun.english == "husband" else noun


def relative(ch: Chooser, plural: bool | None = None) -> NounPhrase:
    """*my sister*, *her brothers*."""
    owner = any_owner(ch)
    noun = relation(ch, owner)
    many = ch.chance(0.25) and noun.english not in ("mother", "father", "husband") if plural is None else plural
    return possessive(owner, noun, many)


def acquaintance(ch: Chooser, names: float, plural: bool | None = None) -> NounPhrase:
    """*Paul*, or *my sister*."""
    return any_name(ch) if ch.chance(names) else relative(ch, plural)


def somebody(ch: Chooser, plural: bool | None = None) -> NounPhrase:
    """*the doctor*, *this woman*, *the young students*, or a relative."""
    if ch.chance(0.35):
        return relative(ch, plural if plural is None else False)
    noun = ch.pick(lx.NOUNS["person"])
    many = ch.chance(0.3) and noun.english not in ("king", "queen") if plural is None else plural
    if ch.chance(0.2):
        return demonstrative(noun, many)
    return definite(noun, many, attribute(ch, noun, 0.2))


def subject(ch: Chooser, pronouns: float = 0.45) -> NounPhrase:
    """A person or persons as subject."""
    if ch.chance(pronouns):
        return any_pronoun(ch)
    if ch.chance(0.4):
        return any_name(ch)
    if ch.chance(0.1):
        first = ch.pick(lx.MALE_NAMES + lx.FEMALE_NAMES)
        return couple(name(first), name(ch.pick([other for other in lx.FEMALE_NAMES if other != first])))
    return somebody(ch)


def third_person(ch: Chooser) -> NounPhrase:
    """A subject that is neither I, you nor we."""
    if ch.chance(0.3):
        return pronoun(ch.any(("he", "she", "they")))
    return subject(ch, 0.0)


def thing(ch: Chooser, noun: Noun, owner: Agreement, negated: bool = False) -> NounPhrase:
    """A countable thing with a determiner that suits it."""
    draw = ch.any(("the", "the", "a", "a", "own", "this", "many", "number", "these"))
    adjective = attribute(ch, noun)
    if draw == "own" and not ownable(noun):
        draw = "the"
    if noun.kind == "pairs" and draw != "number":
        draw = ch.any(("many", "these"))
    if draw == "a":
        return indefinite(noun, False, adjective, negated)
    if draw == "own":
        return possessive(owner, noun, ch.chance(0.2), adjective)
    if draw in ("this", "these"):
        return demonstrative(noun, draw == "these", adjective)
    if draw == "number" and not negated:
        return counted(ch.pick((2, 3, 4, 5, 6)), noun, adjective)
    return definite(noun, draw == "many" or noun.kind == "pairs", adjective)


def stuff(ch: Chooser, noun: Noun, negated: bool) -> NounPhrase:
    """Food or drink being consumed: *bread*, *cherries*, *an apple*, *the soup*."""
    mass = noun.kind in lx.MASS_KINDS
    draw = ch.any(("bare", "bare", "bare", "a", "the", "this"))
    adjective = attribute(ch, noun, 0.15)
    if draw == "bare" or (draw == "a" and mass):
        return partitive(noun, not mass, negated, "", adjective)
    if draw == "a":
        return indefinite(noun, False, adjective, negated)
    if draw == "this":
        return demonstrative(noun, False, adjective)
    return definite(noun, not mass, adjective)


# what is found, opened ... is a particular thing
PARTICULAR = (
    "find",
    "open",
    "close",
    "clean",
    "forget",
    "follow",
    "understand",
    "explain",
    "visit",
    "finish",
    "begin",
    "look for",
    "keep",
    "feed",
    "wait for",
)


def object_of(ch: Chooser, verb: lx.Verb, owner: Agreement, negated: bool) -> NounPhrase:
    """An object that suits the verb."""
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    if noun.kind in ("fruit", "food", "drink"):
        return stuff(ch, noun, negated)
    if noun.english in UNCOUNTED:
        return definite(noun)
    if verb.english in PARTICULAR and noun.kind != "pairs":
        return definite_thing(ch, noun, owner)
    return thing(ch, noun, owner, negated)


def ownable(noun: Noun) -> bool:
    """Whether people own such things."""
    if noun.kind == "animal":
        return noun in lx.NOUNS["fed"] or noun in lx.NOUNS["pet"]
    return noun.kind not in ("place", "show", "sound", "question")


def definite_thing(ch: Chooser, noun: Noun, owner: Agreement) -> NounPhrase:
    """A particular thing: the, this or somebody's own."""
    if noun.kind in lx.MASS_KINDS or noun.english in UNCOUNTED:
        return definite(noun)
    adjective = attribute(ch, noun, 0.25)
    draw = ch.any(("the", "the", "this", "own", "these"))
    if draw == "own" and ownable(noun) and noun.kind != "pairs":
        return possessive(owner, noun, False, adjective)
    if draw in ("this", "these"):
        return demonstrative(noun, draw == "these" or noun.kind == "pairs", adjective)
    return definite(noun, noun.kind == "pairs" or ch.chance(0.2), adjective)
