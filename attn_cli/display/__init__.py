"""Everything shown to a person: the terminal, heat maps, pictures, and the evaluation report."""
