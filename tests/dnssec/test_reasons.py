"""What a refusal is said to mean."""

import pytest

from dnssec import reasons


@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        (
            ("ok", "pendingDelete"),
            "a.com is being deleted or transferred (pendingDelete), and takes no changes meanwhile.",
        ),
        (
            ("clientUpdateProhibited",),
            "a.com is locked against changes at the registry (clientUpdateProhibited). Have the lock removed, then "
            "try again.",
        ),
        ((), "a.com is locked against changes at the registry. Have the lock removed, then try again."),
    ],
)
def test_a_prohibited_change_names_the_status_that_stands_in_its_way(statuses: tuple[str, ...], sentence: str) -> None:
    assert str(reasons.refusal(2304, name="a.com", tld="com", limit=13, words="", statuses=statuses)) == sentence
