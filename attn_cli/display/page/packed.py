"""A model as text for a page: int8 weights and the tokenizer, compressed, in characters that HTML leaves as they are.

The bytes are compressed as gzip, whose checksum tells of a damaged page. Then every seven bits become a character, so
that eight characters hold seven bytes: base64 would take 17 % more. The characters that HTML would change or read as
markup (NUL, carriage return and <) are replaced by those 128 above them, which are as good: the reader takes the lower
seven bits of each. As UTF-8 the text takes 2 % more bytes than it has characters.

What is compressed: the length of a header (uint32), the header (JSON), and arrays. Each array begins at a multiple of
ALIGNMENT bytes; worker/worker.js has the same. The header names them in their order. A matrix is the scales of its
rows (float32), then its rows (int8), each filled up with zeros to a multiple of COLUMNS; a vector is float32. The
scores of the tokenizer's pieces (float32) and the table of its normalisation (bytes) follow.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from attn_cli.decoding.alignment import WORD_BEGINS
from attn_cli.display.page.expressions import in_javascript
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.models.folder import StoredModel
from attn_cli.models.weights import SCALE, pack
from attn_cli.text.analysis import casing, literals, masks, sentences
from attn_cli.text.languages import base_code
from attn_cli.text.tokenizer import Tokenizer

ALIGNMENT, COLUMNS = 16, 16
BLOCK = 7 << 17  # bytes of a block of text, a multiple of 7: about 20 blocks for 19 million weights
_REPLACED = np.isin(np.arange(128), [ord(character) for character in "\0\r<"])

# Numbers of the fields of a SentencePiece model (sentencepiece_model.proto).
_PIECE, _TRAINER, _NORMALIZER = 1, 2, 3
_SCORE, _TYPE = 2, 3
_MODEL_TYPE, _TABLE, _FLAGS = 3, 2, (3, 4, 5)
_UNIGRAM, _NORMAL = 1, 1

# The expressions that the page uses: those without the flag g are of a whole text, or of one position (y).
_EXPRESSIONS = {
    "separators": (sentences.SEPARATORS, "gu"), "end": (sentences.END, "gu"), "next": (sentences.NEXT, "yu"),
    "lastWord": (sentences.LAST_WORD, "u"), "opaque": (literals.OPAQUE, "gu"), "clear": (literals.CLEAR, "gu"),
    "word": (casing.WORD, "gu"), "wordBegins": (WORD_BEGINS, "iyu"),
}  # fmt: skip
_WHOLE = {"acronym": sentences.ACRONYM, "plainNumber": masks.PLAIN_NUMBER}


class Packed(NamedTuple):
    """A model as blocks of text, the number of bytes that they hold, and of those that are unpacked from them."""

    blocks: list[str]
    compressed: int
    size: int


def packed(stored: StoredModel) -> Packed:
    """Return a model as text; raises ModelFolderError where the page cannot read its tokenizer."""
    content = _content(stored)
    compressor = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    compressed = compressor.compress(content) + compressor.flush()
    blocks = [compressed[begin : begin + BLOCK] for begin in range(0, len(compressed), BLOCK)]
    return Packed([as_text(block) for block in blocks], len(compressed), len(content))


def as_text(block: bytes) -> str:
    """Return bytes as characters of seven bits; zeros are added up to a multiple of seven bytes."""
    bits = np.unpackbits(np.frombuffer(block + b"\0" * (-len(block) % 7), dtype=np.uint8)).reshape(-1, 7)
    values = np.packbits(bits, axis=1)[:, 0] >> 1
    return np.where(_REPLACED[values], values + 128, values).astype(np.uint8).tobytes().decode("latin-1")


def _content(stored: StoredModel) -> bytes:
    tensors = safetensors.numpy.load(pack(stored.weights, "int8"))
    tokenizer = _read(stored.tokenizer)
    arrays: list[NDArray[Any]] = []
    entries: list[tuple[str, int, int, int]] = []
    for name, array in tensors.items():
        if array.ndim == 2:
            rows, columns = array.shape
            filled = np.pad(array, ((0, 0), (0, -columns % COLUMNS)))
            arrays += [tensors[name + SCALE], filled]
            entries.append((name, rows, columns, filled.shape[1]))
        elif not name.endswith(SCALE):
            arrays.append(array)
            entries.append((name, len(array), 0, 0))
    header = {
        "config": stored.settings.model.to_dict(),
        "tensors": entries,
        "widest": max(stride for *_, stride in entries),
        "tokenizer": {"pieces": tokenizer.pieces, "types": tokenizer.types, "table": len(tokenizer.table)},
        "rules": rules(stored.settings.source_language),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    parts = [len(text).to_bytes(4, "little") + text, *(array.tobytes() for array in arrays)]
    parts += [np.array(tokenizer.scores, dtype=np.float32).tobytes(), tokenizer.table]
    return b"".join(part + b"\0" * (-len(part) % ALIGNMENT) for part in parts)


def rules(language: str) -> dict[str, Any]:
    """Return the rules by which the page cuts a text in `language`: expressions, words, and masks."""
    code = base_code(language)
    sets = {
        "beforeWords": sentences.BEFORE_WORDS,
        "beforeNumbers": sentences.BEFORE_NUMBERS,
        "atTheEnd": sentences.AT_THE_END,
        "beginnings": sentences.BEGINNINGS,
    }
    whole = {name: (f"^(?:{in_javascript(expression)})$", "u") for name, expression in _WHOLE.items()}
    found = {name: (in_javascript(expression), flags) for name, (expression, flags) in _EXPRESSIONS.items()}
    return {
        "expressions": whole | found,
        "sets": {name: words.get(code, "").split() for name, words in sets.items()},
        "others": {"hasOrdinals": code == "de", "maskWords": masks.WORDS, "maskNumbers": masks.NUMBERS},
    }


class _Tokenizer(NamedTuple):
    """What is in a SentencePiece model: pieces with scores and types, and the table of its normalisation."""

    pieces: list[str]
    scores: list[float]
    types: list[int]
    table: bytes


def _read(tokenizer: Tokenizer) -> _Tokenizer:
    """Read what is in a tokenizer; raises ModelFolderError where the page would read it otherwise, or it is damaged."""
    fields = list(_fields(tokenizer.model))
    found = [dict(_fields(value)) for number, value in fields if number == _PIECE]
    trainer, normalizer = (
        {number: value for part, content in fields if part == wanted for number, value in _fields(content)}
        for wanted in (_TRAINER, _NORMALIZER)
    )
    types = [int(piece.get(_TYPE, _NORMAL)) for piece in found]
    usual = all(normalizer.get(flag, 1) for flag in _FLAGS)
    if trainer.get(_MODEL_TYPE, _UNIGRAM) != _UNIGRAM or not usual:
        raise ModelFolderError(
            "a page reads only tokenizers of the kind that attn-mt trains: unigram, with its normalisation"
        )
    return _Tokenizer(
        tokenizer.vocabulary,
        [float(np.frombuffer(piece.get(_SCORE, bytes(4)), dtype="<f4")[0]) for piece in found],
        types,
        bytes(normalizer.get(_TABLE, b"")),
    )


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a message of Protocol Buffers: its number, and an integer or bytes."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        key = varint()
        match key & 7:
            case 0:
                yield key >> 3, varint()
                continue
            case 1 | 5 as fixed:
                size = 8 if fixed == 1 else 4
            case 2:
                size = varint()
            case _:
                raise ModelFolderError("a page cannot read this tokenizer: it has fields of a kind that is not known")
        yield key >> 3, message[position : position + size]
        position += size
