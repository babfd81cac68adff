"""Asking servers for feeds: when, how, and within which limits."""
