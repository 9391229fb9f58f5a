"""Rebuilds the general models that come with the package, from corpora and commands."""
