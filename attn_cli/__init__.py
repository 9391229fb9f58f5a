"""attn-mt: neural machine translation with attention, from the shell, on an ordinary computer.

The public names are loaded when they are first used (PEP 562), so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attn_cli.decoding.choice import load_model
    from attn_cli.decoding.translator import Translation, Translator

__version__ = "0.2.0.dev0"
__all__ = ["Translation", "Translator", "load_model"]

_MODULES = {
    "load_model": "attn_cli.decoding.choice",
    "Translation": "attn_cli.decoding.translator",
    "Translator": "attn_cli.decoding.translator",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)
