"""What has to be loaded with Django: the Celery application, so that every task knows its broker."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class RegistrarConfig(AppConfig):
    """The composing app."""

    name = "registrar"
    default = True
    verbose_name = "Registrar"

    def ready(self) -> None:
        """Make the console's Celery application the current one before any task is handed over."""
        import_module("registrar.celery")


class SupportConfig(admin.AdminConfig):
    """Django's admin, with our start page, search and previews."""

    default = False
    default_site = "dnssec.site.SupportSite"
