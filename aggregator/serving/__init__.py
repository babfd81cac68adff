"""The HTTP server and the daemon."""
