"""What a person sees: the terminal, pictures, and a report as a page."""
