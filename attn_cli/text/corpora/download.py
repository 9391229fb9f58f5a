"""Files from the network: each is written beside its place and renamed when it is whole, and continued if interrupted.

Servers are hostile. So only http and https are followed, the size is bounded, and a file is whole only if it is as
long as announced.
"""

import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import attn_cli
from attn_cli.foundation import replacing
from attn_cli.foundation.errors import CorpusError

TIMEOUT = 30  # seconds without an answer
MOST = 1 << 37  # bytes of a file: 128 GiB
_CHUNK = 1 << 16
_HANDLERS = (  # none of files, ftp and data
    urllib.request.ProxyHandler,
    urllib.request.UnknownHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPErrorProcessor,
)

Progress = Callable[[str, int, int | None], None]  # receives a file's name, the bytes so far, and of the whole file


class _BrokenOffError(Exception):
    """The file ended early."""


class _RefusedError(Exception):
    """What has been received is not the file, or a file that is too large; nothing of it is kept."""


def fetch(url: str, path: Path, progress: Progress, *, offline: bool) -> None:
    """Download `url` to `path`, unless a file is there already.

    Raises CorpusError, which says how to get the file by hand, where it cannot be downloaded, and with `offline`.
    """
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    by_hand = f"download it by hand to {path} and run this again"
    if offline:
        raise CorpusError(f"{url}: not downloaded, because of `offline`; {by_hand}")
    try:
        if urlsplit(url).scheme not in ("http", "https"):
            raise _RefusedError("only http and https are followed")
        with replacing.replace_file(path) as part, _continued(part, path.with_name(f".{path.name}.part")):
            _receive(url, part, partial(progress, path.name))
    except (OSError, http.client.HTTPException, ValueError, _BrokenOffError, _RefusedError) as error:
        raise CorpusError(f"{url}: not downloaded ({_reason(error)}); {by_hand}") from None


@contextmanager
def _continued(part: Path, kept: Path) -> Iterator[None]:
    """Begin with what an interrupted download has left, and leave what there is at an interruption.

    A process renames the file before it writes to it, so that no two processes write to the same.
    """
    with suppress(FileNotFoundError):
        kept.replace(part)
    try:
        yield
    except _RefusedError:
        raise
    except BaseException:
        with suppress(FileNotFoundError):
            part.replace(kept)
        raise


def _receive(url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
    """Append the rest of a file to `part`, or all of it where the server has another file by now.

    `part` has the time of the file on the server: the server sends the rest only if the file still has it.
    """
    headers = {"User-Agent": f"attn-mt/{attn_cli.__version__}"}
    if part.exists():
        stat = part.stat()
        headers |= {"Range": f"bytes={stat.st_size}-", "If-Range": formatdate(stat.st_mtime, usegmt=True)}
    with _open(urllib.request.Request(url, headers=headers)) as response:
        begun = _begun(response, part)
        total = _total(response, begun, part.parent)
        try:
            with part.open("ab" if begun else "wb") as file:
                _copy(response, file.write, begun, total, progress)
        except BaseException:
            _mark(part, response.headers.get("Last-Modified"))
            raise


def _mark(part: Path, modified: str | None) -> None:
    """Give `part` the time of the file on the server; where that is unknown, remove it: it cannot be continued."""
    try:
        time = parsedate_to_datetime(modified or "").timestamp()
        os.utime(part, (time, time))
    except ValueError:
        part.unlink()


def _open(request: urllib.request.Request) -> http.client.HTTPResponse:
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    try:
        response: http.client.HTTPResponse = opener.open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not request.has_header("Range"):
            raise
        request.remove_header("Range")  # the file has become shorter
        request.remove_header("If-range")
        response = opener.open(request, timeout=TIMEOUT)
    if response.headers.get_content_type() == "text/html":
        response.close()
        raise _RefusedError("the server sends a page for a browser, not a file")
    return response


def _begun(response: http.client.HTTPResponse, part: Path) -> int:
    """Return how many bytes of the file there are already."""
    if response.status != 206:
        return 0
    begun = part.stat().st_size
    if not response.headers.get("Content-Range", "").startswith(f"bytes {begun}-"):
        raise _RefusedError("the server sends another part of the file than was asked for")
    return begun


def _total(response: http.client.HTTPResponse, begun: int, folder: Path) -> int | None:
    """Return the size of the whole file, or None where the server does not say."""
    length = response.headers.get("Content-Length")
    if length is None:
        return None
    if not length.isdecimal() or begun + int(length) > MOST:
        raise _RefusedError(f"a size of {length[:30]} bytes; {MOST:,} are the most")
    free = shutil.disk_usage(folder).free
    if int(length) > free:
        raise _RefusedError(f"{int(length):,} bytes, but the disk has {free:,} left")
    return begun + int(length)


def _copy(
    response: http.client.HTTPResponse,
    write: Callable[[bytes], object],
    done: int,
    total: int | None,
    progress: Callable[[int, int | None], None],
) -> None:
    for chunk in iter(partial(response.read1, _CHUNK), b""):
        progress(done, total)
        write(chunk)
        done += len(chunk)
        if done > MOST:
            raise _RefusedError(f"more than {MOST:,} bytes")
    if total is not None and done != total:
        raise _BrokenOffError(f"{done:,} of {total:,} bytes came; run this again to continue")
    progress(done, done)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
        return f"no answer for {TIMEOUT} seconds"
    inner = getattr(error, "reason", error)
    return str(getattr(inner, "strerror", None) or inner or type(error).__name__)
