"""Literals: the parts of a text that are not language, and that a translation holds unchanged.

Addresses of pages and of e-mail, paths and names of files, placeholders, markup, code, telephone numbers and emoji are
opaque: a model breaks them into letters and bytes, and seldom puts them together again. Numbers, dates, times, codes
and words with a letter that the model does not know may survive, and a model that reads them chooses the words around
them better. docs/literals.md has the kinds.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_EMOJI = "[\u2190-\u21ff\u231a-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff©®™]"
_ENDINGS = (
    "avi|bak|bat|bmp|cfg|conf|cpp|css|csv|dll|docx?|epub|exe|flac|gif|gz|html?|ini|iso|jar|java|jpe?g|js|json|log|md|"
    "mkv|mov|mp3|mp4|odt|ogg|pdf|php|png|pptx?|py|rtf|sh|sql|srt|svg|tar|tiff?|tmx|toml|tsv|ts|txt|wav|webp|xlsx?|xml|"
    "ya?ml|zip|com|org|net|edu|gov|info|io|eu|uk|fr|de|es|it|ca|ch|be"
)

# Every repetition is bounded, or begins where no other one of its kind can and gives no characters back (++), so that a
# search takes linear time on any text.
OPAQUE = re.compile(
    rf"""
      (?P<separator> \t++ | (?<!\S)\|(?!\S) )                                                   # between cells
    | (?P<detached> \A\s*+(?:[-*+•–—>\#]++|\d{{1,3}}[.)]|\(?(?:\d{{1,3}}|[a-z]|[ivx]{{1,4}})\))(?=\s)   # list markers,
        | [!?]{{3,}}+
        | </?[a-zA-Z][^<>]{{0,500}}> | <!--.{{0,500}}?--> | &\#?\w{{1,30}};           # markup, times
        | (?<!\S)\d{{1,2}}:\d\d:\d\d[,.]\d{{3}}\s{{0,9}}-->\s{{0,9}}\d{{1,2}}:\d\d:\d\d[,.]\d{{3}} # of subtitles,
        | (?<![\w.-])\[?\d{{4}}-\d\d-\d\d[T\ ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{{1,9}})?(?:Z|[+-]\d\d:?\d\d)?\]? # stamps,
        | (?:{_EMOJI}[\ufe0e\ufe0f\u200d\u20e3]{{0,4}})++                                    # and emoji
        | (?<!\S)[:;=8][-']?[()DPpOo/\\|3](?!\S) )
    | (?<!\w)(?:(?:https?|ftp|file|git|ssh)://|mailto:|www\.)[^\s<>"“”«»]*[\w/#=&%+~-]       # addresses,
    | (?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++
    | \*{{1,3}}(?=\w) | (?<=[\w.!?,;:])\*{{1,3}}(?!\w)                                     # Markdown,
    | !?\[(?=[^\[\]\n]{{1,200}}\]\() | \]\([^()\s]{{1,300}}\)
    | `[^`\n]{{1,200}}`                                                                      # code,
    | \{{\{{[^{{}}]{{0,200}}\}}\}} | \$?\{{[^{{}}\s]{{0,100}}\}}                             # placeholders,
    | %\(\w{{1,50}}\)[sdif] | (?<![\d%])%(?:\d\$)?[-+0\#]?\d{{0,3}}(?:\.\d{{1,2}})?[sdifuxXcgeq@](?!\w)
    | (?<!\w)[$@\#](?=\d{{0,30}}[a-zA-Z_])\w++
    | (?<![\w./\\])(?:[A-Za-z]:\\|\\\\|(?:~|\.{{1,2}})?/)[\w.+\\/~-]*[\w/\\]                 # paths and other names,
    | (?<![\w.-])[\w-]++(?:\.[\w-]++)*?\.(?:{_ENDINGS})(?![\w-])(?:/[\w./?=&%\#~+-]*[\w/])?
    | (?<![\w.])[A-Za-z_]\w{{2,}}+(?:\.[A-Za-z_]\w++){{2,}}+(?!\w)
    | (?<!\S)--[a-zA-Z][\w-]*+
    | (?<!\w)\w++(?:\(\)|(?:::|->)\w++) | (?<!\w)(?:[^\W_]++_|__)\w++
    | \\[nrt](?!\w)
    | (?<![\w.,:/-])(?: \+\d{{1,3}}[ .-]?(?:\(\d{{1,4}}\)[ .-]?)?\d{{1,4}}(?:[ .-]\d{{2,4}}){{1,5}}  # telephone numbers
        | \(\d{{2,4}}\)[ .-]?\d{{2,4}}(?:[ .-]\d{{2,4}}){{1,4}}
        | \d{{2,4}}(?:[ ]\d{{2,4}}){{3,5}} | \d{{3}}-\d{{3}}-\d{{4}}
      )(?!\w)
    | (?<![\w:-])[0-9a-fA-F]{{2}}(?:[:-][0-9a-fA-F]{{2}}){{5}}(?![\w:-])                    # and other identifiers
    | (?<!\w)[A-Za-z0-9+/=_-]{{41,}}+(?!\w)
    | (?<!\w)[0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}(?!\w)
    """,
    re.VERBOSE,
)
CLEAR = re.compile(
    r"""
      (?P<language> \d++(?: (?:st|nd|rd|th|er|re|ère|e|ème|s)\b | (?=\() | (?<=\(\d)\) | (?<=\(\d\d)\) ) )
    | (?P<code> (?<![\w£€¥₹])(?: (?=[^\W\d]*+\d)(?=\d*+[^\W\d])\w++(?:[-.][A-Z\d]++)*+(?!\w) | [A-Z]{2,20}-\d++(?!\w)
        | (?=[^\W\dA-Z_]*+[A-Z]++[^\W\dA-Z_]++[A-Z] | [a-z]++[A-Z])[^\W\d_]++(?!\w) ) )    # GitHub, iPhone
    | (?P<number> [£€¥₹]\d++(?:[.,]\d++)*+[a-zA-Z]{0,2}(?!\w) | \d++(?:[.,:/'’\u00a0\u202f-]\d++)*+(?:[ ]?[£€¥₹])? )
    | (?P<symbol> (?<!\w)[^\W_²³¹¼½¾⅓⅔]*+[²³¹¼½¾⅓⅔][^\W_]*+ )                                # m², 2½
    | (?P<word> [^\W\d_]++(?:-[^\W\d_]++)*+ )
    """,
    re.VERBOSE,
)


class Literal(NamedTuple):
    """A literal, from `begin` to `end` in its text.

    A detached one, such as an emoji, belongs to no clause; at a separator, such as a tab, the text is always cut.
    """

    begin: int
    end: int
    opaque: bool
    detached: bool = False
    separator: bool = False


def find_literals(text: str, is_unknown: Callable[[str], bool]) -> Iterator[Literal]:
    """Yield the literals of `text` in order; `is_unknown` says of a word whether a model lacks one of its letters."""
    begin = 0
    for match in [*OPAQUE.finditer(text), None]:
        for clear in CLEAR.finditer(text, begin, match.start() if match else len(text)):
            word = clear["word"] or ""
            if clear["number"] or clear["code"] or clear["symbol"] or (not word.isascii() and is_unknown(word)):
                yield Literal(*clear.span(), opaque=False)
        if match:
            yield Literal(
                *match.span(), opaque=True, detached=bool(match["detached"]), separator=bool(match["separator"])
            )
            begin = match.end()


def occurrences(text: str, literal: str) -> int:
    """Return how often `literal` stands in `text`, not as a part of a longer word or number; 1er is one of 1."""
    if literal not in text:  # of a long literal, an expression takes milliseconds to make
        return 0
    before = r"(?<!\w)(?<!\d[.,:/])" if literal[:1].isalnum() else ""
    ordinal = r"(?:er|re|e|st|nd|rd|th)?" if literal.isdecimal() else ""
    after = ordinal + r"(?!\w)(?![.,:/]\d)" if literal[-1:].isalnum() else ""
    return len(re.findall(before + re.escape(literal) + after, text))
