"""The section of a report about single sentences, whose words show their attention when one points at them."""

from collections.abc import Sequence

from attn_cli.display.report.examples import Example, ShownTranslation
from attn_cli.display.report.markup import Markup, element, joined
from attn_cli.display.report.reported import Reported
from attn_cli.text.tokenizer import fold

EXPLAINED = {
    "worst": ("The worst", "The lowest sentence-level chrF."),
    "best": ("The best", "The highest sentence-level chrF; among equal scores the longest sentences."),
    "others": ("Between", "From short to long, evenly spaced among the others."),
}


def sentences(systems: Sequence[Reported], languages: tuple[str, str], selected: dict[str, list[Example]]) -> Markup:
    """Return all examples, with a heading for each kind that has any."""
    return joined(*(_kind(kind, systems, languages, examples) for kind, examples in selected.items()))


def _kind(kind: str, systems: Sequence[Reported], languages: tuple[str, str], examples: Sequence[Example]) -> Markup:
    title, about = EXPLAINED[kind]
    articles = [_article(example, systems, languages) for example in examples]
    return joined(element("h3", title), element("p", about, class_="note"), *articles) if examples else Markup()


def _article(example: Example, systems: Sequence[Reported], languages: tuple[str, str]) -> Markup:
    """Return a sentence in all its versions; words are linked for the systems that split the source identically."""
    source, target = (language.replace("_", "-") for language in languages)  # HTML wants pt-BR
    words = next((shown.alignment.source for shown in example.translations if shown.alignment), None)
    lines = [
        _line("source", _linked("source", words, example.source, source) if words else _plain(example.source, source)),
        *(_line("reference", _plain(reference, target)) for reference in example.references),
    ]
    for one, shown in zip(systems, example.translations, strict=True):
        label = joined(one.label(), " ", element("small", f"{shown.score:.0f}", title="sentence-level chrF"))
        lines.append(_line(label, _translated(one.name, shown, words, target)))
    readout = element("p", class_="readout", role="status")
    return element("article", element("h4", f"Line {example.line:,}"), readout, *lines)


def _line(label: str, text: Markup) -> Markup:
    return element("div", element("span", label, class_="label"), text, class_="line")


def _plain(text: str, language: str) -> Markup:
    return element("p", text, lang=language, dir="auto")


def _translated(name: str, shown: ShownTranslation, source: Sequence[str] | None, language: str) -> Markup:
    if shown.alignment is None or shown.alignment.source != source:
        return _plain(shown.text, language)
    # Whole percents: finer differences are invisible, and this takes a tenth of the bytes.
    weights = [" ".join(f"{100 * weight:.0f}" for weight in row) for row in shown.alignment.weights.tolist()]
    return _linked(name, shown.alignment.target, shown.text, language, weights)


def _linked(name: str, words: Sequence[str], text: str, language: str, weights: Sequence[str] | None = None) -> Markup:
    """Return the words of a text and its end mark as options to select, a translation's with their weights."""
    shares: Sequence[str | None] = weights or [None] * len(words)
    spans = [
        element("span", word, class_="word", role="option", tabindex=-1 if index else 0, data_weights=share)
        for index, (word, share) in enumerate(zip(words[:-1], shares, strict=False))
    ]
    end = element(
        "span", "end", class_="word end", role="option", tabindex=-1 if spans else 0, data_weights=shares[-1],
        lang="en", aria_label="end of sentence",
    )  # fmt: skip
    spaced = [part for pair in zip(spaces(words[:-1], text), spans, strict=True) for part in pair]
    return element(
        "div", *spaced, " ", end, class_="words", role="listbox", aria_orientation="horizontal",
        aria_label=f"{name}, by words", lang=language, dir="auto", data_name=name,
    )  # fmt: skip


def spaces(words: Sequence[str], text: str) -> list[str]:
    """Return the text before each word: a space, or nothing, for example before punctuation."""
    text, before, end = fold(text), [], 0
    for word in words:
        begin = text.find(word, end)
        before.append("" if begin == end else " ")
        end = begin + len(word) if begin >= 0 else end  # not in the text: the tokenizer has normalized the word
    return before
