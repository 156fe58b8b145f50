"""Connections, transactions, tables by scope, and frozen dataclasses as rows.

Every table says whether it is scoped to an engagement (and so under row-level security) or global,
and why. The transaction-local settings `outwork.actor` and `outwork.engagements` decide which rows
a transaction sees, by an actor and by engagements; unset means none. Where one statement answers
many, the actors are separated by commas for as long as it looks up what each may see.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

import psycopg
import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB

from outwork.kit.keyring import Keyring
from outwork.kit.lane import Lane
from outwork.kit.paging import LARGEST_PAGE

Connection = sa.Connection
T = TypeVar("T")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


# Functions of the database, by name, in the order in which they are made.
FUNCTIONS: dict[str, str] = {}


def function(name: str, body: str) -> str:
    """Declare a function of the database; the migration makes it. Gives its name."""
    FUNCTIONS[name] = body.strip() + "\n"
    return name


def scoped(name: str, *parts: sa.schema.SchemaItem, listed: bool = True) -> sa.Table:
    """A table whose rows belong to one engagement: has engagement_id, and row-level security.

    `listed=False` saves the index on engagement_id where another index finds the rows.
    """
    return sa.Table(
        name,
        metadata,
        sa.Column("engagement_id", sa.Text, nullable=False, index=listed),
        *parts,
        info={"scope": "engagement"},
    )


def unscoped(name: str, reason: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """A table that belongs to the installation, with the reason why it is not scoped."""
    return sa.Table(name, metadata, *parts, info={"scope": "global", "reason": reason})


@dataclass(frozen=True, slots=True)
class Database:
    """An engine for the application role, and the keyring that opens what is sealed in it."""

    engine: sa.Engine
    keyring: Keyring
    lane: Lane

    @staticmethod
    def connect(dsn: str, keyring: Keyring, pool: int = 5) -> Database:
        """Connect as the application role; `dsn` is a libpq connection string."""
        engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(dsn),
            pool_size=pool,
            max_overflow=pool,
        )
        sa.event.listen(engine, "checkout", _refuse_ended)
        return Database(engine, keyring, Lane(dsn))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction that sees no rows of any engagement until it is told who acts."""
        with self.engine.connect() as bare:
            db = bare.execution_options(keyring=self.keyring)
            with db.begin():
                yield db

    @contextmanager
    def snapshot(self, actor: str, engagements: Sequence[str] = ()) -> Iterator[Connection]:
        """A transaction that reads, all of it as it was at one moment, whatever is written on."""
        with self.engine.connect() as bare:
            db = bare.execution_options(keyring=self.keyring, isolation_level="REPEATABLE READ")
            with db.begin():
                see(db, actor, engagements)
                yield db

    @contextmanager
    def transaction(self, actor: str, engagements: Sequence[str] = ()) -> Iterator[Connection]:
        """One transaction that sees the rows of `engagements` and the actor's own."""
        with self.begin() as db:
            see(db, actor, engagements)
            yield db

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        self.lane.close()


def _refuse_ended(connection: psycopg.Connection[Any], *_pool: object) -> None:
    """Has the pool connect anew where the server ended a connection that lay idle.

    What it says then can be read at once: no question has to be sent and answered before each act.
    """
    if not connection.closed:
        said = select.poll()
        said.register(connection, select.POLLIN)
        if not said.poll(0):
            return
    raise sa.exc.DisconnectionError


def see(db: Connection, actor: str, engagements: Sequence[str]) -> None:
    """Set, for this transaction only, who acts and which engagements' rows exist."""
    db.execute(
        sa.text(
            "select set_config('outwork.actor', :actor, true),"
            " set_config('outwork.engagements', :engagements, true)"
        ),
        {"actor": actor, "engagements": "{" + ",".join(engagements) + "}"},
    )


def alone(db: Connection, name: str) -> None:
    """Until this transaction ends, no other is `alone` or `together` under that name."""
    db.execute(sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 1))"), {"name": name})


def together(db: Connection, name: str) -> None:
    """Until this transaction ends, others may be `together` under that name, but none `alone`."""
    statement = "select pg_advisory_xact_lock_shared(hashtextextended(:name, 1))"
    db.execute(sa.text(statement), {"name": name})


def driven(db: Connection) -> psycopg.Connection[Any]:
    """The driver's connection, for COPY and for statements that are sent as they are."""
    found = db.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def keyring_of(db: Connection) -> Keyring:
    """The keyring that goes with a transaction."""
    keyring: Keyring = db.get_execution_options()["keyring"]
    return keyring


