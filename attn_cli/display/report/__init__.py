"""An evaluation as one page for a browser."""
