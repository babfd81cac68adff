"""Every SQL statement; the only room that knows SQLite."""
