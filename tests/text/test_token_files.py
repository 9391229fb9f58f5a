"""Token ids on disk: they come back as written, of any vocabulary, piece by piece, and damage is an error."""

import numpy as np
import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.settings import EOS_ID
from attn_cli.text import token_files
from attn_cli.text.batches import pad
from attn_cli.text.token_files import TokenFile, TokenWriter, tokenise
from attn_cli.text.tokenizer import Tokenizer


@pytest.fixture
def tokenizer(digit_corpus):
    return Tokenizer((digit_corpus / "tokenizer.model").read_bytes())


def read(prefix):
    file = TokenFile(prefix)
    assert file.lengths.tolist() == [len(file[row]) for row in range(len(file))]
    return [file[row].tolist() for row in range(len(file))]


@pytest.mark.parametrize("vocab_size, kind", [(65_535, np.uint16), (65_536, np.uint16), (65_537, np.uint32)])
def test_large_vocabularies_have_larger_ids(vocab_size, kind, tmp_path):
    sentences = [[5, 6, EOS_ID], [EOS_ID], [vocab_size - 1, 0, 7, EOS_ID]]
    TokenFile.write(tmp_path / "t", sentences, vocab_size)
    assert read(tmp_path / "t") == sentences
    assert TokenFile(tmp_path / "t")[0].dtype == kind


def test_a_file_written_in_pieces_is_the_same_as_one_written_by_numpy(tmp_path):
    pieces = [([5, 6, EOS_ID, EOS_ID], [3, 1]), ([], []), ([9] * 70_000, [70_000])]
    with TokenWriter(tmp_path / "t", 300) as writer:
        for tokens, lengths in pieces:
            writer.add(np.array(tokens, np.int64), np.array(lengths, np.int64))
    everything = np.concatenate([np.array(tokens, np.uint16) for tokens, _ in pieces])
    np.save(tmp_path / "expected.npy", everything)
    assert (tmp_path / "t.tokens.npy").read_bytes() == (tmp_path / "expected.npy").read_bytes()
    assert np.load(tmp_path / "t.offsets.npy").tolist() == [0, 3, 4, 70_004]


def test_some_sentences_at_once_are_padded_at_the_end(tmp_path):
    sentences = [[5, 6, EOS_ID], [EOS_ID], [8, 0, 7, 9, EOS_ID], [4, EOS_ID]]
    TokenFile.write(tmp_path / "t", sentences)
    file = TokenFile(tmp_path / "t")
    for rows in ([0], [3, 1], [2, 3, 3, 0], [3], [0, 1, 2, 3]):
        padded = file.padded(np.array(rows))
        assert padded.tolist() == pad([sentences[row] for row in rows]).tolist()
        assert padded.dtype == np.int64


def test_no_sentence_at_all(tmp_path):
    TokenFile.write(tmp_path / "t", [])
    assert read(tmp_path / "t") == []


@pytest.mark.parametrize("end", ["\n", ""])
def test_the_lines_of_a_text_are_tokenised_in_order(end, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(token_files, "CHUNK", 3)
    lines = ["one two", "", "trois\u2028quatre", "four’s", "five", "six", "seven"]
    (tmp_path / "t").write_text("\n".join(lines) + end, encoding="utf-8", newline="")
    counts = []
    tokenise(tmp_path / "t", tmp_path / "t", tokenizer, 1, counts.append)
    assert read(tmp_path / "t") == tokenizer.encode(lines)
    assert counts == [3, 6, 7]


def test_a_file_that_was_cut_is_an_error(tmp_path):
    TokenFile.write(tmp_path / "t", [[5, EOS_ID]] * 50)
    path = tmp_path / "t.tokens.npy"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(CorpusError, match="damaged"):
        TokenFile(tmp_path / "t")
