"""Rules with object pronouns, their participle agreement, y and en, the imperative, and giving."""

from __future__ import annotations

from . import french as fr
from . import lexicon as lx
from .chooser import Chooser
from .clauses import Verbal, destination, question, statement, time, time_of, verb_from
from .fragment import Fragment, ended, parse, sequence, tag, weave
from .french import Agreement
from .lexicon import Verb
from .noun_phrases import (
    NounPhrase,
    acquaintance,
    any_name,
    any_pronoun,
    attribute,
    definite,
    definite_thing,
    demonstrative,
    indefinite,
    partitive,
    reference,
    somebody,
    subject,
    thing,
)
from .tastes import PLEASE

# English form, direct object, indirect object
OBJECTS = (
    ("me", "me", "me", Agreement(1)),
    ("you", "te", "te", Agreement(2)),
    ("him", "le", "lui", Agreement()),
    ("her", "la", "lui", Agreement(feminine=True)),
    ("us", "nous", "nous", Agreement(1, True)),
    ("them", "les", "leur", Agreement(3, True)),
)


def _person_object(ch: Chooser, who: Agreement) -> tuple[str, str, str, Agreement]:
    options = tuple(entry for entry in OBJECTS if entry[3].person == 3 or entry[3].person != who.person)
    return ch.pick(options)


def sees_them(ch: Chooser) -> Fragment:
    """She knows him. / He saw her yesterday (il l'a vue)."""
    who = subject(ch, 0.6)
    english, direct, _, agreement = _person_object(ch, who.agreement)
    tense = ch.any(("present", "past", "past", "future", "going_to", "can", "want"))
    verb = verb_from(ch, lx.PERSONAL, tense, who.agreement)
    if verb.english == "know":
        tense = "present"
    verbal = Verbal(verb, tense, "pas" if ch.chance(0.3) else "", "", (f"{english}:o", f"{direct}:o"), agreement)
    clause = statement(who, verbal)
    return ended(sequence(clause, time_of(ch, tense)) if ch.chance(0.4) and verb.english != "know" else clause, ".")


def loves_person(ch: Chooser) -> Fragment:
    """Paul loves Marie (aime). / I like your sister (aime bien). / They love us."""
    who, love = subject(ch), ch.chance(0.5)
    verb, extra = Verb("love" if love else "like", "aimer"), "" if love else "bien:v"
    if ch.chance(0.4):
        english, direct, _, agreement = _person_object(ch, who.agreement)
        body = statement(who, Verbal(verb, "present", "", "", (f"{english}:o", f"{direct}:o"), agreement))
        return ended(_well(body, extra), ".")
    other = any_name(ch) if ch.chance(0.4) else somebody(ch)
    body = statement(who, Verbal(verb, "present"))
    return ended(weave("{b} {o}", "{b} {o}", b=_well(body, extra), o=other.text), ".")


def _well(body: Fragment, extra: str) -> Fragment:
    """*aime bien*: the adverb belongs to the English verb *like*."""
    if not extra:
        return body
    position = next(i for i, word in enumerate(body.english) if word in ("like", "likes"))
    return Fragment(body.english, (*body.french, "bien"), (*body.links, (position, len(body.french))))


def meets(ch: Chooser) -> Fragment:
    """My father met the doctor last week."""
    who = subject(ch)
    other = any_name(ch) if ch.chance(0.3) else somebody(ch)
    tense = ch.any(("present", "past", "future", "going_to", "must", "want"))
    verb = verb_from(ch, lx.PERSONAL, tense, who.agreement)
    tense = "present" if verb.english == "know" else tense
    clause = statement(who, Verbal(verb, tense, "pas" if ch.chance(0.2) else ""), other.text)
    return ended(sequence(clause, time_of(ch, tense)) if verb.english != "know" and ch.chance(0.5) else clause, ".")


def it_of(what: NounPhrase) -> tuple[str, str]:
    """The object pronoun for a thing already mentioned, as templates."""
    if what.agreement.plural:
        return "them:o", "les:o"
    return "it:o", "la:o" if what.agreement.feminine else "le:o"


