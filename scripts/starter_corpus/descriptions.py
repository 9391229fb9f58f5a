"""Rules that describe: adjectives, professions, ages, comparisons, there is, this is, weather, possession."""

from __future__ import annotations

from . import lexicon as lx
from .chooser import Chooser
from .clauses import (
    OUTDOORS,
    Verbal,
    abroad,
    asked_being,
    being,
    city,
    copula,
    local,
    quality,
    spot,
    statement,
    time,
    weather_time,
)
from .fragment import EMPTY, Fragment, ended, parse, sequence, tag, weave, words
from .french import Agreement
from .lexicon import Adjective, Noun, Verb
from .noun_phrases import (
    NounPhrase,
    acquaintance,
    any_name,
    any_owner,
    any_pronoun,
    attribute,
    counted,
    definite,
    demonstrative,
    indefinite,
    name,
    partitive,
    possessed_by,
    possessive,
    relative,
    somebody,
    subject,
)

DEGREES = ("very très", "too trop", "really vraiment", "")
DESCRIBED = (
    "clothes",
    "object",
    "reading",
    "vehicle",
    "animal",
    "place",
    "furniture",
    "opening",
    "pairs",
    "show",
    "question",
    "fruit",
)


def describable(ch: Chooser) -> tuple[Noun, NounPhrase]:
    """A thing to say something about."""
    noun = ch.pick(lx.NOUNS[ch.pick(DESCRIBED)])
    many = noun.kind == "pairs" or (ch.chance(0.25) and noun.kind != "place")
    draw = ch.any(("the", "this", "own", "name"))
    if draw == "the" or noun.kind == "show":
        return noun, definite(noun, many)
    if draw == "this" or noun.kind in ("fruit", "place", "question"):
        return noun, demonstrative(noun, many)
    if draw == "own":
        return noun, possessive(any_owner(ch), noun, many)
    return noun, possessed_by(acquaintance(ch, 0.5, False), noun, many)


PLAIN = words("""red blue green black white yellow grey pink purple brown open closed broken French English German
Spanish Italian Japanese American Canadian Belgian delicious""")


def degree(ch: Chooser, adjective: Adjective) -> str:
    """Very, too, really or nothing, where the adjective allows it."""
    return "" if adjective.english in PLAIN else ch.any(DEGREES)


def person_is(ch: Chooser) -> Fragment:
    """She is very happy today. / The nurses aren't tired."""
    who, adjective = subject(ch), ch.pick(lx.PREDICATES["person"])
    tense = ch.any(("present", "present", "past"))
    if adjective not in lx.STATES:
        return ended(being(who, quality(adjective, who.agreement, degree(ch, adjective)), tense, ch.chance(0.25)), ".")
    body = being(who, quality(adjective, who.agreement, degree(ch, adjective)), tense, ch.chance(0.25))
    when = time(ch, "past" if tense == "past" else "now")
    return ended(sequence(body, when) if ch.chance(0.6) else body, ".")


def thing_is(ch: Chooser) -> Fragment:
    """These shoes are too expensive."""
    noun, what = describable(ch)
    adjective = ch.pick(lx.predicates(noun))
    tense = ch.any(("present", "present", "past"))
    return ended(being(what, quality(adjective, what.agreement, degree(ch, adjective)), tense, ch.chance(0.25)), ".")


def asks_quality(ch: Chooser) -> Fragment:
    """Is your brother tired? / Are these books interesting?"""
    if ch.chance(0.5):
        who = subject(ch)
        adjective = ch.pick(lx.PREDICATES["person"])
    else:
        noun, who = describable(ch)
        adjective = ch.pick(lx.predicates(noun))
    return ended(asked_being(who, quality(adjective, who.agreement), ch.any(("present", "present", "past"))), "?")


