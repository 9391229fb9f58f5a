"""Rules that join clauses: relative clauses, because, when, if, that, and, but, so, before long adjuncts."""

from __future__ import annotations

from . import lexicon as lx
from .chooser import Chooser
from .clauses import (
    Verbal,
    abroad,
    being,
    deed,
    destination,
    event,
    local_for,
    predicate,
    quality,
    sale,
    statement,
    time,
    time_of,
    verb_from,
    weather_time,
)
from .fragment import EMPTY, Fragment, ended, sequence, tag, weave
from .french import Agreement
from .lexicon import Verb
from .noun_phrases import (
    NounPhrase,
    any_name,
    attribute,
    definite,
    demonstrative,
    indefinite,
    reference,
    somebody,
    subject,
)


def _is_somehow(ch: Chooser, who: NounPhrase, tense: str = "present") -> Fragment:
    """Somebody is tired, busy, hungry ..."""
    if ch.chance(0.7):
        return being(who, quality(ch.pick(lx.STATES), who.agreement), tense)
    word = ch.any(("hungry faim", "thirsty soif", "cold froid", "hot chaud", "sleepy sommeil"))
    english, french = word.split()
    return being(who, weave(f"{english}:a", f"{french}:a"), tense, verb="avoir")


def join(left: Fragment, english: str, french: str, right: Fragment) -> Fragment:
    """Two clauses and the conjunction between them."""
    return weave(f"{{a}} {tag(english, 'k')} {{b}}", f"{{a}} {tag(french, 'k')} {{b}}", a=left, b=right)


def because(ch: Chooser) -> Fragment:
    """She isn't working today because she is sick."""
    who = subject(ch)
    again = reference(who)
    if ch.chance(0.5):
        tense = ch.any(("present", "past", "can", "going_to"))
        verb, rest = deed(ch, who.agreement, tense, True)
        first = statement(who, Verbal(verb, tense, "pas"), rest)
        return ended(
            join(first, "because", "parce que", _is_somehow(ch, again, "past" if tense == "past" else "present")), "."
        )
    tense = ch.any(("present", "past"))
    verb, rest = deed(ch, who.agreement, "want")
    second = statement(again, Verbal(verb, "want" if tense == "present" else "wanted"), rest)
    verb, rest = (lx.GO, destination(ch))
    first = statement(who, Verbal(verb, "progressive" if tense == "present" else "past"), rest)
    return ended(join(first, "because", "parce que", second), ".")


def because_other(ch: Chooser) -> Fragment:
    """The children are happy because their father bought a dog yesterday."""
    who = subject(ch)
    tense = ch.any(("present", "past"))
    other = another(ch, who)
    feeling = quality(ch.pick(lx.EMOTIONS), who.agreement)
    moved = being(who, feeling, tense, ch.chance(0.2))
    second = event(
        ch, other, "past" if ch.chance(0.6) else "going_to" if tense == "present" else "past", ch.chance(0.2)
    )
    return ended(join(moved, "because", "parce que", second), ".")


def another(ch: Chooser, who: NounPhrase) -> NounPhrase:
    """Somebody else, of the third person."""
    while True:
        other = any_name(ch) if ch.chance(0.4) else somebody(ch)
        if other.text != who.text:
            return other


def was_when(ch: Chooser) -> Fragment:
    """I was sleeping in the bedroom when Paul arrived: imparfait and passé composé."""
    who = subject(ch)
    verb = verb_from(ch, lx.LASTING, "was_doing", who.agreement)
    first = statement(who, Verbal(verb, "was_doing"), local_for(ch, verb))
    other = another(ch, who)
    if ch.chance(0.5):
        verb = ch.pick(lx.among(lx.ACTIONS, "arrive leave fall shout come_in come_back wake_up"))
        second = statement(other, Verbal(verb, "past"))
    else:
        verb = ch.pick(lx.among(lx.TRANSITIVE, "open close break find lose see hear hide steal"))
        noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
        second = statement(other, Verbal(verb, "past"), definite(noun, False, attribute(ch, noun)).text)
    return ended(join(first, "when", "quand", second), ".")


