"""Translation of lines: one result per line, its score, its tokens, its alignments."""

import random
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from digit_language import ENGLISH

from attn_cli.decoding.choice import make_translator
from attn_cli.decoding.engine import Engine
from attn_cli.decoding.search import Hypothesis, search
from attn_cli.decoding.segmentation import MAX_SEGMENT
from attn_cli.decoding.translator import Translator
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import EOS_ID, DecodingConfig, MachineConfig, ModelConfig
from attn_cli.text.analysis.literals import find_literals, occurrences

ODD_LINES = [
    "", "   ", "\t", "a\rb", "a\nb",
    "x\u0085y", "x\u2028y", "nul\x00nul", "😀👩‍👩‍👧", "مرحبا بالعالم", "e\u0301", "\ufeffbom", "word " * 400,
]  # fmt: skip


class EchoEngine(Engine):
    """Gives each source back, every token and EOS with the log-probability -1."""

    def __init__(self) -> None:
        self.sources = []

    def start(self, sources):
        self.sources += sources
        return EchoSession(sources)


class EchoSession:
    def __init__(self, sources):
        self.sources, self.source_of_row, self.position = sources, np.arange(len(sources)), 0

    def step(self, _tokens, rows, _k):
        self.source_of_row = self.source_of_row[rows]
        ids = np.array([[self.sources[index][self.position]] for index in self.source_of_row])
        self.position += 1
        return np.full(ids.shape, -1.0), ids


@pytest.fixture
def engine():
    return EchoEngine()


@pytest.fixture
def echo(engine, stored):
    return Translator(lambda _: engine, stored.tokenizer, DecodingConfig(beam_size=1, length_penalty=0.5))


@pytest.fixture
def idle(stored):
    """A translator that must not need its engine."""
    return Translator(lambda count: pytest.fail(f"asked for {count} lines"), stored.tokenizer, DecodingConfig())


@pytest.fixture
def translator(stored):
    return make_translator([stored], DecodingConfig(beam_size=2), MachineConfig(), "numpy")


def random_words(count):
    """Words in an order that does not repeat itself, which would be filtered."""
    return random.Random(1).choices(ENGLISH, k=count)


def texts(translations):
    return [translation.text for translation in translations]


def test_each_line_gives_one_translation_in_order_and_a_blank_line_an_empty_one(echo, engine):
    assert texts(echo.translate(["one two", "", "  ", "three"])) == ["one two", "", "", "three"]
    assert [source[-1] for source in engine.sources] == [EOS_ID, EOS_ID]


def test_each_sentence_of_a_line_is_translated_by_itself(echo, engine, stored):
    line = "One two. Three four! Five?"
    [translation] = echo.translate([line])
    assert translation.text == line
    sentences = ["One two.", "Three four!", "Five?"]
    assert [segment.tokens for segment in translation.segments] == list(map(tuple, stored.tokenizer.encode(sentences)))
    assert sorted(engine.sources) == sorted(segment.tokens for segment in translation.segments)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("WHERE IS THE STATION?", "Where is the station?"),
        ("HELLO THERE. My name is Anna.", "Hello there. My name is Anna."),
        ("NATO", "NATO"),
        ("USB 3.0", "USB 3.0"),
        ("McDonald IS OPEN", "McDonald IS OPEN"),
        ("我 喜欢", "我 喜欢"),
    ],
)
def test_a_sentence_in_capitals_is_read_in_lower_case_and_translated_into_capitals(echo, stored, line, read):
    [translation] = echo.translate([line])
    assert translation.text == line
    assert " ".join(stored.tokenizer.decode([segment.tokens[:-1] for segment in translation.segments])) == read


LITERALS = [
    "See https://example.com/a?b=1 or mail anna@example.com.",
    "Hello {{name}}, you have %d files in /tmp/a.txt!",
    "😀 Hi <b>Anna</b>, call +33 6 12 34 56 78 👍",
    "On 2024-05-12 at 10:30 I paid 1,250.50 for 3 A320.",
    "<p>one two</p>",
    "I use GitHub in 你好 and 世界.",
    "GO TO https://example.com/Path NOW AT 10:30",
    "one 1 two 2 three 3 " * 15,
]


class LossyEngine(EchoEngine):
    """Gives each source back without the tokens in `lost`."""

    def __init__(self, lost):
        super().__init__()
        self.lost = lost

    def start(self, sources):
        self.sources += sources
        return EchoSession([[token for token in source if token not in self.lost] for source in sources])


