"""Rules for long sentences: clauses with places, companions and times, joined two or three at a time."""

from __future__ import annotations

from . import lexicon as lx
from .chooser import Chooser
from .clauses import (
    Verbal,
    being,
    city,
    country,
    deed,
    destination,
    event,
    local_for,
    predicate,
    quality,
    sale,
    spot,
    statement,
    time,
    verb_from,
    weather_time,
)
from .complex_sentences import another, join
from .fragment import Fragment, ended, parse, sequence, weave
from .lexicon import Verb
from .noun_phrases import (
    NounPhrase,
    acquaintance,
    attribute,
    couple,
    definite,
    name,
    object_of,
    partitive,
    possessive,
    reference,
    relation,
    subject,
)
from .tastes import kind_of

TENSES = (("past", "past"), ("past", "past"), ("future", "future"), ("going_to", "future"))


def outing(ch: Chooser, who: NounPhrase, tense: str) -> Fragment:
    """Somebody goes somewhere, alone or with somebody."""
    clause = statement(who, Verbal(lx.GO, tense), destination(ch))
    if ch.chance(0.5):
        other = acquaintance(ch, 0.5, False)
        return weave("{c} with:p {o}", "{c} avec:p {o}", c=clause, o=other.text)
    return clause


def purchase(ch: Chooser, who: NounPhrase, tense: str) -> Fragment:
    """Somebody buys something somewhere."""
    verb = lx.BUY if ch.chance(0.5) else lx.TRANSITIVE[0]
    clause = statement(who, Verbal(verb, tense), object_of(ch, verb, who.agreement, False).text)
    return sequence(clause, sale(ch))


def pastime(ch: Chooser, who: NounPhrase, tense: str) -> Fragment:
    """Somebody works, sleeps, dances ... somewhere."""
    verb = verb_from(ch, lx.LASTING, tense, who.agreement)
    return sequence(statement(who, Verbal(verb, tense)), local_for(ch, verb))


def doings(ch: Chooser, who: NounPhrase, tense: str) -> Fragment:
    """A clause of some length."""
    kind = ch.any(("outing", "purchase", "pastime", "event"))
    if kind == "outing":
        return outing(ch, who, tense)
    if kind == "purchase":
        return purchase(ch, who, tense)
    return pastime(ch, who, tense) if kind == "pastime" else event(ch, who, tense)


def two_people(ch: Chooser) -> Fragment:
    """Yesterday, Paul went to the market with his aunt but Marie worked at the library."""
    tense, kind = ch.pick(TENSES)
    who = subject(ch)
    english, french = ch.any(("and et", "but mais", "and et")).split()
    body = join(doings(ch, who, tense), english, french, doings(ch, another(ch, who), tense))
    return ended(weave("{t} ,:y {b}", "{t} ,:y {b}", t=time(ch, kind), b=body), ".")


def two_times(ch: Chooser) -> Fragment:
    """She bought a hat in Paris last week and she is going to go to Rome tomorrow."""
    who = subject(ch)
    first = sequence(doings(ch, who, "past"), time(ch, "past"))
    tense = ch.any(("future", "going_to", "want", "must"))
    second = sequence(doings(ch, reference(who), tense), time(ch, "future"))
    english, french = ch.any(("and et", "but mais")).split()
    return ended(join(first, english, french, second), ".")


def three_things(ch: Chooser) -> Fragment:
    """He got up early, he washed the car and then he went to the station."""
    who, (tense, _) = subject(ch), ch.pick(TENSES)
    again = [reference(who), reference(who)]
    parts = [event(ch, who, tense), event(ch, again[0], tense), doings(ch, again[1], tense)]
    return ended(
        weave("{a} ,:y {b} and:k then:t {c}", "{a} ,:y {b} et:k ensuite:t {c}", a=parts[0], b=parts[1], c=parts[2]), "."
    )


def refused(ch: Chooser) -> Fragment:
    """We didn't go to the beach with Emma yesterday because the weather was bad."""
    who, reasons = (
        subject(ch),
        (
            "it:v was:v cold:a|il:v faisait:v froid:a",
            "it:v was:v raining:v|il:v pleuvait:v",
            "the:v weather:v was:v bad:a|il:v faisait:v mauvais:a",
            "it:v was:v snowing:v|il:v neigeait:v",
            "it:v was:v too:g hot:a|il:v faisait:v trop:g chaud:a",
        ),
    )
    clause = statement(who, Verbal(lx.GO, "past", "pas"), destination(ch))
    other = acquaintance(ch, 0.5, False)
    reason = ch.pick(reasons)
    when = weather_time(ch, reason, lx.TIMES["past"])
    clause = weave("{c} with:p {o} {t}", "{c} avec:p {o} {t}", c=clause, o=other.text, t=when)
    if ch.chance(0.5):
        return ended(join(clause, "because", "parce que", parse(reason)), ".")
    state = being(reference(who), quality(ch.pick(lx.HINDRANCES), who.agreement), "past")
    return ended(join(clause, "because", "parce que", state), ".")


def if_then_long(ch: Chooser) -> Fragment:
    """If the weather is nice tomorrow, Julie and her brother will go to the beach with us."""
    weather = ch.any(
        (
            "the:v weather:v is:v nice:a|il:v fait:v beau:a",
            "it:v is:v cold:a|il:v fait:v froid:a",
            "it:v rains:v|il:v pleut:v",
            "it:v snows:v|il:v neige:v",
            "it:v is:v hot:a|il:v fait:v chaud:a",
        )
    )
    first = sequence(parse(weather), weather_time(ch, weather, lx.TIMES["future"]))
    person = name(ch.pick(lx.FEMALE_NAMES + lx.MALE_NAMES))
    who = couple(person, possessive(person.agreement, relation(ch, person.agreement)))
    second = outing(ch, who, "future") if ch.chance(0.5) else doings(ch, who, "future")
    return ended(weave("if:k {a} ,:y {b}", "si:k {a} ,:y {b}", a=first, b=second), ".")


