"""What the app is called where support sees it."""

from django.apps import AppConfig


class DnssecConfig(AppConfig):
    """The keys of domains."""

    name = "dnssec"
    verbose_name = "DNSSEC"