def when_future(ch: Chooser) -> Fragment:
    """When Paul arrives, we will eat: the future on both sides in French."""
    who, other = subject(ch), subject(ch)
    while who.agreement == other.agreement or who.text == other.text:
        other = subject(ch)
    verb = ch.pick(lx.among(lx.ACTIONS, "arrive come_back leave get_up wake_up rest come_in go_out"))
    english = statement(other, Verbal(verb, "present"))
    french = statement(other, Verbal(verb, "future"))
    links = tuple(
        (i, j)
        for i in range(len(english.english))
        for j in range(len(french.french))
        if (i, j) in english.links or ((i, j) in french.links and i < len(other.text.english))
    )
    first = Fragment(english.english, french.french, links)
    second = event(ch, who, "future", ch.chance(0.2))
    if ch.chance(0.6):
        return ended(weave("when:k {a} ,:y {b}", "quand:k {a} ,:y {b}", a=first, b=second), ".")
    return ended(join(second, "when", "quand", first), ".")


def if_present(ch: Chooser) -> Fragment:
    """If it rains tomorrow, the children will stay at school. / If you find my key, I will give it ..."""
    if ch.chance(0.3):
        word, french = ch.any(("rains pleut", "snows neige", "freezes gèle")).split()
        first = weave(f"it:s {word}:v", f"il:s {french}:v")
        first = sequence(first, weather_time(ch, f"{word}:v", lx.TIMES["future"]))
    else:
        first = event(ch, subject(ch), "present", ch.chance(0.2))
    second = event(ch, subject(ch), "future", ch.chance(0.3))
    if ch.chance(0.6):
        return ended(weave("if:k {a} ,:y {b}", "si:k {a} ,:y {b}", a=first, b=second), ".")
    return ended(join(second, "if", "si", first), ".")


MEANS = lx.named("car boat motorbike truck bus bicycle map computer phone horse")


def if_unreal(ch: Chooser) -> Fragment:
    """If I had a car, I would visit the castle: imparfait and conditionnel."""
    who = subject(ch)
    noun = ch.pick(MEANS)
    if ch.chance(0.3):
        money = weave("money:n", "de:n =le:n argent:n") if ch.chance(0.5) else weave("time:n", "de:n =le:n temps:n")
        first = statement(who, Verbal(lx.HAVE, "state_past"), money)
    else:
        first = statement(who, Verbal(lx.HAVE, "state_past"), indefinite(noun, False, attribute(ch, noun)).text)
    second = event(ch, reference(who), "would", ch.chance(0.2))
    if ch.chance(0.7):
        return ended(weave("if:k {a} ,:y {b}", "si:k {a} ,:y {b}", a=first, b=second), ".")
    main = event(ch, who, "would", ch.chance(0.2))
    condition = statement(
        reference(who), Verbal(lx.HAVE, "state_past"), indefinite(noun, False, attribute(ch, noun)).text
    )
    return ended(join(main, "if", "si", condition), ".")


def thinks_that(ch: Chooser) -> Fragment:
    """I think that Marie is tired. / He says that his brother broke the window."""
    who, other = subject(ch), subject(ch)
    verb = ch.pick((Verb("think", "penser"), Verb("know", "savoir"), Verb("say", "dire"), Verb("hope", "espérer")))
    if verb.english == "hope":
        inner = event(ch, other, "future", ch.chance(0.25))
    else:
        inner = (
            _is_somehow(ch, other)
            if ch.chance(0.3)
            else event(ch, other, ch.any(("past", "future", "can", "going_to")), ch.chance(0.3))
        )
    return ended(join(statement(who, Verbal(verb, "present")), "that", "que", inner), ".")


CONJUNCTIONS = ("and et", "but mais", "and et")
TENSES = (("past", "past"), ("present", "habit"), ("future", "future"), ("going_to", "future"))


