"""The forms in which text comes in and translations go out."""
