"""Rules about food, drink and preferences: liking, eating, drinking, wanting, asking for things."""

from __future__ import annotations

from . import lexicon as lx
from .chooser import Chooser
from .clauses import Verbal, french_copula, question, statement, time, time_of
from .english import verb_group
from .fragment import Fragment, ended, parse, sequence, tag, weave
from .french import REFLEXIVE, Agreement, conjugate
from .lexicon import Noun
from .noun_phrases import (
    NounPhrase,
    any_name,
    any_owner,
    any_pronoun,
    attribute,
    container,
    definite,
    generic,
    indefinite,
    object_of,
    partitive,
    possessive,
    pronoun,
    reference,
    subject,
)


def taste(ch: Chooser) -> Noun:
    """A food or a drink."""
    return ch.pick(lx.NOUNS["generic"])


def kind_of(noun: Noun) -> Fragment:
    """A kind of food in general: *apples*, *bread*."""
    return generic(noun, noun.kind not in lx.MASS_KINDS).text


def eater(ch: Chooser) -> NounPhrase:
    """Somebody with a taste: mostly pronouns and names."""
    if ch.chance(0.5):
        return any_pronoun(ch)
    return any_name(ch) if ch.chance(0.5) else subject(ch, 0.0)


def asked(ch: Chooser) -> NounPhrase:
    """The subject of a question about tastes: anybody but I."""
    return pronoun(ch.any(("you", "you", "he", "she", "we", "they"))) if ch.chance(0.6) else subject(ch, 0.0)


def likes(ch: Chooser) -> Fragment:
    """He likes cherries. / She loves tea."""
    verb = ch.pick((lx.LIKE, lx.LIKE, lx.LOVE, lx.PREFER))
    return ended(statement(eater(ch), Verbal(verb, "present"), kind_of(taste(ch))), ".")


def dislikes(ch: Chooser) -> Fragment:
    """He doesn't like cherries. / We hate fish."""
    if ch.chance(0.75):
        return ended(statement(eater(ch), Verbal(lx.LIKE, "present", "pas"), kind_of(taste(ch))), ".")
    return ended(statement(eater(ch), Verbal(lx.HATE, "present"), kind_of(taste(ch))), ".")


def likes_very_much(ch: Chooser) -> Fragment:
    """Paul likes pears very much."""
    who = eater(ch)
    verbal = Verbal(lx.LIKE, "present")
    body = statement(who, verbal)
    return ended(weave("{b} {o} very:m much:m", "{b} beaucoup:m {o}", b=body, o=kind_of(taste(ch))), ".")


def likes_two_things(ch: Chooser) -> Fragment:
    """I like apples, pears and cheese."""
    first, second, third = taste(ch), taste(ch), taste(ch)
    while len({first, second, third}) < 3:
        first, second, third = taste(ch), taste(ch), taste(ch)
    items = weave(
        "{a} ,:y {b} and:d {c}", "{a} ,:y {b} et:d {c}", a=kind_of(first), b=kind_of(second), c=kind_of(third)
    )
    verb = ch.pick((lx.LIKE, lx.LOVE))
    return ended(statement(eater(ch), Verbal(verb, "present"), items), ".")


def likes_but_not(ch: Chooser) -> Fragment:
    """Marie likes apples but she doesn't like cherries."""
    who = eater(ch)
    liked, disliked = taste(ch), taste(ch)
    while liked == disliked:
        disliked = taste(ch)
    first = statement(who, Verbal(ch.pick((lx.LIKE, lx.LOVE)), "present"), kind_of(liked))
    other = any_pronoun(ch) if ch.chance(0.3) else reference(who)
    second = statement(other, Verbal(lx.LIKE, "present", "pas"), kind_of(disliked))
    return ended(weave("{a} but:k {b}", "{a} mais:k {b}", a=first, b=second), ".")


def likes_activity(ch: Chooser) -> Fragment:
    """She likes to sing. / We don't like to travel in winter."""
    verb = ch.pick(tuple(v for v in lx.LASTING if v.english not in ("cry", "wait")))
    who, negative = subject(ch), ch.chance(0.35)
    clitic = tag(REFLEXIVE[who.agreement.index], "w") if verb.reflexive else ""
    activity = weave(f"to:w {tag(verb.english, 'w')}", f"{clitic} {verb.french}:w")
    taste_verb = lx.LIKE if negative else ch.pick((lx.LIKE, lx.LOVE, lx.HATE, lx.PREFER))
    body = statement(who, Verbal(taste_verb, "present", "pas" if negative else ""), activity)
    return ended(sequence(body, time(ch, "habit", negative)) if ch.chance(0.4) else body, ".")


