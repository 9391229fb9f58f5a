"""Generator of the starter corpus: an English-French synchronous grammar with gold word alignments."""
