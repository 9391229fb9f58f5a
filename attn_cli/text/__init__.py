"""Parallel text of any origin: read, cleaned, tokenised, stored, and cut into batches."""
