"""The classes of result codes (RFC 5730, section 3)."""

import pytest

from domains.epp.codes import ResultCode


def test_knows_the_34_codes_of_the_rfc_with_their_texts():
    assert len(ResultCode) == 34
    assert ResultCode(2308) is ResultCode.POLICY_VIOLATION  # type: ignore[call-arg]
    assert int(ResultCode.DONE) == 1000
    assert ResultCode.DONE_PENDING.text == "Command completed successfully; action pending"
    assert ResultCode.SESSION_LIMIT_CLOSING.text == "Session limit exceeded; server closing connection"


def test_refuses_a_code_that_does_not_exist():
    with pytest.raises(ValueError, match="1234"):
        ResultCode(1234)  # type: ignore[call-arg]


def test_success_is_every_code_below_2000():
    assert [int(code) for code in ResultCode if code.is_success] == [1000, 1001, 1300, 1301, 1500]


def test_four_codes_close_the_session():
    assert [int(code) for code in ResultCode if code.closes_session] == [1500, 2500, 2501, 2502]