def job(ch: Chooser) -> Fragment:
    """She is a doctor: no article in French. / My father wants to become a pilot."""
    who = subject(ch) if ch.chance(0.7) else relative(ch, False)
    while who.agreement.plural:
        who = any_pronoun(ch) if ch.chance(0.5) else any_name(ch)
    noun = ch.pick(lx.FEMALE_JOBS if who.agreement.feminine else lx.MALE_JOBS)
    work = weave(f"a:n {tag(noun.english, 'n')}", f"{noun.french}:n")
    if ch.chance(0.3):
        return ended(
            statement(who, Verbal(Verb("become", "devenir"), ch.any(("want", "going_to", "past", "future"))), work),
            ".",
        )
    body = being(who, work, ch.any(("present", "present", "past")), ch.chance(0.25))
    if ch.chance(0.4):
        where = abroad(ch)
        body = sequence(body, where)
    return ended(body, ".")


YOUNG = ["boy", "boys", "girl", "girls", "baby", "babies", "child", "children"]
OLD = ["grandmother", "grandfather", "grandmothers", "grandfathers", "old"]
PARENTS = ["mother", "father", "uncle", "uncles", "aunt", "aunts", "husband"]


def ages(who: NounPhrase) -> tuple[int, int]:
    """The least and the greatest age that somebody may have."""
    words = who.text.english
    if any(word in YOUNG for word in words):
        return 2, 15
    if any(word in OLD for word in words):
        return 60, 100
    adult = words[0] in ("the", "this", "these") or any(word in PARENTS for word in words)
    return (25 if adult else 2), 99


def age(ch: Chooser) -> Fragment:
    """My niece is twelve years old: avoir in French."""
    who = subject(ch)
    least, most = ages(who)
    number = ch.pick(tuple(value for value in lx.NUMBERS if least <= value <= most))
    years = weave(f"{tag(lx.english_number(number), 'd')} years:n old:n", f"{tag(lx.french_number(number), 'd')} ans:n")
    body = being(who, years, ch.any(("present", "present", "past")), ch.chance(0.1), "avoir")
    return ended(body, ".")


FEELINGS = (
    "hungry:a|faim:a",
    "thirsty:a|soif:a",
    "cold:a|froid:a",
    "hot:a|chaud:a",
    "sleepy:a|sommeil:a",
    "right:a|raison:a",
    "wrong:a|tort:a",
    "lucky:a|de:a la:a chance:a",
)


def feeling(ch: Chooser) -> Fragment:
    """He is hungry: avoir faim. / We aren't afraid of dogs."""
    who, tense = subject(ch), ch.any(("present", "past"))
    negative = ch.chance(0.3)
    if ch.chance(0.35):
        animal = ch.pick(lx.NOUNS["animal"])
        fear = weave(f"afraid:a of:p {animal.english_plural}:n", f"peur:a de:p =les:n {animal.french_plural}:n")
        return ended(being(who, fear, tense, negative, "avoir"), ".")
    what = ch.pick(FEELINGS)
    if "lucky" in what and negative:
        what = "lucky:a|de:a chance:a"
    body = being(who, parse(what), tense, negative, "avoir")
    when = time(ch, "now" if tense == "present" else "past")
    return ended(sequence(body, when) if ch.chance(0.4) and "right" not in what else body, ".")


def this_is(ch: Chooser) -> Fragment:
    """This is my brother. / It's a beautiful house. / These are my cousins."""
    kind = ch.any(("person", "thing", "own", "food"))
    if kind == "person":
        what = relative(ch)
    elif kind == "food":
        return ended(_this_is_food(ch), ".")
    else:
        noun = ch.pick(lx.NOUNS[ch.any(("object", "clothes", "reading", "vehicle", "animal", "place", "furniture"))])
        adjective = attribute(ch, noun, 0.7)
        many = ch.chance(0.2) and noun.kind != "place"
        what = (
            indefinite(noun, many, adjective) if kind == "thing" else possessive(any_owner(ch), noun, many, adjective)
        )
    return ended(_it_is(ch, what), ".")


