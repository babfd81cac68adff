"""Turns parsed documents into rows and rows into stories, one transaction each."""
