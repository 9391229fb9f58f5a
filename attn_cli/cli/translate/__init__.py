"""`attn-mt translate`: lines of text in, one translation per line out."""

from attn_cli.cli.translate.command import translate

__all__ = ["translate"]
