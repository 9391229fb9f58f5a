"""Elements: everything that is not an element itself is escaped."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_cli.display.report.markup import Markup, element, joined, table


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


def test_an_element_has_attributes_and_content():
    made = element("p", "one ", element("b", "two"), class_="note", data_name="x", title=None, tabindex=0)
    assert made == '<p class="note" data-name="x" tabindex="0">one <b>two</b></p>'


@pytest.mark.parametrize("text", ["<script>", "</p>", "&amp;", '"quoted"', "'single'"])
def test_text_cannot_become_markup(text):
    assert not {"<", ">", '"', "'"} & {*element("p", text).removeprefix("<p>").removesuffix("</p>")}
    made = element("p", title=text)
    assert read(made).elements == [("p", {"title": text})]
    assert made.count('"') == 2
    assert made.count("<") == made.count(">") == 2


@given(st.text(), st.text())
def test_a_parser_reads_the_text_and_the_attributes_that_were_given(text, attribute):
    reader = read(element("p", text, title=attribute))
    assert reader.elements == [("p", {"title": attribute})]
    assert reader.text == text


def test_joined_text_is_escaped_once():
    assert joined("<", Markup("<br>"), joined("&")) == "&lt;<br>&amp;"


def test_a_table_names_its_rows_and_columns():
    reader = read(table("Scores", ["", "<a>"], [["BLEU", "1"]]))
    assert [tag for tag, _ in reader.elements] == ["div", "table", "thead", "tr", "th", "th", "tbody", "tr", "th", "td"]
    assert [attributes["scope"] for tag, attributes in reader.elements if tag == "th"] == ["col", "col", "row"]
    assert reader.text == "<a>BLEU1"