class Records(Generic[T]):
    """A table whose rows are one frozen dataclass; columns are named like the fields.

    JSONB columns hold the field as pydantic writes it in JSON mode (Decimals as strings).
    """

    def __init__(
        self, table: sa.Table, of: type[T], missing: Callable[[str], Exception] = LookupError
    ) -> None:
        self.table, self._of, self._missing = table, of, missing
        self._adapter: TypeAdapter[T] = TypeAdapter(of)
        hints = get_type_hints(of, include_extras=True)
        self._json = {
            f.name: TypeAdapter(hints[f.name])
            for f in fields(of)  # type: ignore[arg-type]
            if isinstance(table.c[f.name].type, JSONB)
        }
        self._names = [f.name for f in fields(of)]  # type: ignore[arg-type]
        self._key = list(table.primary_key.columns)

    def add(self, db: Connection, *records: T) -> None:
        """Insert; raises IntegrityError on a duplicate key."""
        if records:
            db.execute(sa.insert(self.table), [self._row(r) for r in records])

    def save(self, db: Connection, record: T) -> None:
        """Write the record over the row of the same key."""
        row = self._row(record)
        where = [c == row[c.name] for c in self._key]
        changed = {k: v for k, v in row.items() if k not in {c.name for c in self._key}}
        result = db.execute(sa.update(self.table).where(*where).values(changed))
        if result.rowcount != 1:
            raise self._missing(str([row[c.name] for c in self._key]))

    def get(self, db: Connection, *key: str, lock: bool = False, share: bool = False) -> T:
        """The record of that primary key; raises `missing`.

        `lock` keeps others from locking it too, `share` only from locking it for themselves.
        """
        query = sa.select(self.table).where(*[c == k for c, k in zip(self._key, key, strict=True)])
        if lock or share:
            query = query.with_for_update(read=not lock)
        row = db.execute(query).mappings().first()
        if row is None:
            raise self._missing(key[-1])
        return self.record(row)

    def find(
        self,
        db: Connection,
        *where: sa.ColumnElement[bool],
        order: sa.ColumnElement[Any] | None = None,
        limit: int | None = None,
        lock: bool = False,
    ) -> list[T]:
        """Records that meet all conditions, by primary key unless `order` is given."""
        query = sa.select(self.table).where(*where)
        query = query.order_by(*(self._key if order is None else [order]))
        if limit is not None:
            query = query.limit(min(limit, LARGEST_PAGE + 1))
        if lock:
            query = query.with_for_update()
        return [self.record(row) for row in db.execute(query).mappings()]

    def one(self, db: Connection, *where: sa.ColumnElement[bool]) -> T | None:
        """The last record that meets all conditions, or None."""
        query = sa.select(self.table).where(*where).order_by(*[c.desc() for c in self._key])
        row = db.execute(query.limit(1)).mappings().first()
        return None if row is None else self.record(row)

    def remove(self, db: Connection, *where: sa.ColumnElement[bool]) -> int:
        """Delete rows that meet all conditions; how many."""
        return db.execute(sa.delete(self.table).where(*where)).rowcount

    def _row(self, record: T) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for name in self._names:
            value = getattr(record, name)
            if name in self._json:
                row[name] = self._json[name].dump_python(value, mode="json")
            else:
                row[name] = value.value if isinstance(value, Enum) else value
        return row

    def record(self, row: Mapping[Any, Any]) -> T:
        """The frozen value of a row; further columns are left out."""
        return self._adapter.validate_python({n: row[n] for n in self._names})


def instant(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[datetime]:
    """A column for an instant, in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, **options)


def text(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[str]:
    """A column for text, not null unless told."""
    return sa.Column(name, sa.Text, nullable=nullable, **options)


def key(name: str = "id") -> sa.Column[str]:
    """A primary key column for a typed id."""
    return sa.Column(name, sa.Text, primary_key=True)


def json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A JSONB column; a JSON null is SQL NULL."""
    return sa.Column(name, JSONB(none_as_null=True), nullable=nullable)


def migrate(dsn_owner: str) -> None:
    """Bring the schema up to date, as the role that owns it; safe when several processes do it."""
    if _is_current(dsn_owner):
        return
    from alembic import command  # imported here: a served process that needs no change is quicker
    from alembic.config import Config

    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn_owner), poolclass=sa.NullPool
    )
    with engine.connect() as db, db.begin():
        db.execute(sa.text("select pg_advisory_xact_lock(779001)"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = db
        command.upgrade(config, "head")
    engine.dispose()


MIGRATIONS = Path(__file__).parents[1] / "migrations"


def _is_current(dsn_owner: str) -> bool:
    """Whether the newest version is in place; files are named after theirs: v0001_first.py."""
    newest = max(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v*.py"))
    with psycopg.connect(dsn_owner) as db:
        known = db.execute("select to_regclass('public.alembic_version')").fetchone()
        if known is None or known[0] is None:
            return False
        return db.execute("select version_num from alembic_version").fetchall() == [(newest,)]
