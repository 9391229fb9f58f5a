"""Rules that ask: yes or no, where, when, who, what, why, which, how many, how old, what time."""

from __future__ import annotations

from . import english as en
from . import french as fr
from . import lexicon as lx
from .chooser import Chooser
from .clauses import Verbal, deed, destination, local_for, predicate, question, statement, time, time_of, verb_from
from .fragment import EMPTY, Fragment, ended, parse, sequence, tag, weave
from .french import Agreement
from .lexicon import Verb
from .noun_phrases import (
    NounPhrase,
    any_owner,
    attribute,
    definite,
    definite_thing,
    demonstrative,
    possessive,
    pronoun,
    relative,
    subject,
)


def asker(ch: Chooser) -> NounPhrase:
    """The subject of a question: often a pronoun."""
    if ch.chance(0.5):
        return pronoun(ch.any(("you", "you", "he", "she", "we", "they")))
    return subject(ch, 0.0)


def yes_or_no(ch: Chooser) -> Fragment:
    """Does your sister sell cars? / Did they find the key?"""
    who, tense = asker(ch), ch.any(("present", "past", "future", "going_to", "can", "want"))
    verb, rest = deed(ch, who.agreement, tense)
    body = question(who, Verbal(verb, tense), rest)
    return ended(sequence(body, time_of(ch, tense)) if ch.chance(0.4) else body, "?")


def doing_now(ch: Chooser) -> Fragment:
    """Are the children sleeping in the bedroom?"""
    who, tense = asker(ch), ch.any(("progressive", "was_doing"))
    verb = verb_from(ch, lx.LASTING, tense, who.agreement)
    return ended(question(who, Verbal(verb, tense), local_for(ch, verb)), "?")


def _asked(opening: str, french: str, who: NounPhrase, verbal: Verbal, rest: Fragment = EMPTY) -> Fragment:
    body = question(who, verbal, rest)
    return ended(weave(f"{tag(opening, 'w')} {{b}}", f"{french}:w {{b}}", b=body), "?")


def where(ch: Chooser) -> Fragment:
    """Where does Paul work? / Where did she buy this dress?"""
    who = asker(ch)
    if ch.chance(0.5):
        verb = ch.pick((lx.LIVE, *lx.LASTING, lx.GO))
        tense = ch.any(("present", "past", "future", "want", "going_to"))
        if verb in (lx.GO,) and tense == "going_to":
            tense = "want"
        if verb == lx.LIVE and tense == "past":
            tense = "present"
        return _asked("where", "où", who, Verbal(verb, tense))
    verb = ch.pick(lx.among(lx.TRANSITIVE, "buy find lose hide hear see wash borrow read"))
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    thing = definite_thing(ch, noun, who.agreement)
    return _asked("where", "où", who, Verbal(verb, ch.any(("past", "past", "future"))), thing.text)


def where_is(ch: Chooser) -> Fragment:
    """Where is my umbrella? / Where are the children?"""
    noun = ch.pick(lx.NOUNS[ch.any(("object", "clothes", "reading", "pairs", "place", "person", "pet"))])
    many = noun.kind == "pairs" or (ch.chance(0.3) and noun.kind != "place")
    what = (
        definite(noun, many)
        if noun.kind in ("place", "person") or ch.chance(0.3)
        else possessive(any_owner(ch), noun, many, attribute(ch, noun))
    )
    past = ch.chance(0.3)
    verb = en.be(what.agreement, was=past)
    french = fr.conjugate("être", "imperfect" if past else "present", what.agreement)
    return ended(weave(f"where:w {verb}:v {{o}}", f"où:w {french}:v {{o}}", o=what.text), "?")


COMING_NAMES = ("arrive", "leave", "work", "rest", "study", "come back", "get up", "go to bed", "wake up", "go out")
COMINGS = (*(v for v in lx.ACTIONS if v.english in COMING_NAMES), lx.GO)


def when(ch: Chooser) -> Fragment:
    """When will they come back? / When did you see the doctor?"""
    who, tense = asker(ch), ch.any(("present", "past", "future", "going_to"))
    if ch.chance(0.5):
        verb = ch.pick(COMINGS)
        rest = destination(ch) if verb == lx.GO else EMPTY
        return _asked("when", "quand", who, Verbal(verb, tense), rest)
    verb, rest = deed(ch, who.agreement, tense)
    return _asked("when", "quand", who, Verbal(verb, tense), rest)