def both_clauses(ch: Chooser) -> Fragment:
    """Paul washed the car yesterday and his sister cleaned the kitchen."""
    tense, kind = ch.pick(TENSES)
    who = subject(ch)
    other = another(ch, who)
    first = sequence(event(ch, who, tense, ch.chance(0.15)), time(ch, kind))
    second = event(ch, other, tense, ch.chance(0.15))
    english, french = ch.pick(CONJUNCTIONS).split()
    return ended(join(first, english, french, second), ".")


def then_did(ch: Chooser) -> Fragment:
    """She bought a hat at the market and then she went to the station."""
    who, tense = subject(ch), ch.any(("past", "past", "future", "going_to"))
    kind = "past" if tense == "past" else "future"
    first = event(ch, who, tense)
    when = time(ch, kind)
    first = weave("{t} ,:y {c}", "{t} ,:y {c}", t=when, c=first) if ch.chance(0.5) else first
    second = (
        statement(reference(who), Verbal(lx.GO, tense), destination(ch))
        if ch.chance(0.5)
        else event(ch, reference(who), tense)
    )
    return ended(weave("{a} and:k then:t {b}", "{a} et:k ensuite:t {b}", a=first, b=second), ".")


def so_that(ch: Chooser) -> Fragment:
    """He was tired , so he went to bed early."""
    who = subject(ch)
    tense = ch.any(("present", "past"))
    first = _is_somehow(ch, who, tense)
    second = event(ch, reference(who), "going_to" if tense == "present" else "past", ch.chance(0.35))
    return ended(weave("{a} ,:y so:k {b}", "{a} ,:y donc:k {b}", a=first, b=second), ".")


def in_order_to(ch: Chooser) -> Fragment:
    """My mother went to the market to buy some bread: pour and the infinitive."""
    who, tense = subject(ch), ch.any(("past", "progressive", "future", "want"))
    first = statement(who, Verbal(lx.GO, tense), destination(ch))
    verb, rest = deed(ch, who.agreement, "want")
    if not rest.english:
        verb, rest = Verb("work", "travailler"), EMPTY
    goal = weave(f"to:k {tag(verb.english, 'v')} {{r}}", f"pour:k {verb.french}:v {{r}}", r=rest)
    body = sequence(first, goal)
    if ch.chance(0.4):
        return ended(weave("{t} ,:y {c}", "{t} ,:y {c}", t=time_of(ch, tense), c=body), ".")
    return ended(body, ".")


# --- relative clauses --------------------------------------------------------------------------------------


def _one(ch: Chooser) -> NounPhrase:
    noun = ch.pick(lx.NOUNS["person"])
    many = ch.chance(0.25) and noun.english not in ("king", "queen")
    return definite(noun, many, attribute(ch, noun, 0.25))


def one_who(ch: Chooser) -> Fragment:
    """The woman who lives in Rome is very rich. / The boys who broke the window are my cousins."""
    who = _one(ch)
    inner = _who_clause(ch, who)
    subject_ = NounPhrase(weave("{n} who:w {c}", "{n} qui:w {c}", n=who.text, c=inner), who.agreement)
    if ch.chance(0.35):
        adjective = ch.pick(lx.PREDICATES["person"])
        return ended(being(subject_, quality(adjective, who.agreement)), ".")
    return ended(event(ch, subject_, ch.any(("past", "future", "can", "present")), ch.chance(0.2)), ".")


def _who_clause(ch: Chooser, who: NounPhrase, doing: str = "progressive") -> Fragment:
    draw = ch.any(("lives", "does", "works", "did"))
    if draw == "lives":
        where = abroad(ch)
        return predicate(Verbal(lx.LIVE, "present"), who.agreement, where)
    if draw == "works":
        verb = verb_from(ch, lx.LASTING, doing, who.agreement)
        return predicate(Verbal(verb, doing), who.agreement, local_for(ch, verb))
    verb, rest = deed(ch, who.agreement, "past" if draw == "did" else "present")
    return predicate(Verbal(verb, "past" if draw == "did" else "present"), who.agreement, rest)


