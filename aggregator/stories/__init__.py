"""Decides which items report the same story. Pure."""
