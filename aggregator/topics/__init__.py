"""Which stories belong to a topic: a query language, shipped lexicons, a score with reasons.

Pure.
"""
