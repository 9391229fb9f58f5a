"""Language codes, their names, pairs of them, and the scripts that are written without spaces."""

import re

# A regular expression for a character of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, and
# Chinese characters.
SPACELESS = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"

_NAMES = (
    "ar arabic az azerbaijani bg bulgarian bn bengali ca catalan cs czech cy welsh da danish de german el "
    "greek en english eo esperanto es spanish et estonian eu basque fa persian fi finnish fr french ga "
    "irish gl galician he hebrew hi hindi hr croatian hu hungarian hy armenian id indonesian is icelandic "
    "it italian ja japanese ka georgian kk kazakh ko korean lt lithuanian lv latvian mk macedonian mt "
    "maltese nl dutch no norwegian pl polish pt portuguese ro romanian ru russian sk slovak sl slovenian "
    "sq albanian sr serbian sv swedish sw swahili ta tamil th thai tr turkish uk ukrainian ur urdu vi "
    "vietnamese zh chinese"
)
_CODES = dict(zip(_NAMES.split()[1::2], _NAMES.split()[::2], strict=True))  # by the English name, in small letters


def split_pair(pair: str) -> tuple[str, str] | None:
    """Return the two languages of `pair` ("en-fr" -> "en", "fr"), or None where it is not of that form."""
    source, _, target = pair.partition("-")
    return (source, target) if source.isalpha() and target.isalpha() and source != target else None


def reversed_pair(pair: str) -> str | None:
    """Return "fr-en" for "en-fr", or None where `pair` is not a language pair."""
    languages = split_pair(pair)
    return f"{languages[1]}-{languages[0]}" if languages else None


def is_named(language: str, name: str) -> bool:
    """Return whether `name` means `language`, a code: "en", "en-US", "en_GB" and "English" mean en, in any case."""
    folded = name.strip().casefold()
    return language.casefold() in (folded, re.split("[-_]", folded)[0], _CODES.get(folded))