def eats(ch: Chooser) -> Fragment:
    """Paul eats bread every morning. / She doesn't drink coffee in the evening."""
    verb = ch.pick((lx.EAT, lx.DRINK, lx.EAT))
    who, negative = eater(ch), ch.chance(0.4)
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    amount = partitive(noun, noun.kind not in lx.MASS_KINDS, negative)
    body = statement(who, Verbal(verb, "present", "pas" if negative else ""), amount.text)
    return ended(sequence(body, time(ch, "habit", negative)) if ch.chance(0.6) else body, ".")


def ate(ch: Chooser) -> Fragment:
    """They ate an apple yesterday. / I will drink tea tomorrow."""
    verb, tense = ch.pick((lx.EAT, lx.DRINK, lx.BUY)), ch.any(("past", "future", "going_to"))
    who, negative = eater(ch), ch.chance(0.3)
    rest = object_of(ch, verb, who.agreement, negative).text
    body = statement(who, Verbal(verb, tense, "pas" if negative else ""), rest)
    when = time(ch, "past" if tense == "past" else "future")
    return ended(sequence(body, when) if ch.chance(0.7) else body, ".")


def never_eats(ch: Chooser) -> Fragment:
    """He never eats meat. / She often drinks tea."""
    verb = ch.pick((lx.EAT, lx.DRINK, lx.BUY))
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    never = ch.chance(0.5)
    amount = partitive(noun, noun.kind not in lx.MASS_KINDS, never)
    verbal = Verbal(verb, "present", "jamais" if never else "", "" if never else ch.pick(lx.ADVERBS))
    return ended(statement(eater(ch), verbal, amount.text), ".")


def eats_with(ch: Chooser) -> Fragment:
    """We eat bread and cheese with a glass of wine."""
    first, second = ch.pick(lx.NOUNS["eaten"]), ch.pick(lx.NOUNS["fruit"])
    both = weave(
        "{a} and:k {b}", "{a} et:k {b}", a=partitive(first, False, False).text, b=partitive(second, True, False).text
    )
    body = statement(eater(ch), Verbal(lx.EAT, ch.any(("present", "past"))), both)
    return ended(weave("{a} with:p {b}", "{a} avec:p {b}", a=body, b=measure(ch, HELPINGS).text), ".")


MEASURES = (
    ("a:d glass:c of:o", "un:d verre:c", "drink"),
    ("a:d cup:c of:o", "une:d tasse:c", "hot"),
    ("a:d bottle:c of:o", "une:d bouteille:c", "drink"),
    ("a:d kilo:c of:o", "un:d kilo:c", "fruit"),
    ("a:d piece:c of:o", "un:d morceau:c", "piece"),
    ("a:d lot:c of:o", "beaucoup:d+c", "any"),
    ("too:d much:c+o", "trop:d+c", "mass"),
    ("too:d many:c+o", "trop:d+c", "fruit"),
    ("a:d little:c+o", "un:d peu:c", "mass"),
    ("enough:c+o", "assez:c", "any"),
)
MEASURED = {
    "drink": lx.named("water milk wine lemonade orange_juice beer"),
    "hot": lx.named("tea coffee hot_chocolate"),
    "fruit": lx.NOUNS["fruit"],
    "piece": lx.named("bread cheese meat chocolate chicken fish cake ham"),
    "any": lx.NOUNS["generic"],
    "mass": lx.NOUNS["food"] + lx.NOUNS["drink"],
}


HELPINGS = tuple(entry for entry in MEASURES if entry[0].startswith("a:"))


def measure(ch: Chooser, options: tuple[tuple[str, str, str], ...] = MEASURES) -> NounPhrase:
    """*a glass of water*, *too much sugar*."""
    english, french, kind = ch.pick(options)
    noun = ch.pick(MEASURED[kind])
    many = noun.kind == "fruit" and kind != "piece"
    return container(english, french, noun, many)


