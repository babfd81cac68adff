"""One module a command: `NAME.py` defines the command of that name, or its group of commands."""
