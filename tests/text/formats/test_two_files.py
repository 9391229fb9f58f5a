"""Two files of unlike length: the message names the first line where they seem to part."""

import zipfile
from pathlib import Path

import pytest

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import read_parallel

TRAIN = Path(__file__).parents[3] / "data" / "en-fr" / "train"


@pytest.fixture
def texts():
    """The first lines of both sides of the starter corpus, a line missing on the second side."""
    english, french = (Path(f"{TRAIN}.{side}").read_text(encoding="utf-8").splitlines()[:3000] for side in ("en", "fr"))
    del french[1000]
    return {side: "".join(f"{line}\n" for line in lines) for side, lines in (("en", english), ("fr", french))}


def expect_parting(location, name):
    with pytest.raises(CorpusError) as caught:
        list(read_parallel(str(location), ("en", "fr")))
    counts, _, place = str(caught.value).partition("; the two sides seem to part at line ")
    assert f"{name}en has 3,000 lines and " in counts
    assert counts.endswith(f"{name}fr has 2,999 lines")
    line, _, reason = place.partition(", where ")
    assert abs(int(line.replace(",", "")) - 1001) <= 10
    assert reason.endswith(f"{name}fr lacks 1 line")


def test_the_first_line_where_two_files_part_is_named(texts, tmp_path):
    for side, text in texts.items():
        (tmp_path / f"t.{side}").write_text(text, encoding="utf-8")
    expect_parting(tmp_path / "t", "t.")


def test_the_first_line_where_two_members_of_a_zip_file_part_is_named(texts, tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for side, text in texts.items():
            archive.writestr(f"n.{side}", text)
    expect_parting(tmp_path / "t.zip", "t.zip:n.")
