"""What a registry tells of a change that it made itself (RFC 8590, changePoll-1.0), both ways. The message's data shows
the object as it was before or after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domains.epp import xml
from domains.epp.errors import BadValue
from domains.epp.xml import CHANGE_POLL, Element

STATES = ("before", "after")


@dataclass(frozen=True)
class ChangeData:
    """Who did what, when and why (RFC 8590, section 3.1). ``operation`` is a word of the RFC such as update,
    ``operation_detail`` its further name where one is given; ``case_id`` numbers a dispute or another case."""

    operation: str
    date: datetime
    sv_trid: str
    who: str
    state: str = "after"
    operation_detail: str | None = None
    case_id: str | None = None
    reason: str | None = None

    def to_xml(self) -> Element:
        """Returns the changeData element; a case is written as of type custom."""
        c = xml.change_poll
        detail = {} if self.operation_detail is None else {"op": self.operation_detail}
        element = c(
            "changeData",
            c("operation", self.operation, **detail),
            c("date", xml.timestamp(self.date)),
            c("svTRID", self.sv_trid),
            c("who", self.who),
            state=self.state,
        )
        if self.case_id is not None:
            element.append(c("caseId", self.case_id, type="custom"))
        if self.reason is not None:
            element.append(c("reason", self.reason))
        return element

    @classmethod
    def from_xml(cls, element: Element) -> Self:
        """Reads a changeData element; MalformedFrame or BadValue when it is none."""
        state = element.get("state", "after")
        if state not in STATES:
            raise BadValue("The state of a change is neither before nor after.")
        operation = xml.required(element, CHANGE_POLL, "operation")
        case, reason = (xml.child(element, CHANGE_POLL, name) for name in ("caseId", "reason"))
        return cls(
            operation=xml.text(operation),
            date=xml.moment(xml.required(element, CHANGE_POLL, "date")),
            sv_trid=xml.text(xml.required(element, CHANGE_POLL, "svTRID")),
            who=xml.text(xml.required(element, CHANGE_POLL, "who")),
            state=state,
            operation_detail=operation.get("op"),
            case_id=None if case is None else xml.text(case),
            reason=None if reason is None else xml.text(reason),
        )