def what_time(ch: Chooser) -> Fragment:
    """What time does the train leave?"""
    moving = lx.named("train bus plane boat")
    travels = ch.chance(0.4)
    who = definite(ch.pick(moving)) if travels else asker(ch)
    names = (
        ("arrive", "leave") if travels else ("arrive", "leave", "get up", "go to bed", "wake up", "come back", "eat")
    )
    verb = ch.pick(tuple(v for v in lx.ACTIONS if v.english in names))
    body = question(who, Verbal(verb, ch.any(("present", "past", "future", "going_to"))))
    return ended(weave("what:w time:w {b}", "à:w quelle:w heure:w {b}", b=body), "?")


def why(ch: Chooser) -> Fragment:
    """Why is she crying? / Why didn't you close the door?"""
    who = asker(ch)
    if ch.chance(0.3):
        verb = ch.pick(lx.LASTING)
        return _asked("why", "pourquoi", who, Verbal(verb, "progressive"))
    negative = ch.chance(0.4)
    tense = ch.any(("past", "present", "want"))
    verb, rest = deed(ch, who.agreement, tense, negative)
    return _asked("why", "pourquoi", who, Verbal(verb, tense, "pas" if negative else ""), rest)


def who_did(ch: Chooser) -> Fragment:
    """Who broke the window?"""
    tense = ch.any(("past", "past", "present", "future", "want", "can"))
    verb, rest = deed(ch, Agreement(), tense)
    body = predicate(Verbal(verb, tense), Agreement(), rest)
    return ended(weave("who:w {b}", "qui:w {b}", b=body), "?")


def whom(ch: Chooser) -> Fragment:
    """Who are you waiting for? / Who did Paul invite yesterday?"""
    who, tense = asker(ch), ch.any(("past", "present", "future", "want"))
    verb = verb_from(ch, lx.PERSONAL, tense, who.agreement)
    tense = "present" if verb.english == "know" else tense
    body = question(who, Verbal(verb, tense))
    body = sequence(body, time(ch, "past")) if tense == "past" and ch.chance(0.4) else body
    return ended(weave("who:w {b}", "qui:w {b}", b=body), "?")


ASKABLE = lx.among(
    (*lx.TRANSITIVE, lx.EAT, lx.DRINK),
    "buy sell read write wash eat drink use wear watch draw prepare hide choose find lose see hear "
    "repair cut forget steal study bring explain",
)


def what(ch: Chooser) -> Fragment:
    """What is Paul reading? / What did you buy at the market?"""
    verb = ch.pick(ASKABLE)
    tense = ch.any(("progressive", "past", "future", "want", "going_to", "must"))
    seldom = ("see", "hear", "steal", "find", "choose") if tense == "progressive" else ()
    if verb.english in (*seldom, "forget", "lose"):
        tense = "past"
    who = asker(ch)
    aux, main = en.verb_group(verb.english, who.agreement, tense, False, "q")
    french = fr.verb_group(verb.french, False, who.agreement, fr.Clause(tense))
    rest = time_of(ch, tense) if ch.chance(0.5) else EMPTY
    return ended(
        weave(f"what:w {aux} {{s}} {main} {{r}}", f"que:w est-ce:q que:q {{s}} {french} {{r}}", s=who.text, r=rest), "?"
    )


def which(ch: Chooser) -> Fragment:
    """Which dress do you prefer? / Which books did she read?"""
    verb = ch.pick(
        (
            *lx.among(lx.TRANSITIVE, "buy sell read choose wash wear take forget visit"),
            Verb("prefer", "préférer", False, ("clothes", "fruit", "reading", "vehicle", "show")),
        )
    )
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    many = noun.kind in ("fruit", "pairs") or (ch.chance(0.3) and noun.english != "series")
    who = asker(ch)
    tense = "present" if verb.english == "prefer" else ch.any(("past", "want", "future", "going_to"))
    tense = "past" if verb.english == "forget" else tense
    agreement = Agreement(3, many, noun.feminine)
    word = "quel" + ("le" if noun.feminine else "") + ("s" if many else "")
    item = weave(
        f"which:w {tag(noun.english_plural if many else noun.english, 'n')}",
        f"{word}:w {tag(noun.french_plural if many else noun.french, 'n')}",
    )
    body = question(who, Verbal(verb, tense, object_agreement=agreement))
    return ended(weave("{i} {b}", "{i} {b}", i=item, b=body), "?")


