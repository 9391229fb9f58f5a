"""Parallel text in, a cleaned and tokenised corpus on disk out."""
