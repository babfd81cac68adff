"""Renders published rows as feeds and pages, and announces them."""
