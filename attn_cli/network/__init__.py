"""The encoder-decoder with attention, in torch. Handles token ids only: neither text nor files."""
