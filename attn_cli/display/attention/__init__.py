"""Pictures of attention matrices: in a terminal, and as a file."""
