"""Output for people: the terminal, pictures of attention, the evaluation report, and the translating page."""
