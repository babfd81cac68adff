"""Every SQL statement; the only package that knows SQLite."""
