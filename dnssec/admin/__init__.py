"""What support sees of domains, keys, requests and mails, and can do about them: a module for each."""

from dnssec.admin import domains, keys, mails, requests

__all__ = ["domains", "keys", "mails", "requests"]
