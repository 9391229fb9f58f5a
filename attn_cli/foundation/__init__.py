"""The base of every other room: settings, errors, and the storage of files."""
