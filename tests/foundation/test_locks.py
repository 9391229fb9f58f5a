"""One writer at a time: refused by name while it lives, and never in the way once it has ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from attn_cli.foundation import locks
from attn_cli.foundation.errors import WorkspaceError
from attn_cli.foundation.locks import exclusive, has_ended, writer

HOLD = """
import sys
from pathlib import Path
from attn_cli.foundation.locks import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of the folder "m" until its stdin is closed, or it is killed."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "m")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def refused(folder: Path) -> str:
    with pytest.raises(WorkspaceError) as caught, exclusive(folder):
        pass
    return str(caught.value)


def test_a_second_writer_is_refused_and_the_folder_and_the_first_are_named(holder, tmp_path):
    message = refused(tmp_path / "m")
    assert message.startswith(f"{tmp_path / 'm'}: another process ({holder.pid}) is writing to it; ")
    assert "\n" not in message
    with exclusive(tmp_path / "other"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_a_link_to_the_folder_has_the_same_lock(holder, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "m")
    assert str(holder.pid) in refused(tmp_path / "link")


def test_the_lock_ends_with_a_killed_process_and_its_file_is_used_again(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert [path.name for path in tmp_path.iterdir()] == [".m.lock"]
    with exclusive(tmp_path / "m"):
        assert (tmp_path / ".m.lock").read_text() == f"{writer()}\n"
        assert str(os.getpid()) in refused(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_the_lock_ends_with_an_error(tmp_path):
    with pytest.raises(ValueError), exclusive(tmp_path / "m"):
        raise ValueError
    with exclusive(tmp_path / "m"):
        pass


def test_a_lock_file_removed_while_a_process_waits_to_open_it_is_no_lock(tmp_path, monkeypatch):
    """As if the process before removed the file after this one has opened it."""
    taken, take = [], locks._take

    def late(descriptor: int) -> bool:
        if not taken:
            (tmp_path / ".m.lock").unlink()
        taken.append(descriptor)
        return take(descriptor)

    monkeypatch.setattr(locks, "_take", late)
    with exclusive(tmp_path / "m"):
        assert len(taken) == 2
        assert (tmp_path / ".m.lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other locks")
def test_without_locks_on_a_file_system_the_work_goes_on(tmp_path, monkeypatch):
    import errno
    import fcntl

    for number in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF):

        def fail(*_: object, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", fail)
        with exclusive(tmp_path / "m"), exclusive(tmp_path / "m"):
            pass


def test_where_no_lock_file_can_be_made_the_work_goes_on(tmp_path):
    (tmp_path / "file").touch()
    with exclusive(tmp_path / "file" / "m"):
        pass
    (tmp_path / ".n.lock").mkdir()
    with exclusive(tmp_path / "n"):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_link_or_a_pipe_as_lock_file_harms_nothing(tmp_path):
    (tmp_path / "precious").write_text("years of work")
    (tmp_path / ".m.lock").symlink_to(tmp_path / "precious")
    os.mkfifo(tmp_path / ".n.lock")
    for name in "mn":
        with exclusive(tmp_path / name):
            pass
    assert (tmp_path / "precious").read_text() == "years of work"


def test_whether_a_process_has_ended():
    assert has_ended(writer()) is False
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert has_ended(f"{process.pid}{writer().removeprefix(str(os.getpid()))}") is True
    assert has_ended(str(process.pid)) is True
    assert has_ended(f"{process.pid}@another-machine") is None
