"""Clauses: a subject, a verb in some tense and what follows it, stated or asked, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from . import english as en
from . import french as fr
from . import lexicon as lx
from .chooser import Chooser
from .fragment import EMPTY, Fragment, parse, sequence, tag, weave
from .french import Agreement
from .lexicon import Verb
from .noun_phrases import NounPhrase, object_of

NEGATIONS = {"pas": "", "jamais": "never:n"}


@dataclass(frozen=True)
class Verbal:
    """A verb with its tense, negation (pas or jamais), adverb and object pronoun.

    ``pronoun`` is an English word and the French clitics (templates, label o); the participle agrees with
    ``object_agreement``.
    """

    verb: Verb
    tense: str
    negation: str = ""
    adverb: str = ""
    pronoun: tuple[str, str] = ("", "")
    object_agreement: Agreement | None = None


def _english(verbal: Verbal, agreement: Agreement, question: str) -> tuple[str, str]:
    adverb = NEGATIONS.get(verbal.negation, "")
    if verbal.adverb:
        adverb = tag(verbal.adverb.split()[0], "a")
    auxiliary, rest = en.verb_group(
        verbal.verb.english, agreement, verbal.tense, verbal.negation == "pas", question, adverb
    )
    return auxiliary, f"{rest} {verbal.pronoun[0]}"


def _french(verbal: Verbal, agreement: Agreement) -> str:
    adverb = " ".join(verbal.adverb.replace("_", " ").split()[1:])
    clitics = (verbal.pronoun[1],) if verbal.pronoun[1] else ()
    clause = fr.Clause(verbal.tense, verbal.negation, clitics, adverb, verbal.object_agreement)
    return fr.verb_group(verbal.verb.french, verbal.verb.reflexive, agreement, clause)


def statement(who: NounPhrase, verbal: Verbal, rest: Fragment = EMPTY) -> Fragment:
    """*Paul doesn't eat bread*."""
    auxiliary, main = _english(verbal, who.agreement, "")
    french = _french(verbal, who.agreement)
    return weave(f"{{s}} {auxiliary} {main} {{r}}", f"{{s}} {french} {{r}}", s=who.text, r=rest)


def question(who: NounPhrase, verbal: Verbal, rest: Fragment = EMPTY) -> Fragment:
    """*Does Paul eat bread*: est-ce que belongs to the English auxiliary."""
    auxiliary, main = _english(verbal, who.agreement, "q")
    french = _french(verbal, who.agreement)
    return weave(f"{auxiliary} {{s}} {main} {{r}}", f"est-ce:q que:q {{s}} {french} {{r}}", s=who.text, r=rest)


def predicate(verbal: Verbal, agreement: Agreement, rest: Fragment = EMPTY) -> Fragment:
    """The verb and what follows, without a subject (for a second verb or a relative clause)."""
    auxiliary, main = _english(verbal, agreement, "")
    return weave(f"{auxiliary} {main} {{r}}", f"{_french(verbal, agreement)} {{r}}", r=rest)


# --- being ---------------------------------------------------------------------------------------------

BE_TENSES = {"present": "present", "past": "imperfect", "future": "future"}


def being(
    who: NounPhrase, complement: Fragment, tense: str = "present", negative: bool = False, verb: str = "être"
) -> Fragment:
    """*Paul isn't tired*: be with a complement; verb is être, or avoir for hunger and the like."""
    english = copula(who.agreement, tense, negative)
    french = french_copula(who.agreement, tense, negative, verb)
    return weave(f"{{s}} {english} {{c}}", f"{{s}} {french} {{c}}", s=who.text, c=complement)


def copula(agreement: Agreement, tense: str, negative: bool = False) -> str:
    """A form of *be* as a template."""
    if tense == "future":
        return (en.negated("will", "v") if negative else "will:v") + " be:v"
    word = en.be(agreement, was=tense == "past")
    return en.negated(word, "v") if negative else f"{word}:v"