EATEN_PAIRS = (
    ("buy acheter", "eat manger", ("fruit",)),
    ("take prendre", "eat manger", ("fruit",)),
    ("wash laver", "cut couper", ("fruit",)),
    ("buy acheter", "read lire", ("reading",)),
    ("find trouver", "read lire", ("reading",)),
    ("write écrire", "forget oublier", ("written",)),
    ("buy acheter", "lose perdre", ("object", "clothes")),
    ("find trouver", "keep garder", ("object", "clothes")),
    ("find trouver", "sell vendre", ("object", "clothes", "furniture")),
    ("wash laver", "repair réparer", ("vehicle",)),
    ("steal voler", "hide cacher", ("object",)),
    ("take prendre", "forget oublier", ("object", "clothes")),
    ("break casser", "repair réparer", ("repairable",)),
    ("buy acheter", "wear porter", ("clothes", "pairs")),
    ("see voir", "photograph photographier", ("animal",)),
    ("borrow emprunter", "lose perdre", ("reading", "object")),
    ("see voir", "follow suivre", ("animal", "vehicle")),
)


def translated(entry: str) -> Verb:
    """A verb written ``english french``."""
    english, french = entry.split()
    return Verb(english, french)


def did_both(ch: Chooser) -> Fragment:
    """Paul bought the cherries and he ate them (et il les a mangées)."""
    one, two, kinds = ch.pick(EATEN_PAIRS[:3]) if ch.chance(0.3) else ch.pick(EATEN_PAIRS)
    who = subject(ch)
    noun = ch.pick(lx.NOUNS[ch.pick(kinds)])
    what = _mentioned(ch, noun, who.agreement)
    mishap = {"lose perdre", "forget oublier", "break casser"} & {one, two}
    tense = "past" if mishap else ch.any(("past", "past", "future", "going_to"))
    first = statement(who, Verbal(translated(one), tense), what.text)
    second = statement(reference(who), Verbal(translated(two), tense, "", "", it_of(what), what.agreement))
    when = time(ch, "past" if tense == "past" else "future")
    body = weave("{a} and:k {b}", "{a} et:k {b}", a=first, b=second)
    return ended(sequence(body, when) if ch.chance(0.4) else body, ".")


def _mentioned(ch: Chooser, noun: lx.Noun, owner: Agreement) -> NounPhrase:
    if noun.kind in ("fruit", "pairs"):
        return definite(noun, True, attribute(ch, noun)) if ch.chance(0.6) else demonstrative(noun, True)
    return indefinite(noun, False, attribute(ch, noun)) if ch.chance(0.5) else definite_thing(ch, noun, owner)


def but_not_it(ch: Chooser) -> Fragment:
    """I like this dress but I am not going to buy it."""
    who = subject(ch)
    noun = ch.pick(lx.NOUNS[ch.any(("clothes", "object", "reading", "fruit", "pairs", "vehicle"))])
    what = demonstrative(noun, noun.kind in ("pairs", "fruit") or ch.chance(0.2), attribute(ch, noun, 0.2))
    first = statement(who, Verbal(ch.pick((lx.LIKE, lx.WANT, lx.LIKE)), "present"), what.text)
    verb = {"fruit": "eat manger", "reading": "read lire"}.get(noun.kind, "buy acheter")
    tense = ch.any(("going_to", "can", "want", "future"))
    second = statement(reference(who), Verbal(translated(verb), tense, "pas", "", it_of(what), what.agreement))
    return ended(weave("{a} but:k {b}", "{a} mais:k {b}", a=first, b=second), ".")


