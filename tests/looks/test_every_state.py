"""Each page in each state, once, in one of the looks in turn; the full matrix is `./dev bench looks`."""

from itertools import cycle

import pytest

from tests.looks.checks import complaints_about, complaints_without_scripts
from tests.looks.conftest import Opens
from tests.looks.states import LOOKS, STATES, Look, State

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("looks")]

TAKEN = list(zip(STATES, cycle(LOOKS)))


@pytest.mark.parametrize(("state", "look"), TAKEN, ids=[f"{s.name}-{k.width}-{k.theme}" for s, k in TAKEN])
def test_a_state_leaves_nothing_to_complain_about(visitor_of: Opens, state: State, look: Look) -> None:
    visitor = visitor_of(state.person)
    visitor.open(state, look)
    found = complaints_about(visitor, state)
    if not state.scripted:
        plain = visitor_of(state.person, scripts=False)
        plain.open(state, look)
        found += complaints_without_scripts(plain, state)
    assert found == []