def _it_is(ch: Chooser, what: NounPhrase) -> Fragment:
    negative = ch.chance(0.3)
    plural = what.agreement.plural
    english = f"{'these' if plural else 'this'}:c {copula(what.agreement, 'present', negative)}"
    verb = "sont" if plural else "est"
    french = f"ce:c ne:n {verb}:v pas:n" if negative else f"ce:c {verb}:v"
    return weave(f"{english} {{w}}", f"{french} {{w}}", w=what.text)


def _this_is_food(ch: Chooser) -> Fragment:
    noun, negative = ch.pick(lx.NOUNS["food"] + lx.NOUNS["drink"]), ch.chance(0.5)
    french = "ce:c ne:n est:v pas:n {w}" if negative else "ce:c est:v {w}"
    what = partitive(noun, False, False, "", attribute(ch, noun, 0.4))
    return weave(f"this:c {copula(what.agreement, 'present', negative)} {{w}}", french, w=what.text)


def compared(ch: Chooser) -> tuple[NounPhrase, NounPhrase, Adjective]:
    """Two things of a kind and a quality to compare them by."""
    kind = ch.any(("person", "person", "clothes", "object", "reading", "animal", "vehicle", "show", "fruit"))
    if kind == "person":
        first, second = subject(ch), acquaintance(ch, 0.5)
        while first.text == second.text:
            second = any_name(ch)
        return first, second, ch.pick(lx.COMPARED["person"])
    noun, other = ch.pick(lx.NOUNS[kind]), ch.pick(lx.NOUNS[kind])
    adjective = ch.pick(lx.compared(noun) or (lx.ADJECTIVES["beautiful"],))
    if ch.chance(0.25) and kind != "animal":
        adjective = lx.ADJECTIVES["good"]
    many = noun.kind == "pairs" or ch.chance(0.2)
    if kind == "animal":
        while noun == other:
            other = ch.pick(lx.NOUNS[kind])
        return definite(noun, many), definite(other, many), adjective
    if kind in ("show", "fruit"):
        return (
            demonstrative(noun, many),
            definite(other if other != noun else lx.noun("book" if kind == "show" else "cheese")),
            adjective,
        )
    first = demonstrative(noun, many) if ch.chance(0.5) else possessive(any_owner(ch), noun, many)
    return first, possessive(any_owner(ch), other if other != noun else noun, many), adjective


def comparative(adjective: Adjective, agreement: Agreement) -> tuple[str, str]:
    """*bigger*, *more expensive* / plus grand, plus cher, meilleur, pire."""
    form = adjective.french(agreement.feminine, agreement.plural)
    french = f"plus:a {form}:a"
    if adjective.english == "good":
        ending = ("e" if agreement.feminine else "") + ("s" if agreement.plural else "")
        french = f"meilleur{ending}:a"
    if adjective.english == "bad":
        french = "pires:a" if agreement.plural else "pire:a"
    if adjective.comparative:
        return f"{adjective.comparative}:a", french
    return f"more:m {adjective.english}:a", french.replace("plus:a", "plus:m")


def is_more(ch: Chooser) -> Fragment:
    """My car is faster than your truck."""
    first, second, adjective = compared(ch)
    english, french = comparative(adjective, first.agreement)
    complement = weave(f"{english} than:q {{o}}", f"{french} que:q {{o}}", o=second.text)
    return ended(being(first, complement, ch.any(("present", "present", "past")), ch.chance(0.15)), ".")


def is_as(ch: Chooser) -> Fragment:
    """Marie is as tall as her brother. / This dress is less expensive than my coat."""
    first, second, adjective = compared(ch)
    form = adjective.french(first.agreement.feminine, first.agreement.plural)
    less = ch.chance(0.6) and not adjective.comparative
    left, middle, right = ("less", "than", "moins") if less else ("as", "as", "aussi")
    complement = weave(
        f"{left}:m {adjective.english}:a {middle}:q {{o}}", f"{right}:m {form}:a que:q {{o}}", o=second.text
    )
    return ended(being(first, complement, ch.any(("present", "past")), ch.chance(0.15) and not less), ".")


