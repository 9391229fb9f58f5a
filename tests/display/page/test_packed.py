"""A model as text: what HTML may not change, and which tokenizers are refused."""

import gzip
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import sentencepiece

from attn_cli.display.page.packed import BLOCK, as_text, packed
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.models.folder import StoredModel
from attn_cli.text.tokenizer import Tokenizer


def unpacked(text: str) -> bytes:
    """The bytes of a block: the lower seven bits of each character."""
    values = np.frombuffer(text.encode("latin-1"), dtype=np.uint8) & 127
    bits = np.unpackbits(values[:, None], axis=1)[:, 1:].reshape(-1)
    return np.packbits(bits).tobytes()


def test_any_bytes_come_back_from_characters_that_html_keeps():
    content = np.random.default_rng(1).integers(0, 256, 7_000, dtype=np.uint8).tobytes() + bytes(range(256)) * 7
    text = as_text(content)
    assert unpacked(text) == content
    assert not set(text) & set("\0\r<")
    assert len(text.encode()) < 1.18 * len(content)


def test_a_block_that_is_not_full_is_filled_up():
    assert unpacked(as_text(b"\xff\x01")) == b"\xff\x01" + bytes(5)
    assert BLOCK % 7 == 0


def test_a_model_holds_its_weights_as_int8_with_scales(stored):
    model = packed(stored)
    content = gzip.decompress(b"".join(map(unpacked, model.blocks))[: model.compressed])
    assert len(content) == model.size
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    assert header["config"] == stored.settings.model.to_dict()
    position = 4 + length
    for name, rows, columns, stride in header["tensors"]:
        position += -position % 16
        vector = np.frombuffer(content, np.float32, rows, position)
        position += 4 * rows
        if columns:
            position += -position % 16
            matrix = np.frombuffer(content, np.int8, rows * stride, position).reshape(rows, stride)
            position += rows * stride
            assert stride % 16 == 0
            assert not matrix[:, columns:].any()
            expected = stored.weights[name]
            assert np.abs(matrix[:, :columns] * vector[:, None] - expected).max() <= np.abs(expected).max() / 250
        else:
            np.testing.assert_array_equal(vector, stored.weights[name])


def trained(**settings) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["one two three four", "un deux trois quatre"] * 50), model_writer=model, vocab_size=290,
        hard_vocab_limit=False, byte_fallback=True, pad_id=0, unk_id=1, bos_id=2, eos_id=3, minloglevel=2, **settings,
    )  # fmt: skip
    return model.getvalue()


@pytest.mark.parametrize(
    "settings", [{"model_type": "bpe"}, {"add_dummy_prefix": False}, {"remove_extra_whitespaces": False}]
)
def test_a_tokenizer_that_the_page_would_read_otherwise_is_refused(settings, stored: StoredModel):
    with pytest.raises(ModelFolderError, match="unigram, with its normalisation"):
        packed(replace(stored, tokenizer=Tokenizer(trained(**settings))))


def test_a_piece_that_is_not_utf8_is_damage(stored: StoredModel):
    model = stored.tokenizer.model
    piece = "\u2581one".encode()
    assert piece in model
    damaged = Tokenizer(model.replace(piece, b"\xff" * len(piece)))
    with pytest.raises(ModelFolderError, match="a piece is not UTF-8"):
        packed(replace(stored, tokenizer=damaged))


def test_a_tokenizer_with_a_field_of_another_kind_is_refused(stored: StoredModel):
    group = b"\xa3\x06\xa4\x06"  # the beginning and the end of field 100, which SentencePiece leaves out
    with pytest.raises(ModelFolderError, match="cannot read this tokenizer"):
        packed(replace(stored, tokenizer=Tokenizer(stored.tokenizer.model + group)))