def lossy(stored, characters):
    """An engine that loses the tokens of `characters`, and its translator."""
    engine = LossyEngine({token for [*tokens, _] in stored.tokenizer.encode(list(characters)) for token in tokens[-1:]})
    return engine, Translator(lambda _: engine, stored.tokenizer, DecodingConfig(beam_size=1))


@pytest.mark.parametrize("line", LITERALS)
def test_literals_come_out_as_they_went_in(echo, line):
    assert texts(echo.translate([line])) == [line.strip()]


@pytest.mark.parametrize("line", LITERALS)
def test_literals_that_the_model_loses_come_out_all_the_same(stored, line):
    _, translator = lossy(stored, "X0123456789")
    [text] = texts(translator.translate([line]))
    found = [line[each.begin : each.end] for each in find_literals(line, lambda word: word in "你好世界")]
    assert [occurrences(text, literal) for literal in found] == [occurrences(line, literal) for literal in found]


def test_a_lost_number_is_masked_and_the_sentence_is_cut_only_if_the_mask_is_lost_too(stored):
    for lost, read in (("", ["a 8 b."]), ("8", ["a 8 b.", "a 37 b."]), ("837", ["a 8 b.", "a 37 b.", "b.", "a"])):
        engine, translator = lossy(stored, lost)
        assert texts(translator.translate(["a 8 b."])) == ["a 8 b."]
        assert stored.tokenizer.decode([source[:-1] for source in engine.sources]) == read


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("😀 one two. 👍", ["one two."]),
        ("<b>one</b> two", ["one X1 two"]),
        ("one\ttwo | three", ["one", "two", "three"]),
        ("one Malmö two", ["one Malmö two"]),
        ("THE A320 AND THE ONE", ["The X1 and the one"]),
        (" ".join(f"one {number}" for number in range(10, 50)), ["one"]),
    ],
)
def test_what_is_shown_to_the_model(echo, engine, stored, line, read):
    [translation] = echo.translate([line])
    assert translation.text == line.replace("\t", " ")
    assert stored.tokenizer.decode([source[:-1] for source in engine.sources]) == read


def test_a_word_with_an_unknown_letter_is_held(stored):
    engine, translator = lossy(stored, "ö")
    assert texts(translator.translate(["one Malmö two"])) == ["one Malmö two"]
    assert len(engine.sources) > 1


def test_a_mark_after_a_literal_stays_beside_it_where_the_sentence_is_cut(stored):
    engine, translator = lossy(stored, "83")
    assert texts(translator.translate(["one 8, two"])) == ["one 8, two"]
    assert stored.tokenizer.decode([source[:-1] for source in engine.sources])[-2:] == ["one", "two"]


def test_text_between_two_masks_must_not_leave_them(stored):
    class Emptying(EchoEngine):
        """Moves the words between the first two masks behind the second one."""

        def start(self, sources):
            self.sources += sources
            read = stored.tokenizer.decode([source[:-1] for source in sources])
            moved = [re.sub(r"X1 (.*) X2", r"X1 X2 \1", text) for text in read]
            return EchoSession(stored.tokenizer.encode(moved))

    translator = Translator(lambda _: Emptying(), stored.tokenizer, DecodingConfig(beam_size=1))
    assert texts(translator.translate(["one <b>two</b> three"])) == ["one <b>two</b> three"]


def test_what_wrong_byte_tokens_make_is_left_out(stored):
    class Broken(EchoEngine):
        def start(self, sources):
            return EchoSession([[4 + 0xC2, *source[:-1], 4 + 0xC2, 4 + 0xAD, EOS_ID] for source in sources])

    translator = Translator(lambda _: Broken(), stored.tokenizer, DecodingConfig(beam_size=1))
    assert texts(translator.translate(["one"])) == ["one"]


def test_a_hypothesis_that_holds_the_literals_goes_before_a_better_one(stored, monkeypatch):
    def found(_engine, sources, _config, _prefixes):
        better = stored.tokenizer.encode(["one"])[0][:-1]
        return [[Hypothesis(better, -1.0, -0.1, 2), Hypothesis(list(source[:-1]), -2.0, -0.2, 9)] for source in sources]

    monkeypatch.setattr("attn_cli.decoding.translator.search", found)
    translator = Translator(lambda _: None, stored.tokenizer, DecodingConfig())
    first, second = translator.translate(["one 8 two", "one two"])
    assert (first.text, first.score, second.text) == ("one 8 two", pytest.approx(-2 / 9), "one")


