"""The scores of single sentences: they are sacreBLEU's, and files of them can be read by other programs."""

import csv
import json
from dataclasses import replace

import pytest
import sacrebleu

from attn_cli.decoding.translator import Translation
from attn_cli.evaluation.sentences import check, rows, write
from attn_cli.evaluation.systems import System, Task
from attn_cli.foundation.errors import SettingsError, WorkspaceError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig

PAIRS = [("a\tcat \u2028sleeps", "un chat dort ici"), ("two dogs", "deux chiens"), ("", "")]
HYPOTHESES = ['un chat "dort"\r là', "deux chiens", ""]
TASK = Task(
    location="test",
    languages=("en", "fr"),
    pairs=PAIRS,
    decoding=DecodingConfig(),
    machine=MachineConfig(),
    more_references=[["le chat dort là", "", ""]],
)
FINISHED = System("file", HYPOTHESES)
MADE = replace(
    FINISHED, translations=[Translation(text, -0.5 * row, -1.0, 0.5, (), ()) for row, text in enumerate(HYPOTHESES)]
)


def test_scores_are_sacrebleus_with_all_references():
    first, second, third = rows(TASK, FINISHED)
    references = ["un chat dort ici", "le chat dort là"]
    assert first["bleu"] == sacrebleu.sentence_bleu(HYPOTHESES[0], references).score
    assert first["chrf"] == sacrebleu.sentence_chrf(HYPOTHESES[0], references).score
    assert first["ter"] == sacrebleu.sentence_ter(HYPOTHESES[0], references).score
    # Without effective order a sentence of two words would have no BLEU.
    assert [second[key] for key in ("bleu", "chrf", "ter")] == pytest.approx([100, 100, 0])
    assert (third["bleu"], third["ter"], "score" in third) == (0, 0, False)


def test_the_tokenizer_is_that_of_the_task():
    [first, *_] = rows(replace(TASK, tokenizer="char"), FINISHED)
    expected = sacrebleu.sentence_bleu(HYPOTHESES[0], ["un chat dort ici", "le chat dort là"], tokenize="char")
    assert first["bleu"] == expected.score


def test_json_lines_hold_the_text_as_it_is(tmp_path):
    write(tmp_path / "s.jsonl", TASK, MADE)
    first, second, third = map(json.loads, (tmp_path / "s.jsonl").read_text(encoding="utf-8").split("\n")[:-1])
    assert list(first) == ["id", "source", "hypothesis", "references", "bleu", "chrf", "ter", "score"]
    assert (first["id"], first["source"], first["hypothesis"]) == (1, PAIRS[0][0], HYPOTHESES[0])
    assert first["references"] == ["un chat dort ici", "le chat dort là"]
    assert (second["references"], third["references"]) == (["deux chiens"], [""])
    assert [row["score"] for row in (first, second, third)] == [0, -0.5, -1]
    write(tmp_path / "s.jsonl", TASK, FINISHED)
    assert b"score" not in (tmp_path / "s.jsonl").read_bytes()


def test_a_table_has_a_column_for_each_reference_and_spaces_for_tabs_and_line_ends(tmp_path):
    write(tmp_path / "s.tsv", TASK, MADE)
    assert (tmp_path / "s.tsv").read_bytes().count(b"\n") == 4
    text = (tmp_path / "s.tsv").read_text(encoding="utf-8")
    read = list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    expected = ["id", "source", "hypothesis", "reference", "reference_2", "bleu", "chrf", "ter", "score"]
    assert list(read[0]) == expected
    assert (read[0]["source"], read[0]["hypothesis"]) == ("a cat  sleeps", 'un chat "dort"  là')
    assert [row["reference_2"] for row in read] == ["le chat dort là", "", ""]
    assert [float(row["chrf"]) for row in read] == [row["chrf"] for row in rows(TASK, MADE)]


@pytest.mark.parametrize("name", ["s.csv", "s", "-", "s.tsv.gz", ".tsv"])
def test_another_ending_is_refused(name, tmp_path):
    with pytest.raises(SettingsError, match=r"`sentences` .*: choose a file name that ends in \.tsv or \.jsonl"):
        check(tmp_path / name)


@pytest.mark.parametrize("ending", ["tsv", "jsonl"])
def test_only_a_file_of_sentences_is_replaced(ending, tmp_path):
    path = tmp_path / f"s.{ending}"
    check(path)
    assert not path.exists()
    write(path, TASK, FINISHED)
    check(path)
    path.write_text("notes\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="holds something else"):
        check(path)
