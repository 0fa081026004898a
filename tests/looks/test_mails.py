"""Each mail as a mail program shows it, once, in one of the looks in turn; the full matrix is `./dev bench looks`."""

from itertools import cycle

import pytest

from tests.looks.checks import complaints_about_mail
from tests.looks.conftest import Opens
from tests.looks.states import LOOKS, MAILS, Look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("looks")]

TAKEN = list(zip(MAILS, cycle(LOOKS)))


@pytest.mark.parametrize(("mail", "look"), TAKEN, ids=[f"{mail}-{k.width}-{k.theme}" for mail, k in TAKEN])
def test_a_mail_leaves_nothing_to_complain_about(visitor_of: Opens, mail: str, look: Look) -> None:
    assert complaints_about_mail(visitor_of("sam"), mail, look) == []
