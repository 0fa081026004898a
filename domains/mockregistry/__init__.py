"""A registry to speak to: it keeps its own store and shares no rule with the console."""
