"""`python -m attn_cli` is `attn-mt`."""

from attn_cli.cli.app import main

main()
