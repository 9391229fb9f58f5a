"""A model as one page for a browser, which translates on the reader's machine and shows the attention.

The page is a single file and loads nothing. Its content security policy allows its own style and scripts, which it
names by their hashes, a worker of its own code, and WebAssembly, which that code makes. The network runs as in
decoding/numpy_engine.py: what that does not cover is refused. The style, and the script by which words are pointed at,
are those of the report.
"""

from pathlib import Path
from string import Template

from attn_cli import __version__
from attn_cli.decoding import numpy_engine
from attn_cli.display.page.about import about
from attn_cli.display.page.packed import packed
from attn_cli.display.report import page as report
from attn_cli.display.report.markup import Markup, element, joined, policy
from attn_cli.foundation import replacing
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.models.folder import StoredModel
from attn_cli.text.languages import name_of

WORKER = ("products", "engine", "search", "tokenizer", "segmentation", "translator", "worker")  # in this order


def write(path: Path, stored: StoredModel) -> int:
    """Write the page of a model to `path`, and return its size in bytes.

    Raises ModelFolderError where the page could not run the model, OSError where it cannot be written.
    """
    content = page(stored).encode("utf-8", "replace")  # a folder's name need not be valid Unicode
    with replacing.replace_file(path) as temporary:
        temporary.write_bytes(content)
    return len(content)


def page(stored: StoredModel) -> str:
    """Return the page of a model as HTML; raises ModelFolderError where it could not run the model."""
    _check(stored)
    model = packed(stored)
    style = "".join(_text(folder / "page.css") for folder in (_folder(report.__file__), _folder(__file__)))
    pointing, script = (_text(_folder(file) / "page.js") for file in (report.__file__, __file__))
    source, target = stored.settings.languages
    return Template(_text(_folder(__file__) / "page.html")).substitute(
        policy=policy(style, pointing, script, further="'wasm-unsafe-eval'") + "; worker-src blob:",
        style=style,
        pointing=pointing,
        script=script,
        worker="".join(_text(_folder(__file__) / "worker" / f"{name}.js") for name in WORKER),
        source=joined(name_of(source)),
        target=joined(name_of(target)),
        source_code=source.replace("_", "-"),  # HTML wants pt-BR
        target_code=target.replace("_", "-"),
        name=joined(stored.folder.name),
        about=about(stored),
        version=__version__,
        count=len(model.blocks),
        compressed=model.compressed,
        size=model.size,
        blocks="\n".join(map(_block, model.blocks)),
    )


def _block(text: str) -> Markup:
    return element("script", Markup(text), type="application/octet-stream", class_="weights")


def _check(stored: StoredModel) -> None:
    """Raise ModelFolderError where a setting of the network is not one of those that the engine covers."""
    known = numpy_engine.COVERED
    for name, value in stored.settings.model.to_dict().items():
        if name not in numpy_engine.ANY_VALUE and value not in known.get(name, ()):
            covered = f", only {' or '.join(map(str, known[name]))}" if name in known else ""
            raise ModelFolderError(
                f"{stored.folder.name}: a page cannot run a model with {name} {value}{covered}; choose another model"
            )


def _folder(file: str) -> Path:
    return Path(file).parent


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
