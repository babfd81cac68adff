"""Stories for programs that reason, by the Model Context Protocol: read, never written."""
