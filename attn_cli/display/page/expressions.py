r"""Python's regular expressions as those of JavaScript, so that the page has the rules of text/analysis/ themselves.

An expression is parsed by Python's own parser, and written in JavaScript's syntax, for the flag `u`. Classes of
characters are those of Python, \s and \w for example, not those of JavaScript with the same names. What gives no
characters back (x++) is written as a lookahead and a reference to it, which has the same effect.
"""

import re
from itertools import count
from re import _constants, _parser  # type: ignore[attr-defined]  # private, but alike from Python 3.11 to 3.14
from typing import Any

_CATEGORIES = {
    "CATEGORY_DIGIT": r"\p{Nd}",
    "CATEGORY_WORD": r"\p{L}\p{N}_",
    "CATEGORY_SPACE": r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
_POSITIONS = {"AT_BEGINNING_STRING": "^", "AT_BEGINNING": "^", "AT_END_STRING": "$"}
_WORD = f"[{_CATEGORIES['CATEGORY_WORD']}]"
_POSITIONS["AT_BOUNDARY"] = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"


def in_javascript(expression: re.Pattern[str]) -> str:
    """Return the source of an expression for JavaScript.

    Raises ValueError where it has something that this module does not know.
    """
    if expression.flags & (re.MULTILINE | re.DOTALL):
        raise ValueError(f"{expression.pattern}: with flags that are not known")
    parsed = _parser.parse(expression.pattern, expression.flags)
    names = {number: name for name, number in parsed.state.groupdict.items()}
    return _Writer(names).sequence(parsed)


class _Writer:
    """Writes the parts of an expression; `names` are those of its groups, by their numbers."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names, self._numbers = names, count(1)

    def sequence(self, parsed: Any) -> str:
        return "".join(self._part(str(kind), value) for kind, value in parsed)

    def _part(self, kind: str, value: Any) -> str:
        match kind:
            case "LITERAL":
                return _character(value)
            case "NOT_LITERAL":
                return f"[^{_character(value)}]"
            case "ANY":
                return r"[^\n]"
            case "AT" if str(value) in _POSITIONS:
                return _POSITIONS[str(value)]
            case "IN":
                return _class(value)
            case "BRANCH":
                return f"(?:{'|'.join(map(self.sequence, value[1]))})"
            case "SUBPATTERN":
                name = self._names.get(value[0])
                return f"({f'?<{name}>' if name else '?:'}{self.sequence(value[-1])})"
            case "ASSERT" | "ASSERT_NOT":
                before = "<" if value[0] < 0 else ""
                return f"(?{before}{'=' if kind == 'ASSERT' else '!'}{self.sequence(value[1])})"
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeated(value) + ("?" if kind == "MIN_REPEAT" else "")
            case "POSSESSIVE_REPEAT":
                name = f"once{next(self._numbers)}"
                return rf"(?:(?=(?<{name}>{self._repeated(value)}))\k<{name}>)"
        raise ValueError(f"{kind}: not known in an expression")

    def _repeated(self, value: Any) -> str:
        least, most, content = value
        upper = "" if most is _constants.MAXREPEAT else most
        return f"(?:{self.sequence(content)}){{{least},{upper}}}"


def _character(code: int) -> str:
    character = chr(code)
    return character if character.isalnum() and character.isascii() else f"\\u{{{code:x}}}"


def _class(items: Any) -> str:
    """Return a class of characters; all but non-words and some others is written as a word, but none of those."""
    parts, excluded, negative = [], "", ""
    for kind, value in ((str(kind), value) for kind, value in items):
        match kind:
            case "NEGATE":
                negative = "^"
            case "LITERAL":
                parts.append(_character(value))
            case "RANGE":
                parts.append("-".join(map(_character, value)))
            case "CATEGORY" if str(value) in _CATEGORIES:
                parts.append(_CATEGORIES[str(value)])
            case "CATEGORY" if not excluded:
                excluded = _CATEGORIES[str(value).replace("NOT_", "")]
            case _:
                raise ValueError(f"{kind}: not known in a class of characters")
    if not excluded:
        return f"[{negative}{''.join(parts)}]"
    if negative:
        return f"(?:(?![{''.join(parts)}])[{excluded}])" if parts else f"[{excluded}]"
    return f"(?:[^{excluded}]|[{''.join(parts)}])" if parts else f"[^{excluded}]"
