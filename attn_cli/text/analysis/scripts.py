"""The characters of a sentence: whether enough of them are letters, and whether these are of its language's script."""

import re
import string
from collections.abc import Callable
from functools import cache

from attn_cli.text.languages import base_code

LETTERS_SHARE = 0.2  # of the characters of a sentence, without white space
FEWEST_LETTERS = 5  # of another script than that of the language
FEWEST_LATIN, FEWEST_WORDS = 15, 4  # Latin letters and words of a sentence without a letter of its own script

_ASCII_LETTERS = string.ascii_letters.encode()

# Letters and signs of the scripts (ISO 15924), as parts of a regular expression.
_HANI = r"\u3005-\u3007\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = r"\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
_SCRIPTS = {
    "Latn": r"A-Za-z\u00aa\u00ba\u00c0-\u02ff\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff\ufb00-\ufb06"
    r"\uff21-\uff3a\uff41-\uff5a",
    "Cyrl": r"\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f",
    "Grek": r"\u0370-\u03ff\u1f00-\u1fff",
    "Arab": r"\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Hebr": r"\u0590-\u05ff\ufb1d-\ufb4f",
    "Armn": r"\u0530-\u058f\ufb13-\ufb17",
    "Geor": r"\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f",
    "Ethi": r"\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
    "Deva": r"\u0900-\u097f\ua8e0-\ua8ff",
    "Beng": r"\u0980-\u09ff",
    "Guru": r"\u0a00-\u0a7f",
    "Gujr": r"\u0a80-\u0aff",
    "Orya": r"\u0b00-\u0b7f",
    "Taml": r"\u0b80-\u0bff",
    "Telu": r"\u0c00-\u0c7f",
    "Knda": r"\u0c80-\u0cff",
    "Mlym": r"\u0d00-\u0d7f",
    "Sinh": r"\u0d80-\u0dff",
    "Thai": r"\u0e00-\u0e7f",
    "Laoo": r"\u0e80-\u0eff",
    "Tibt": r"\u0f00-\u0fff",
    "Mymr": r"\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f",
    "Khmr": r"\u1780-\u17ff",
    "Mong": r"\u1800-\u18af",
    **dict.fromkeys(("Hans", "Hant", "Hani"), _HANI),
    **dict.fromkeys(("Kore", "Hang"), _HANGUL + _HANI),
    "Jpan": r"\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f" + _HANI,
}
# Languages in a script; those that are written in several, such as Serbian or Uzbek, are not here.
_LANGUAGES = {
    "Latn": "af br ca cs cy da de en eo es et eu fi fo fr fy ga gd gl hr hu id is it la lb lt lv mt nl nn no oc pl pt "
    "ro sk sl sq sv sw tl tr vi xh yo zu",
    "Cyrl": "be bg ky mk ru tg tt uk",
    "Grek": "el",
    "Arab": "ar fa ps ug ur",
    "Hebr": "he yi",
    "Armn": "hy",
    "Geor": "ka",
    "Ethi": "am ti",
    "Deva": "hi mr ne",
    "Beng": "as bn",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Tibt": "bo dz",
    "Mymr": "my",
    "Khmr": "km",
    "Hani": "zh yue wuu",
    "Kore": "ko",
    "Jpan": "ja",
}
_SCRIPT_OF = {language: script for script, languages in _LANGUAGES.items() for language in languages.split()}
_latin = re.compile(f"[{_SCRIPTS['Latn']}]").findall


def mostly_not_letters(sentence: str) -> bool:
    """Return whether so few characters of a sentence are letters that it is no language, such as 3.14."""
    encoded = sentence.encode(errors="replace")
    if len(encoded) - len(encoded.translate(None, _ASCII_LETTERS)) >= LETTERS_SHARE * len(sentence) > 0:
        return False  # as nearly always in Latin script, and fast
    return sum(map(str.isalpha, sentence)) < LETTERS_SHARE * len("".join(sentence.split()))


def wrong_script(sentence: str, language: str) -> bool:
    """Return whether a sentence is in another script than its language; sr_Latn and zh_Hans name the script themselves.

    Text in Latin letters is a name or code in any language, unless it is several words and nothing else. There is no
    judgement of languages that are not known, or are written in several scripts.
    """
    script = script_of(language)
    if script is None or (script == "Latn" and sentence.isascii()):
        return False
    own, foreign = _finders(script)
    others = len(foreign(sentence))
    if others >= FEWEST_LETTERS and others >= len(own(sentence)):
        return True
    if script == "Latn" or len(sentence.split()) < FEWEST_WORDS or own(sentence):
        return False
    return len(_latin(sentence)) >= FEWEST_LATIN


@cache
def script_of(language: str) -> str | None:
    """Return the script of a language, by its code, or None where it is not known."""
    named = [part.title() for part in language.split("_")[1:] if part.title() in _SCRIPTS]
    return named[0] if named else _SCRIPT_OF.get(base_code(language))


@cache
def _finders(script: str) -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    """Return what finds the letters of a script, and those that are neither of it nor Latin."""
    letters = _SCRIPTS[script]
    return re.compile(f"[{letters}]").findall, re.compile(rf"[^\W\d_{letters}{_SCRIPTS['Latn']}]").findall
