"""Parses documents from outside into frozen values, in child processes. Pure."""
