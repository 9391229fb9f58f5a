"""`prepare --corpus`: text from the network by name, as a user asks for it."""

import io
import json
import zipfile

import pytest
from digit_language import digit_pairs, write_pairs
from file_server import serving, write_mtdata
from shell import Shell, assert_fails


@pytest.fixture
def place(tmp_path):
    """A shell with a home of its own, and a server that has a corpus of the digit language."""
    pairs = digit_pairs(200, seed=1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for side, language in enumerate(("en", "fr")):
            archive.writestr(f"x.en-fr.{language}", "".join(f"{pair[side]}\n" for pair in pairs))
    with serving() as (files, address):
        files.files["/text"] = file.getvalue()
        described = {
            "ext": "zip",
            "in_ext": "txt",
            "in_paths": ["*.en", "*.fr"],
            "cite": ["opus"],
            "url": f"{address}/text",
        }
        write_mtdata(tmp_path / "packages", [{"did": "OPUS-tatoeba-v2-eng-fra"} | described])
        shell = Shell(tmp_path / "home")
        shell.environment |= {"no_proxy": "*", "PYTHONPATH": str(tmp_path / "packages")}
        yield shell, files


def test_a_corpus_is_downloaded_and_prepared_and_its_licence_is_kept(place):
    shell, files = place
    done = shell("prepare", "en-fr", "--corpus", "tatoeba", "--vocab-size", "300", "--json")
    assert done.returncode == 0, done.stderr.decode()
    notes = done.stderr.decode()
    assert "licence: CC BY 2.0 FR, see https://tatoeba.org/en/terms_of_use" in notes
    assert "downloading text.zip: 0.0 MB of" in notes
    assert "noise" not in notes
    (record,) = json.loads((shell.home / "corpora" / "en-fr" / "prepared.json").read_text(encoding="utf-8"))["corpora"]
    assert json.loads(done.stdout)["corpora"] == [record]
    assert (record["name"], record["id"]) == ("tatoeba", "OPUS-tatoeba-v2-eng-fra")
    assert record["licence"] == "CC BY 2.0 FR"
    files.files.clear()
    again = shell("prepare", "fr-en", "--corpus", "tatoeba", "--vocab-size", "300", "--offline", "-q", PYTHONPATH="")
    assert (again.returncode, again.stderr) == (0, b"")


def test_a_corpus_beside_text_of_ones_own(place, tmp_path):
    shell, _ = place
    write_pairs(tmp_path / "mine", digit_pairs(100, seed=2))
    command = ("prepare", "en-fr", "--vocab-size", "300", "--json", "--train", str(tmp_path / "mine"))
    alone, both = (json.loads(shell(*command, *more).stdout) for more in ((), ("--corpus", "tatoeba")))
    assert alone["corpora"] == []
    assert both["pairs"]["train"] > alone["pairs"]["train"]
    assert both["sources"]["train"] == [
        str(tmp_path / "mine"),
        str(shell.home / "downloads" / "OPUS-tatoeba-v2-eng-fra" / "text.zip"),
    ]


def test_the_corpora_of_a_pair_are_listed(place):
    shell, files = place
    done = shell("prepare", "en-fr", "--corpus", "list", "-q")
    assert done.stdout.decode().splitlines() == [
        "name     licence       id",
        "tatoeba  CC BY 2.0 FR  OPUS-tatoeba-v2-eng-fra",
    ]
    listed = json.loads(shell("prepare", "en-fr", "--corpus", "list", "--json").stdout)
    assert [corpus["name"] for corpus in listed["corpora"]] == ["tatoeba"]
    assert files.requests == []
    assert not (shell.home / "corpora").exists()


def test_what_fails_says_what_to_do(place):
    shell, files = place
    assert_fails(shell("prepare", "en-fr", "--corpus", "tatoba"), "similar: tatoeba; --corpus list shows all")
    files.files.clear()
    path = str(shell.home / "downloads" / "OPUS-tatoeba-v2-eng-fra" / "text.zip")
    missing = shell("prepare", "en-fr", "--corpus", "tatoeba")
    assert_fails(missing, "/text: not downloaded (the server answers 404", f"download it by hand to {path} and run")
    offline = shell("prepare", "en-fr", "--corpus", "tatoeba", "--offline")
    assert_fails(offline, "not downloaded, because of --offline", path)


def test_wrong_usage(place):
    shell, _ = place
    assert shell("prepare", "en-fr", "--offline").returncode == 2
    assert shell("prepare", "--corpus", "list").returncode == 2
    assert_fails(shell("prepare", "en-fr", "--corpus", "list", "--corpus", "tatoeba"), "list: no corpus of en-fr")
