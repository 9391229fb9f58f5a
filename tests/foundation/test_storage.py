"""Names and folders, and reading without a trap."""

import os
import re
import sys
from pathlib import Path

import pytest

from attn_cli.foundation import storage
from attn_cli.foundation.errors import WorkspaceError


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home."""
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_environment_chooses_the_home(home):
    assert storage.home() == home


@pytest.mark.skipif(sys.platform != "linux", reason="XDG folders are Linux's")
@pytest.mark.parametrize("value", [None, ""])
def test_without_a_home_in_the_environment_it_is_the_data_folder(value, tmp_path, monkeypatch):
    monkeypatch.delenv("ATTN_MT_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("ATTN_MT_HOME", value)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert storage.home() == tmp_path / "attn-mt"


@pytest.mark.parametrize("answer", ["~/.local/share/attn-mt", None], ids=repr)
def test_a_user_without_a_home_is_told_what_to_set(answer, monkeypatch):
    def user_data_dir(*_arguments, **_options):
        if answer is None:
            raise RuntimeError("could not determine the home directory")
        return answer

    monkeypatch.delenv("ATTN_MT_HOME", raising=False)
    monkeypatch.setattr(storage.platformdirs, "user_data_dir", user_data_dir)
    with pytest.raises(WorkspaceError, match="no home folder; set the variable ATTN_MT_HOME"):
        storage.home()


@pytest.mark.parametrize("name", ["en-fr", "tatoeba", "multi30k.v2", "a b", "données"])
def test_a_name_is_a_folder_under_the_home(name, home):
    assert storage.folder_of("corpora", name) == home / "corpora" / name
    assert storage.folder_of("models", name) == home / "models" / name


@pytest.mark.parametrize("name", ["./en-fr", "../en-fr", "a/b", "en-fr/", "/a/b"])
@pytest.mark.usefixtures("home")
def test_a_name_with_a_separator_or_a_leading_dot_is_a_folder_anywhere(name):
    assert storage.folder_of("corpora", name) == storage.folder_of("models", name) == Path(name).resolve()


def test_a_regular_file_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"\x00\xff")
    assert storage.read_file(tmp_path / "file") == b"\x00\xff"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_a_device_and_a_folder_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError, match=re.escape(str(path))):
            storage.read_file(path)


def test_json_is_parsed_however_deeply_it_is_nested():
    assert storage.parse_json('{"a": [1]}') == {"a": [1]}
    for text in ("[" * 1_000_000, "[" * 1_000_000 + "]" * 1_000_000, "{", b"\xff"):
        with pytest.raises(ValueError, match=r"JSON|Expecting|utf-8"):
            storage.parse_json(text)


def test_a_file_larger_than_allowed_is_not_read(tmp_path):
    (tmp_path / "f").write_bytes(bytes(10))
    assert storage.read_file(tmp_path / "f", most=10) == bytes(10)
    with pytest.raises(OSError, match="larger than 9 bytes"):
        storage.read_file(tmp_path / "f", most=9)


def test_folders_of_the_home_are_listed_without_files_and_hidden_ones(home):
    assert storage.folders("models") == []
    for name in ("b", "a", ".c.part"):
        (home / "models" / name).mkdir(parents=True)
    (home / "models" / "file").touch()
    assert storage.folders("models") == [home / "models" / "a", home / "models" / "b"]