def french_copula(agreement: Agreement, tense: str, negative: bool, verb: str = "être") -> str:
    """A form of être or avoir as a template."""
    form = fr.conjugate(verb, BE_TENSES[tense], agreement)
    return f"ne:n {form}:v pas:n" if negative else f"{form}:v"


def asked_being(who: NounPhrase, complement: Fragment, tense: str = "present", verb: str = "être") -> Fragment:
    """*Is Paul tired*."""
    word = en.be(who.agreement, was=tense == "past")
    french = fr.conjugate(verb, BE_TENSES[tense], who.agreement)
    return weave(f"{word}:v+q {{s}} {{c}}", f"est-ce:q que:q {{s}} {french}:v {{c}}", s=who.text, c=complement)


def quality(adjective: lx.Adjective, agreement: Agreement, degree: str = "") -> Fragment:
    """A predicative adjective, perhaps with a degree such as ``very très``."""
    french = adjective.french(agreement.feminine, agreement.plural)
    if degree:
        left, right = degree.split()
        return weave(f"{left}:g {adjective.english}:a", f"{right}:g {french}:a")
    return weave(f"{adjective.english}:a", f"{french}:a")


# --- places and times ------------------------------------------------------------------------------------


KINDS_OF_TIME = {"present": "habit", "used_to": "habit", "past": "past", "progressive": "now"}


def time(ch: Chooser, kind: str, negative: bool = False) -> Fragment:
    """A time expression: habit, now, past or future; what is not done is not *not done twice a month*."""
    odd = ("every:1 week", "once", "twice") if negative else ()
    return parse(ch.pick(tuple(entry for entry in lx.TIMES[kind] if not entry.startswith(odd))))


def time_of(ch: Chooser, tense: str, negative: bool = False) -> Fragment:
    """A time expression that goes with a tense."""
    return time(ch, KINDS_OF_TIME.get(tense, "future"), negative)


COLD = ("cold:a", "snow:v", "snows:v", "snowed:v", "snowing:v", "freezes:v")


def weather_time(ch: Chooser, weather: str, entries: tuple[str, ...]) -> Fragment:
    """A time when the weather may be so: no snow in summer."""
    wrong = "summer" if any(word in weather for word in COLD) else "winter" if "hot:a" in weather else "-"
    return parse(ch.pick(tuple(entry for entry in entries if wrong not in entry)))


def _preposition(words: str) -> str:
    return tag(words.replace("_", " "), "p")


def location(ch: Chooser) -> Fragment:
    """*in the kitchen*, *at school*, *in Japan*, *in Paris*, *at my aunt's house*."""
    if ch.chance(0.12):
        return country(ch, "in")
    if ch.chance(0.1):
        return city(ch, "in")
    return local(ch)


def local(ch: Chooser) -> Fragment:
    """A place near by: *in the kitchen*, *at school*."""
    left, place, right = ch.pick(lx.LOCATIONS).strip().split()
    return _placed(left, place, right)


SPOTS = {
    "swim": ("at swimming_pool à", "in lake dans", "in river dans"),
    "cook": ("in kitchen dans", "at restaurant à", "at hotel à", "in garden dans", "at school à"),
    "study": (
        "at library à",
        "at *school à",
        "at university à",
        "in classroom dans",
        "in bedroom dans",
        "in garden dans",
    ),
}
OUTDOORS = (
    "in garden dans",
    "in park dans",
    "in street dans",
    "in forest dans",
    "at zoo à",
    "at farm à",
    "in field dans",
    "in valley dans",
    "by river près_de",
    "by lake près_de",
    "in wood dans",
    "on island sur",
)
AT_WORK = (
    "in kitchen dans",
    "in garden dans",
    "in living_room dans",
    "in bedroom dans",
    "at office à",
    "in classroom dans",
    "at *school à",
    "at library à",
    "in cellar dans",
    "in street dans",
    "in park dans",
    "at hotel à",
    "at farm à",
    "on beach sur",
    "at station à",
    "at university à",
)
SALES = (
    "at market à",
    "in shop dans",
    "at supermarket à",
    "at station à",
    "at airport à",
    "in village dans",
    "at museum à",
)


