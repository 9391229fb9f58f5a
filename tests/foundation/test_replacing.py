"""Files and folders are replaced as a whole or not at all, and what killed processes have left is removed."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from attn_cli.foundation import replacing
from attn_cli.foundation.errors import WorkspaceError
from attn_cli.foundation.locks import writer


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


@pytest.fixture
def ended() -> str:
    """The name of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{process.pid}{writer().removeprefix(str(os.getpid()))}"


def leave(path: Path, by: str, kind: str) -> Path:
    """Leave a folder with a file in it, as `by` would have."""
    left = path.with_name(f".{path.name}.{by}.{kind}")
    left.mkdir()
    (left / "marker").write_text("left")
    return left


def test_what_ended_processes_have_left_of_a_file_is_removed_when_it_is_written_next(tmp_path, ended):
    path, pid = tmp_path / "file", ended.partition("@")[0]
    for name in (f".file.{ended}.part", f".file.{pid}.part"):
        (tmp_path / name).touch()
    (tmp_path / f".file.{ended}.old").symlink_to(tmp_path)
    kept = [f".file.{os.getppid()}.part", f".other.{ended}.part", ".file.part", f"file.{ended}.part"]
    kept += [f".file.{pid}@another-machine.part"]
    for name in kept:
        (tmp_path / name).touch()
    with replacing.replace_file(path) as temporary:
        temporary.touch()
    assert names(tmp_path) == sorted([*kept, "file"])


def test_what_another_machine_has_left_is_removed_after_a_week(tmp_path):
    for name, days in (("1@there", 8), ("2@there", 6)):
        (tmp_path / f".file.{name}.part").touch()
        then = time.time() - days * 24 * 3600
        os.utime(tmp_path / f".file.{name}.part", (then, then))
    with replacing.replace_file(tmp_path / "file") as temporary:
        temporary.touch()
    assert names(tmp_path) == [".file.2@there.part", "file"]


def write_folder(path: Path, content: str) -> None:
    with replacing.replace_folder(path, "marker") as temporary:
        (temporary / "marker").write_text(content)


@pytest.mark.parametrize("exchange", [True, False])
def test_what_ended_processes_have_left_of_a_folder_is_removed(exchange, tmp_path, ended, monkeypatch):
    if not exchange:
        monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
    path = tmp_path / "en-fr"
    write_folder(path, "old")
    leave(path, ended, "part")
    leave(path, ended, "old")
    living = leave(path, str(os.getppid()), "part")
    write_folder(path, "new")
    assert names(tmp_path) == sorted([living.name, "en-fr"])
    assert (path / "marker").read_text() == "new"


def test_a_folder_that_is_being_replaced_is_never_missing(tmp_path):
    path = tmp_path / "en-fr"
    write_folder(path, "0")
    (tmp_path / "trial").mkdir()
    if not replacing._exchange(tmp_path / "trial", path):
        pytest.skip("this system cannot exchange two names")
    replacing._exchange(tmp_path / "trial", path)
    stop = threading.Event()
    missing: list[int] = []

    def watch() -> None:
        while not stop.is_set():
            if not (path / "marker").exists():
                missing.append(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(200):
        write_folder(path, str(number))
    stop.set()
    watcher.join()
    assert missing == []


def test_a_folder_is_put_back_where_a_process_ended_between_two_renames(tmp_path, ended):
    path = tmp_path / "en-fr"
    leave(path, ended, "old")
    leave(path, ended, "part")
    replacing.put_back(path)
    assert (path / "marker").read_text() == "left"
    replacing.put_back(tmp_path / "missing" / "de-fr")
    leave(tmp_path / "de-fr", str(os.getppid()), "old")  # whose process is alive
    replacing.put_back(tmp_path / "de-fr")
    assert not (tmp_path / "de-fr").exists()


def test_a_folder_whose_second_rename_fails_is_put_back_at_once(tmp_path, monkeypatch):
    path = tmp_path / "en-fr"
    write_folder(path, "old")
    monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_folder(path, "new")
    assert (path / "marker").read_text() == "old"
    assert names(tmp_path) == ["en-fr"]


@pytest.mark.parametrize("full", ["b", "c"])
def test_files_that_do_not_all_fit_on_the_disk_replace_none(tmp_path, monkeypatch, full):
    replacing.replace_files(tmp_path, dict.fromkeys("abc", b"old"))
    write = Path.write_bytes

    def fail(self: Path, content: bytes) -> int:
        if self.name.startswith(f".{full}."):
            write(self, content[:1])
            raise OSError(28, "No space left on device")
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError) as caught:
        replacing.replace_files(tmp_path, dict.fromkeys("abc", b"new"))
    assert caught.value.filename == str(tmp_path / full)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys("abc", b"old")


def test_files_are_all_synced_before_the_first_is_renamed_and_the_last_is_renamed_last(tmp_path, monkeypatch):
    events: list[str] = []
    replace = Path.replace
    monkeypatch.setattr(os, "fsync", lambda _: events.append("sync"))
    monkeypatch.setattr(Path, "replace", lambda self, to: (events.append(to.name), replace(self, to))[1])
    replacing.replace_files(tmp_path, dict.fromkeys("abc", b"new"))
    assert events == ["sync", "sync", "sync", "a", "b", "c", "sync"]


def test_files_whose_writer_ended_between_two_renames_are_finished(tmp_path, ended):
    (tmp_path / "a").write_text("new")
    for name in "bc":
        (tmp_path / name).write_text("old")
        (tmp_path / f".{name}.{ended}.part").write_text("new")
    replacing.finish_files(tmp_path, "abc")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys("abc", "new")


def test_files_whose_writer_ended_before_the_last_was_written_stay_as_they_are(tmp_path, ended):
    for name in "abc":
        (tmp_path / name).write_text("old")
    for name in "ab":
        (tmp_path / f".{name}.{ended}.part").write_text("half")
    replacing.finish_files(tmp_path, "abc")
    assert {(tmp_path / name).read_text() for name in "abc"} == {"old"}
