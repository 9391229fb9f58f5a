"""French morphology: conjugation, agreement, verb groups with clitics and negation, elision, contraction.

Words that grammar rules leave to be settled by their neighbours are written with a leading ``=``:
``=le``/``=les`` are articles (they contract with ``de`` and ``à``; the pronouns do not), ``=ce`` is the
demonstrative (``cet`` before a vowel) and ``=beau``/``=nouveau``/``=vieux`` stand before their noun.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from .fragment import tag, words


@dataclass(frozen=True)
class Agreement:
    """Person, number and gender, as verbs, adjectives and pronouns need them."""

    person: int = 3
    plural: bool = False
    feminine: bool = False

    @property
    def index(self) -> int:
        """Position in a conjugation table of six forms: je, tu, il, nous, vous, ils."""
        return self.person - 1 + (3 if self.plural else 0)


# --- conjugation -------------------------------------------------------------------------------------

# infinitive: the six present forms, the stem of the future and conditional, the past participle
IRREGULAR = {
    "être": ("suis es est sommes êtes sont", "ser", "été"),
    "avoir": ("ai as a avons avez ont", "aur", "eu"),
    "aller": ("vais vas va allons allez vont", "ir", "allé"),
    "venir": ("viens viens vient venons venez viennent", "viendr", "venu"),
    "revenir": ("reviens reviens revient revenons revenez reviennent", "reviendr", "revenu"),
    "devenir": ("deviens deviens devient devenons devenez deviennent", "deviendr", "devenu"),
    "pouvoir": ("peux peux peut pouvons pouvez peuvent", "pourr", "pu"),
    "vouloir": ("veux veux veut voulons voulez veulent", "voudr", "voulu"),
    "devoir": ("dois dois doit devons devez doivent", "devr", "dû"),
    "savoir": ("sais sais sait savons savez savent", "saur", "su"),
    "voir": ("vois vois voit voyons voyez voient", "verr", "vu"),
    "prendre": ("prends prends prend prenons prenez prennent", "prendr", "pris"),
    "apprendre": ("apprends apprends apprend apprenons apprenez apprennent", "apprendr", "appris"),
    "comprendre": ("comprends comprends comprend comprenons comprenez comprennent", "comprendr", "compris"),
    "dire": ("dis dis dit disons dites disent", "dir", "dit"),
    "lire": ("lis lis lit lisons lisez lisent", "lir", "lu"),
    "écrire": ("écris écris écrit écrivons écrivez écrivent", "écrir", "écrit"),
    "boire": ("bois bois boit buvons buvez boivent", "boir", "bu"),
    "partir": ("pars pars part partons partez partent", "partir", "parti"),
    "sortir": ("sors sors sort sortons sortez sortent", "sortir", "sorti"),
    "dormir": ("dors dors dort dormons dormez dorment", "dormir", "dormi"),
    "connaître": ("connais connais connaît connaissons connaissez connaissent", "connaîtr", "connu"),
    "recevoir": ("reçois reçois reçoit recevons recevez reçoivent", "recevr", "reçu"),
    "ouvrir": ("ouvre ouvres ouvre ouvrons ouvrez ouvrent", "ouvrir", "ouvert"),
    "courir": ("cours cours court courons courez courent", "courr", "couru"),
    "suivre": ("suis suis suit suivons suivez suivent", "suivr", "suivi"),
    "conduire": ("conduis conduis conduit conduisons conduisez conduisent", "conduir", "conduit"),
    "construire": ("construis construis construit construisons construisez construisent", "construir", "construit"),
    "rire": ("ris ris rit rions riez rient", "rir", "ri"),
    "appartenir": ("appartiens appartiens appartient appartenons appartenez appartiennent", "appartiendr", "appartenu"),
    "sourire": ("souris souris sourit sourions souriez sourient", "sourir", "souri"),
}

# verbs in -er whose stem changes before a silent ending
STRONG_STEMS = {
    "acheter": "achèt",
    "lever": "lèv",
    "préférer": "préfèr",
    "espérer": "espèr",
    "appeler": "appell",
    "nettoyer": "nettoi",
    "payer": "pai",
    "envoyer": "envoi",
}
FUTURE_STEMS = {"préférer": "préférer", "espérer": "espérer", "envoyer": "enverr"}
ÊTRE_VERBS = words("aller venir revenir devenir partir sortir arriver rester tomber entrer")

PRESENT_ER = ["e", "es", "e", "ons", "ez", "ent"]
PRESENT_IR = ["is", "is", "it", "issons", "issez", "issent"]
PRESENT_RE = ["s", "s", "-", "ons", "ez", "ent"]
IMPERFECT = ["ais", "ais", "ait", "ions", "iez", "aient"]
FUTURE = ["ai", "as", "a", "ons", "ez", "ont"]


def _soften(stem: str, ending: str) -> str:
    """Join a stem and an ending, keeping the sound of g and c before a and o."""
    if ending[0] in "ao" and stem.endswith("g"):
        return stem + "e" + ending
    if ending[0] in "ao" and stem.endswith("c"):
        return stem[:-1] + "ç" + ending
    return stem + ending


def present(infinitive: str, index: int) -> str:
    """A present form."""
    if infinitive in IRREGULAR:
        return IRREGULAR[infinitive][0].split()[index]
    stem = infinitive[:-2]
    if infinitive.endswith("er"):
        if index not in (3, 4):
            stem = STRONG_STEMS.get(infinitive, stem)
        return _soften(stem, PRESENT_ER[index])
    if infinitive.endswith("ir"):
        return stem + PRESENT_IR[index]
    return stem + PRESENT_RE[index].strip("-")


def future_stem(infinitive: str) -> str:
    """The stem of the future and the conditional."""
    if infinitive in IRREGULAR:
        return IRREGULAR[infinitive][1]
    if infinitive in FUTURE_STEMS:
        return FUTURE_STEMS[infinitive]
    if infinitive in STRONG_STEMS:
        return STRONG_STEMS[infinitive] + "er"
    return infinitive.removesuffix("e")


def imperfect(infinitive: str, index: int) -> str:
    """An imparfait form: the stem of the nous form of the present, save for être."""
    stem = "ét" if infinitive == "être" else present(infinitive, 3).removesuffix("ons")
    if infinitive.endswith("er") and infinitive not in IRREGULAR:
        stem = infinitive[:-2]
    return _soften(stem, IMPERFECT[index])


def participle(infinitive: str, agreement: Agreement | None = None) -> str:
    """The past participle, agreeing where an agreement is given."""
    if infinitive in IRREGULAR:
        form = IRREGULAR[infinitive][2]
    else:
        form = infinitive[:-2] + {"er": "é", "ir": "i", "re": "u"}[infinitive[-2:]]
    if agreement is None:
        return form
    if agreement.feminine or agreement.plural:
        form = form.replace("û", "u")
    if agreement.feminine:
        form += "e"
    return form + ("s" if agreement.plural and not form.endswith("s") else "")


def conjugate(infinitive: str, tense: str, agreement: Agreement) -> str:
    """A simple form: tense is present, imperfect, future or conditional."""
    index = agreement.index
    if tense == "present":
        return present(infinitive, index)
    if tense == "imperfect":
        return imperfect(infinitive, index)
    return future_stem(infinitive) + (FUTURE if tense == "future" else IMPERFECT)[index]


def imperative(infinitive: str, person: str) -> str:
    """An imperative: person is tu, nous or vous."""
    form = present(infinitive, {"tu": 1, "nous": 3, "vous": 4}[person])
    return form[:-1] if person == "tu" and form.endswith("es") else form


# --- verb groups ---------------------------------------------------------------------------------------

REFLEXIVE = ("me", "te", "se", "nous", "vous", "se")
# tenses made of a finite verb and an infinitive: the verb and its tense
CHAINS = {
    "going_to": ("aller", "present"),
    "can": ("pouvoir", "present"),
    "could": ("pouvoir", "imperfect"),
    "must": ("devoir", "present"),
    "want": ("vouloir", "present"),
    "would_like": ("vouloir", "conditional"),
    "wanted": ("vouloir", "imperfect"),
}
SIMPLE_TENSES = {
    "present": "present",
    "progressive": "present",
    "since": "present",
    "was_doing": "imperfect",
    "used_to": "imperfect",
    "state_past": "imperfect",
    "future": "future",
    "would": "conditional",
}


@dataclass(frozen=True)
class Clause:
    """What a French verb group needs to know besides its verb: tense, negation, pronouns, adverb."""

    tense: str
    negation: str = ""
    clitics: tuple[str, ...] = ()
    adverb: str = ""
    object_agreement: Agreement | None = None


def verb_group(infinitive: str, reflexive: bool, subject: Agreement, clause: Clause) -> str:
    """The French verb group as a template: v marks the verb, x a modal, n the negation, a the adverb."""
    clitics = tag(REFLEXIVE[subject.index], "v") if reflexive else ""
    clitics = " ".join([clitics, *clause.clitics])
    middle = tag(clause.adverb, "a") + " " + tag(clause.negation, "n")
    opening = "ne:n" if clause.negation else ""
    if clause.tense in CHAINS:
        modal, tense = CHAINS[clause.tense]
        finite = conjugate(modal, tense, subject)
        return f"{opening} {finite}:x {middle} {clitics} {infinitive}:v"
    if clause.tense == "past":
        être = reflexive or infinitive in ÊTRE_VERBS
        auxiliary = present("être" if être else "avoir", subject.index)
        form = participle(infinitive, subject if être else clause.object_agreement)
        return f"{opening} {clitics} {auxiliary}:v {middle} {form}:v"
    finite = conjugate(infinitive, SIMPLE_TENSES[clause.tense], subject)
    return f"{opening} {clitics} {finite}:v {middle}"


# --- nouns and adjectives ------------------------------------------------------------------------------


def plural(word: str) -> str:
    """The regular plural of a noun or a masculine adjective."""
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu")) and word != "bleu":
        return word + "x"
    if word.endswith("al"):
        return word[:-1] + "ux"
    return word + "s"


def feminine(word: str) -> str:
    """The regular feminine of an adjective."""
    return word if word.endswith("e") else word + "e"


# --- elision and contraction -----------------------------------------------------------------------------

H_ASPIRÉ = words("héros haricot haricots hibou hiboux hamster hamsters huit onze")
ELIDING = ["le", "la", "=le", "je", "me", "te", "se", "ne", "de", "que", "ce"]
CONTRACTIONS = {("de", "=le"): "du", ("de", "=les"): "des", ("à", "=le"): "au", ("à", "=les"): "aux"}
BEFORE_VOWEL = {
    "=ce": "cet",
    "=beau": "bel",
    "=nouveau": "nouvel",
    "=vieux": "vieil",
    "ma": "mon",
    "ta": "ton",
    "sa": "son",
}


def begins_with_vowel(word: str) -> bool:
    """Whether a word makes the one before it elide."""
    lowered = word.lower()
    if lowered in H_ASPIRÉ:
        return False
    first = unicodedata.normalize("NFD", lowered)[0]
    return first in "aeiouhœ" or lowered == "y"


def _joined(word: str, following: str) -> str:
    vowel = begins_with_vowel(following.removeprefix("=")) if following else False
    if vowel and word in ELIDING and not (word == "ce" and following[0] == "a"):
        return word.removeprefix("=")[:-1] + "'"
    if vowel and word in BEFORE_VOWEL:
        return BEFORE_VOWEL[word]
    if word == "si" and following in ("il", "ils"):
        return "s'"
    return word.removeprefix("=")


def settle(words: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """The final French words, each with the positions it came from: contractions first, then elisions."""
    result: list[tuple[str, tuple[int, ...]]] = []
    position = 0
    while position < len(words):
        following = [*words, "", ""][position + 1 : position + 3]
        merged = CONTRACTIONS.get((words[position], following[0]))
        if merged and not (following[0] == "=le" and begins_with_vowel(following[1].removeprefix("="))):
            result.append((merged, (position, position + 1)))
            position += 2
            continue
        result.append((_joined(words[position], following[0]), (position,)))
        position += 1
    return result
