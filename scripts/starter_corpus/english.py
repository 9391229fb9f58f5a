"""English morphology: verb forms, verb groups with do-support, plurals, a/an and contractions."""

from __future__ import annotations

from collections.abc import Sequence

from .fragment import tag, words
from .french import Agreement

DOUBLED = ("run", "swim", "get", "cut", "begin", "forget", "travel")
PAST = dict(
    entry.split("/")
    for entry in words("""
have/had go/went eat/ate drink/drank buy/bought sell/sold see/saw find/found lose/lost wear/wore
read/read write/wrote give/gave lend/lent bring/brought send/sent break/broke hear/heard meet/met
forget/forgot take/took draw/drew sing/sang understand/understood choose/chose begin/began cut/cut
hide/hid keep/kept drive/drove feed/fed build/built sleep/slept run/ran swim/swam leave/left
come/came fall/fell get/got wake/woke think/thought throw/threw steal/stole become/became pay/paid know/knew""")
)


def third_person(base: str) -> str:
    """The -s form of a verb."""
    if base == "have":
        return "has"
    if base.endswith(("s", "sh", "ch", "x", "o")):
        return base + "es"
    return base[:-1] + "ies" if base.endswith("y") and base[-2] not in "aeou" else base + "s"


def past(base: str) -> str:
    """The simple past of a verb."""
    if base in PAST:
        return PAST[base]
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeou":
        return base[:-1] + "ied"
    return base + (base[-1] if base in DOUBLED else "") + "ed"


def ing(base: str) -> str:
    """The -ing form of a verb."""
    if base in DOUBLED:
        return base + base[-1] + "ing"
    if base.endswith("e") and not base.endswith(("ee", "oe")) and base != "be":
        return base[:-1] + "ing"
    return base + "ing"


def plural(noun: str) -> str:
    """The regular plural of a noun."""
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeou" else noun + "s"


def be(agreement: Agreement, was: bool = False) -> str:
    """The form of *be*: am, are, is, was or were."""
    if was:
        return "were" if agreement.plural or agreement.person == 2 else "was"
    if agreement.plural or agreement.person == 2:
        return "are"
    return "am" if agreement.person == 1 else "is"


# --- verb groups ---------------------------------------------------------------------------------------

# tense: words between the auxiliary and the verb
FIXED_AUXILIARIES = {
    "future": "will",
    "would": "would",
    "can": "can",
    "could": "could",
    "must": "must",
    "would_like": "would",
}
NEGATIVE = {"can": "can't", "will": "won't", "must": "mustn't"}
SHORT_NOT = "n't"
BE_TENSES = ("progressive", "was_doing", "going_to")


def _third(agreement: Agreement) -> bool:
    return agreement.person == 3 and not agreement.plural


def auxiliary(tense: str, agreement: Agreement) -> str:
    """The auxiliary a tense has in negations and questions."""
    if tense in FIXED_AUXILIARIES:
        return FIXED_AUXILIARIES[tense]
    if tense in BE_TENSES:
        return be(agreement, was=tense == "was_doing")
    if tense == "since":
        return "has" if _third(agreement) else "have"
    if tense in ("past", "state_past", "wanted"):
        return "did"
    return "does" if _third(agreement) else "do"


def negated(word: str, label: str) -> str:
    """A negated auxiliary as a template; *am* takes *not* as a word of its own."""
    if word == "am":
        return f"am:{label} not:n"
    return f"{NEGATIVE.get(word, word + SHORT_NOT)}:{label}+n"


def main_verb(base: str, tense: str) -> str:
    """The words after the auxiliary as a template (x: modal, v: verb)."""
    if tense in ("progressive", "was_doing"):
        return f"{ing(base)}:v"
    if tense == "since":
        return f"been:v {ing(base)}:v"
    prefix = {
        "going_to": "going:x to:x ",
        "want": "want:x to:x ",
        "wanted": "want:x to:x ",
        "would_like": "like:x to:x ",
    }
    return f"{prefix.get(tense, '')}{base}:v"


def _without_auxiliary(base: str, tense: str, agreement: Agreement) -> str:
    """The affirmative verb of the tenses that need no auxiliary then."""
    if tense == "present":
        return f"{third_person(base) if _third(agreement) else base}:v"
    if tense == "want":
        return f"{'wants' if _third(agreement) else 'want'}:x to:x {base}:v"
    if tense == "wanted":
        return f"wanted:x to:x {base}:v"
    if tense == "used_to":
        return f"used:v to:v {base}:v"
    return f"{past(base)}:v"


MODAL_TENSES = ("can", "could", "must", "would_like", "want", "wanted", "going_to")


def verb_group(
    verb: str, agreement: Agreement, tense: str, negative: bool = False, question: str = "", adverb: str = ""
) -> tuple[str, str]:
    """Auxiliary and remaining words as templates; a question adds its label to the auxiliary."""
    base, _, particle = verb.partition(" ")
    tail = f" {tag(particle, 'v')}" if particle else ""
    needs_do = tense in ("present", "past", "state_past", "want", "wanted", "used_to")
    if needs_do and not negative and not question:
        return "", f"{adverb} {_without_auxiliary(base, tense, agreement)}{tail}"
    label = ("x" if tense in MODAL_TENSES else "v") + (f"+{question}" if question else "")
    word = auxiliary(tense, agreement)
    form = negated(word, label) if negative else f"{word}:{label}"
    return form, f"{adverb} {main_verb(base, tense)}{tail}"


# --- neighbours ------------------------------------------------------------------------------------------

CONTRACTED = {"am": "'m", "is": "'s", "are": "'re", "will": "'ll"}
PRONOUNS = ("I", "you", "he", "she", "we", "they", "it")
CONSONANT_SOUNDS = ("uni", "use", "euro")


def begins_with_vowel(word: str) -> bool:
    """Whether a word takes *an*."""
    return (word[0].lower() in "aeiou" and not word.startswith(CONSONANT_SOUNDS)) or word.startswith("hour")


def settle(words: Sequence[str], contract: bool) -> list[tuple[str, tuple[int, ...]]]:
    """The final English words, each with the positions it came from: a/an, and I'm, he's, we'll ..."""
    result: list[tuple[str, tuple[int, ...]]] = []
    position = 0
    while position < len(words):
        word, following = words[position], [*words, "", ""][position + 1 : position + 3]
        clear = following[1] not in ("", ".", ",", "?", "!", "and", "but")
        if contract and word in PRONOUNS and following[0] in CONTRACTED and clear:
            result.append((word + CONTRACTED[following[0]], (position, position + 1)))
            position += 2
            continue
        if word == "a" and following[0] and begins_with_vowel(following[0]):
            word = "an"
        result.append((word, (position,)))
        position += 1
    return result
