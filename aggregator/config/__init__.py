"""`feeds.yaml`: read and checked as a whole, and edited without touching any other byte."""

from aggregator.config.load import load, parse, user_agent

__all__ = ["load", "parse", "user_agent"]
