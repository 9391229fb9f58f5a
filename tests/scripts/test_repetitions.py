"""scripts/repetitions.py: translations that repeat themselves although their sources do not."""

import subprocess
import sys

import pytest

from scripts.repetitions import most_repeated, repetitions

LOOP = "a b c d a b c d a b c d"
TWICE = "a b c d a b c d"


@pytest.mark.parametrize(
    ("sentence", "phrase", "count"),
    [("", "", 0), ("a b c", "", 0), ("a b c d", "a b c d", 1), (LOOP, "a b c d", 3), ("no " * 7, "no no no no", 4)],
)
def test_the_most_frequent_phrase_is_returned_with_its_count(sentence, phrase, count):
    assert most_repeated(sentence) == (phrase, count)


def test_a_translation_is_listed_only_if_its_source_does_not_repeat_itself():
    sources = ["one", LOOP, TWICE, "one", ""]
    translations = [TWICE, LOOP, LOOP, "e f g h " * 5, ""]
    assert list(repetitions(sources, translations)) == [(3, "a b c d", 3), (4, "e f g h", 5)]


@pytest.mark.parametrize(("translation", "status"), [(TWICE, 0), (LOOP, 1)])
def test_the_exit_status_is_1_if_a_translation_repeats_itself(translation, status, tmp_path):
    for name, line in (("source", "one"), ("translation", translation)):
        (tmp_path / name).write_text(f"{line}\n", encoding="utf-8")
    command = [sys.executable, "-m", "scripts.repetitions", str(tmp_path / "source"), str(tmp_path / "translation")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stdout == ("line 1: 3 times: a b c d\n" if status else "")
    assert done.stderr == f"{status} of 1 translations repeat themselves\n"


def test_files_of_different_lengths_are_an_error(tmp_path):
    (tmp_path / "two").write_text("one\ntwo\n", encoding="utf-8")
    (tmp_path / "one").write_text("one\n", encoding="utf-8")
    command = [sys.executable, "-m", "scripts.repetitions", str(tmp_path / "two"), str(tmp_path / "one")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: " in done.stderr
