"""Asking servers: which URLs, within which limits. Knows nothing of when, or of what is read."""
