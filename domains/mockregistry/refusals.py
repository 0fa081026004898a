"""The refusals of this registry: one exception for each, with its result code (RFC 5730, section 3) and the reason
that the answer gives."""

from typing import ClassVar

from domains.epp.codes import ResultCode

# What a peer sent is not sent back at any length.
LONGEST_REASON = 500


class Refusal(Exception):
    """Base of all refusals; ``code`` and ``template`` stand on the class, the facts of the case are given."""

    code: ClassVar[ResultCode]
    template: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        self.reason = self.template.format(**facts)[:LONGEST_REASON]
        super().__init__(self.reason)


class UnknownCommand(Refusal):
    code = ResultCode.UNKNOWN_COMMAND
    template = "EPP has no command {name}."


class Misbuilt(Refusal):
    code = ResultCode.SYNTAX_ERROR
    template = "{complaint}"


class NotLoggedIn(Refusal):
    code = ResultCode.USE_ERROR
    template = "The session begins with a login."


class AlreadyLoggedIn(Refusal):
    code = ResultCode.USE_ERROR
    template = "The session has begun already."


class NotAnnounced(Refusal):
    code = ResultCode.USE_ERROR
    template = "{uri} was not announced at login."


class NothingToDo(Refusal):
    code = ResultCode.PARAMETER_MISSING
    template = "The update changes nothing."


class NoMessageId(Refusal):
    code = ResultCode.PARAMETER_MISSING
    template = "An acknowledgement names its message in msgID."


class ContactTypeMissing(Refusal):
    code = ResultCode.PARAMETER_MISSING
    template = "A contact of a domain is named with its type."


class PasswordMissing(Refusal):
    code = ResultCode.PARAMETER_MISSING
    template = "The login security extension lacks the password that {name} says it holds."


class ValueOutOfRange(Refusal):
    code = ResultCode.PARAMETER_RANGE
    template = "{complaint}"


class ValueMalformed(Refusal):
    code = ResultCode.PARAMETER_SYNTAX
    template = "{complaint}"


class UnknownVersion(Refusal):
    code = ResultCode.UNIMPLEMENTED_VERSION
    template = "This server speaks version 1.0."


class CommandNotOffered(Refusal):
    code = ResultCode.UNIMPLEMENTED_COMMAND
    template = "This server does not carry out {name}."


class UnknownLanguage(Refusal):
    code = ResultCode.UNIMPLEMENTED_OPTION
    template = "This server speaks en."


class OptionNotOffered(Refusal):
    code = ResultCode.UNIMPLEMENTED_OPTION
    template = "This server does not support {option}."


class ExtensionNotOffered(Refusal):
    code = ResultCode.UNIMPLEMENTED_EXTENSION
    template = "This server does not support the extension {uri} here."


class NoDnssec(Refusal):
    code = ResultCode.UNIMPLEMENTED_EXTENSION
    template = "The registry of .{tld} does not support DNSSEC."


class WrongCredentials(Refusal):
    code = ResultCode.AUTHENTICATION_ERROR
    template = "Client id and password do not fit."


class NotTheSponsor(Refusal):
    code = ResultCode.AUTHORIZATION_ERROR
    template = "{name} is sponsored by another registrar."


class WrongAuthInfo(Refusal):
    code = ResultCode.INVALID_AUTHORIZATION
    template = "The authorization information is not that of {name}."


class Present(Refusal):
    code = ResultCode.OBJECT_EXISTS
    template = "{what} is at {name} already."


class NoSuchDomain(Refusal):
    code = ResultCode.OBJECT_DOES_NOT_EXIST
    template = "{name} is not registered."


class Absent(Refusal):
    code = ResultCode.OBJECT_DOES_NOT_EXIST
    template = "{what} is not at {name}."


class NoSuchObject(Refusal):
    code = ResultCode.OBJECT_DOES_NOT_EXIST
    template = "There is no {kind} {name}."


class NoSuchMessage(Refusal):
    code = ResultCode.OBJECT_DOES_NOT_EXIST
    template = "No message {id} waits."


class StatusProhibits(Refusal):
    code = ResultCode.STATUS_PROHIBITS
    template = "{name} has the status {status}."


class WrongInterface(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "The registry of .{tld} takes {taken}."


class AlgorithmRefused(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "The registry of .{tld} does not accept algorithm {algorithm}."


class StatusOfTheRegistry(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "The status {status} is given and taken by the registry alone."


class RegistrantNeeded(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "A domain has a registrant."


class UrgentNotPossible(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "Updates of {name} are decided later, urgent or not."


class FlagsRefused(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "Flags must be 256 or 257, not {flags}."


class DigestTypeRefused(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "Digest type must be 2 or 4, not {digest_type}."


class DigestOfAnotherKey(Refusal):
    code = ResultCode.PARAMETER_POLICY
    template = "The digest is not that of the key sent with it."


class ServiceNotOffered(Refusal):
    code = ResultCode.UNIMPLEMENTED_SERVICE
    template = "This server does not offer {uri}."


class LimitPassed(Refusal):
    code = ResultCode.POLICY_VIOLATION
    template = "A domain in .{tld} may have at most {limit} {kind}."


class NotTheOldestMessage(Refusal):
    code = ResultCode.POLICY_VIOLATION
    template = "Messages are acknowledged in order; the oldest is {id}."


class StoreFailed(Refusal):
    code = ResultCode.COMMAND_FAILED
    template = "The registry cannot use its store."


class TooManyWrongPasswords(Refusal):
    code = ResultCode.AUTHENTICATION_CLOSING
    template = "Too many logins with a wrong password."


class TooManySessions(Refusal):
    code = ResultCode.SESSION_LIMIT_CLOSING
    template = "At most {limit} sessions may be open."
