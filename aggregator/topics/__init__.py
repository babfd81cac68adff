"""Deciding which stories belong to a topic. Pure."""
