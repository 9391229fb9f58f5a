"""Output for people: the terminal, heat maps, pictures, and the evaluation report."""
