"""Parallel text: formats, cleaning, tokenizer, prepared corpora, and batches."""
