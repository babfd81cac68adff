"""Which items report the same story. Pure."""
