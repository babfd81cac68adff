"""Polls feeds: schedules, makes and stores polls."""
