"""HTTP requests: which URLs may be asked, within which limits. Knows nothing of feeds."""
