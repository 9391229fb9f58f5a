"""Language codes, pairs of them, and the scripts that are written without spaces."""

# A regular expression for a character of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, and
# Chinese characters.
SPACELESS = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"


def split_pair(pair: str) -> tuple[str, str] | None:
    """Return the two languages of `pair` ("en-fr" -> "en", "fr"), or None where it is not of that form."""
    source, _, target = pair.partition("-")
    return (source, target) if source.isalpha() and target.isalpha() and source != target else None


def reversed_pair(pair: str) -> str | None:
    """Return "fr-en" for "en-fr", or None where `pair` is not a language pair."""
    languages = split_pair(pair)
    return f"{languages[1]}-{languages[0]}" if languages else None
