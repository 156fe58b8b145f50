"""Bitmaps of many people say what the rule says of each, while people and time move on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from outwork import workforce
from outwork.methods.eligibility import Bitmaps, members
from outwork.vocabulary import ActorId, EngagementId, LineId, PartyId
from outwork.workforce import Need, Qualification

START = datetime(2026, 11, 2, tzinfo=UTC)
PEOPLE, HOURS = 70, 4  # more than a machine word of people

names = st.frozensets(st.sampled_from(["a", "a.b", "a.b.c", "d"]), max_size=2)
parties = st.frozensets(st.sampled_from([PartyId("p1"), PartyId("p2"), PartyId("p3")]), max_size=1)
instants = st.integers(0, HOURS).map(lambda n: START + timedelta(hours=n))
brings = st.builds(
    lambda skills, tongues, clearance, held, barred: Qualification(
        ActorId("x"), workforce.with_broader(skills), tongues, clearance, held, barred
    ),
    names,
    names,
    st.integers(0, 2),
    st.dictionaries(st.sampled_from(["bar", "cpa"]), instants),
    parties,
)
asks = st.none() | st.builds(
    lambda skills, tongues, clearance, held, adverse: Need(
        EngagementId("e"), LineId("l"), skills, tongues, clearance, held, adverse
    ),
    names,
    names,
    st.integers(0, 2),
    st.frozensets(st.sampled_from(["bar", "cpa"]), max_size=1),
    parties,
)
changes = st.tuples(st.integers(0, PEOPLE - 1), st.none() | brings)
clients = st.sampled_from([PartyId("p1"), PartyId("p2")])


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.lists(changes, max_size=25), asks, clients), min_size=1, max_size=HOURS + 1
    )
)
def test_bitmaps_and_rule_are_equal(
    steps: list[tuple[list[tuple[int, Qualification | None]], Need | None, PartyId]],
) -> None:
    bitmaps, known = Bitmaps(), dict[int, Qualification]()
    for hour, (changed, need, client) in enumerate(steps):
        now = START + timedelta(hours=hour)
        for number, person in changed:
            if person is None:
                bitmaps.remove(number)
                known.pop(number, None)
            else:
                bitmaps.put(number, *workforce.meets(person))
                known[number] = person
        bitmaps.expire(now.timestamp())
        found = members(bitmaps.eligible(*workforce.asked(need, client)))
        told = {n: workforce.ineligible(p, need, client, now) for n, p in known.items()}
        assert found == sorted(n for n, reasons in told.items() if not reasons)
        counts = bitmaps.failing(*workforce.asked(need, client))
        low = sum(any(r.code == "clearance-too-low" for r in rs) for rs in told.values())
        assert counts.get(f"clearance {need.clearance if need else 0}", 0) == low
        shut = sum(any(r.code == "barred-by-client" for r in rs) for rs in told.values())
        assert counts.get(f"barred {client}", 0) == shut