GROUPS = (
    ("person", "in:p the:d village:g", "de:p =le:d village:g"),
    ("person", "in:p the:d city:g", "de:p la:d ville:g"),
    ("person", "in:p the:d school:g", "de:p la:d école:g"),
    ("clothes", "in:p the:d shop:g", "de:p =le:d magasin:g"),
    ("object", "in:p the:d shop:g", "de:p =le:d magasin:g"),
    ("vehicle", "in:p the:d world:g", "de:p =le:d monde:g"),
    ("animal", "in:p the:d zoo:g", "de:p =le:d zoo:g"),
    ("reading", "in:p the:d library:g", "de:p la:d bibliothèque:g"),
    ("animal", "in:p the:d world:g", "de:p =le:d monde:g"),
    ("place", "in:p the:d country:g", "de:p =le:d pays:g"),
)


def superlative(noun: Noun, adjective: Adjective, plural: bool = False) -> NounPhrase:
    """*the biggest house* / la plus grande maison; *the most expensive dress* / la robe la plus chère."""
    _, right = comparative(adjective, Agreement(3, plural, noun.feminine))
    word = adjective.comparative
    best = {"better": "best", "worse": "worst"}.get(word, word.removesuffix("r") + "st" if word else "")
    english = f"the:d {best}:a" if word else f"the:d most:m {adjective.english}:a"
    english += f" {tag(noun.english_plural if plural else noun.english, 'n')}"
    word_fr = tag(noun.french_plural if plural else noun.french, "n")
    article = "=les" if plural else "la" if noun.feminine else "=le"
    if adjective.before_noun:
        text = weave(english, f"{article}:d {right} {word_fr}")
    else:
        text = weave(english, f"{article}:d {word_fr} {article}:{'a' if word else 'm'} {right}")
    return NounPhrase(text, Agreement(3, plural, noun.feminine))


def is_the_most(ch: Chooser) -> Fragment:
    """She is the most famous singer in the city. / This is the biggest castle in the country."""
    kind, left, right = ch.pick(GROUPS)
    noun = ch.pick(lx.NOUNS[kind])
    what = superlative(noun, ch.pick(lx.compared(noun) or (lx.ADJECTIVES["beautiful"],)))
    best = weave(f"{{w}} {left}", f"{{w}} {right}", w=what.text)
    if kind == "person":
        who = name(ch.pick(lx.FEMALE_NAMES if noun.feminine else lx.MALE_NAMES))
        return ended(being(who, best, ch.any(("present", "past"))), ".")
    return ended(weave("this:c is:v {b}", "ce:c est:v {b}", b=best), ".")


def does_better(ch: Chooser) -> Fragment:
    """She sings better than Paul. / You run faster than my brother."""
    options = (
        ("sing chanter", "better:a", "mieux:a"),
        ("dance danser", "better:a", "mieux:a"),
        ("swim nager", "better:a", "mieux:a"),
        ("cook cuisiner", "better:a", "mieux:a"),
        ("run courir", "faster:a", "plus:a vite:a"),
        ("work travailler", "more:a", "plus:a"),
        ("walk marcher", "faster:a", "plus:a vite:a"),
        ("drive conduire", "better:a", "mieux:a"),
        ("sleep dormir", "less:a", "moins:a"),
        ("travel voyager", "more:a", "plus:a"),
        ("eat manger", "less:a", "moins:a"),
        ("talk parler", "more:a", "plus:a"),
    )
    entry, left, right = ch.pick(options)
    other = acquaintance(ch, 0.4)
    than = weave(f"{left} than:q {{o}}", f"{right} que:q {{o}}", o=other.text)
    base, infinitive = entry.split()
    verb = Verb(base, infinitive)
    return ended(statement(subject(ch), Verbal(verb, ch.any(("present", "present", "future"))), than), ".")


