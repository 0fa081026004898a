"""What can go wrong on the EPP wire, all under one base: a frame that cannot be read, a command that was not sent,
an answer that was lost."""


class EppError(Exception):
    """Base of every error of this package."""


class MalformedFrame(EppError):
    """A frame is not what RFC 5730 or one of its mappings allows at this place."""


class BadValue(MalformedFrame):
    """A value of a frame is not written as its type demands: letters for a number, characters outside base64."""


class OutOfRange(MalformedFrame):
    """A value of a frame is well written but outside the range of its type."""


class BadLength(EppError):
    """The length announced before a frame is absurd or above the limit (RFC 5734, section 4)."""


class StreamEnded(EppError):
    """The peer ended the stream before the frame was complete."""


class ServiceMissing(EppError):
    """The greeting does not offer a service without which a login makes no sense."""


class NotSent(EppError):
    """The command never reached the server, so the operation was not done."""


class AnswerLost(EppError):
    """The command was sent, or may have been, and no clean answer came: whether it was done is unknown."""