def gives(ch: Chooser) -> Fragment:
    """He gives the book to Marie. / They sent a letter to my father."""
    who, verb = subject(ch), ch.pick(lx.GIVING)
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    negative, tense = ch.chance(0.15), ch.any(("present", "past", "past", "future", "going_to", "want"))
    what = thing(ch, noun, who.agreement, negative)
    other = any_name(ch) if ch.chance(0.4) else somebody(ch)
    clause = statement(who, Verbal(verb, tense, "pas" if negative else ""), what.text)
    body = weave("{c} to:p {o}", "{c} à:p {o}", c=clause, o=other.text)
    return ended(sequence(body, time_of(ch, tense)) if ch.chance(0.3) else body, ".")


def gives_me(ch: Chooser) -> Fragment:
    """My uncle gave me a watch (m'a donné). / She will show them her house."""
    who, verb = subject(ch), ch.pick(lx.GIVING)
    english, _, dative, _ = _person_object(ch, who.agreement)
    negative, tense = ch.chance(0.2), ch.any(("present", "past", "past", "future", "going_to", "can"))
    what = thing(ch, ch.pick(lx.NOUNS[ch.pick(verb.objects)]), who.agreement, negative)
    clause = statement(
        who, Verbal(verb, tense, "pas" if negative else "", "", (f"{english}:o", f"{dative}:o")), what.text
    )
    return ended(sequence(clause, time_of(ch, tense)) if ch.chance(0.3) else clause, ".")


def gives_it_to(ch: Chooser) -> Fragment:
    """She found my key and she gave it to me (elle me l'a donnée)."""
    who = subject(ch, 0.6)
    english, _, dative, person = _person_object(ch, who.agreement)
    noun = ch.pick(lx.NOUNS["portable"] + lx.NOUNS["clothes"])
    what = _mentioned(ch, noun, who.agreement)
    tense = ch.any(("past", "past", "future", "going_to"))
    first = statement(
        who,
        Verbal(
            ch.pick(
                (Verb("find", "trouver"), Verb("buy", "acheter"), Verb("take", "prendre"), Verb("choose", "choisir"))
            ),
            tense,
        ),
        what.text,
    )
    it, le = it_of(what)
    order = f"{le} {dative}:i" if person.person == 3 else f"{dative}:i {le}"
    verb = ch.pick((Verb("give", "donner"), Verb("show", "montrer"), Verb("bring", "apporter"), Verb("lend", "prêter")))
    second = statement(reference(who), Verbal(verb, tense, "", "", (f"{it} to:i {english}:i", order), what.agreement))
    return ended(weave("{a} and:k {b}", "{a} et:k {b}", a=first, b=second), ".")


PLACES_Y = tuple(lx.DESTINATIONS[1:])


def goes_there(ch: Chooser) -> Fragment:
    """Paul likes the park and he often goes there (il y va souvent)."""
    who = subject(ch)
    place = definite(lx.noun(ch.pick(PLACES_Y).replace("_", " ")))
    adverb = ch.pick(lx.ADVERBS)
    tense = ch.any(("present", "past", "future", "going_to"))
    first = statement(who, Verbal(ch.pick((lx.LIKE, lx.LOVE)), "present"), place.text)
    verbal = Verbal(lx.GO, tense, "", adverb if tense == "present" else "", ("there:o", "y:o"))
    if tense == "future":
        verbal = Verbal(Verb("work", "travailler"), tense, "", "", ("there:o", "y:o"))
    second = statement(reference(who), verbal)
    if tense != "present":
        second = sequence(second, time(ch, "past" if tense == "past" else "future"))
    return ended(weave("{a} and:k {b}", "{a} et:k {b}", a=first, b=second), ".")


