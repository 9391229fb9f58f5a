"""Attention matrices as pictures: in each format, of any script, without warnings, and never half a file."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from attn_cli.decoding.alignment import END, Alignment
from attn_cli.display.attention.plot import FORMATS, check, draw
from attn_cli.foundation.errors import SettingsError

BEGINS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
WORDS = ("he", "doesn't", "日本語", "$x^2$", "$5", "मी", "😀", "\U00013000", "nul\0", "<&>--", END)
EXAMPLE = Alignment(WORDS, WORDS, np.eye(len(WORDS), dtype=np.float32))


@pytest.mark.parametrize("ending", [*FORMATS, ".PNG"])
def test_a_picture_of_any_words_is_written_and_nothing_is_printed(ending, tmp_path, capfd, caplog):
    path = tmp_path / "made" / f"a{ending}"
    draw(EXAMPLE, path)  # warnings are errors here
    assert path.read_bytes().startswith(BEGINS[ending.lower()])
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])


def test_a_row_is_a_target_word_and_half_a_weight_is_half_grey(tmp_path):
    middles = []
    for weights in ([[0.5, 0.5, 0.5], [0, 0, 0]], [[0, 0, 0], [0.5, 0.5, 0.5]]):
        draw(Alignment(("a", "b", END), ("x", END), np.array(weights, dtype=np.float32)), tmp_path / "a.png")
        grey = np.isclose(imread(tmp_path / "a.png")[:, :, 0], 0.5, atol=0.01)
        middles.append(np.flatnonzero(grey.sum(axis=1) > 100).mean())  # three cells; the colour bar is narrower
    assert middles[0] < middles[1]


def test_an_svg_is_well_formed_and_contains_its_words(tmp_path):
    draw(EXAMPLE, tmp_path / "a.svg")
    ElementTree.parse(tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for word in ("doesn't", "日本語", "$x^2$", "attention weight"):
        assert f"<!-- {word} -->" in text


def test_a_failure_leaves_an_existing_file_unchanged(tmp_path):
    (tmp_path / "a.png").write_text("before")
    with pytest.raises(ValueError):
        draw(Alignment(("a",), ("b", END), EXAMPLE.weights), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_text() == "before"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        draw(EXAMPLE, tmp_path / "file" / "a.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "file"]


@pytest.mark.parametrize("name", ["a.gif", "a", "png", "a.png.txt"])
def test_another_format_is_refused(name):
    with pytest.raises(SettingsError, match=rf"`plot` {name}: choose a name that ends in .png, .svg, .pdf"):
        check(Path(name))


@pytest.mark.parametrize("name", ["a.png", "a.SVG", "b/a.pdf"])
def test_the_name_decides_the_format(name):
    check(Path(name))


def test_without_matplotlib_the_error_says_how_to_install_it():
    code = "import sys; sys.modules['matplotlib'] = None\nfrom pathlib import Path\n"
    code += "from attn_cli.display.attention.plot import check\ncheck(Path('a.png'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "SettingsError: `plot`: needs matplotlib; install it with: pip install 'attn-mt[plot]'" in done.stderr
