"""Security events in the answer to a login (RFC 8807, section 3.1), and results that contradict each other."""

import pytest

from domains.epp.errors import MalformedFrame
from domains.epp.loginsec import SecurityEvent
from domains.epp.responses import parse_response
from tests.epp.vectors import assert_valid, response

LOGIN_SECURITY = 'xmlns:loginSec="urn:ietf:params:xml:ns:epp:loginSec-1.0"'
EVENTS = f"""<extension><loginSec:loginSecData {LOGIN_SECURITY}>
<loginSec:event type="password" level="warning" exDate="2026-12-01T22:00:00.0Z" lang="en">Password
  expires soon</loginSec:event>
<loginSec:event type="stat" name="failedLogins" level="error" value="100" duration="P1D">Many failed
</loginSec:event></loginSec:loginSecData></extension>"""


def test_reads_the_events_of_a_login_each_on_one_line() -> None:
    frame = response(EVENTS)
    assert_valid(frame)
    password, stat = parse_response(frame).events
    assert password == SecurityEvent(
        type="password",
        level="warning",
        name="",
        expires_at="2026-12-01T22:00:00.0Z",
        value="",
        duration="",
        text="Password expires soon",
    )
    assert str(password) == "type=password expires=2026-12-01T22:00:00.0Z: Password expires soon"
    assert (stat.level, str(stat)) == ("error", "type=stat name=failedLogins value=100 within=P1D: Many failed")


def test_an_answer_without_events_has_none() -> None:
    assert parse_response(response()).events == ()


def test_a_login_does_not_fail_over_events_that_are_not_as_they_should_be() -> None:
    events = "<loginSec:event>a</loginSec:event>" + "<loginSec:event type='x&#10;y'>b</loginSec:event>" * 30
    found = parse_response(
        response(f"<extension><loginSec:loginSecData {LOGIN_SECURITY}>{events}</loginSec:loginSecData></extension>")
    ).events
    assert (len(found), found[0].level, str(found[1])) == (20, "", "type=x y: b")


@pytest.mark.parametrize("codes", [(1000, 2306), (2306, 1000), (1000, 1000)])
def test_a_success_stands_alone(codes: tuple[int, int]) -> None:
    results = "".join(f'<result code="{code}"><msg>Words</msg></result>' for code in codes)
    with pytest.raises(MalformedFrame, match=r"^The response bears a success beside another result\.$"):
        parse_response(response(results=results))