def knows_one_who(ch: Chooser) -> Fragment:
    """I know a man who speaks Italian. / She met the nurse who works at the hospital."""
    who = subject(ch)
    noun = ch.pick(lx.NOUNS["person"])
    other = (
        indefinite(noun, False, attribute(ch, noun)) if ch.chance(0.5) else definite(noun, False, attribute(ch, noun))
    )
    verb, tense = ch.pick(
        (
            ("know connaître", "present"),
            ("meet rencontrer", "past"),
            ("see voir", "past"),
            ("help aider", "past"),
            ("invite inviter", "future"),
            ("look_for chercher", "progressive"),
        )
    )
    english, french = verb.replace("_", " ").rsplit(" ", 1)
    first = statement(who, Verbal(Verb(english, french), tense), other.text)
    return ended(
        weave(
            "{a} who:w {c}",
            "{a} qui:w {c}",
            a=first,
            c=_who_clause(ch, other, "was_doing" if tense == "past" else "progressive"),
        ),
        ".",
    )


def thing_that(ch: Chooser) -> Fragment:
    """The apples that she bought yesterday are good (qu'elle a achetées)."""
    verb = ch.pick(
        lx.among(
            lx.TRANSITIVE,
            "buy sell find lose read wash break repair write forget take choose hide use borrow steal see",
        )
    )
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    while noun.kind not in lx.PREDICATES or noun.kind == "place":
        noun = ch.pick(lx.NOUNS["reading"] if verb.english in ("read", "write") else lx.NOUNS["object"])
    many = noun.kind in ("fruit", "pairs") or ch.chance(0.3)
    what = definite(noun, many)
    tense = ch.any(("past", "past", "want", "future")) if verb in lx.INTENDED else "past"
    who = subject(ch)
    inner = statement(who, Verbal(verb, tense, object_agreement=what.agreement))
    if tense == "past" and ch.chance(0.6):
        inner = sequence(inner, time(ch, "past"))
    full = NounPhrase(weave("{n} that:w {c}", "{n} que:w {c}", n=what.text, c=inner), what.agreement)
    adjective = ch.pick(lx.predicates(noun))
    return ended(being(full, quality(adjective, what.agreement), "present", ch.chance(0.2)), ".")


def person_that(ch: Chooser) -> Fragment:
    """The girl that I met last summer is sleeping / lives in Spain (que j'ai rencontrée)."""
    what = _one(ch)
    who, tense = subject(ch), ch.any(("past", "past", "future", "must"))
    verb = verb_from(ch, lx.PERSONAL, tense, who.agreement)
    tense = "present" if verb.english == "know" else tense
    inner = statement(who, Verbal(verb, tense, object_agreement=what.agreement))
    if tense == "past" and ch.chance(0.5):
        inner = sequence(inner, time(ch, "past"))
    full = NounPhrase(weave("{n} that:w {c}", "{n} que:w {c}", n=what.text, c=inner), what.agreement)
    if ch.chance(0.4):
        where = abroad(ch)
        return ended(statement(full, Verbal(lx.LIVE, "present"), where), ".")
    if ch.chance(0.5):
        return ended(being(full, quality(ch.pick(lx.PREDICATES["person"]), what.agreement)), ".")
    return ended(event(ch, full, ch.any(("future", "past", "going_to"))), ".")


