"""What is asked: lines, JSON objects, paragraphs."""

import json

import pytest
from shell import assert_fails, text_of

from attn_cli.cli.translate.requests import Request, from_json, from_text
from attn_cli.cli.translate.sources import LONGEST_PARAGRAPH, paragraphs
from attn_cli.foundation.errors import CorpusError


def test_lines_are_numbered_across_batches():
    found = [request for batch in from_text([["a", "b"], ["c"]], "x") for request in batch]
    assert found == [Request(0, 1, "a", "x"), Request(1, 2, "b", "x"), Request(2, 3, "c", "x")]


def test_an_object_has_a_text_and_perhaps_an_id_and_a_prefix():
    lines = ['{"source": "a", "id": "x", "prefix": "p", "other": 1}', "", '{"source": "b"}', '{"source": "\\ud800"}']
    found = [request for batch in from_json([lines], "q") for request in batch]
    assert found == [
        Request(0, "x", "a", "p"),
        Request(1, 2, "", "q"),
        Request(2, 3, "b", "q"),
        Request(3, 4, "?", "q"),
    ]


@pytest.mark.parametrize(
    "line", ["one", "[1]", '{"text": "a"}', '{"source": 1}', '{"source": "a", "prefix": 1}', "[" * 9999]
)
def test_another_line_is_refused_with_its_number_after_those_before_it(line):
    batches = from_json([['{"source": "a"}', line]])
    assert [request.text for request in next(batches)] == ["a"]
    with pytest.raises(CorpusError, match="line 2: not a JSON object"):
        next(batches)


def test_the_output_of_json_is_an_input(shell):
    first = shell("translate", "--json", stdin="one two\nthree\n")
    again = shell("translate", "--json", "--json-input", stdin=first.stdout)
    assert again.stdout == first.stdout


def test_each_line_of_json_can_have_a_prefix(shell):
    lines = [{"source": "one two"}, {"source": "one two", "prefix": "six"}]
    done = shell("translate", "--json-input", stdin="".join(f"{json.dumps(line)}\n" for line in lines))
    first, second = text_of(done.stdout).splitlines()
    assert (first, second.startswith("six")) == ("deux un", True)


def test_what_comes_before_a_bad_line_is_translated(shell):
    done = shell("translate", "--json-input", stdin='{"source": "one"}\nrubbish\n{"source": "two"}\n')
    assert (done.returncode, done.stdout) == (1, b"un\n")
    assert b"error: line 2: not a JSON object" in done.stderr
    assert_fails(shell("translate", "--json-input", stdin="rubbish\n"), "line 1", "mend")


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_a_paragraph_is_what_stands_between_blank_lines(size):
    lines = ["one", " two ", "", "", "three", "four", "five", " ", "six"]
    batches = iter([lines[begin : begin + size] for begin in range(0, len(lines), size)])
    found = [paragraph for batch in paragraphs(batches) for paragraph in batch]
    assert found == ["one two", "", "", "three four five", "", "six"]


def test_a_paragraph_without_end_is_cut():
    line = "x" * 1000
    found = [paragraph for batch in paragraphs(iter([[line]] * 3000)) for paragraph in batch]
    assert len(found) > 1
    assert max(map(len, found)) < LONGEST_PARAGRAPH + 10_000
    assert sum(paragraph.count("x") for paragraph in found) == 3_000_000


def test_wrapped_prose_is_translated_by_the_sentence(shell):
    done = shell("translate", "--paragraphs", stdin="one two\nthree\n\nfour\n")
    assert text_of(done.stdout) == "trois deux un\n\nquatre\n"
