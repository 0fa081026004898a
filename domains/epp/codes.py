"""The result codes of RFC 5730, section 3, with the English text that the RFC gives each, and their classes."""

from enum import IntEnum
from typing import Self


class ResultCode(IntEnum):
    """A result code; ``text`` is the RFC's English response text."""

    text: str

    def __new__(cls, value: int, text: str) -> Self:
        code = int.__new__(cls, value)
        code._value_ = value
        code.text = text
        return code

    DONE = 1000, "Command completed successfully"
    DONE_PENDING = 1001, "Command completed successfully; action pending"
    NO_MESSAGES = 1300, "Command completed successfully; no messages"
    ACK_TO_DEQUEUE = 1301, "Command completed successfully; ack to dequeue"
    ENDING_SESSION = 1500, "Command completed successfully; ending session"
    UNKNOWN_COMMAND = 2000, "Unknown command"
    SYNTAX_ERROR = 2001, "Command syntax error"
    USE_ERROR = 2002, "Command use error"
    PARAMETER_MISSING = 2003, "Required parameter missing"
    PARAMETER_RANGE = 2004, "Parameter value range error"
    PARAMETER_SYNTAX = 2005, "Parameter value syntax error"
    UNIMPLEMENTED_VERSION = 2100, "Unimplemented protocol version"
    UNIMPLEMENTED_COMMAND = 2101, "Unimplemented command"
    UNIMPLEMENTED_OPTION = 2102, "Unimplemented option"
    UNIMPLEMENTED_EXTENSION = 2103, "Unimplemented extension"
    BILLING_FAILURE = 2104, "Billing failure"
    NOT_RENEWABLE = 2105, "Object is not eligible for renewal"
    NOT_TRANSFERABLE = 2106, "Object is not eligible for transfer"
    AUTHENTICATION_ERROR = 2200, "Authentication error"
    AUTHORIZATION_ERROR = 2201, "Authorization error"
    INVALID_AUTHORIZATION = 2202, "Invalid authorization information"
    PENDING_TRANSFER = 2300, "Object pending transfer"
    NOT_PENDING_TRANSFER = 2301, "Object not pending transfer"
    OBJECT_EXISTS = 2302, "Object exists"
    OBJECT_DOES_NOT_EXIST = 2303, "Object does not exist"
    STATUS_PROHIBITS = 2304, "Object status prohibits operation"
    ASSOCIATION_PROHIBITS = 2305, "Object association prohibits operation"
    PARAMETER_POLICY = 2306, "Parameter value policy error"
    UNIMPLEMENTED_SERVICE = 2307, "Unimplemented object service"
    POLICY_VIOLATION = 2308, "Data management policy violation"
    COMMAND_FAILED = 2400, "Command failed"
    COMMAND_FAILED_CLOSING = 2500, "Command failed; server closing connection"
    AUTHENTICATION_CLOSING = 2501, "Authentication error; server closing connection"
    SESSION_LIMIT_CLOSING = 2502, "Session limit exceeded; server closing connection"

    @property
    def is_success(self) -> bool:
        """True for 1xxx: the server carried the command out or took it on."""
        return self < 2000

    @property
    def closes_session(self) -> bool:
        """True for 1500 and 25xx: the server closes the connection after this answer."""
        return self == 1500 or self >= 2500
