"""Parsed documents become rows, rows become stories: one transaction each."""
