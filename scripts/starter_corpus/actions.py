"""Rules about what people do, did and will do: the tenses, modals, reflexives, movement, states over time."""

from __future__ import annotations

from dataclasses import replace

from . import lexicon as lx
from .chooser import Chooser
from .clauses import (
    AT_WORK,
    KINDS_OF_TIME,
    OUTDOORS,
    Verbal,
    abroad,
    city,
    country,
    deed,
    destination,
    event,
    local_for,
    predicate,
    sale,
    situated,
    spot,
    statement,
    time,
    time_of,
    verb_from,
)
from .fragment import Fragment, ended, parse, sequence, weave, words
from .french import Agreement
from .lexicon import Verb
from .noun_phrases import (
    NounPhrase,
    acquaintance,
    any_owner,
    attribute,
    definite,
    demonstrative,
    object_of,
    possessed_by,
    possessive,
    somebody,
    subject,
)

NOT_PROGRESSIVE = [
    "see",
    "hear",
    "find",
    "forget",
    "lose",
    "understand",
    "choose",
    "receive",
    "steal",
    "borrow",
    "begin",
    "finish",
    "break",
    "take",
    "keep",
    "throw",
    "follow",
]
PROGRESSIVE = tuple(verb for verb in lx.TRANSITIVE if verb.english not in NOT_PROGRESSIVE)


# verbs with such objects take no place of their own
PLACELESS = {"room", "visitable", "driven", "owned", "place", "built"}


def habit(ch: Chooser) -> Fragment:
    """My uncle sells cars every day."""
    who, negative = subject(ch), ch.chance(0.2)
    clause = event(ch, who, "present", negative)
    return ended(sequence(clause, time(ch, "habit", True)) if negative else situated(ch, clause, "habit"), ".")


def frequency(ch: Chooser) -> Fragment:
    """They often wash the car."""
    who = subject(ch)
    verb, rest = deed(ch, who.agreement, "present")
    return ended(statement(who, Verbal(verb, "present", "", ch.pick(lx.ADVERBS)), rest), ".")


def never(ch: Chooser) -> Fragment:
    """The farmer never wears a hat."""
    who = subject(ch)
    verb, rest = deed(ch, who.agreement, "present", True)
    return ended(statement(who, Verbal(verb, "present", "jamais"), rest), ".")


def happened(ch: Chooser) -> Fragment:
    """Paul bought a red car yesterday."""
    return ended(situated(ch, event(ch, subject(ch), "past"), "past"), ".")


def did_not_happen(ch: Chooser) -> Fragment:
    """She didn't buy a dress."""
    clause = event(ch, subject(ch), "past", True)
    return ended(situated(ch, clause, "past") if ch.chance(0.4) else clause, ".")


def happened_somewhere(ch: Chooser) -> Fragment:
    """Yesterday, my brother found a key in the garden."""
    who = subject(ch)
    verb = ch.pick(
        lx.among(lx.TRANSITIVE, "buy find lose read see hear forget draw eat photograph begin write break hide")
    )
    verb = replace(verb, objects=tuple(kind for kind in verb.objects if kind != "place"))
    clause = statement(who, Verbal(verb, "past"), object_of(ch, verb, who.agreement, False).text)
    return ended(situated(ch, sequence(clause, sale(ch) if verb.english == "buy" else spot(ch, AT_WORK)), "past"), ".")


def future(ch: Chooser) -> Fragment:
    """They will sell their house next year."""
    return ended(situated(ch, event(ch, subject(ch), "future", ch.chance(0.25)), "future"), ".")


def near_future(ch: Chooser) -> Fragment:
    """We are going to clean the kitchen."""
    clause = event(ch, subject(ch), "going_to", ch.chance(0.25))
    return ended(situated(ch, clause, "future") if ch.chance(0.6) else clause, ".")


def in_progress(ch: Chooser) -> Fragment:
    """My sister is reading a novel in the kitchen."""
    who = subject(ch)
    verb = verb_from(ch, PROGRESSIVE, "progressive", who.agreement)
    negative = ch.chance(0.15)
    rest = object_of(ch, verb, who.agreement, negative).text
    clause = statement(who, Verbal(verb, "progressive", "pas" if negative else ""), rest)
    if not PLACELESS & set(verb.objects) and ch.chance(0.5):
        clause = sequence(clause, spot(ch, AT_WORK))
    return ended(sequence(clause, time(ch, "now")) if ch.chance(0.5) else clause, ".")


def resting_progress(ch: Chooser) -> Fragment:
    """The children are playing in the park."""
    who = subject(ch)
    verb = verb_from(ch, lx.LASTING, "progressive", who.agreement)
    clause = statement(who, Verbal(verb, "progressive", "pas" if ch.chance(0.15) else ""), local_for(ch, verb))
    return ended(clause, ".")


