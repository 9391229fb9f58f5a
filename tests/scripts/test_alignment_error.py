"""scripts/alignment_error.py: gold links, the error rate, and the script as it is run."""

import subprocess
import sys
from pathlib import Path

import pytest

from attn_cli.foundation.errors import CorpusError
from scripts.alignment_error import alignment_error_rate, read_links

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "tests" / "released" / "format-1"


@pytest.mark.parametrize(
    "found, gold, rate",
    [
        ({(0, 0), (1, 1)}, {(0, 0), (1, 1)}, 0.0),
        ({(0, 0)}, {(1, 1)}, 1.0),
        ({(0, 0), (1, 0), (2, 2)}, {(0, 0), (2, 2), (2, 3), (3, 3), (4, 4)}, 0.5),  # 1 - 2·2 / (3 + 5)
        (set(), {(0, 0)}, 1.0),
    ],
)
def test_the_alignment_error_rate_is_one_minus_the_share_of_common_links(found, gold, rate):
    assert alignment_error_rate(found, gold) == pytest.approx(rate)


def test_links_are_read_line_by_line(tmp_path):
    (tmp_path / "a.align").write_text("0-0 1-2\n\n10-3  0-1\n")
    assert read_links(tmp_path / "a.align") == [{(0, 0), (1, 2)}, set(), {(10, 3), (0, 1)}]


@pytest.mark.parametrize("wrong", ["1", "1-", "a-b", "1-2-3", "-1-2", "1:2"])
def test_a_link_of_another_form_is_named_with_its_line(wrong, tmp_path):
    (tmp_path / "a.align").write_text(f"0-0\n0-1 {wrong} 2-2\n")
    with pytest.raises(CorpusError, match=rf"a\.align, line 2: {wrong} is no link.*0-0 1-2"):
        read_links(tmp_path / "a.align")


def run(test_text: Path, align: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.alignment_error", str(DIGITS / "model")]
    options = ["--test", str(test_text), "--align", str(align)]
    return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)


def gold(pairs) -> list[str]:
    lengths = [len(source.split()) for source, _ in pairs]
    return [" ".join(f"{index}-{length - 1 - index}" for index in range(length)) for length in lengths]


def test_the_script_prints_error_rate_precision_and_recall(pairs, tmp_path):
    (tmp_path / "gold").write_text("\n".join(gold(pairs)) + "\n")
    done = run(DIGITS / "corpus" / "test", tmp_path / "gold")
    assert done.returncode == 0, done.stderr
    figures = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
    assert figures["AER"] == pytest.approx(100 - figures["precision"], abs=0.02)  # one link per word on both sides
    assert figures["precision"] == figures["recall"] > 75


def test_the_script_refuses_links_of_other_sentences(pairs, tmp_path):
    right = gold(pairs)
    for lines, wrong in ((right[:-1], "49 lines"), ([right[0] + " 30-0", *right[1:]], "line 1"), ([""] * 50, "links")):
        (tmp_path / "gold").write_text("\n".join(lines) + "\n")
        done = run(DIGITS / "corpus" / "test", tmp_path / "gold")
        assert (done.returncode, done.stdout) == (1, "")
        assert wrong in done.stderr
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
