"""SQLite through SQLAlchemy: many readers, one writer at a time, and no lock upgrades.

A transaction that starts by reading and then writes can fail half way with "database is locked",
whatever the timeout. So every transaction says at its start what it is: `read()` or `write()`.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, select
from sqlalchemy.orm import Session, sessionmaker

from .models import Base, Product
from .seed import products

BUSY_SECONDS = 10


class Database:
    def __init__(self, data: Path) -> None:
        self._lock_file = data / "schema.lock"
        self._engine = create_engine(
            f"sqlite:///{data / 'shop.sqlite'}", connect_args={"timeout": BUSY_SECONDS}
        )
        event.listen(self._engine, "connect", _configure_connection)
        event.listen(self._engine, "begin", _begin)
        writing = self._engine.execution_options(begin="IMMEDIATE")
        self._read = sessionmaker(self._engine, expire_on_commit=False)
        self._write = sessionmaker(writing, expire_on_commit=False)
        # Writers of this process wait here and not inside SQLite: a gevent worker that waits in C
        # stops all its greenlets, the one that would commit among them.
        self._writer = threading.Lock()

    def prepare(self) -> None:
        """Creates tables and stock if they are missing. Workers that start together take turns."""
        with self._lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self._engine.connect() as connection:
                # Outside of a transaction, and here only: SQLite does not wait for this one.
                connection.connection.cursor().execute("PRAGMA journal_mode = WAL")
            Base.metadata.create_all(self._engine)
            with self.write() as session:
                if session.scalar(select(Product.id).limit(1)) is None:
                    session.add_all(products())

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._read.begin() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """REQUIRES: nothing inside waits for a network; all other writers wait for us."""
        with self._writer, self._write.begin() as session:
            yield session

    def close(self) -> None:
        self._engine.dispose()


def _configure_connection(connection: sqlite3.Connection, record: object) -> None:
    # The driver would start transactions by itself, and too late; `_begin` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
