"""What support sees of domains, keys, requests and mails, and can do about them: a module for each."""

from dnssec.admin import checks, conditions, domains, keys, mails, publications, requests

__all__ = ["checks", "conditions", "domains", "keys", "mails", "publications", "requests"]
