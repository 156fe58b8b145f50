"""The two transactions of a cycle by bare driver: the same rows, indexes and durability.

No server, no authentication, no row-level security, no rules: what the database alone allows.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from outwork.kit.ids import Ids

CLAIM = """
update assignment set state = 'live', actor_id = %(who)s, leased_until = %(until)s
where id = (
  select id from assignment
  where work_order_id = %(order)s and taker = 'analyst' and reserved_for is null
    and state in ('open', 'live') and state = 'open'
  order by rank, id limit 1 for update skip locked)
returning id, item_id
"""
EVENT = """
insert into event (engagement_id, kind, version, at, actor, public, sealed)
values (%(engagement)s, %(kind)s, 1, %(at)s, %(who)s, %(public)s, %(sealed)s) returning id
"""
SUBMISSION = """
insert into submission (engagement_id, id, item_id, assignment_id, author_id, family, purpose, at,
  seconds, hints)
values (%(engagement)s, %(id)s, %(item)s, %(assignment)s, %(who)s, %(who)s, 'produce', %(at)s, 30,
  '[]')
"""
ANSWER = """
insert into answer (engagement_id, id, submission_id, item_id, question, origin, confidence,
  seconds, author_id, revises, content)
select %(engagement)s, n.id, %(submission)s, %(item)s, n.question, 'added', null, 0, %(who)s, null,
  n.content
from unnest(%(ids)s::text[], %(questions)s::text[], %(contents)s::bytea[])
  as n(id, question, content)
"""


def cycles_per_second(dsn: str, engagement: str, order: str, clients: int, seconds: float) -> float:
    """Cycles a second of so many clients, each a process with one connection."""
    context = multiprocessing.get_context("fork")
    with context.Pool(clients) as pool:
        work = [(dsn, engagement, order, f"raw-{n}", seconds) for n in range(clients)]
        return sum(pool.starmap(_client, work)) / seconds


def _client(dsn: str, engagement: str, order: str, who: str, seconds: float) -> int:
    done = 0
    ids = Ids(datetime.now(UTC))
    common: dict[str, Any] = {"engagement": engagement, "order": order, "who": who}
    with psycopg.connect(dsn, dbname="outwork", prepare_threshold=0) as db:
        db.autocommit = True
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            at = datetime.now(UTC)
            with db.transaction():
                row = db.execute(CLAIM, common | {"until": at + timedelta(minutes=30)}).fetchone()
                assert row is not None
                public = json.dumps({"assignment": row[0], "item": row[1], "purpose": "produce"})
                db.execute(
                    EVENT,
                    common | {"kind": "claimed", "at": at, "public": public, "sealed": "{}"},
                )
            _hand_in(db, ids, common | {"assignment": row[0], "item": row[1], "at": at})
            done += 1
    return done


def _hand_in(db: psycopg.Connection[Any], ids: Ids, values: dict[str, Any]) -> None:
    digests = json.dumps({"a": "0" * 64, "b": "0" * 64, "c": "0" * 64})
    public = json.dumps({"assignment": values["assignment"], "item": values["item"], "seconds": 30})
    submission = ids.next("sub")
    with db.transaction():
        db.execute(SUBMISSION, values | {"id": submission})
        db.execute(
            ANSWER,
            values
            | {
                "submission": submission,
                "ids": [ids.next("ans") for _ in range(3)],
                "questions": ["renewal", "effective-date", "governing-law"],
                "contents": [b"y" * 66, b"y" * 66, b"y" * 860],
            },
        )
        db.execute("update assignment set state = 'done' where id = %(assignment)s", values)
        db.execute("update work_item set state = 'submitted' where id = %(item)s", values)
        row = db.execute(
            EVENT, values | {"kind": "submitted", "public": public, "sealed": digests}
        ).fetchone()
        assert row is not None
        db.execute(
            "insert into disclosure (engagement_id, event_id, openings)"
            " values (%(engagement)s, %(event)s, %(openings)s)",
            values | {"event": row[0], "openings": b"y" * 1200},
        )
