"""HTML and SVG elements. Everything that is not an element itself is escaped."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape


class Markup(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: object) -> Markup:
    """Return an element with its content and its attributes; attributes that are None are left out.

    In an attribute's name `_` means `-`; at the end (`class_`) it is dropped.
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    start = name + "".join(f' {key}="{escape(str(value))}"' for key, value in given.items())
    return Markup(f"<{start}>{joined(*content)}</{name}>")


def joined(*content: str) -> Markup:
    """Return text and elements, concatenated."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in content))


def table(label: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """Return a table that scrolls if it is too wide; the first cell of each row is its heading."""
    columns = element("tr", *(element("th", name, scope="col") for name in head))
    lines = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in cells))
        for first, *cells in rows
    ]
    content = element("table", element("thead", columns), element("tbody", *lines))
    return element("div", content, class_="scrolling", tabindex=0, role="region", aria_label=label)


def policy(style: str, *scripts: str, further: str = "") -> str:
    """Return the content security policy of a page that loads nothing and has only this style and these scripts.

    Style and scripts are named by their hashes; `further` is what scripts may do besides.
    """
    allowed = " ".join([*map(_hashed, scripts), *further.split()])
    return f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_hashed(style)}; script-src {allowed}"


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
