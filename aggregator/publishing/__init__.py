"""Published rows become feeds and pages."""