def how_many(ch: Chooser) -> Fragment:
    """How many books does she have?"""
    verb = ch.pick(
        (lx.HAVE, lx.HAVE, *(v for v in lx.TRANSITIVE if v.english in ["buy", "sell", "read", "see", "find", "write"]))
    )
    kinds = ("object", "reading", "pet", "clothes", "fruit", "owned") if verb == lx.HAVE else verb.objects
    noun = ch.pick(lx.NOUNS[ch.pick(kinds)])
    while noun.kind in ("place", "furniture"):
        noun = ch.pick(lx.NOUNS["object"])
    who = asker(ch)
    tense = "present" if verb == lx.HAVE else ch.any(("past", "want", "going_to", "past"))
    agreement = Agreement(3, True, noun.feminine)
    item = weave(f"how:w many:w {tag(noun.english_plural, 'n')}", f"combien:w de:w {tag(noun.french_plural, 'n')}")
    body = question(who, Verbal(verb, tense, object_agreement=agreement))
    return ended(weave("{i} {b}", "{i} {b}", i=item, b=body), "?")


def how_old(ch: Chooser) -> Fragment:
    """How old is your sister? / How is your mother?"""
    who = relative(ch)
    if ch.chance(0.3):
        who = subject(ch, 0.0)
    word = en.be(who.agreement)
    if ch.chance(0.5):
        form = fr.conjugate("avoir", "present", who.agreement)
        return ended(weave(f"how:w old:w {word}:v {{s}}", f"quel:w âge:w {form}:v {{s}}", s=who.text), "?")
    form = fr.conjugate("aller", "present", who.agreement)
    return ended(weave(f"how:w {word}:v {{s}}", f"comment:w {form}:v {{s}}", s=who.text), "?")


def how_much(ch: Chooser) -> Fragment:
    """How much does this dress cost?"""
    noun = ch.pick(lx.NOUNS[ch.any(("clothes", "object", "reading", "pairs", "furniture", "vehicle"))])
    many = noun.kind == "pairs" or ch.chance(0.3)
    item = demonstrative(noun, many, attribute(ch, noun, 0.4))
    verb = "do" if many else "does"
    form = "coûtent" if many else "coûte"
    return ended(weave(f"how:w much:w {verb}:v {{i}} cost:v", f"combien:w {form}:v {{i}}", i=item.text), "?")


def do_you_know(ch: Chooser) -> Fragment:
    """Do you know where the station is? / I don't know where my keys are."""
    noun = ch.pick(lx.NOUNS[ch.any(("place", "object", "clothes", "person", "pet"))])
    what = definite(noun) if noun.kind in ("place", "person") else possessive(any_owner(ch), noun, ch.chance(0.3))
    form = fr.conjugate("être", "present", what.agreement)
    inner = weave(f"where:w {{o}} {en.be(what.agreement)}:v", f"où:w {form}:v {{o}}", o=what.text)
    who = asker(ch)
    know = Verb("know", "savoir")
    if ch.chance(0.5):
        return ended(question(who, Verbal(know, "present"), inner), "?")
    return ended(statement(who, Verbal(know, "present", "pas" if ch.chance(0.7) else ""), inner), ".")


def politely(ch: Chooser) -> Fragment:
    """Do you speak French, sir? / Madam, would you like some tea?: vous."""
    title = ch.any(
        (
            "sir:t|monsieur:t",
            "madam:t|madame:t",
            "children:t|les:t enfants:t",
            "ladies:t|mesdames:t",
            "gentlemen:t|messieurs:t",
            "my:d friends:t|mes:d amis:t",
        )
    )
    who = NounPhrase(weave("you:n", "vous:n"), Agreement(2, True))
    tense = ch.any(("present", "past", "can", "want", "would_like", "going_to"))
    verb, rest = deed(ch, who.agreement, tense)
    body = question(who, Verbal(verb, tense), rest)
    return ended(weave("{b} ,:y {t}", "{b} ,:y {t}", b=body, t=parse(title)), "?")


RULES = (
    yes_or_no,
    doing_now,
    where,
    where_is,
    when,
    what_time,
    why,
    who_did,
    whom,
    what,
    which,
    how_many,
    how_old,
    how_much,
    do_you_know,
    politely,
)
