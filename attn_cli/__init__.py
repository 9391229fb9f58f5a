"""attn-mt: neural machine translation with attention, from the shell, on an ordinary computer."""

__version__ = "0.1.0"
