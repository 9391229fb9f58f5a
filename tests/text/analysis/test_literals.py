"""What is a literal, opaque or in clear, and what is language."""

import signal

import pytest

from attn_cli.text.analysis.literals import find_literals, occurrences


def literals(text, opaque, unknown=()):
    found = find_literals(text, lambda word: word in unknown)
    return [text[literal.begin : literal.end] for literal in found if literal.opaque == opaque]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://example.com/a_b?c=d&e=1#top, please.", ["https://example.com/a_b?c=d&e=1#top"]),
        ("(http://example.com)", ["http://example.com"]),
        ("Visit www.example.org/path/ today!", ["www.example.org/path/"]),
        ("Read example.com/news.", ["example.com/news"]),
        ("Write to anna.smith+news@mail.example.co.uk.", ["anna.smith+news@mail.example.co.uk"]),
        ("Open /usr/local/bin/run.sh or ~/notes.txt", ["/usr/local/bin/run.sh", "~/notes.txt"]),
        (r"It is in C:\Users\Anna\file.txt.", [r"C:\Users\Anna\file.txt"]),
        ("Save report.pdf and photo_1.jpg.", ["report.pdf", "photo_1.jpg"]),
        ("Hello {{ user.name }}, {0} of {count} at ${HOME}", ["{{ user.name }}", "{0}", "{count}", "${HOME}"]),
        ("%s has %d files, %(size)s, %1$s and %.2f", ["%s", "%d", "%(size)s", "%1$s", "%.2f"]),
        ("Set $PATH with --dry-run, then call main() or os::open", ["$PATH", "--dry-run", "main()", "os::open"]),
        ("Use `git commit -m` now.", ["`git commit -m`"]),
        ('Click <a href="x.html" class="b">here</a>.', ['<a href="x.html" class="b">', "</a>"]),
        ("Fish &amp; chips&nbsp;!", ["&amp;", "&nbsp;"]),
        ("This is **really** *bad*.", ["**", "**", "*", "*"]),
        ("See the [user guide](http://example.com/a).", ["[", "](http://example.com/a)"]),
        (
            "MAC 00:1A:2B:3C:4D:5E, java.lang.NullPointerException",
            ["00:1A:2B:3C:4D:5E", "java.lang.NullPointerException"],
        ),
        ("The release (2024-02-29T13:45:00Z)", ["2024-02-29T13:45:00Z"]),
        ("- Clean the - kitchen", ["-"]),
        ("a) One 2) two", ["a)"]),
        ("12. Open\tit | now", ["12.", "\t", "|"]),
        ("What??? Good!!!", ["???", "!!!"]),
        (
            "Key ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.",
            ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"],
        ),
        ("@anna likes #python", ["@anna", "#python"]),
        ("I ❤️ it 👩‍👩‍👧 👍🏽!", ["❤️", "👩‍👩‍👧", "👍🏽"]),
        ("Good :-) or :( ?", [":-)", ":("]),
        ("00:01:02,000 --> 00:01:04,000 Hello", ["00:01:02,000 --> 00:01:04,000"]),
        ("2024-05-01 12:00:03,123 ERROR", ["2024-05-01 12:00:03,123"]),
        ("2024-05-01T12:00:03Z started", ["2024-05-01T12:00:03Z"]),
        ("Call +33 6 12 34 56 78 or (555) 123-4567.", ["+33 6 12 34 56 78", "(555) 123-4567"]),
        ("Id 123e4567-e89b-12d3-a456-426614174000.", ["123e4567-e89b-12d3-a456-426614174000"]),
    ],
)
def test_these_are_opaque(text, expected):
    assert literals(text, opaque=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have 2 brothers, 1,250.50 euros and 3 %.", ["2", "1,250.50", "3"]),
        ("On 12/05/2024 or 2024-05-12 at 10:30.", ["12/05/2024", "2024-05-12", "10:30"]),
        ("The A320, the B2B, an mp3, 5kg and COVID-19.", ["A320", "B2B", "mp3", "5kg", "COVID-19"]),
        ("A 20-year-old man won 3-2 in 192.168.0.1.", ["20", "3-2", "192.168.0.1"]),
        ("version v2.0.1", ["v2.0.1"]),
        ("It is £950 or €1,250.50, 20 € or £5m", ["£950", "€1,250.50", "20 €", "£5m"]),
        ("12 m² and 2½", ["12", "m²", "2½"]),
        ("GitHub and iPhone, McDonald, OpenStreetMap", ["GitHub", "iPhone", "McDonald", "OpenStreetMap"]),
    ],
)
def test_these_are_literals_in_clear(text, expected):
    assert literals(text, opaque=False) == expected
    assert literals(text, opaque=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "He said: “It isn't mine; take it, and/or leave it!”",
        "The 1st, 2nd, 3rd and 21st of the 1990s, le 2e et la 1re.",
        "Under paragraph 3(b)(2) and (12) of the Agri-Food Act, NATO and Tom",
        "□ yes □ no",
        "Wait... what?! (Yes.) 100% sure",
        "a < b and c > d",
        "It ends.The next begins; e.g. this, i.e. that.",
        "Mr. O'Neill's well-known mother-in-law",
        "Fish & chips",
        "¿Qué? «Non», dit-il — oui…",
    ],
)
def test_this_is_language(text):
    assert literals(text, opaque=True) == []
    assert [found for found in literals(text, opaque=False) if not found.isdigit()] == []


def test_a_word_in_an_unknown_script_is_a_literal_in_clear():
    assert literals("He says 你好 and naïve.", opaque=False, unknown={"你好"}) == ["你好"]
    assert literals("He says hello", opaque=False, unknown={"hello"}) == []


def test_markup_and_emoji_are_detached_but_not_an_address():
    found = list(find_literals("<b>Hi</b> 👍 http://example.com\t1", lambda _: False))
    assert [literal.detached for literal in found] == [True, True, True, False, False, False]
    assert [literal.separator for literal in found] == [False, False, False, False, True, False]


@pytest.mark.parametrize(
    ("text", "literal", "count"),
    [
        ("5 of 15 or 5.5 or 5, and 1,5", "5", 2),
        ("X1 X12 X1. (X1)", "X1", 3),
        ("1,000 and 21,000 and 1,0005", "1,000", 1),
        ("le 1er mai, the 1st, 1ère, 21e", "1", 2),
        ("a <b> c<b>", "<b>", 2),
        ("Annabel and Anna", "Anna", 1),
        ("10:30 or 10:30:15", "10:30", 1),
    ],
)
def test_an_occurrence_is_not_a_part_of_a_longer_word_or_number(text, literal, count):
    assert occurrences(text, literal) == count


@pytest.mark.parametrize(
    "unit",
    [
        "<a",
        "{{",
        "1 ",
        "a_",
        "`",
        "/a",
        "12 34 ",
        ":",
        "a.",
        "a@",
        "((",
        "**",
        "![a](",
        "[a]",
        "a.b",
        "aa:",
        "²",
        "£1",
        "!?",
        "\t|",
        "-1",
        "_",
        "%(",
    ],
)
def test_finding_takes_linear_time(unit):
    def give_up(*_):
        raise TimeoutError  # a quadratic expression would take minutes

    text = unit * (40_000 // len(unit))
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(20)
    try:
        found = list(find_literals(text, lambda _: False))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert all(literal.begin < literal.end for literal in found)