def has_some_of_them(ch: Chooser) -> Fragment:
    """Marie has two cats and I have three of them (j'en ai trois)."""
    first, second = subject(ch, 0.2), any_pronoun(ch)
    while second.text.english == reference(first).text.english:
        second = any_pronoun(ch)
    noun = ch.pick(lx.NOUNS[ch.any(("pet", "fruit", "reading", "object", "clothes"))])
    number, other = ch.pick((2, 3, 4, 5, 6)), ch.pick((2, 3, 4, 5, 6, 7, 8, 10, 12))
    many = weave(
        f"{lx.english_number(number)}:d {tag(noun.english_plural, 'n')}",
        f"{lx.french_number(number)}:d {tag(noun.french_plural, 'n')}",
    )
    verb = lx.HAVE if noun.kind != "fruit" else ch.pick((lx.HAVE, lx.BUY, lx.EAT))
    tense = "present" if verb == lx.HAVE else "past"
    left = statement(first, Verbal(verb, tense), many)
    right = statement(second, Verbal(verb, tense, "", "", ("", "en:o")))
    right = weave(f"{{r}} {lx.english_number(other)}:d of:o them:o", f"{{r}} {lx.french_number(other)}:d", r=right)
    english = right.english
    extra = tuple((i, right.french.index("en")) for i in (len(english) - 2, len(english) - 1))
    linked = Fragment(right.english, right.french, tuple(sorted((*right.links, *extra))))
    return ended(weave("{a} and:k {b}", "{a} et:k {b}", a=left, b=linked), ".")


# --- imperatives -----------------------------------------------------------------------------------------

ORDERS = lx.among(
    lx.TRANSITIVE,
    "open close wash clean take read write repair cut hide use keep forget feed prepare choose draw "
    "sing buy sell listen_to look_for wait_for photograph bring finish",
)
PLEASE_VOUS = parse(",:y please:p|,:y s':p il:p vous:p plaît:p")


def order(ch: Chooser) -> Fragment:
    """Close the door, please. / Don't forget your umbrella."""
    verb, negative = ch.pick(ORDERS), ch.chance(0.35)
    negative = negative or verb.english == "forget"
    thing_ = definite_thing(ch, ch.pick(lx.NOUNS[ch.pick(verb.objects)]), Agreement(2))
    body = _imperative(verb, "tu", negative, thing_.text)
    return ended(sequence(body, PLEASE) if not negative and ch.chance(0.5) else body, "." if ch.chance(0.7) else "!")


def _imperative(verb: Verb, person: str, negative: bool, rest: Fragment) -> Fragment:
    form = fr.imperative(verb.french, person)
    english = tag(verb.english, "v")
    if negative:
        return weave(f"don't:n {english} {{r}}", f"ne:n {form}:v pas:n {{r}}", r=rest)
    return weave(f"{english} {{r}}", f"{form}:v {{r}}", r=rest)


def order_named(ch: Chooser) -> Fragment:
    """Paul, wash the car! / Children, close the door! (fermez)."""
    verb, negative = ch.pick(ORDERS), ch.chance(0.3)
    negative = negative or verb.english == "forget"
    plural = ch.chance(0.4)
    what = definite_thing(ch, ch.pick(lx.NOUNS[ch.pick(verb.objects)]), Agreement(2, plural))
    body = _imperative(verb, "vous" if plural else "tu", negative, what.text)
    title = (
        parse(
            ch.any(
                ("children:t|les:t enfants:t", "sir:t|monsieur:t", "madam:t|madame:t", "my:d friends:t|mes:d amis:t")
            )
        )
        if plural
        else any_name(ch).text
    )
    if plural and not negative and ch.chance(0.3):
        body = sequence(body, PLEASE_VOUS)
    return ended(weave("{t} ,:y {b}", "{t} ,:y {b}", t=title, b=body), "!" if ch.chance(0.5) else ".")


def lets(ch: Chooser) -> Fragment:
    """Let's go to the park tomorrow. / Let's buy some cherries."""
    if ch.chance(0.5):
        place = destination(ch)
        body = weave("let's:v go:v {p}", "allons:v {p}", p=place)
        return ended(sequence(body, time(ch, "future")) if ch.chance(0.6) else body, ".")
    verb = ch.pick((*(v for v in ORDERS if v.english != "forget"), lx.EAT, lx.DRINK))
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    what = (
        partitive(noun, noun.kind == "fruit", False, "some")
        if noun.kind in ("fruit", "food", "drink")
        else definite_thing(ch, noun, Agreement(1, True))
    )
    form = fr.imperative(verb.french, "nous")
    body = weave(f"let's:v {tag(verb.english, 'v')} {{o}}", f"{form}:v {{o}}", o=what.text)
    return ended(sequence(body, time(ch, "future")) if ch.chance(0.3) else body, ".")


