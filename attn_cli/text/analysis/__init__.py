"""What a line of text consists of, its language, and whether the two sides of parallel text belong together."""
