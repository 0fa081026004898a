"""What the registrar knows. What must never be false stands here as a constraint; status columns are written in
operations.py and delivery.py only.
"""

from domains.models.mails import OutgoingEmail
from domains.models.people import Person
from domains.models.registrations import Contact, Domain, Nameserver, to_unicode
from domains.models.registries import Registry, Tld
from domains.models.requests import Attempt, Operation, PollMessage, new_reference

__all__ = [
    "Attempt",
    "Contact",
    "Domain",
    "Nameserver",
    "Operation",
    "OutgoingEmail",
    "Person",
    "PollMessage",
    "Registry",
    "Tld",
    "new_reference",
    "to_unicode",
]