def quantities(ch: Chooser) -> Fragment:
    """She bought a kilo of apples at the market."""
    phrase = measure(ch)
    verb, tense = lx.BUY, ch.any(("present", "past", "future"))
    if phrase.text.english[-1] in ("water", "milk", "wine", "tea", "coffee", "beer", "lemonade", "juice"):
        verb = ch.pick((lx.DRINK, lx.BUY))
    elif ch.chance(0.5):
        verb = lx.EAT
    body = statement(eater(ch), Verbal(verb, tense), phrase.text)
    return ended(sequence(body, time_of(ch, tense)) if ch.chance(0.6) else body, ".")


def would_like(ch: Chooser) -> Fragment:
    """I would like some bread, please."""
    noun = taste(ch)
    some = partitive(noun, noun.kind not in lx.MASS_KINDS, False, "some").text
    thing = some if ch.chance(0.6) else measure(ch, HELPINGS).text
    who = eater(ch)
    if ch.chance(0.5):
        finite = _would(who.agreement)
        body = weave("{s} would:v like:v {o}", "{s} " + finite + ":v {o}", s=who.text, o=thing)
    else:
        body = statement(who, Verbal(lx.WANT, "present"), thing)
    polite = who.agreement.person == 1 and ch.chance(0.5)
    return ended(sequence(body, PLEASE) if polite else body, ".")


PLEASE = parse(",:y please:p|,:y s':p il:p te:p plaît:p")


def _would(agreement: Agreement) -> str:
    return conjugate("vouloir", "conditional", agreement)


def wants_food(ch: Chooser) -> Fragment:
    """Do you want some cheese? / Would you like an apple?"""
    noun = taste(ch)
    mass = noun.kind in lx.MASS_KINDS
    item = partitive(noun, not mass, False, "some") if mass or ch.chance(0.5) else indefinite(noun)
    who = asked(ch)
    if ch.chance(0.5):
        return ended(question(who, Verbal(lx.WANT, "present"), item.text), "?")
    finite = _would(who.agreement)
    return ended(
        weave("would:v+q {s} like:v {o}", "est-ce:q que:q {s} " + finite + ":v {o}", s=who.text, o=item.text), "?"
    )


def asks_taste(ch: Chooser) -> Fragment:
    """Do you like apples? / Does she prefer tea?"""
    verb = ch.pick((lx.LIKE, lx.LIKE, lx.PREFER, lx.LOVE))
    return ended(question(asked(ch), Verbal(verb, "present"), kind_of(taste(ch))), "?")


def asks_food(ch: Chooser) -> Fragment:
    """Does Paul eat meat? / Did they drink wine yesterday?"""
    verb, tense = ch.pick((lx.EAT, lx.DRINK, lx.BUY)), ch.any(("present", "past", "going_to"))
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    amount = partitive(noun, noun.kind not in lx.MASS_KINDS, False).text
    body = question(asked(ch), Verbal(verb, tense), amount)
    return ended(sequence(body, time_of(ch, tense)) if ch.chance(0.5) else body, "?")


def has_no_food(ch: Chooser) -> Fragment:
    """We don't have any bread. / I have some cherries."""
    noun, negative = taste(ch), ch.chance(0.6)
    amount = partitive(noun, noun.kind not in lx.MASS_KINDS, negative, "any" if negative else "some").text
    tense = ch.any(("present", "present", "state_past"))
    verbal = Verbal(lx.HAVE, tense, "pas" if negative else "")
    return ended(statement(eater(ch), verbal, amount), ".")


def needs(ch: Chooser) -> Fragment:
    """She needs an umbrella. / Do you need my car?"""
    who = subject(ch)
    noun = ch.pick(lx.NOUNS["portable"] + lx.NOUNS["clothes"] + lx.NOUNS["owned"])
    adjective = attribute(ch, noun)
    own = ch.chance(0.4)
    thing = possessive(any_owner(ch), noun, False, adjective) if own else indefinite(noun, False, adjective)
    if ch.chance(0.2):
        thing = definite(noun, False, adjective)
    negative = ch.chance(0.3)
    english = " ".join(verb_group("need", who.agreement, "present", negative))
    french = french_copula(who.agreement, "present", negative, "avoir")
    body = weave(f"{{s}} {english} {{o}}", f"{{s}} {french} besoin:v de:v {{o}}", s=who.text, o=thing.text)
    return ended(body, ".")


RULES = (
    likes,
    dislikes,
    likes_very_much,
    likes_two_things,
    likes_but_not,
    likes_activity,
    eats,
    ate,
    never_eats,
    eats_with,
    quantities,
    would_like,
    wants_food,
    asks_taste,
    asks_food,
    has_no_food,
    needs,
)