def plain(ch: Chooser) -> Fragment:
    """Marie sings. / We don't work."""
    tense, who = ch.any(("present", "past", "future", "going_to", "present")), subject(ch)
    verb = verb_from(ch, lx.ACTIONS, tense, who.agreement)
    return ended(statement(who, Verbal(verb, tense, "pas" if ch.chance(0.3) else "")), ".")


def was_doing(ch: Chooser) -> Fragment:
    """I was reading a book in the garden yesterday evening."""
    who = subject(ch)
    verb = verb_from(ch, PROGRESSIVE, "was_doing", who.agreement)
    rest = object_of(ch, verb, who.agreement, False).text
    clause = statement(who, Verbal(verb, "was_doing"), rest)
    if not PLACELESS & set(verb.objects):
        clause = sequence(clause, spot(ch, AT_WORK))
    return ended(clause, ".")


def used_to(ch: Chooser) -> Fragment:
    """My grandfather used to drive a bus."""
    who = subject(ch)
    verb, rest = deed(ch, who.agreement, "used_to")
    clause = statement(who, Verbal(verb, "used_to"), rest)
    return ended(sequence(clause, time(ch, "habit")) if ch.chance(0.4) else clause, ".")


def modal(ch: Chooser) -> Fragment:
    """You must close the door. / She can't find her keys."""
    clause = event(ch, subject(ch), ch.any(("can", "must", "can")), ch.chance(0.4))
    return ended(sequence(clause, time(ch, "future")) if ch.chance(0.3) else clause, ".")


def wish(ch: Chooser) -> Fragment:
    """He wants to buy a boat. / We would like to visit the castle."""
    clause = event(ch, subject(ch), ch.any(("want", "would_like", "wanted")), ch.chance(0.2))
    return ended(clause, ".")


def manner(ch: Chooser) -> Fragment:
    """She sings well. / They always drive fast."""
    verb = ch.pick(tuple(v for v in lx.ACTIONS if v.english in lx.MANNER_VERBS))
    adverb = ch.words(lx.MANNER_VERBS[verb.english])
    who = subject(ch)
    if adverb == "together" and not who.agreement.plural:
        adverb = lx.MANNER_VERBS[verb.english].split()[0]
        if adverb == "together":
            who = somebody(ch, True)
    how = parse(next(entry for entry in lx.MANNERS if entry.startswith(adverb + ":")))
    tense = ch.any(("present", "present", "future", "used_to"))
    negative = "pas" if ch.chance(0.25) and tense != "used_to" else ""
    body = statement(who, Verbal(verb, tense, negative), how)
    return ended(body, ".")


def routine(ch: Chooser) -> Fragment:
    """I get up at seven o'clock every day."""
    who, tense = subject(ch), ch.any(("present", "past", "future", "used_to"))
    verb = verb_from(ch, lx.ROUTINE, tense, who.agreement)
    negative = ch.chance(0.15) and tense != "used_to"
    clause = statement(who, Verbal(verb, tense, "pas" if negative else ""))
    if verb.english in ("get up", "wake up", "go to bed"):
        kind = KINDS_OF_TIME.get(tense, "future")
        days = tuple(entry for entry in lx.TIMES[kind] if entry.split("|")[0] in DAYS)
        return ended(sequence(clause, hour(ch), parse(ch.pick(days))), ".")
    return ended(sequence(clause, time_of(ch, tense, negative)), ".")


