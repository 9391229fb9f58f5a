"""Validation: the pairs that it uses."""

from pathlib import Path

import pytest
from digit_language import digit_pairs, write_pairs
from recorder import Recorder

from attn_cli.foundation.settings import CleaningConfig, PrepareConfig
from attn_cli.text.preparation.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training.validation import LEAST_LINES, VALIDATION_LINES, ValidationSet


def corpus_with(folder: Path, valid: list[tuple[str, str]], *, training: int = 60) -> PreparedCorpus:
    # Other sentences than those of `valid`, or cleaning would drop them.
    write_pairs(
        folder / "train", [(f"my {source}", f"{target} à moi") for source, target in digit_pairs(training, seed=1)]
    )
    write_pairs(folder / "valid", valid)
    sources = Sources((str(folder / "train"),), str(folder / "valid"), str(folder / "valid"))
    config = PrepareConfig(vocab_size=300, cleaning=CleaningConfig(max_words=20, max_characters=200))
    return PreparedCorpus(prepare(("en", "fr"), sources, folder / "corpus", config, Recorder()).folder)


def test_blank_pairs_and_those_too_long_to_be_trained_on_are_left_out(tmp_path):
    pairs = [
        ("one two", "deux un"),
        ("one " * 21, "un"),
        ("two", "deux " * 21),
        ("x" * 201, "un"),
        ("", ""),
        ("six", ""),
    ]
    validation = ValidationSet(corpus_with(tmp_path, [*pairs, ("nine", "neuf")]))
    assert len(validation) == 2
    assert {validation.example(number, ["", ""])[0] for number in range(2)} == {"one two", "nine"}


@pytest.mark.parametrize(("training", "lines"), [(60, LEAST_LINES), (300, 300), (1200, VALIDATION_LINES)])
def test_a_long_validation_text_is_sampled_from_beginning_to_end(tmp_path, training, lines):
    valid = digit_pairs(VALIDATION_LINES + 500, seed=2)
    validation = ValidationSet(corpus_with(tmp_path, valid, training=training))
    assert len(validation) == lines
    shown = [validation.example(number, [""] * lines)[0] for number in range(37)]
    assert len(set(shown)) == 37
    rows = sorted([source for source, _ in valid].index(source) for source in shown)
    assert rows[0] < 100
    assert rows[-1] > 1400
