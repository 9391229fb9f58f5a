"""`python -m attn_cli` is `attn-mt`."""

from attn_cli.cli import main

main()
