"""Fragments: a stretch of English, its French translation and the word links between them.

A grammar rule builds both languages at once by *weaving* two templates.  In a template a word may carry
labels after a colon (``doesn't:v+n``); words of the two sides that share a label are linked.  ``{name}``
stands for a smaller fragment, whose own links are kept::

    weave("she:s eats:v {food}", "elle:s mange:v {food}", food=apples)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fragment:
    """Words of both languages and the links (English index, French index) between them."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    links: tuple[tuple[int, int], ...]


EMPTY = Fragment((), (), ())


@dataclass
class _Side:
    """One language of a sentence being woven: its words, their labels and where each part starts."""

    words: list[str]
    labels: list[tuple[int, str]]
    starts: dict[str, int]


def _expand(template: str, parts: dict[str, tuple[str, ...]]) -> _Side:
    side = _Side([], [], {})
    for item in template.split():
        if item.startswith("{"):
            name = item[1:-1]
            if name in side.starts:
                raise ValueError(f"part {name} is used twice in {template!r}")
            side.starts[name] = len(side.words)
            side.words.extend(parts[name])
            continue
        word, _, labels = item.partition(":")
        side.labels.extend((len(side.words), label) for label in labels.split("+") if label)
        side.words.append(word)
    return side


def weave(english: str, french: str, **parts: Fragment) -> Fragment:
    """The fragment that two templates describe, with every part put in its place on both sides."""
    left = _expand(english, {name: part.english for name, part in parts.items()})
    right = _expand(french, {name: part.french for name, part in parts.items()})
    links = [(i, j) for i, a in left.labels for j, b in right.labels if a == b]
    for name, part in parts.items():
        row, column = left.starts[name], right.starts[name]
        links.extend((row + i, column + j) for i, j in part.links)
    return Fragment(tuple(left.words), tuple(right.words), tuple(sorted(dict.fromkeys(links))))


def parse(pair: str) -> Fragment:
    """A fixed phrase written ``english template|french template``; unlabelled sides link as a whole."""
    english, _, french = pair.partition("|")
    if ":" not in pair:
        english, french = tag(english, "a"), tag(french, "a")
    return weave(english, french)


def words(text: str) -> tuple[str, ...]:
    """The words of a text: how a long list of words is written."""
    return tuple(text.split())


def tag(phrase: str, label: str) -> str:
    """Every word of a phrase with the same label."""
    return " ".join(f"{word}:{label}" for word in phrase.split())


def sequence(*fragments: Fragment) -> Fragment:
    """Fragments one after the other, in the same order in both languages."""
    slots = " ".join(f"{{p{number}}}" for number in range(len(fragments)))
    return weave(slots, slots, **{f"p{number}": part for number, part in enumerate(fragments)})


def ended(body: Fragment, mark: str) -> Fragment:
    """A sentence: a fragment and its final punctuation mark."""
    return weave("{b} " + mark + ":z", "{b} " + mark + ":z", b=body)
