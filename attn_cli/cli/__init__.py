"""The command line: options and wiring, nothing else."""