# the times that an hour of getting up or going to bed may be added to
DAYS = (
    *(f"on:1 {day}:2" for day in ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")),
    *("every:1 day:2", "in:1 summer:2", "in:1 winter:2", "in:1 spring:2", "in:1 autumn:2"),
    *("yesterday:1", "last:1 Monday:2", "last:1 Saturday:2", "last:1 Friday:2", "two:1 days:2 ago:3"),
    *("tomorrow:1", "next:1 Sunday:2", "next:1 Thursday:2", "next:1 Tuesday:2", "in:1 two:2 days:3"),
    "the:1 day:1 after:1 tomorrow:1",
)


def hour(ch: Chooser) -> Fragment:
    """*at seven o'clock*."""
    number = ch.pick(tuple(range(6, 12)))
    return weave(f"at:p {lx.english_number(number)}:d o'clock:n", f"à:p {lx.french_number(number)}:d heures:n")


def goes(ch: Chooser) -> Fragment:
    """They went to Japan last year. / We are going to go to the market tomorrow."""
    tense = ch.any(("present", "past", "future", "want", "past", "can"))
    negative = ch.chance(0.2)
    clause = statement(subject(ch), Verbal(lx.GO, tense, "pas" if negative else ""), destination(ch))
    if ch.chance(0.25):
        clause = weave("{c} with:p {o}", "{c} avec:p {o}", c=clause, o=companion(ch).text)
    if negative:
        return ended(sequence(clause, time_of(ch, tense, True)), ".")
    return ended(situated(ch, clause, KINDS_OF_TIME.get(tense, "future")), ".")


def companion(ch: Chooser) -> NounPhrase:
    """Somebody to do things with: *Paul*, *my sister*."""
    return acquaintance(ch, 0.4)


def going(ch: Chooser) -> Fragment:
    """She is going to the station."""
    clause = statement(subject(ch), Verbal(lx.GO, "progressive", "pas" if ch.chance(0.15) else ""), destination(ch))
    return ended(sequence(clause, time(ch, "now")) if ch.chance(0.4) else clause, ".")


TRAVEL_MEANS = (
    "by:p car:n|en:p voiture:n",
    "by:p train:n|en:p train:n",
    "by:p bus:n|en:p bus:n",
    "by:p boat:n|en:p bateau:n",
    "by:p plane:n|en:p avion:n",
    "by:p bicycle:n|à:p vélo:n",
    "on:p foot:n|à:p pied:n",
)


NEAR = tuple(f"to {place} à" for place in lx.DESTINATIONS)


def travels_by(ch: Chooser) -> Fragment:
    """He goes to school by bus."""
    tense = ch.any(("present", "past", "future", "used_to"))
    means = ch.pick(TRAVEL_MEANS)
    where = country(ch, "to") if "plane" in means or "boat" in means else None
    place = where or (destination(ch) if "train" in means else spot(ch, NEAR))
    return ended(sequence(statement(subject(ch), Verbal(lx.GO, tense), place), parse(means)), ".")


def lives(ch: Chooser) -> Fragment:
    """My aunt lives in Spain. / He used to live in London."""
    tense = ch.any(("present", "used_to", "future", "want"))
    where = abroad(ch)
    clause = statement(
        subject(ch), Verbal(lx.LIVE, tense, "pas" if ch.chance(0.2) and tense != "used_to" else ""), where
    )
    return ended(
        weave("{c} with:p {o}", "{c} avec:p {o}", c=clause, o=companion(ch).text) if ch.chance(0.4) else clause, "."
    )


def comes_from(ch: Chooser) -> Fragment:
    """This student comes from Italy."""
    origin = country(ch, "from") if ch.chance(0.7) else city(ch, "from")
    return ended(statement(subject(ch), Verbal(lx.COME, "present", "pas" if ch.chance(0.3) else ""), origin), ".")


DURATIONS = (
    "{n}:d hours:n|{f}:d heures:n",
    "{n}:d days:n|{f}:d jours:n",
    "{n}:d weeks:n|{f}:d semaines:n",
    "{n}:d months:n|{f}:d mois:n",
    "{n}:d years:n|{f}:d ans:n",
)
LONG_VERBS = (
    ("live habiter", 4),
    ("work travailler", 3),
    ("study étudier", 3),
    ("wait attendre", 0),
    ("sleep dormir", 0),
    ("play jouer", 0),
    ("travel voyager", 3),
    ("run courir", 0),
    ("dance danser", 0),
    ("swim nager", 0),
)


WORKPLACES = tuple(
    f"at {place} à"
    for place in words(
        "office *school library university hospital bank hotel museum factory bakery pharmacy farm restaurant station"
    )
)


def since(ch: Chooser) -> Fragment:
    """She has been working here for two years: depuis and the present."""
    entry, unit = ch.pick(LONG_VERBS)
    base, infinitive = entry.split()
    verb = Verb(base, infinitive)
    number = ch.pick((2, 3, 4, 5, 6, 8, 10, 12))
    duration = DURATIONS[unit + (1 if unit == 3 and ch.chance(0.5) else 0)]
    length = parse(duration.replace("{n}", lx.english_number(number)).replace("{f}", lx.french_number(number)))
    where = abroad(ch) if base == "live" else spot(ch, WORKPLACES) if base == "work" else local_for(ch, verb)
    if base == "travel":
        where = country(ch, "in")
    clause = statement(subject(ch), Verbal(verb, "since"), where)
    return ended(weave("{c} for:p {t}", "{c} depuis:p {t}", c=clause, t=length), ".")


GAMES = (
    "play:v football:g|jouer à =le football:g",
    "play:v tennis:g|jouer à =le tennis:g",
    "play:v cards:g|jouer à =les cartes:g",
    "play:v chess:g|jouer à =les échecs:g",
    "play:v basketball:g|jouer à =le basket:g",
    "play:v rugby:g|jouer à =le rugby:g",
    "play:v the:d guitar:g|jouer de la:d guitare:g",
    "play:v the:d piano:g|jouer de =le:d piano:g",
    "play:v the:d violin:g|jouer de =le:d violon:g",
    "play:v the:d flute:g|jouer de la:d flûte:g",
)


def plays(ch: Chooser) -> Fragment:
    """We play football every Sunday. / He can't play the piano."""
    english, _, french = ch.pick(GAMES).partition("|")
    words = french.split()[1:]
    game = weave(english.removeprefix("play:v "), " ".join(w if ":" in w else f"{w}:g" for w in words))
    tense = ch.any(("present", "past", "future", "can", "want", "used_to"))
    negative = ch.chance(0.25) and tense != "used_to"
    clause = statement(subject(ch), Verbal(Verb("play", "jouer"), tense, "pas" if negative else ""), game)
    if ch.chance(0.3):
        clause = weave("{c} with:p {o}", "{c} avec:p {o}", c=clause, o=companion(ch).text)
    return ended(sequence(clause, time_of(ch, tense, negative)) if ch.chance(0.6) else clause, ".")


def languages(ch: Chooser) -> Fragment:
    """She speaks Spanish well. / I am learning Japanese."""
    english, french = ch.pick(lx.LANGUAGES).split()
    who = subject(ch)
    tense = ch.any(("present", "can", "want", "progressive", "future"))
    negative = "pas" if ch.chance(0.3) else ""
    if tense in ("present", "can"):
        talk = weave(f"{english}:l", f"{french}:l")
        return ended(statement(who, Verbal(Verb("speak", "parler"), tense, negative), talk), ".")
    taught = weave(f"{english}:l", f"=le:l {french}:l")
    clause = statement(who, Verbal(Verb("learn", "apprendre"), tense, negative), taught)
    return ended(sequence(clause, time(ch, "now" if tense == "progressive" else "future")), ".")


def studies(ch: Chooser) -> Fragment:
    """My cousin is studying biology in London."""
    english, french, gender = ch.pick(lx.SUBJECTS).split()
    article = {"f": "la", "fp": "=les", "m": "=le"}[gender]
    tense = ch.any(("present", "progressive", "want", "future", "used_to"))
    clause = statement(
        subject(ch),
        Verbal(Verb("study", "étudier"), tense, "pas" if ch.chance(0.2) and tense != "used_to" else ""),
        weave(f"{english}:n", f"{article}:n {french}:n"),
    )
    if ch.chance(0.5):
        where = abroad(ch)
        clause = sequence(clause, where)
    return ended(clause, ".")


def nobody(ch: Chooser) -> Fragment:
    """Nobody bought the car. / Everybody is sleeping."""
    tense = ch.any(("present", "past", "future"))
    everybody = ch.chance(0.5)
    verb, rest = deed(ch, Agreement(), tense, not everybody)
    if everybody:
        text = weave("everybody:n", "tout:n le:n monde:n")
        return ended(statement(NounPhrase(text, Agreement()), Verbal(verb, tense), rest), ".")
    body = predicate(Verbal(verb, tense), Agreement(), rest)
    return ended(weave("nobody:n {b}", "personne:n ne:n {b}", b=body), ".")


def family_of(ch: Chooser) -> Fragment:
    """Paul's sister works at the hospital."""
    noun = ch.pick(lx.NOUNS["family"])
    owner = acquaintance(ch, 0.7, False)
    who = possessed_by(owner, noun)
    tense = ch.any(("present", "progressive"))
    verb = verb_from(ch, lx.LASTING, tense, who.agreement)
    return ended(statement(who, Verbal(verb, tense), local_for(ch, verb)), ".")


def animals_act(ch: Chooser) -> Fragment:
    """The black cat is sleeping on the sofa."""
    animal = ch.pick(lx.NOUNS["animal"])
    adjective = attribute(ch, animal)
    many = ch.chance(0.3)
    who = demonstrative(animal, many, adjective) if ch.chance(0.3) else definite(animal, many, adjective)
    if animal in lx.NOUNS["pet"] and ch.chance(0.5):
        who = possessive(any_owner(ch), animal, many, adjective)
    verb = ch.pick(lx.among(lx.ACTIONS, "sleep eat run play rest"))
    tense = ch.any(("progressive", "was_doing", "past", "future"))
    return ended(statement(who, Verbal(verb, tense), spot(ch, OUTDOORS)), ".")


RULES = (
    habit,
    frequency,
    never,
    happened,
    did_not_happen,
    happened_somewhere,
    future,
    near_future,
    in_progress,
    resting_progress,
    plain,
    was_doing,
    used_to,
    modal,
    wish,
    manner,
    routine,
    goes,
    going,
    travels_by,
    lives,
    comes_from,
    since,
    plays,
    languages,
    studies,
    nobody,
    family_of,
    animals_act,
)
