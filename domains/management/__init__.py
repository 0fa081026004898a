"""Commands of the domains."""
