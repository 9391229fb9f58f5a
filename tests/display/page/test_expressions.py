"""Python's regular expressions for JavaScript: what is written; test_engine_in_browser.py has what they match."""

import re

import pytest

from attn_cli.display.page.expressions import in_javascript


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (r"a.c", r"a[^\n]c"),
        (r"(?P<one>x)|y", r"(?:(?<one>x)|y)"),
        (r"\Aa\Z", "^a$"),
        (r"a*?b{2,3}", "(?:a){0,}?(?:b){2,3}"),
        (r"a++", r"(?:(?=(?<once1>(?:a){1,}))\k<once1>)"),
        (r"[^\W\d_]", r"(?:(?![\p{Nd}\u{5f}])[\p{L}\p{N}_])"),
        (r"[a-c/]", r"[a-c\u{2f}]"),
        (r"(?<!\d)(?=x)", r"(?<![\p{Nd}])(?=x)"),
    ],
)
def test_each_part_is_written_in_the_syntax_of_javascript(expression, written):
    assert in_javascript(re.compile(expression)) == written


@pytest.mark.parametrize("expression", [r"(a)\1", r"(?i:a)(?s:.)\B", r"[\S\W]"])
def test_what_is_not_known_is_an_error_and_not_another_expression(expression):
    with pytest.raises(ValueError, match="not known"):
        in_javascript(re.compile(expression))


def test_a_flag_that_changes_the_meaning_is_an_error():
    with pytest.raises(ValueError, match="flags"):
        in_javascript(re.compile("a.b", re.DOTALL))