SITES = (
    "on:p the:d table:n|sur:p la:d table:n",
    "under:p the:d table:n|sous:p la:d table:n",
    "in:p the:d drawer:n|dans:p =le:d tiroir:n",
    "in:p my:d bag:n|dans:p mon:d sac:n",
    "on:p the:d chair:n|sur:p la:d chaise:n",
    "under:p the:d bed:n|sous:p =le:d lit:n",
    "in:p the:d box:n|dans:p la:d boîte:n",
    "behind:p the:d door:n|derrière:p la:d porte:n",
    "in:p the:d car:n|dans:p la:d voiture:n",
    "on:p the:d desk:n|sur:p =le:d bureau:n",
    "next:p to:p the:d lamp:n|à:p côté:p de:p la:d lampe:n",
    "in:p the:d wardrobe:n|dans:p la:d armoire:n",
    "in:p front:p of:p the:d house:n|devant:p la:d maison:n",
    "on:p the:d shelf:n|sur:p la:d étagère:n",
    "behind:p the:d sofa:n|derrière:p =le:d canapé:n",
    "in:p your:d suitcase:n|dans:p ta:d valise:n",
    "near:p the:d window:n|près:p de:p la:d fenêtre:n",
    "in:p the:d fridge:n|dans:p =le:d réfrigérateur:n",
)


def site(ch: Chooser, noun: Noun) -> Fragment:
    """Where a thing may be."""
    if noun.kind == "vehicle":
        return parse(ch.pick(PARKING))
    if noun.kind == "animal":
        return spot(ch, OUTDOORS)
    if noun.kind in ("person", "place", "furniture"):
        return local(ch)
    if noun.kind in ("fruit", "food", "drink"):
        return parse(ch.pick((SITES[0], SITES[-1], SITES[6], "in:p the:d kitchen:n|dans:p la:d cuisine:n")))
    return parse(ch.pick(SITES[:-1]))


PARKING = (
    "in:p the:d street:n|dans:p la:d rue:n",
    "in:p front:p of:p the:d house:n|devant:p la:d maison:n",
    "near:p the:d bridge:n|près:p de:p =le:d pont:n",
    "in:p front:p of:p the:d station:n|devant:p la:d gare:n",
    "behind:p the:d factory:n|derrière:p la:d usine:n",
    "near:p the:d harbour:n|près:p de:p =le:d port:n",
)


EXISTING = ("object", "object", "printed", "clothes", "animal", "person", "vehicle", "fruit", "food", "drink")


def there_is(ch: Chooser) -> Fragment:
    """There is a cat under the table. / There isn't any milk in the fridge."""
    noun = ch.pick(lx.NOUNS[ch.pick(EXISTING)])
    negative, past = ch.chance(0.3), ch.chance(0.25)
    mass = noun.kind in lx.MASS_KINDS
    what = existing(ch, noun, negative)
    verb = "avait" if past else "a"
    english = copula(what.agreement, "past" if past else "present", negative)
    french = f"il:v ne:n y:v {verb}:v pas:n" if negative else f"il:v y:v {verb}:v"
    place = site(ch, noun) if not mass or ch.chance(0.8) else EMPTY
    return ended(weave(f"there:v {english} {{w}} {{p}}", f"{french} {{w}} {{p}}", w=what.text, p=place), ".")


def existing(ch: Chooser, noun: Noun, negative: bool) -> NounPhrase:
    """What there is: *a book*, *three dogs*, *any milk*."""
    if noun.kind in lx.MASS_KINDS:
        return partitive(noun, False, negative, "any" if negative else "some")
    if noun.kind == "fruit" or ch.chance(0.2):
        return partitive(noun, True, negative, "any" if negative else "some")
    if not negative and ch.chance(0.35):
        return counted(ch.pick(tuple(range(2, 13))), noun)
    return indefinite(noun, False, attribute(ch, noun, 0.4), negative)


