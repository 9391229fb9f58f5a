"""For tests of downloads: a server of files on this machine, and a package that looks like mtdata."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

MODIFIED = "Tue, 02 Jan 2024 03:04:05 GMT"


class FileServer:
    """Serves `files` by path; `headers` and `redirects` are sent instead of the usual ones, `cut` bytes of a body."""

    def __init__(self):
        self.files, self.headers, self.redirects, self.cut = {}, {"Last-Modified": MODIFIED}, {}, None
        self.requests = []  # path and headers

    def answer(self, request):
        self.requests.append((request.path, dict(request.headers)))
        if request.path in self.redirects:
            return self._send(request, 302, {"Location": self.redirects[request.path]}, b"")
        if request.path not in self.files:
            return self._send(request, 404, {}, b"")
        body, code, headers = self.files[request.path], 200, dict(self.headers)
        wanted = request.headers.get("Range")
        if wanted and request.headers.get("If-Range") == self.headers.get("Last-Modified"):
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(body):
                return self._send(request, 416, {}, b"")
            headers |= {"Content-Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"}
            body, code = body[begin:], 206
        return self._send(request, code, headers, body)

    def _send(self, request, code, headers, body):
        request.send_response(code)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            if value is not None:
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body[: self.cut])


@contextmanager
def serving():
    """Yield a server and its address."""
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            files.answer(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # their sockets are closed at the end
    server.handle_error = lambda *_: None  # the client may close the connection early
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield files, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_mtdata(folder: Path, entries: list[dict[str, object]]) -> None:
    """Write packages that look like mtdata and pybtex, as far as they are used; `entries` have the fields of Entry."""
    pairs = {"en": "eng", "fr": "fra", "pt": "por", "zh": "zho", "de": "deu", "nb": "nob", "nn": "nno", "no": "nor"}
    package = folder / "mtdata"
    (package / "iso").mkdir(parents=True)
    (folder / "pybtex").mkdir()
    (folder / "pybtex" / "__init__.py").touch()
    (folder / "pybtex" / "richtext.py").write_text(
        "class Text:\n    from_latex = staticmethod(lambda text: text.strip('{}'))\n"
    )
    (package / "__init__.py").write_text("__version__ = '0.5.1'\ncached_index_file = None\nprint('noise')\n")
    (package / "iso" / "__init__.py").write_text(f"def iso3_code(lang, default):\n    return {pairs!r}.get(lang)\n")
    (package / "iso" / "bcp47.py").write_text("class bcp47:\n    default_scripts = {'eng': 'Latn', 'fra': 'Latn'}\n")
    (package / "index.py").write_text(f"""
import json
from pathlib import Path
from types import SimpleNamespace
import mtdata

class Id(str):
    @property
    def langs(self):
        return tuple(self.split("-")[3:])

mtdata.cached_index_file.write_bytes(b"large")
author = SimpleNamespace(last_names=["Tiedemann"])
work = SimpleNamespace(persons={{"author": [author]}}, fields={{"year": "2012", "title": "{{OPUS}}"}})
usual = dict(filename="text.zip", ext="zip", in_ext=None, in_paths=None, cols=None, cite=None)
given = json.loads({json.dumps(entries)!r})
entries = [SimpleNamespace(**{{**usual, **entry, "did": Id(entry["did"])}}) for entry in given]
INDEX = SimpleNamespace(ref_db={{"opus": work}}, get_entries=lambda: entries)
""")
