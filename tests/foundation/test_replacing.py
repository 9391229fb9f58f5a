"""Files and folders are replaced as a whole or not at all, and what killed processes have left is removed."""

import os
from pathlib import Path

import pytest

from attn_cli.foundation import replacing
from attn_cli.foundation.errors import WorkspaceError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_with_its_folders_made(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    for content in ("old", "new"):
        with replacing.replace_file(path) as temporary:
            temporary.write_text(content)
        assert path.read_text() == content
    assert names(path.parent) == ["file"]


def test_the_old_file_is_there_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with replacing.replace_file(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        temporary.write_text("whole")
    assert path.read_text() == "whole"


def test_a_file_whose_writing_fails_stays_as_it_was(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing.replace_file(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_file_that_was_never_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), replacing.replace_file(tmp_path / "file"):
        raise ValueError
    assert names(tmp_path) == []


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "corpora" / "en-fr"
    for file in ("old", "new"):
        with replacing.replace_folder(path, "marker") as temporary:
            (temporary / file).write_text(file)
            (temporary / "marker").touch()
        assert names(path) == ["marker", file]
    assert names(path.parent) == ["en-fr"]


def test_a_folder_whose_writing_fails_stays_as_it_was(tmp_path):
    path = tmp_path / "en-fr"
    path.mkdir()
    (path / "file").write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing.replace_folder(path, "file") as temporary:
        (temporary / "file").write_text("half")
        assert (path / "file").read_text() == "old"
        raise KeyboardInterrupt
    assert (path / "file").read_text() == "old"
    assert names(tmp_path) == ["en-fr"]


def test_a_replacement_is_synced_before_it_is_renamed(tmp_path, monkeypatch):
    path, synced = tmp_path / "en-fr", set()
    monkeypatch.setattr(os, "fsync", lambda file: synced.add((os.fstat(file).st_ino, path.exists())))
    with replacing.replace_folder(path, "file") as temporary:
        (temporary / "file").write_text("new")
    assert ((path / "file").stat().st_ino, False) in synced
    path = tmp_path / "file"
    with replacing.replace_file(path) as temporary:
        temporary.write_text("new")
    assert (path.stat().st_ino, False) in synced


def test_a_folder_that_holds_something_else_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(WorkspaceError, match="holds something else"), replacing.replace_folder(tmp_path, "marker"):
        pass
    assert names(tmp_path) == ["thesis.txt"]


def test_checking_that_a_file_can_be_written_does_not_touch_it(tmp_path):
    (tmp_path / "old").write_text("page 1")
    (tmp_path / "empty").touch()
    replacing.check_writable(tmp_path / "old", b"page")
    replacing.check_writable(tmp_path / "empty", b"page")
    replacing.check_writable(tmp_path / "new" / "file", b"page")
    assert (tmp_path / "old").read_text() == "page 1"
    assert names(tmp_path) == ["empty", "new", "old"]
    assert names(tmp_path / "new") == []


@pytest.mark.parametrize("path", [".", "old", "old/file", "x" * 300])
def test_a_file_that_cannot_be_written_is_refused_by_name(path, tmp_path):
    (tmp_path / "old").write_text("old")
    with pytest.raises(WorkspaceError, match="choose another path"):
        replacing.check_writable(tmp_path / path, b"page")
    assert names(tmp_path) == ["old"]