def take_and_give(ch: Chooser) -> Fragment:
    """Take this apple and give it to me (donne-la-moi)."""
    noun = ch.pick(lx.NOUNS["portable"] + lx.NOUNS["clothes"] + lx.NOUNS["pairs"])
    many = noun.kind == "pairs" or ch.chance(0.2)
    what = (
        demonstrative(noun, many, attribute(ch, noun)) if ch.chance(0.5) else definite(noun, many, attribute(ch, noun))
    )
    it, le = it_of(what)
    word = le.removesuffix(":o")
    one = ch.any(
        ("take:v|prends:v", "find:v|trouve:v", "choose:v|choisis:v", "look:v for:v|cherche:v", "buy:v|achète:v")
    )
    verb = ch.any(("give donne", "give donne", "give donne", "show montre"))
    english, french = verb.split()
    left, right = one.split("|")
    if ch.chance(0.6):
        person = ch.any(("me moi", "us nous", "him lui", "her lui", "them leur")).split()
        second = weave(f"{english}:w {it.removesuffix(':o')}:w to:w {person[0]}:w", f"{french}-{word}-{person[1]}:w")
    else:
        other = acquaintance(ch, 0.5, False)
        second = weave(
            f"{english}:w {it.removesuffix(':o')}:w to:p {{o}}", f"{french}-{word}:w à:p {{o}}", o=other.text
        )
    return ended(weave(f"{left} {{o}} and:k {{b}}", f"{right} {{o}} et:k {{b}}", o=what.text, b=second), ".")


def thanks(ch: Chooser) -> Fragment:
    """Thank you for the flowers, Marie. / Hello, Paul! / Happy birthday, Emma!"""
    if ch.chance(0.45):
        title = ch.any(
            (
                "hello:a|bonjour:a",
                "good:a evening:b|bonsoir:a+b",
                "goodbye:a|au:a revoir:a",
                "good:a night:b|bonne:a nuit:b",
                "see:a you:a tomorrow:b|à:a demain:b",
                "welcome:a|bienvenue:a",
                "happy:a birthday:b|joyeux:a anniversaire:b",
                "congratulations:a|félicitations:a",
                "good:a luck:b|bonne:a chance:b",
            )
        )
        return ended(weave("{g} ,:y {n}", "{g} ,:y {n}", g=parse(title), n=any_name(ch).text), "!")
    noun = ch.pick(lx.NOUNS["portable"] + lx.NOUNS["fruit"] + lx.NOUNS["clothes"])
    many = noun.kind == "fruit" or ch.chance(0.3)
    what = definite(noun, many, attribute(ch, noun))
    body = weave("thank:v you:v for:p {o}", "merci:v pour:p {o}", o=what.text)
    if ch.chance(0.6):
        body = weave("{b} ,:y {n}", "{b} ,:y {n}", b=body, n=any_name(ch).text)
    return ended(body, ".")


def can_you_help(ch: Chooser) -> Fragment:
    """Can you show me your passport? / Could he lend us his car?: questions with a pronoun."""
    who, verb = any_pronoun(ch) if ch.chance(0.6) else subject(ch, 0.0), ch.pick(lx.GIVING)
    english, _, dative, _ = _person_object(ch, who.agreement)
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    what = definite_thing(ch, noun, who.agreement)
    tense = ch.any(("can", "past", "future", "going_to", "want"))
    return ended(question(who, Verbal(verb, tense, "", "", (f"{english}:o", f"{dative}:o")), what.text), "?")


RULES = (
    sees_them,
    loves_person,
    meets,
    did_both,
    but_not_it,
    gives,
    gives_me,
    gives_it_to,
    goes_there,
    has_some_of_them,
    order,
    order_named,
    lets,
    take_and_give,
    thanks,
    can_you_help,
)
