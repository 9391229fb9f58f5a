"""Sentences: where a line is split, and that nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_cli.text.analysis.sentences import split_sentences

CASES = {
    "en": [
        "I love meat. | Anna prefers fish.",
        "Stop! | Who goes there? | It is I... | Come in.",
        "Mr. Smith met Dr. Jones at 5 p.m. yesterday.",
        "We left at 5 p.m. | The shop was closed.",
        "J. R. R. Tolkien wrote it. | George W. Bush did not.",
        "So am I. | Anna prefers fish.",
        "Take vitamin C. | It helps.",
        "The U.S. Army came, e.g. in 1944, i.e. late. | Then it left the U.S. | They stayed.",
        "See Fig. 3 and No. 5, pp. 7-9. | No. | I won't.",
        "Chapter 35, s. 302 and c. 7, wrt. Section 90.",
        "It costs 3.50 euros. | That is too much.",
        "He has 3. | She has 12.",
        "1. Open the door. | 2. Close it.",
        'She said: "I love it." | Anna left.',
        '"Really?" he asked.',
        "(It rained.) | We stayed in.",
        "Visit example.org. | Ask for v1.2.",
        "Well... | I don't know.",
        "well... i don't know.|",
        "i love meat. | anna prefers fish. | dr. jones doesn't.",
        "I LOVE MEAT. | MR. SMITH PREFERS FISH.",
        "I love it! 😀👍 | Anna prefers fish.",
        "I love it 😀 | Anna prefers fish.",
        "I ♥ Paris.",
        "Wait for iPhone. it is late.",
        "one\u2028two",
        "First line\u0085second line",
        "- Hello. | - Hi there.",
        "Apples, pears, etc. are fruit. | We like apples, etc. | They do not.",
        "What?! | No way!!!",
        "Acme Inc. | It went bankrupt.",
        "Acme Inc. Holdings went bankrupt.",
        "He was born in St. Louis. | ¿Qué? | ¡No!",
        "No full stop",
        "...",
        ". . .",
    ],
    "fr": [
        "J'adore la viande. | Anna préfère le poisson.",
        "Ça va ? | Oui ! | Très bien.",
        "« Viens ! » | Anna partit.",
        "« Viens ! » dit Anna.",
        "M. Dupont et Mme Martin, p. ex., habitent av. Foch. | Ils sont là.",
        "Il est 5 h. | Partons.",
        "Voir l'art. 5 du code. | C'est clair.",
        "Des pommes, des poires, etc. | Nous aimons cela.",
        "É. Zola l'a écrit. | L'avez-vous lu ?",
    ],
    "de": [
        "Am 3. Oktober ist frei. | Das ist schön.",
        "Er ist 3. | Das ist jung.",
        "Dr. Müller kommt, z.B. am 5. Mai. | Wir warten.",
    ],
    "zh": ["我喜欢肉。|安娜喜欢鱼。", "你好！|他说:「走吧。」|他走了。"],
    "hi": ["मुझे मांस पसंद है। | वह आया।"],
    "ar": ["أين المحطة؟ | لا أعرف."],
    "xx_YY": ["Yes. | No."],
    "en_GB": ["Mr. Smith met Dr. Jones. | They left."],
    "deu_Latn": ["Am 3. Oktober kam z.B. Anna. | Sie ging."],
}


@pytest.mark.parametrize(("language", "case"), [(language, case) for language in CASES for case in CASES[language]])
def test_each_line_is_split_where_its_sentences_end(language, case):
    sentences = [part.strip() for part in case.split("|") if part.strip()]
    text = case.replace(" |", "").replace("|", "")
    if "\u2028" in case or "\u0085" in case:
        sentences = case.replace("\u0085", "\u2028").split("\u2028")
    assert split_sentences(text, language) == sentences


@given(st.lists(st.sampled_from([*"aA. !?\"'»(1…。\u2028😀", "Mr. "]), max_size=60).map("".join))
def test_nothing_is_lost_or_added(text):
    assert "".join("".join(split_sentences(text, "en")).split()) == "".join(text.split())


def test_white_space_alone_has_no_sentence():
    assert split_sentences(" \t\u2028 ", "en") == []
