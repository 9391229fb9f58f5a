"""A model as one page for a browser, which translates without a network."""
