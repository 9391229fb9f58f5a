"""Downloads: whole or not there, continued after an interruption, bounded, and from nowhere but the network."""

import socket

import pytest
from file_server import MODIFIED, serving

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.corpora import download
from attn_cli.text.corpora.download import fetch

BODY = bytes(range(256)) * 4000  # several chunks


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with serving() as (files, address):
        files.files["/text.zip"] = BODY
        yield files, address


def get(url, path, *, offline=False):
    seen = []
    fetch(url, path, lambda *progress: seen.append(progress), offline=offline)
    return seen


def refused(url, path, **options):
    with pytest.raises(CorpusError) as error:
        get(url, path, **options)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{url}: not downloaded")
    assert f"download it by hand to {path}" in message
    assert not path.exists()
    return message


def left(path):
    return sorted(file.name for file in path.parent.iterdir())


def test_a_file_is_downloaded_with_its_progress_and_the_next_time_it_is_there(server, tmp_path):
    files, address = server
    path = tmp_path / "id" / "text.zip"
    seen = get(f"{address}/text.zip", path)
    assert path.read_bytes() == BODY
    assert left(path) == ["text.zip"]
    assert seen[0] == ("text.zip", 0, len(BODY))
    assert seen[-1] == ("text.zip", len(BODY), len(BODY))
    assert get(f"{address}/text.zip", path) == []
    assert len(files.requests) == 1


def test_a_download_that_breaks_off_is_continued(server, tmp_path):
    files, address = server
    path = tmp_path / "text.zip"
    files.cut = 300_000
    assert "300,000 of 1,024,000 bytes came; run this again to continue" in refused(f"{address}/text.zip", path)
    assert left(path) == [".text.zip.part"]
    files.cut = None
    get(f"{address}/text.zip", path)
    assert path.read_bytes() == BODY
    assert left(path) == ["text.zip"]
    headers = files.requests[-1][1]
    assert (headers["Range"], headers["If-Range"]) == ("bytes=300000-", MODIFIED)


def test_an_interrupted_download_is_continued(server, tmp_path):
    files, address = server
    path = tmp_path / "text.zip"

    def interrupt(_name, done, _total):
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(f"{address}/text.zip", path, interrupt, offline=False)
    assert get(f"{address}/text.zip", path)[0][1] > 100_000
    assert path.read_bytes() == BODY
    assert "Range" in files.requests[-1][1]


def test_a_file_that_has_changed_in_the_meantime_is_downloaded_again(server, tmp_path):
    files, address = server
    path = tmp_path / "text.zip"
    files.cut = 300_000
    refused(f"{address}/text.zip", path)
    files.cut, files.files["/text.zip"] = None, b"new" * 200_000
    files.headers["Last-Modified"] = "Wed, 03 Jan 2024 03:04:05 GMT"
    get(f"{address}/text.zip", path)
    assert path.read_bytes() == b"new" * 200_000


def test_a_file_that_has_become_shorter_is_downloaded_again(server, tmp_path):
    files, address = server
    path = tmp_path / "text.zip"
    files.cut = 300_000
    refused(f"{address}/text.zip", path)
    files.cut, files.files["/text.zip"] = None, b"short"
    get(f"{address}/text.zip", path)
    assert path.read_bytes() == b"short"


def test_without_the_time_of_the_file_an_interrupted_download_is_not_continued(server, tmp_path):
    files, address = server
    path = tmp_path / "text.zip"
    files.headers, files.cut = {}, 300_000
    refused(f"{address}/text.zip", path)
    assert left(path) == []


def test_a_wrong_part_is_refused(server, tmp_path):
    files, address = server
    path = tmp_path / "text.zip"
    files.cut = 300_000
    refused(f"{address}/text.zip", path)
    files.cut, files.answer = None, lambda request: files._send(request, 206, {"Content-Range": "bytes 0-9/10"}, BODY)
    assert "another part of the file" in refused(f"{address}/text.zip", path)
    assert left(path) == []


@pytest.mark.parametrize("length", [str(1 << 60), "-3", "many"])
def test_a_size_that_cannot_be_is_refused(server, tmp_path, length):
    files, address = server
    files.headers["Content-Length"] = length
    assert "not downloaded (" in refused(f"{address}/text.zip", tmp_path / "text.zip")
    assert left(tmp_path / "text.zip") == []


def test_a_file_larger_than_the_disk_is_refused(server, tmp_path, monkeypatch):
    _, address = server
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    assert "1,024,000 bytes, but the disk has 1,000 left" in refused(f"{address}/text.zip", tmp_path / "text.zip")


def test_a_file_without_an_announced_size_is_bounded(server, tmp_path, monkeypatch):
    files, address = server
    files.headers["Content-Length"] = None
    get(f"{address}/text.zip", tmp_path / "whole.zip")
    assert (tmp_path / "whole.zip").read_bytes() == BODY
    monkeypatch.setattr(download, "MOST", 100_000)
    assert "more than 100,000 bytes" in refused(f"{address}/text.zip", tmp_path / "text.zip")
    assert left(tmp_path / "text.zip") == ["whole.zip"]


def test_a_missing_file(server, tmp_path):
    _, address = server
    assert "the server answers 404" in refused(f"{address}/no.zip", tmp_path / "text.zip")


def test_a_page_for_a_browser_is_no_file(server, tmp_path):
    files, address = server
    files.headers["Content-Type"] = "text/html; charset=utf-8"
    assert "a page for a browser" in refused(f"{address}/text.zip", tmp_path / "text.zip")


def test_no_network(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/text.zip"
    assert "refused" in refused(address, tmp_path / "text.zip")


def test_a_server_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/text.zip"
        assert "no answer for 0.1 seconds" in refused(address, tmp_path / "text.zip")


def test_a_redirect_is_followed_but_not_to_a_file(server, tmp_path):
    files, address = server
    secret = tmp_path / "secret"
    secret.write_text("secret")
    files.redirects |= {"/here": "/text.zip", "/file": secret.as_uri(), "/ftp": "ftp://127.0.0.1/x", "/data": "data:,x"}
    get(f"{address}/here", tmp_path / "here.zip")
    assert (tmp_path / "here.zip").read_bytes() == BODY
    for name, reason in (("file", "not allowed"), ("ftp", "unknown url type"), ("data", "not allowed")):
        assert reason in refused(f"{address}/{name}", tmp_path / "text.zip")


@pytest.mark.parametrize("scheme", ["file", "ftp", "data"])
def test_other_schemes_are_refused(tmp_path, scheme):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    assert "only http and https" in refused(f"{scheme}://{secret}", tmp_path / "new" / "text.zip")


def test_offline_nothing_is_asked_for_and_a_file_put_there_by_hand_is_used(server, tmp_path):
    files, address = server
    path = tmp_path / "id" / "text.zip"
    assert "because of `offline`" in refused(f"{address}/text.zip", path, offline=True)
    path.write_bytes(b"by hand")  # its folder has been made
    get(f"{address}/text.zip", path, offline=True)
    assert (path.read_bytes(), files.requests) == (b"by hand", [])
