"""What a line of text consists of: its sentences, its literals, its letters' case."""
