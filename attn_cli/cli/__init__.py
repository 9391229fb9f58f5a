"""The command line: one file per command, options and wiring, nothing else. Does not import torch."""