def thinks_long(ch: Chooser) -> Fragment:
    """My mother thinks that the teacher bought this red car in Germany last year."""
    who = subject(ch)
    english, french = ch.any(("think penser", "know savoir", "say dire")).split()
    tense, kind = ch.pick(TENSES)
    inner = sequence(doings(ch, another(ch, who), tense), time(ch, kind))
    return ended(join(statement(who, Verbal(Verb(english, french), "present")), "that", "que", inner), ".")


SHOPS = ("to market à", "to supermarket à", "to farm à", "to station à")


def shopping(ch: Chooser) -> Fragment:
    """Where one goes to buy food: *to the market*, *to Spain*."""
    if ch.chance(0.25):
        return country(ch, "to")
    return city(ch, "to") if ch.chance(0.4) else spot(ch, SHOPS)


def because_long(ch: Chooser) -> Fragment:
    """The girls are going to the market because they want to buy some cherries for their mother."""
    who = subject(ch)
    noun = ch.pick(lx.NOUNS["generic"])
    food = partitive(noun, noun.kind not in lx.MASS_KINDS, False, "some").text
    tense = ch.any(("progressive", "past"))
    first = statement(who, Verbal(lx.GO, tense), shopping(ch))
    verb = lx.BUY if noun.kind != "drink" else ch.pick((lx.BUY, lx.DRINK))
    second = statement(reference(who), Verbal(verb, "want" if tense == "progressive" else "wanted"), food)
    if verb == lx.BUY:
        member = possessive(who.agreement, relation(ch, who.agreement))
        second = weave("{c} for:p {o}", "{c} pour:p {o}", c=second, o=member.text)
    return ended(join(first, "because", "parce que", second), ".")


def who_long(ch: Chooser) -> Fragment:
    """The old woman who lives near the river bought a black dog last month."""
    noun = ch.pick(lx.NOUNS["person"])
    many = ch.chance(0.2) and noun.english not in ("king", "queen")
    person = definite(noun, many, attribute(ch, noun, 0.6))
    verb = verb_from(ch, lx.LASTING, "progressive", person.agreement)
    inner = predicate(Verbal(verb, "progressive"), person.agreement, local_for(ch, verb))
    who = NounPhrase(weave("{n} who:w {c}", "{n} qui:w {c}", n=person.text, c=inner), person.agreement)
    tense, kind = ch.pick(TENSES)
    return ended(sequence(doings(ch, who, tense), time(ch, kind)), ".")


def likes_and_ate(ch: Chooser) -> Fragment:
    """Paul doesn't like cherries but he ate some pears with his sister yesterday evening."""
    who, noun, other = subject(ch, 0.6), ch.pick(lx.NOUNS["generic"]), ch.pick(lx.NOUNS["fruit"])
    while noun == other:
        other = ch.pick(lx.NOUNS["fruit"])
    negative = ch.chance(0.7)
    first = statement(who, Verbal(lx.LIKE, "present", "pas" if negative else ""), kind_of(noun))
    tense, kind = ch.pick(TENSES)
    food = partitive(other, True, False, "some", attribute(ch, other, 0.3)).text
    second = statement(reference(who), Verbal(lx.EAT if ch.chance(0.6) else lx.BUY, tense), food)
    companion = acquaintance(ch, 0.4, False)
    second = weave("{c} with:p {o} {t}", "{c} avec:p {o} {t}", c=second, o=companion.text, t=time(ch, kind))
    english, french = ("but", "mais") if negative else ("and", "et")
    return ended(join(first, english, french, second), ".")


def when_long(ch: Chooser) -> Fragment:
    """My brother was working in the garden with Paul when our uncle came back from Spain: two pasts."""
    who = subject(ch)
    first = pastime(ch, who, "was_doing")
    companion = acquaintance(ch, 0.5, False)
    first = weave("{c} with:p {o}", "{c} avec:p {o}", c=first, o=companion.text)
    other = another(ch, who)
    verb = ch.pick(lx.among(lx.TRANSITIVE, "open close break find lose hear see"))
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    second = statement(other, Verbal(verb, "past"), definite(noun, False, attribute(ch, noun)).text)
    if ch.chance(0.3):
        second = statement(other, Verbal(ch.pick((Verb("arrive", "arriver"), Verb("come back", "revenir"))), "past"))
    return ended(join(first, "when", "quand", second), ".")


def if_had_long(ch: Chooser) -> Fragment:
    """If my sister had enough money, she would travel in Japan with our cousins every summer."""
    who = subject(ch)
    what = ch.any(
        (
            "money:n|de:n =le:n argent:n",
            "time:n|de:n =le:n temps:n",
            "enough:d money:n|assez:d de:d argent:n",
            "enough:d time:n|assez:d de:d temps:n",
            "a:d big:a car:n|une:d grande:a voiture:n",
            "more:d time:n|plus:d de:d temps:n",
        )
    )
    first = statement(who, Verbal(lx.HAVE, "state_past"), parse(what))
    verb, rest = deed(ch, who.agreement, "would")
    second = statement(reference(who), Verbal(verb, "would"), rest)
    second = sequence(second, time(ch, "habit"))
    return ended(weave("if:k {a} ,:y {b}", "si:k {a} ,:y {b}", a=first, b=second), ".")


RULES = (
    two_people,
    two_times,
    three_things,
    refused,
    if_then_long,
    thinks_long,
    because_long,
    who_long,
    likes_and_ate,
    when_long,
    if_had_long,
)
