"""Anybody's parallel text, cleaned, tokenised, stored, and cut into batches."""
