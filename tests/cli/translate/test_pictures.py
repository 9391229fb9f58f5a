"""The forms of a translation: text alone on stdout, heat maps and pictures beside it."""

import re
import subprocess
import sys

import numpy as np
import pytest
from shell import assert_fails, text_of


class TestAttention:
    """translate --heatmap and --plot."""

    LINES = "one two three\n\nseven\nnine zero\n"

    def test_only_translations_go_to_stdout_and_each_has_its_map_on_stderr(self, shell):
        plain, mapped = shell("translate", stdin=self.LINES), shell("translate", "--heatmap", stdin=self.LINES)
        assert mapped.stdout == plain.stdout
        assert mapped.stdout.count(b"\n") == 4
        assert (plain.stderr, mapped.returncode) == (b"", 0)
        rows = [line.split()[0] for line in text_of(mapped.stderr).splitlines() if line.endswith(tuple("·0123456789"))]
        assert rows == ["trois", "deux", "un", "</s>", "sept", "</s>", "zéro", "neuf", "</s>"]
        assert b"\x1b" not in mapped.stderr

    def test_a_map_follows_its_translation(self, shell):
        command = f"{sys.executable} -m attn_cli translate --heatmap one 'nine zero' 2>&1"
        done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, check=False)
        lines = [line for line in text_of(done.stdout).splitlines() if line in ("un", "zéro neuf") or "│" in line]
        assert lines[0] == "un"
        assert lines[1].endswith("</s>")
        assert "zéro neuf" in lines[2:-1]

    def test_both_engines_show_the_same(self, shell):
        numpy, torch = (
            shell("translate", "--heatmap", "--engine", engine, "six one two", ATTN_MT_THREADS="")
            for engine in ("numpy", "torch")
        )
        figures = [np.array(re.findall(r"\d+", text_of(done.stderr)), dtype=int) for done in (numpy, torch)]
        assert len(figures[0]) > 4
        np.testing.assert_allclose(figures[0], figures[1], atol=1)

    def test_colour_is_for_those_who_want_it(self, shell):
        coloured = shell("translate", "--heatmap", "one", FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="")
        bare = shell("translate", "--heatmap", "one", FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="1")
        assert b"\x1b[38;5;" in coloured.stderr
        assert b"\x1b" not in bare.stderr
        assert re.sub(rb"\x1b\[[0-9;]*m", b"", coloured.stderr) == bare.stderr

    def test_a_map_fits_the_terminal(self, shell):
        done = shell("translate", "--heatmap", "one two three four five six " * 4, COLUMNS="60")
        assert max(map(len, text_of(done.stderr).splitlines())) <= 60

    def test_a_long_line_has_a_map_for_each_segment(self, shell):
        done = shell("translate", "--heatmap", "one two. " * 100, COLUMNS="5000")
        assert done.stdout.count(b"\n") == 1
        assert len(re.findall(r"^ *</s>", text_of(done.stderr), flags=re.MULTILINE)) >= 2

    def test_quiet_shows_none(self, shell):
        done = shell("translate", "--heatmap", "-q", "one")
        assert (text_of(done.stdout), done.stderr) == ("un\n", b"")

    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_the_matrix_of_a_line_becomes_a_picture(self, ending, shell, tmp_path):
        done = shell("translate", "--plot", str(tmp_path / f"map.{ending}"), "one two")
        assert (text_of(done.stdout), done.stderr) == ("deux un\n", b"")
        assert [path.name for path in tmp_path.iterdir()] == [f"map.{ending}"]

    def test_a_picture_that_cannot_be_written_is_named(self, shell, tmp_path):
        (tmp_path / "file").write_text("in the way")
        done = shell("translate", "--plot", str(tmp_path / "file" / "map.png"), "one")
        assert done.returncode == 1
        assert text_of(done.stderr).startswith(f"error: {tmp_path / 'file'}")

    def test_a_model_without_attention_is_refused_before_anything_is_translated(self, shell, tmp_path):
        model = str(tmp_path / "vector")
        sizes = ("--embedding-size", "8", "--hidden-size", "8", "--decoder-layers", "1")
        assert shell("train", "digits", "--attention", "none", *sizes, "--steps", "1", "--out", model).returncode == 0
        for option in (["--heatmap"], ["--plot", "map.png"]):
            assert_fails(shell("translate", "-m", model, *option, "one"), "vector: trained with --attention none")


def test_what_draws_is_imported_only_to_draw(shell):
    drawing = {"rich", "matplotlib", "attn_cli.decoding.alignment", "attn_cli.display.terminal"}
    assert shell.imports(drawing, "translate", "one") == (b"un\n", set())
    assert shell.imports(drawing, "translate", "--heatmap", "one") == (b"un\n", drawing - {"matplotlib"})
