"""Where things live, and that files and folders are replaced as a whole or not at all."""

import os
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


def make_model(home: Path, name: str, trained_at: int) -> Path:
    config = home / "models" / name / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text("{}", encoding="utf-8")
    os.utime(config, (trained_at, trained_at))
    return config.parent


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


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


@pytest.mark.parametrize("name", ["en-fr", "tatoeba", "multi30k.v2", "a b", "données"])
def test_a_name_is_a_folder_under_the_home(name, home):
    assert storage.corpus_folder(name) == home / "corpora" / name
    assert storage.model_folder(name) == home / "models" / name


@pytest.mark.parametrize("name", ["./en-fr", "../en-fr", "a/b", "en-fr/", "/a/b"])
@pytest.mark.usefixtures("home")
def test_what_has_a_separator_or_begins_with_a_dot_is_a_folder_anywhere(name):
    assert storage.corpus_folder(name) == Path(name).resolve()
    assert storage.model_folder(name) == Path(name).resolve()


@pytest.mark.parametrize("pair, other", [("en-fr", "fr-en"), ("fr-en", "en-fr"), ("eng-fra", "fra-eng")])
def test_a_pair_has_a_reverse(pair, other):
    assert storage.reversed_pair(pair) == other


@pytest.mark.parametrize("name", ["", "-", "en", "en-", "-fr", "en-en", "en-fr-de", "en_fr", "v-2", "tatoeba"])
def test_what_is_no_pair_has_no_reverse(name):
    assert storage.split_pair(name) is None
    assert storage.reversed_pair(name) is None


@pytest.mark.usefixtures("home")
def test_without_a_model_the_error_says_how_to_train_one():
    with pytest.raises(WorkspaceError, match="attn-mt train en-fr"):
        storage.default_model()


def test_the_only_model_is_the_default(home):
    folder = make_model(home, "en-fr", trained_at=1000)
    assert storage.default_model() == (folder, False)


def test_of_several_models_the_one_trained_last_is_the_default(home):
    folders = [make_model(home, name, at) for name, at in (("b", 2000), ("c", 3000), ("a", 1000))]
    assert storage.trained_models() == [folders[1], folders[0], folders[2]]
    assert storage.default_model() == (folders[1], True)


def test_a_model_without_its_config_is_no_model_yet(home):
    whole = make_model(home, "whole", trained_at=1000)
    (make_model(home, "begun", trained_at=2000) / "config.json").unlink()
    assert storage.default_model() == (whole, False)


def test_there_is_no_starter_corpus_for_just_any_pair():
    assert storage.starter_corpus("xx-yy") is None


def test_a_file_is_replaced_with_its_folders_made(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    for content in ("old", "new"):
        with storage.replace_file(path) as temporary:
            temporary.write_text(content)
        assert path.read_text() == content
    assert names(path.parent) == ["file"]


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with storage.replace_file(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        temporary.write_text("whole")
    assert path.read_text() == "whole"


def test_a_file_whose_writing_fails_stays_as_it_was(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), storage.replace_file(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_file_that_failed_before_it_was_begun_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), storage.replace_file(tmp_path / "file"):
        raise ValueError
    assert names(tmp_path) == []


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "corpora" / "en-fr"
    for file in ("old", "new"):
        with storage.replace_folder(path, "marker") as temporary:
            (temporary / file).write_text(file)
            (temporary / "marker").touch()
        assert names(path) == ["marker", file]
    assert names(path.parent) == ["en-fr"]


def test_a_folder_whose_writing_fails_stays_as_it_was(tmp_path):
    path = tmp_path / "en-fr"
    path.mkdir()
    (path / "file").write_text("old")
    with pytest.raises(KeyboardInterrupt), storage.replace_folder(path, "file") as temporary:
        (temporary / "file").write_text("half")
        assert (path / "file").read_text() == "old"
        raise KeyboardInterrupt
    assert (path / "file").read_text() == "old"
    assert names(tmp_path) == ["en-fr"]


def test_what_is_new_is_on_disk_before_it_takes_the_old_ones_place(tmp_path, monkeypatch):
    path, synced = tmp_path / "en-fr", set()
    monkeypatch.setattr(os, "fsync", lambda file: synced.add((os.fstat(file).st_ino, path.exists())))
    with storage.replace_folder(path, "file") as temporary:
        (temporary / "file").write_text("new")
    assert ((path / "file").stat().st_ino, False) in synced
    path = tmp_path / "file"
    with storage.replace_file(path) as temporary:
        temporary.write_text("new")
    assert (path.stat().st_ino, False) in synced


def test_a_folder_that_holds_something_else_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(WorkspaceError, match="holds something else"), storage.replace_folder(tmp_path, "marker"):
        pass
    assert names(tmp_path) == ["thesis.txt"]


def test_a_file_that_can_be_written_is_told_without_touching_it(tmp_path):
    (tmp_path / "old").write_text("page 1")
    (tmp_path / "empty").touch()
    storage.check_writable(tmp_path / "old", b"page")
    storage.check_writable(tmp_path / "empty", b"page")
    storage.check_writable(tmp_path / "new" / "file", b"page")
    assert (tmp_path / "old").read_text() == "page 1"
    assert names(tmp_path) == ["empty", "new", "old"]
    assert names(tmp_path / "new") == []


@pytest.mark.parametrize("place", [".", "old", "old/file", "x" * 300])
def test_a_file_that_cannot_be_written_is_refused_by_name(place, tmp_path):
    (tmp_path / "old").write_text("old")
    with pytest.raises(WorkspaceError, match="choose another place"):
        storage.check_writable(tmp_path / place, b"page")
    assert names(tmp_path) == ["old"]