def reads_thing_that(ch: Chooser) -> Fragment:
    """Paul is reading the book that his sister bought in London last year."""
    who = subject(ch)
    verb, kind = ch.pick(
        (
            ("read lire", "reading"),
            ("look_for chercher", "object"),
            ("wear porter", "clothes"),
            ("use utiliser", "used"),
            ("wash laver", "vehicle"),
            ("repair réparer", "vehicle"),
            ("sell vendre", "furniture"),
            ("wear porter", "pairs"),
            ("eat manger", "fruit"),
        )
    )
    noun = ch.pick(lx.NOUNS[kind])
    many = kind in ("pairs", "fruit") or ch.chance(0.2)
    what = definite(noun, many, attribute(ch, noun))
    english, french = verb.replace("_", " ").rsplit(" ", 1)
    first = statement(
        who, Verbal(Verb(english, french), ch.any(("progressive", "want", "going_to", "past"))), what.text
    )
    other = another(ch, who)
    inner = statement(
        other,
        Verbal(
            ch.pick((lx.BUY, Verb("choose", "choisir"), Verb("find", "trouver"))),
            "past",
            object_agreement=what.agreement,
        ),
    )
    inner = sequence(inner, sale(ch)) if ch.chance(0.6) else inner
    inner = sequence(inner, time(ch, "past")) if ch.chance(0.6) else inner
    return ended(weave("{a} that:w {c}", "{a} que:w {c}", a=first, c=inner), ".")


def before_after(ch: Chooser) -> Fragment:
    """Before going to bed, she reads a story (avant de)."""
    who = subject(ch)
    going, french = ch.pick(
        (
            ("leaving:v", "partir:v"),
            ("eating:v", "manger:v"),
            ("sleeping:v", "dormir:v"),
            ("working:v", "travailler:v"),
            ("going:v out:v", "sortir:v"),
            ("coming:v back:v", "revenir:v"),
        )
    )
    tense, kind = ch.pick(TENSES)
    main = event(ch, who, tense)
    before = weave(f"before:k {going}", f"avant:k de:k {french}")
    if ch.chance(0.5):
        return ended(weave("{a} ,:y {b}", "{a} ,:y {b}", a=before, b=main), ".")
    return ended(sequence(main, before, time(ch, kind)) if ch.chance(0.4) else sequence(main, before), ".")


def while_other(ch: Chooser) -> Fragment:
    """My father is cooking in the kitchen while my mother is reading a newspaper (pendant que)."""
    who = subject(ch)
    other = another(ch, who)
    tense = ch.any(("progressive", "was_doing"))
    pastime = verb_from(ch, lx.LASTING, tense, who.agreement)
    first = statement(who, Verbal(pastime, tense), local_for(ch, pastime))
    verb = ch.pick(lx.among(lx.TRANSITIVE, "read write wash clean repair watch draw prepare listen_to look_for"))
    noun = ch.pick(lx.NOUNS[ch.pick(verb.objects)])
    what = demonstrative(noun) if ch.chance(0.3) else definite(noun)
    return ended(join(first, "while", "pendant que", statement(other, Verbal(verb, tense), what.text)), ".")


def friend_called(ch: Chooser) -> Fragment:
    """My friend Alice bought a hat (mon amie Alice)."""
    person = ch.pick(lx.MALE_NAMES + lx.FEMALE_NAMES)
    feminine = person in lx.FEMALE
    owner = ch.pick(
        (("my", "mon", "mon"), ("your", "ton", "ton"), ("our", "notre", "notre"), ("their", "leur", "leur"))
    )
    text = weave(f"{owner[0]}:d friend:n {person}:m", f"{owner[1]}:d {'amie' if feminine else 'ami'}:n {person}:m")
    who = NounPhrase(text, Agreement(feminine=feminine))
    tense, kind = ch.pick((("past", "past"), ("future", "future"), ("present", "habit")))
    if ch.chance(0.5):
        return ended(sequence(event(ch, who, tense, ch.chance(0.15)), time(ch, kind)), ".")
    return ended(sequence(statement(who, Verbal(lx.GO, tense), destination(ch)), time(ch, kind)), ".")


RULES = (
    because,
    because_other,
    was_when,
    when_future,
    if_present,
    if_unreal,
    thinks_that,
    both_clauses,
    then_did,
    so_that,
    in_order_to,
    one_who,
    knows_one_who,
    thing_that,
    person_that,
    reads_thing_that,
    before_after,
    while_other,
    friend_called,
)
