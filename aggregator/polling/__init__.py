"""Polling feeds: when each is asked, what became of it, and how that is stored."""
