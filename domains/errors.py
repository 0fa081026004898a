"""What the registrar refuses, and why: one class per reason, its sentence and HTTP status on the class.

The names are those of the Route 53 API where it has one. A registry's refusal and trouble are no errors of this kind.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from domains.models import Operation


class RegistrarError(Exception):
    """A request that was not accepted.

    `code` names the reason, `sentence` tells a person what to do; nothing was written.
    """

    code = "InvalidInput"
    status = 422
    default: object = _("This request cannot be carried out.")

    def __init__(self, sentence: object = None) -> None:
        self.sentence = str(sentence or self.default)
        super().__init__(self.sentence)


class DuplicateRequest(RegistrarError):
    """Another request on the domain is open."""

    code = "DuplicateRequest"
    status = 409
    default = _("Another change of this domain is in progress. Wait for its mail, then try again.")

    def __init__(self, operation: "Operation | None" = None) -> None:
        super().__init__()
        self.operation = operation


class DnssecLimitExceeded(RegistrarError):
    """The domain holds as many keys as its registry takes."""

    code = "DnssecLimitExceeded"


class TldRulesViolation(RegistrarError):
    """The TLD does not support the operation, or not this algorithm."""

    code = "TLDRulesViolation"


class KeyAlreadyThere(RegistrarError):
    """The key is on the domain already."""

    code = "KeyAlreadyThere"


class KeyNotFound(RegistrarError):
    """The key is not on the domain any more."""

    code = "KeyNotFound"
    status = 409
    default = _("This key is not on the domain any more. Reload the page to see what is there.")


class DomainLeft(RegistrarError):
    """The domain is not ours any more."""

    code = "DomainLeft"
    status = 409
    default = _("This domain is no longer managed here, so its keys cannot be changed here.")


class AlreadySent(RegistrarError):
    """A cancellation that came too late."""

    code = "AlreadySent"
    status = 409
    default = _("This request has been sent to the registry and cannot be cancelled any more.")


class NotOpen(RegistrarError):
    """The operation has an outcome already, or none yet, where the other is needed."""

    code = "NotOpen"
    status = 409
    default = _("This request already has an outcome.")


class ReasonNeeded(RegistrarError):
    """Support has to say why."""

    code = "ReasonNeeded"
    default = _("Say why: the reason is kept with the request and shown to the owner.")


class MayNotBeViewed(RegistrarError):
    """Nobody sees the console as staff do, or as somebody who may not sign in."""

    code = "MayNotBeViewed"
    status = 403
    default = _("The console can be viewed only as an owner who may sign in, never as staff.")


class MailOnItsWay(RegistrarError):
    """The mail has not been sent yet, or a repeat of it has not."""

    code = "MailOnItsWay"
    status = 409
    default = _("This mail is on its way already.")


class NobodyToTell(RegistrarError):
    """There is no address to send a mail to."""

    code = "NobodyToTell"
    status = 409
    default = _("The domain has no registrant address, so there is nobody to send this mail to.")
