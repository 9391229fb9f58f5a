"""Translations scored against references."""
