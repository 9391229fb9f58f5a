"""Validation: which pairs are used, and what perplexity is."""

import math
from pathlib import Path

import pytest
import torch
from digit_language import digit_pairs, write_pairs

from attn_cli.foundation.settings import CleaningConfig, ModelConfig, PrepareConfig
from attn_cli.network.cross_entropy import batch_loss
from attn_cli.network.machine import Runtime
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus, make_batch
from attn_cli.training.validation import VALIDATION_LINES, ValidationSet, perplexity

MACHINE = Runtime(device=torch.device("cpu"), precision=torch.float32, threads=1)


class Silent:
    """Hears of preparing and says nothing."""

    def doing(self, what):
        pass


def corpus_with(folder: Path, valid: list[tuple[str, str]]) -> PreparedCorpus:
    write_pairs(folder / "train", digit_pairs(60, seed=1))
    write_pairs(folder / "valid", valid)
    places = Sources((str(folder / "train"),), str(folder / "valid"), str(folder / "valid"))
    config = PrepareConfig(vocab_size=300, cleaning=CleaningConfig(max_words=20, max_characters=200))
    return PreparedCorpus(prepare(("en", "fr"), places, folder / "corpus", config, Silent()).folder)


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


def test_of_long_validation_text_some_pairs_are_used_from_beginning_to_end(tmp_path):
    valid = digit_pairs(VALIDATION_LINES + 500, seed=2)
    validation = ValidationSet(corpus_with(tmp_path, valid))
    assert len(validation) == VALIDATION_LINES
    shown = {validation.example(number, [""] * VALIDATION_LINES)[0] for number in range(37)}
    assert len(shown) == 37


@pytest.mark.parametrize("batch_tokens", [1, 40, 4000])
def test_perplexity_is_that_of_each_sentence_alone(batch_tokens, monkeypatch):
    torch.manual_seed(1)
    model = Seq2Seq(ModelConfig(vocab_size=300, embedding_size=8, hidden_size=16)).eval()
    generator = torch.Generator().manual_seed(2)
    sides = [
        [[*torch.randint(4, 300, (length,), generator=generator).tolist(), 3] for length in lengths]
        for lengths in ((3, 9, 1, 20, 5), (12, 2, 7, 1, 5))
    ]
    alone = [batch_loss(model, make_batch([s], [t]), MACHINE, 0.0) for s, t in zip(*sides, strict=True)]
    expected = math.exp(sum(float(nll) for _, nll, _ in alone) / sum(len(target) for target in sides[1]))
    monkeypatch.setattr("attn_cli.training.validation.BATCH_TOKENS", batch_tokens)
    assert perplexity(model, *sides, MACHINE) == pytest.approx(expected, rel=1e-4)