def is_there(ch: Chooser) -> Fragment:
    """Is there any bread? / Is there a bank near the station?"""
    noun = ch.pick(lx.NOUNS[ch.pick((*EXISTING, "place"))])
    if noun.kind == "place":
        noun = ch.pick(lx.BUILDINGS)
    mass = noun.kind in lx.MASS_KINDS
    plural = noun.kind == "fruit"
    what = (
        partitive(noun, plural, False, "any") if mass or plural else indefinite(noun, False, attribute(ch, noun, 0.3))
    )
    if noun.kind == "place":
        place = parse(
            ch.any(
                (
                    "near:p the:d station:n|près:p de:p la:d gare:n",
                    "in:p this:d village:n|dans:p =ce:d village:n",
                    "in:p this:d street:n|dans:p cette:d rue:n",
                    "near:p here:n|près:p de:p ici:n",
                    "in:p this:d city:n|dans:p cette:d ville:n",
                )
            )
        )
    else:
        place = site(ch, noun)
    verb = "are" if plural else "is"
    return ended(
        weave(f"{verb}:q+v there:v {{w}} {{p}}", "est-ce:q que:q il:v y:v a:v {w} {p}", w=what.text, p=place), "?"
    )


STORES = (
    "in shop dans",
    "at museum à",
    "in cellar dans",
    "at *school à",
    "at library à",
    "in classroom dans",
    "at office à",
    "at market à",
    "at university à",
)


def _gathering(ch: Chooser, noun: Noun) -> Fragment:
    """Where there may be many of something."""
    if noun.kind == "person":
        return local(ch)
    return site(ch, noun) if noun.kind in ("animal", "vehicle") else spot(ch, STORES)


def crowd(ch: Chooser) -> Fragment:
    """There are seventy-five students in the school."""
    number = ch.pick(lx.NUMBERS)
    noun = ch.pick(lx.NOUNS[ch.any(("person", "animal", "object", "printed", "vehicle"))])
    while noun.english in ("king", "queen", "prince", "princess", "thief"):
        noun = ch.pick(lx.NOUNS["person"])
    past = ch.chance(0.3)
    place = _gathering(ch, noun)
    return ended(
        weave(
            f"there:v {'were' if past else 'are'}:v {{w}} {{p}}",
            f"il:v y:v {'avait' if past else 'a'}:v {{w}} {{p}}",
            w=counted(number, noun).text,
            p=place,
        ),
        ".",
    )


def price(ch: Chooser) -> Fragment:
    """This dress costs eighty euros."""
    number = ch.pick(lx.NUMBERS)
    noun = ch.pick(lx.NOUNS[ch.any(("clothes", "object", "printed", "pairs"))])
    many = noun.kind == "pairs"
    what = demonstrative(noun, many, attribute(ch, noun))
    money = weave(f"{tag(lx.english_number(number), 'd')} euros:n", f"{tag(lx.french_number(number), 'd')} euros:n")
    return ended(
        statement(
            what,
            Verbal(Verb("cost", "coûter"), ch.any(("present", "present", "future")), "pas" if ch.chance(0.15) else ""),
            money,
        ),
        ".",
    )


