"""A domain as the registrar knows it; nothing here knows of its keys."""
