"""The page as text: its policy, escaping, what it is refused for, and how it is written."""

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from attn_cli.display.page.about import about
from attn_cli.display.page.page import page, write
from attn_cli.foundation.errors import ModelFolderError


def test_the_policy_names_style_and_scripts_by_their_hashes_and_allows_nothing_else(stored):
    html = page(stored)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    inline = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in re.findall(r'<script(?: id="page"[^>]*)?>(.*?)</script>', html, flags=re.DOTALL)
    ]
    assert len(inline) == 2
    assert parts.pop("script-src").split() == [*inline, "'wasm-unsafe-eval'"]
    assert parts.pop("style-src").startswith("'sha256-")
    assert parts == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "worker-src": "blob:"}


def test_the_name_and_the_description_of_a_model_are_escaped(stored, tmp_path):
    folder = tmp_path / "<b>&"
    folder.mkdir()
    (folder / "README.md").write_text(
        "# <i>\n\n| <u> |\n|---|\n| <s> |\n\n    <pre>\n\n- <li x>\n\n<p x>\n$name", encoding="utf-8"
    )
    html = page(replace(stored, folder=folder))
    for tag in ("<b>", "<i>", "<u>", "<s>", "<li x>", "<p x>"):
        assert tag not in html
    assert "&lt;u&gt;" in html
    assert "$name" in html


def test_a_description_keeps_its_headings_tables_and_lists(stored, tmp_path):
    (tmp_path / "README.md").write_text(
        "# A\n\ntext\nof two lines\n\n| a | b |\n|---|:--|\n| 1 | |\n\n- x\n- y\n", encoding="utf-8"
    )
    html = about(replace(stored, folder=tmp_path))
    assert "<h3>A</h3><p>text of two lines</p>" in html
    assert html.count("<tr>") == 2
    assert "<ul><li>x</li><li>y</li></ul>" in html


def test_a_model_without_a_description_has_a_page(stored, tmp_path):
    assert "readme" not in about(replace(stored, folder=tmp_path))


@pytest.mark.parametrize(
    ("name", "value"), [("cell", "lstm"), ("attention", "none"), ("window", "local-m"), ("input_feeding", True)]
)
def test_a_network_that_the_engine_does_not_cover_is_refused_by_name(name, value, stored):
    model = replace(stored.settings.model, **{name: value})
    with pytest.raises(ModelFolderError, match=f"a page cannot run a model with {name} {value}, only"):
        page(replace(stored, settings=replace(stored.settings, model=model)))


def test_it_is_written_as_a_whole_and_without_torch(stored, tmp_path):
    path = tmp_path / "page.html"
    assert write(path, stored) == path.stat().st_size
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    code = "import sys; import attn_cli.display.page.page; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