WEATHER = (
    ("it:v is:v cold:a", "il:v fait:v froid:a", "now"),
    ("it:v is:v hot:a", "il:v fait:v chaud:a", "now"),
    ("the:v weather:v is:v nice:a", "il:v fait:v beau:a", "now"),
    ("the:v weather:v is:v bad:a", "il:v fait:v mauvais:a", "now"),
    ("it:v is:v raining:v", "il:v pleut:v", "now"),
    ("it:v is:v snowing:v", "il:v neige:v", "now"),
    ("it:v is:v windy:a", "il:v y:v a:v de:a =le:a vent:a", "now"),
    ("it:v is:v sunny:a", "il:v y:v a:v de:a =le:a soleil:a", "now"),
    ("it:v rained:v", "il:v a:v plu:v", "past"),
    ("it:v snowed:v", "il:v a:v neigé:v", "past"),
    ("it:v was:v cold:a", "il:v faisait:v froid:a", "past"),
    ("it:v was:v hot:a", "il:v faisait:v chaud:a", "past"),
    ("the:v weather:v was:v nice:a", "il:v faisait:v beau:a", "past"),
    ("it:v will:v rain:v", "il:v pleuvra:v", "future"),
    ("it:v will:v snow:v", "il:v neigera:v", "future"),
    ("it:v will:v be:v cold:a", "il:v fera:v froid:a", "future"),
    ("it:v will:v be:v hot:a", "il:v fera:v chaud:a", "future"),
    ("it:v often:a rains:v", "il:v pleut:v souvent:a", "habit"),
    ("it:v often:a snows:v", "il:v neige:v souvent:a", "habit"),
)
SEASONS = tuple(
    entry for entry in lx.TIMES["habit"] if entry.startswith("in:1") and entry.count(":") == 4 and "the" not in entry
)


def weather(ch: Chooser) -> Fragment:
    """It is raining in London this morning. / It often snows in Canada in winter."""
    english, french, kind = ch.pick(WEATHER)
    place = abroad(ch)
    when = weather_time(ch, english, SEASONS if kind == "habit" else lx.TIMES[kind])
    body = weave(english, french)
    return ended(sequence(body, place, when) if ch.chance(0.8) else sequence(body, when), ".")


def clock(ch: Chooser) -> Fragment:
    """It is half past eight. / It is ten o'clock."""
    number = ch.pick(tuple(range(1, 12)))
    hour, heure = lx.english_number(number), lx.french_number(number, True)
    plural = "heure" if number == 1 else "heures"
    options = (
        (f"{hour}:d o'clock:n", ""),
        (f"half:m past:m {hour}:d", "et:m demie:m"),
        (f"a:m quarter:m past:m {hour}:d", "et:m quart:m"),
        (f"a:m quarter:m to:m {hour}:d", "moins:m le:m quart:m"),
        (f"ten:m past:m {hour}:d", "dix:m"),
        (f"twenty:m to:m {hour}:d", "moins:m vingt:m"),
    )
    left, right = ch.pick(options)
    label = "n" if "o'clock" in left else "d"
    body = weave(f"it:v is:v {left}", f"il:v est:v {heure}:d {plural}:{label} {right}")
    if ch.chance(0.8):
        body = sequence(body, city(ch, "in"))
    return ended(body, ".")


def has(ch: Chooser) -> Fragment:
    """They have two cats. / I don't have a car."""
    noun = ch.pick(lx.NOUNS[ch.any(("pet", "object", "reading", "owned", "clothes", "furniture"))])
    who, negative = subject(ch), ch.chance(0.35)
    tense = ch.any(("present", "present", "state_past", "used_to", "future"))
    negative = negative and tense != "used_to"
    adjective = attribute(ch, noun, 0.4)
    what = (
        counted(ch.pick((2, 3, 4, 5, 6, 7)), noun, adjective)
        if not negative and ch.chance(0.35)
        else indefinite(noun, False, adjective, negative)
    )
    return ended(statement(who, Verbal(lx.HAVE, tense, "pas" if negative else ""), what.text), ".")


RELATIVES = lx.named("brother sister son daughter uncle aunt cousin nephew niece friend")


