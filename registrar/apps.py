"""What has to be loaded with Django: the Celery application, so that every task knows its broker."""

from importlib import import_module

from django.apps import AppConfig


class RegistrarConfig(AppConfig):
    """The composing app."""

    name = "registrar"
    verbose_name = "Registrar"

    def ready(self) -> None:
        """Make the console's Celery application the current one before any task is handed over."""
        import_module("registrar.celery")