@pytest.mark.parametrize("texts", [["one two.", "three four five."], ["three four five.", "one two."]])
def test_the_n_best_of_a_line_are_the_best_of_all_combinations(translator, texts):
    several = translator.with_config(beam_size=4, n_best=4)
    line, *sentences = several.translate([" ".join(texts), *texts])
    combinations = [
        (sum(part.log_probability for part in parts), " ".join(part.text for part in parts), parts)
        for parts in product(*(sentence.hypotheses for sentence in sentences))
    ]
    lengths = [sum(len(target) + 1 for part in parts for target in part.targets) for _, _, parts in combinations]
    scores = sorted((total / length for (total, _, _), length in zip(combinations, lengths, strict=True)), reverse=True)
    assert [hypothesis.score for hypothesis in line.hypotheses] == pytest.approx(scores[:4])
    assert line.hypotheses[0].text == line.text
    assert len({sentence.hypotheses[1].text for sentence in sentences}) == 2


def test_what_is_copied_is_certain(idle, translator):
    copied, *_ = translator.translate(["https://example.com"])
    assert (copied.text, copied.confidence, copied.score) == ("https://example.com", 1.0, 0.0)
    assert idle.translate(["42"])[0].confidence == 1.0
    assert 0 < translator.translate(["one"])[0].confidence < 1


def test_a_prefix_is_that_of_the_first_sentence_alone(translator):
    [translation] = translator.translate(["one two. three four."], prefixes=["six"])
    assert translation.text.startswith("six")
    assert translation.text.count("six") == 1
    assert [bool(segment.prefix) for segment in translation.segments] == [True, False]


def test_literals_are_translated_as_words_if_asked_for(engine, stored):
    translator = Translator(lambda _: engine, stored.tokenizer, DecodingConfig(beam_size=1, copy_literals=False))
    line = "See https://example.com and GO TO 😀"
    translator.translate([line])
    assert stored.tokenizer.decode([source[:-1] for source in engine.sources]) == [line]


@pytest.mark.parametrize(
    ("line", "same"),
    [("e\u0301te\u0301 one", "\u00e9t\u00e9 one"), ("on\u00ade two", "one two"), ("one\u200b two", "one two")],
)
def test_composed_accents_and_invisible_characters_make_no_difference(echo, engine, line, same):
    assert texts(echo.translate([line])) == texts(echo.translate([same]))
    assert engine.sources[0] == engine.sources[-1]


def test_a_sentence_in_title_case_is_read_in_ordinary_case(stored, echo, engine):
    assert stored.tokenizer.log_probability("one") > stored.tokenizer.log_probability("One")
    echo.translate(["Two And One"])
    assert stored.tokenizer.decode([engine.sources[0][:-1]]) != ["Two And One"]


def test_a_line_is_translated_as_a_whole_if_asked_for(engine, stored):
    whole = Translator(lambda _: engine, stored.tokenizer, DecodingConfig(beam_size=1, split_sentences=False))
    line = " One two. Three four! Five? "
    [translation] = whole.translate([line])
    assert (translation.text, len(translation.segments)) == (line.strip(), 1)


@pytest.mark.parametrize(
    ("line", "parts"), [("Ask Mrs. Smith.", {"en": 1, "fr": 2}), ("Vois Mme. Dupont.", {"en": 2, "fr": 1})]
)
def test_abbreviations_are_those_of_the_source_language(engine, stored, line, parts):
    for language, count in parts.items():
        model = replace(stored, settings=replace(stored.settings, source_language=language))
        translator = Translator(lambda _: engine, stored.tokenizer, DecodingConfig(beam_size=1), [model])
        assert len(translator.segments(line)) == count


def test_equal_sentences_are_translated_once(engine, stored):
    counts = []
    echo = Translator(lambda count: counts.append(count) or engine, stored.tokenizer, DecodingConfig(beam_size=1))
    assert texts(echo.translate(["One. Two.", "Two.", "One."])) == ["One. Two.", "Two.", "One."]
    assert len(engine.sources) == 2
    assert counts == [4]  # the choice of the engine does not depend on which sentences are equal


@pytest.mark.parametrize(
    "line", ["\u00ad", "\u200b\u00ad \u200b", "42", ".", "-", "00:01:02,000 --> 00:01:04,000", "😀👍"]
)
def test_a_line_without_letters_stays_as_it_is(idle, line):
    assert texts(idle.translate([line])) == [line]


def test_blank_lines_need_no_engine(idle):
    assert texts(idle.translate(["", " "])) == ["", ""]
    assert idle.align(idle.translate(["", " "])) == [(), ()]