def has_family(ch: Chooser) -> Fragment:
    """She has three sisters. / We don't have any cousins."""
    noun, who = ch.pick(RELATIVES), subject(ch)
    if ch.chance(0.3):
        what = partitive(noun, True, True, "any")
        return ended(statement(who, Verbal(lx.HAVE, "present", "pas"), what.text), ".")
    number = ch.pick((1, 2, 3, 4, 5))
    what = indefinite(noun) if number == 1 else counted(number, noun)
    return ended(statement(who, Verbal(lx.HAVE, ch.any(("present", "state_past"))), what.text), ".")


def hair_and_eyes(ch: Chooser) -> Fragment:
    """She has blue eyes and long hair."""
    who = subject(ch)
    eyes = ch.any(("blue bleus", "green verts", "brown marron", "grey gris", "black noirs"))
    hair = ch.any(
        ("long longs", "short courts", "brown bruns", "blond blonds", "grey gris", "black noirs", "white blancs")
    )
    one, two = eyes.split(), hair.split()
    text = weave(
        f"{one[0]}:a eyes:n and:k {two[0]}:b hair:m", f"=les:n yeux:n {one[1]}:a et:k =les:m cheveux:m {two[1]}:b"
    )
    single = (
        weave(f"{one[0]}:a eyes:n", f"=les:n yeux:n {one[1]}:a")
        if ch.chance(0.5)
        else weave(f"{two[0]}:b hair:m", f"=les:m cheveux:m {two[1]}:b")
    )
    return ended(
        statement(who, Verbal(lx.HAVE, ch.any(("present", "state_past"))), text if ch.chance(0.7) else single), "."
    )


def where_it_is(ch: Chooser) -> Fragment:
    """Your keys are on the table. / The letter wasn't in the drawer."""
    noun = ch.pick(lx.NOUNS[ch.any(("object", "printed", "clothes", "pairs"))])
    many = noun.kind == "pairs" or ch.chance(0.3)
    what = possessive(any_owner(ch), noun, many) if ch.chance(0.6) else definite(noun, many, attribute(ch, noun))
    return ended(being(what, parse(ch.pick(SITES)), ch.any(("present", "present", "past")), ch.chance(0.25)), ".")


def where_they_are(ch: Chooser) -> Fragment:
    """My parents are at the cinema with Paul. / She is at her aunt's house: chez."""
    who, tense = subject(ch), ch.any(("present", "past", "future"))
    if ch.chance(0.5):
        host = acquaintance(ch, 0.4, False)
        if who.text == host.text:
            host = relative(ch, False)
        words = host.text.english
        inner = Fragment((*words[:-1], words[-1] + "'s"), host.text.french, host.text.links)
        place = weave("at:p {h} house:p", "chez:p {h}", h=inner)
    else:
        place = local(ch)
    body = being(who, place, tense, ch.chance(0.2))
    kind = {"present": "now", "past": "past", "future": "future"}[tense]
    return ended(sequence(body, time(ch, kind)) if ch.chance(0.6) else body, ".")


def belongs(ch: Chooser) -> Fragment:
    """This car belongs to my uncle."""
    noun = ch.pick(lx.NOUNS[ch.any(("object", "owned", "clothes", "reading", "pet", "pairs"))])
    many = noun.kind == "pairs" or ch.chance(0.25)
    what = demonstrative(noun, many, attribute(ch, noun))
    owner = any_name(ch) if ch.chance(0.3) else somebody(ch)
    tense = ch.any(("present", "present", "state_past"))
    body = statement(what, Verbal(Verb("belong", "appartenir"), tense, "pas" if ch.chance(0.25) else ""))
    return ended(weave("{b} to:p {o}", "{b} à:p {o}", b=body, o=owner.text), ".")


RULES = (
    person_is,
    thing_is,
    asks_quality,
    job,
    age,
    feeling,
    this_is,
    is_more,
    is_as,
    is_the_most,
    does_better,
    there_is,
    is_there,
    crowd,
    price,
    weather,
    clock,
    has,
    has_family,
    hair_and_eyes,
    where_it_is,
    where_they_are,
    belongs,
)
