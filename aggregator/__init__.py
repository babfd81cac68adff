"""Polls many news feeds, recognises the variants of one story, republishes one clean topic feed."""

__version__ = "0.1.0"