@pytest.mark.parametrize("line", ODD_LINES)
def test_an_odd_line_gives_one_line(echo, line):
    [translation] = echo.translate([line])
    assert "\n" not in translation.text
    assert bool(translation.text) == bool(line.strip())


@pytest.mark.parametrize(
    "control", ["\0", "\n", "\r", "\t", "\x0b", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029"]
)
def test_a_control_character_made_of_byte_tokens_becomes_a_space(stored, control):
    first, last = (stored.tokenizer.encode([letter])[0][:-1] for letter in "ab")
    tokens = [*first, *(4 + byte for byte in control.encode()), *last]

    class ControlEngine(EchoEngine):
        def start(self, _sources):
            return EchoSession([[*tokens, EOS_ID]])

    echo = Translator(lambda _: ControlEngine(), stored.tokenizer, DecodingConfig(beam_size=1))
    [translation] = echo.translate(["one"])
    assert control in stored.tokenizer.decode([tokens])[0]
    assert translation.text.split() == ["a", "b"]
    assert control not in translation.text


def test_a_line_of_a_megabyte_is_translated_in_segments(echo, engine):
    words = random_words(200_000)
    [translation] = echo.translate([" ".join(words)])
    assert max(map(len, engine.sources)) <= MAX_SEGMENT + 1
    assert len(translation.segments) == len(engine.sources) > 1000
    assert translation.text.split() == words


def test_log_probability_and_length_are_summed_over_the_segments_and_the_end_marks_count(echo):
    short, blank, long = echo.translate(["one two", " ", " ".join(random_words(300))])
    assert len(long.segments) > 1
    for translation in (short, long):
        length = sum(
            len(segment.tokens) for segment in translation.segments
        )  # the end marks included; every token has log-probability -1
        assert translation.log_probability == -length
        assert translation.score == pytest.approx(-length / length**0.5)
    assert (blank.log_probability, blank.score, blank.alignments) == (0.0, 0.0, ())


def test_the_translation_of_one_segment_has_the_score_of_the_best_hypothesis(translator):
    [translation] = translator.translate(["one two three"])
    [[best, *_]] = search(translator._engine_for(1), [translation.segments[0].tokens], DecodingConfig(beam_size=2))
    assert (translation.score, translation.log_probability) == (best.score, best.log_probability)
    assert translation.targets == (tuple(best.tokens),)


def test_a_translation_keeps_the_tokens_of_its_segments(translator, stored):
    lines = ["one two", "", "three, " * 100, "four"]
    found = translator.translate(lines)
    assert texts(found)[:2] == ["deux un", ""]
    assert [len(translation.segments) for translation in found] == [1, 0, 2, 1]
    decode = stored.tokenizer.decode
    for line, translation in zip(lines, found, strict=True):
        assert " ".join(decode([segment.tokens[:-1] for segment in translation.segments])).strip() == line.strip()
        assert " ".join(decode(translation.targets)).strip() == translation.text
        assert translation.alignments == ()


def test_each_segment_is_aligned_with_its_translation_and_a_blank_line_has_no_alignment(translator):
    found = translator.translate(["one two", " ", "three, " * 100, "four"], align=True)
    first, blank, cut, last = (translation.alignments for translation in found)
    assert (first[0].source, first[0].target) == (("one", "two", "</s>"), ("deux", "un", "</s>"))
    assert (len(first), blank, len(cut), last[0].source) == (1, (), 2, ("four", "</s>"))
    assert first[0].links() == [(1, 0), (0, 1)]


def test_some_translations_can_be_aligned_afterwards(translator):
    lines = ["one two", "three four five", "six"]
    _, second, _ = translator.translate(lines)
    [[later]] = translator.align([second])
    [at_once] = translator.translate(lines, align=True)[1].alignments
    assert (later.source, later.target) == (at_once.source, at_once.target)
    np.testing.assert_allclose(later.weights, at_once.weights, atol=1e-5)


def test_a_model_without_attention_is_refused_before_anything_is_translated(stored):
    model = ModelConfig(vocab_size=300, attention="none")
    vector = replace(stored, folder=Path("vector"), settings=replace(stored.settings, model=model))
    translator = Translator(lambda _: pytest.fail("translated"), stored.tokenizer, DecodingConfig(), [stored, vector])
    with pytest.raises(SettingsError, match="vector: trained with `attention` none"):
        translator.translate(["one"], align=True)
    with pytest.raises(SettingsError, match="vector"):
        translator.align([])
