"""From source tokens to translations: engines, search, and lines of text in and out."""
