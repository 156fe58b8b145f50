"""Shares defective over time and defects by clause, as charts: for the client and the provider."""

from __future__ import annotations

import html
import re

from tests.stages.test_web_pages import SignIn, sign_in  # noqa: F401  (a fixture)
from tests.support.engagement import World

from outwork import reporting
from outwork.interfaces.web import charts
from outwork.operation import operation
from outwork.reporting import Grouping


def figure(page: str, title: str) -> str:
    """The chart of that title."""
    return next(f for f in page.split('<figure class="chart">') if title in f).split("</figure>")[0]


def rows(chart: str) -> list[list[str]]:
    """The cells of the table beneath a chart."""
    body = chart.split("<tbody>")[1].split("</tbody>")[0]
    return [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>") if "<t" in row
    ]


def rejected_then_accepted(world: World) -> World:
    """A batch whose first sample holds a defect of each item, and whose second holds none."""
    world.upto("draw")
    world.inspect("rosa", defective=4)
    assert not world.decide()
    world.passes(24)
    world.produce("ana")
    world.commit()
    world.upto("draw", after="produce")
    world.inspect("rosa")
    world.upto("decide", after="inspect")
    return world


def test_client_and_provider_see_shares_and_clauses(
    world: World,
    sign_in: SignIn,  # noqa: F811
) -> None:
    rejected_then_accepted(world)
    for who in ("vera", "carl", "dana"):
        page = html.unescape(sign_in(who).get("/quality").text)
        chart = figure(page, "Tiny bot, version 1: ")
        assert [r[:4] for r in rows(chart)] == [
            ["Batch Codename, round 1", "2", "2", "100.0 %"],
            ["Batch Codename, round 2", "2", "0", "0.0 %"],
        ]
        assert 'role="group"' in chart  # each point leads to its batch
        assert f"/engagements/{world.engagement}/assurance?order={world.order}" in chart
        pareto = figure(page, "1 of 1 clauses cause 100 % of 2 defects")
        (row,) = rows(pareto)
        assert row[0].startswith("c-date")
        assert row[1:] == ["2", "100.0 %", "100.0 %"]
        assert pareto.count('<rect class="bar" x=') == 1
        days = html.unescape(sign_in(who).get("/quality?by=day").text)
        first = rows(figure(days, "Tiny bot, version 1: "))[0][0]
        assert re.fullmatch(r"2026-11-\d\d", first)
    batch = html.unescape(sign_in("vera").get(f"/engagements/{world.engagement}/assurance").text)
    assert "Clauses behind the defects" not in batch  # the round at hand holds none


def test_an_analyst_sees_what_is_of_oneself(
    world: World,
    sign_in: SignIn,  # noqa: F811
) -> None:
    rejected_then_accepted(world)
    with operation(world.database, world.people["ana"], world.now) as op:
        (mine,) = reporting.quality(op)
    with operation(world.database, world.people["dana"], world.now) as op:
        (every,) = reporting.quality(op)
    assert mine.seen == tuple(s for s in every.seen if s.analyst == world.people["ana"])
    assert len(every.seen) == 4
    assert sign_in("ana").get("/quality").status_code == 200


def test_points_are_samples_or_days(world: World) -> None:
    rejected_then_accepted(world)
    with operation(world.database, world.people["dana"], world.now) as op:
        (found,) = reporting.quality(op)
    batches = reporting.points(found.seen, Grouping.BATCH)
    assert [(p.round, p.units, p.defective) for p in batches] == [(1, 2, 2), (2, 2, 0)]
    days = reporting.points(found.seen, Grouping.DAY)
    assert [(p.units, p.defective) for p in days] == [(2, 2), (2, 0)]
    assert days[0].day < days[1].day
    together = reporting.points([s for s in found.seen if s.round == 1] * 2, Grouping.DAY)
    assert [(p.units, p.defective) for p in together] == [(4, 4)]


def test_before_the_verdict_a_sample_is_on_no_chart(world: World) -> None:
    world.upto("inspect")
    with operation(world.database, world.people["dana"], world.now) as op:
        (found,) = reporting.quality(op)
    assert found.seen == ()


def test_a_chart_marks_what_is_out_and_gives_each_point_its_limits() -> None:
    points = [{"label": str(n), "href": ""} for n in range(4)]
    chart = charts.share_chart("", points, (2, 3, 2, 30), (100, 100, 400, 100))
    assert [p["out"] for p in chart["points"]] == [False, False, True, True]
    assert abs(chart["centre"] - 37 / 700) < 1e-12
    narrow, wide = chart["points"][2], chart["points"][0]
    assert narrow["upper"] < wide["upper"]
    assert all(p["upper"] <= chart["high"] for p in chart["points"])


def test_a_pareto_chart_sorts_sums_up_and_gathers_the_rest() -> None:
    causes = [({"label": f"c{n}", "name": f"c{n}", "href": ""}, n) for n in range(12)]
    chart = charts.pareto(causes, "All")
    assert chart is not None
    counts = [b["count"] for b in chart["bars"]]
    assert counts == [11, 10, 9, 8, 7, 6, 5, 4, 3 + 2 + 1]
    assert chart["bars"][-1]["name"] == "3 others"
    assert chart["bars"][-1]["upto"] == 1
    assert chart["title"] == "All: 7 of 11 clauses cause 85 % of 66 defects"
    assert charts.pareto([], "All") is None
