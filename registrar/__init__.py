"""Composes the console: settings, URLs, the Celery application, what starts things. No rule about domains or keys."""
