"""Connections to the database: kept from one transaction to the next, and renewed when ended."""

import psycopg
import sqlalchemy as sa
from sqlalchemy import Connection
from tests.support.engagement import World

from outwork.kit.database import driven

NUMBER = sa.text("select pg_backend_pid()")


def number(db: Connection) -> int:
    """The process that serves a connection."""
    found: int = db.execute(NUMBER).scalar_one()
    return found


def test_a_connection_is_kept(world: World) -> None:
    assert world.look(number) == world.look(number)


def test_those_that_the_server_ended_are_renewed_before_they_are_used(world: World) -> None:
    with world.database.transaction("job") as one, world.database.transaction("job") as two:
        idle = {number(one), number(two)}
    with psycopg.connect(world.database.lane.dsn, autocommit=True) as db:
        for each in idle:
            ended = db.execute("select pg_terminate_backend(%s, 10000)", [each]).fetchone()
            assert ended == (True,)
    with world.database.transaction("job") as one, world.database.transaction("job") as two:
        assert idle.isdisjoint({number(one), number(two)})


def test_one_that_was_closed_here_is_renewed(world: World) -> None:
    with world.database.transaction("job") as db:
        before, connection = number(db), driven(db)
    connection.close()
    assert world.look(number) != before
