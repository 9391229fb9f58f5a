"""The encoder-decoder with attention, in torch. Knows neither text nor files."""
