"""Documents from outside become frozen values; runs in child processes. Pure."""