def spot(ch: Chooser, places: tuple[str, ...]) -> Fragment:
    """One of a list of places."""
    left, place, right = ch.pick(places).split()
    return _placed(left, place, right)


def local_for(ch: Chooser, verb: Verb) -> Fragment:
    """A place where one does what the verb says."""
    return spot(ch, SPOTS[verb.english]) if verb.english in SPOTS else local(ch)


def sale(ch: Chooser) -> Fragment:
    """A place where things are bought: *at the market*, *in London*."""
    if ch.chance(0.25):
        return country(ch, "in")
    return spot(ch, SALES) if ch.chance(0.5) else city(ch, "in")


def _placed(left: str, place: str, right: str) -> Fragment:
    noun = lx.noun(place.strip("*").replace("_", " "))
    the = "" if place.startswith("*") else "the:d "
    label = "d" if the else "n"
    french_article = f"{'la' if noun.feminine else '=le'}:{label}"
    return weave(
        f"{left}:p {the}{tag(noun.english, 'n')}", f"{_preposition(right)} {french_article} {tag(noun.french, 'n')}"
    )


def destination(ch: Chooser) -> Fragment:
    """*to the market*, *to Spain*, *to London*."""
    draw = ch.any(("place", "place", "place", "country", "city"))
    if draw == "country":
        return country(ch, "to")
    if draw == "city":
        return city(ch, "to")
    return _placed("to", ch.pick(lx.DESTINATIONS), "à")


def country(ch: Chooser, preposition: str) -> Fragment:
    """*in Japan*, *to Japan*, *from Japan*."""
    english, to, origin, french = ch.pick(lx.COUNTRIES).split()
    words = english.replace("_", " ").split()
    right = origin if preposition == "from" else to
    inner = " ".join(f"{word}:{'d+p' if word == 'the' else 'c'}" for word in words)
    return weave(f"{preposition}:p {inner}", f"{right}:p {french}:c")


def city(ch: Chooser, preposition: str) -> Fragment:
    """*in London*, *to London*, *from London*."""
    english, french = ch.pick(lx.CITIES).split()
    return weave(f"{preposition}:p {english}:c", f"{'de' if preposition == 'from' else 'à'}:p {french}:c")


def abroad(ch: Chooser) -> Fragment:
    """*in Japan*, *in London*."""
    return country(ch, "in") if ch.chance(0.5) else city(ch, "in")


# --- whole events ------------------------------------------------------------------------------------------


def event(ch: Chooser, who: NounPhrase, tense: str, negative: bool = False) -> Fragment:
    """Somebody does something."""
    verb, rest = deed(ch, who.agreement, tense, negative)
    return statement(who, Verbal(verb, tense, "pas" if negative else ""), rest)


CONSUMING = (lx.EAT, lx.DRINK, lx.BUY)


def verb_from(ch: Chooser, verbs: tuple[Verb, ...], tense: str, agreement: Agreement) -> Verb:
    """A verb of a list, all forms of a tense about equally often."""
    return ch.pick(lx.in_tense(verbs, tense), (fr.SIMPLE_TENSES.get(tense, tense), agreement.index))


def deed(ch: Chooser, owner: Agreement, tense: str, negative: bool = False) -> tuple[Verb, Fragment]:
    """A verb with an object, or one that needs none."""
    if ch.chance(0.12):
        verb = ch.pick(CONSUMING)
        return verb, object_of(ch, verb, owner, negative).text
    if ch.chance(0.3):
        return verb_from(ch, lx.ACTIVE, tense, owner), EMPTY
    verb = verb_from(ch, lx.TRANSITIVE if negative or tense == "past" else lx.INTENDED, tense, owner)
    return verb, object_of(ch, verb, owner, negative).text


def situated(ch: Chooser, clause: Fragment, kind: str) -> Fragment:
    """A clause with a time, before it or after it."""
    when = time(ch, kind)
    if ch.chance(0.2):
        return weave("{t} ,:y {c}", "{t} ,:y {c}", t=when, c=clause)
    return sequence(clause, when)
