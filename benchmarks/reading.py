"""What a question costs the receiver, with few messages stored and with many.

Databases are filled set-wise, in SQL: it is the reading that is measured. The questions go over
HTTP, one after the other, so that all that a client waits for is counted.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from statistics import median
from typing import Any
from urllib.parse import quote

from rich.table import Table
from sqlalchemy import text

from benchmarks import databases
from benchmarks.contestants import API_KEY, Contestant, migrate, receiver
from benchmarks.databases import Database
from benchmarks.errors import BenchmarkFailed
from benchmarks.rounds import Bench
from benchmarks.servers import Server

DEEP = 100
"""The page that is compared with the first."""
MOST_OF_ONE = 20
"""Every so many messages are of the one conversation that is paged through."""
PER_CONVERSATION = 18
WARM_UPS = 5
TIMES = 50
"""How often each question is asked."""

_NUMBERS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
"""
_SAID = "'message ' || n || CASE WHEN n % 2 = 0 THEN ' common' ELSE ' other' END || ' words of it'"
_FILL = (
    f"""
    INSERT INTO messages (id, notification_id, phone_id, conversation_id, direction, whatsapp_id,
      canonical_key, copy_key, type, text, sender_id, sender_name, sent_at, received_at, at, status,
      payload)
    {_NUMBERS}
    SELECT n, n, '12345',
      CASE WHEN n % {MOST_OF_ONE} = 0 THEN 1 ELSE 2 + n % (:count / {PER_CONVERSATION}) END,
      CASE WHEN n % 3 = 0 THEN 'outgoing' ELSE 'incoming' END, 'false_' || n || '@c.us_3EB0' || n,
      n, n, CASE WHEN n % 50 = 0 THEN 'image' ELSE 'text' END, {_SAID}, n || '@c.us', 'Somebody',
      1700000000000 + n * 1000, 1700000000000 + n * 1000, 1700000000000 + n * 1000,
      CASE WHEN n % 3 <> 0 THEN NULL WHEN n % 3000 = 0 THEN 'failed' ELSE 'seen' END,
      '{{"type": "text", "text": "' || n || '"}}'
    FROM numbers
    """,
    """
    INSERT INTO conversations (id, phone_id, chat_id, kind, name, named_at, unread, last_message_id,
      last_activity_at, answered_at, answered_id)
    SELECT conversation_id, '12345', conversation_id || '@c.us', 'person',
      'Name ' || conversation_id, 0, CASE WHEN conversation_id % 10 = 0 THEN 1 ELSE 0 END, max(id),
      max(at), 0, 0
    FROM messages GROUP BY conversation_id
    """,
    """
    INSERT INTO events (seq, type, at, phone_id, conversation_id, message_id, notification_id, data)
    SELECT id, 'message.received', at, phone_id, conversation_id, id, id, '{"first_copy": true}'
    FROM messages ORDER BY id
    """,
    """
    UPDATE heads SET notification_id = :count, message_id = :count, seq = :count,
      conversation_id = (SELECT max(id) FROM conversations)
    """,
    """
    INSERT INTO positions (reader, seq, released, paused) VALUES ('@search', :count, true, false)
    """,
)
_WORDS = {
    "sqlite": "INSERT INTO {table} (rowid, words) SELECT id, {text} FROM {source} ORDER BY id",
    "postgresql": "INSERT INTO {table} (rowid, words) "
    "SELECT id, to_tsvector('simple', {text}) FROM {source} ORDER BY id",
}


def measure(bench: Bench, backends: Sequence[str], sizes: Sequence[int]) -> Table:
    """Fill a database of each size and ask it."""
    table = Table(title="Reading over HTTP, one question after the other: median ms")
    table.add_column("question")
    columns = []
    for backend in backends:
        for size in sizes:
            table.add_column(f"{backend}\n{size:,}", justify="right")
            columns.append(_measured(bench, receiver(backend), size))
    for question in columns[0]:
        table.add_row(question, *(f"{column[question]:.1f}" for column in columns))
    return table


def _measured(bench: Bench, contestant: Contestant, size: int) -> dict[str, float]:
    database = bench.create(contestant)
    bench.tell(f"filling {contestant.name} with {size:,}")
    migrate(database)
    fill(database, size)
    bench.tell(f"reading {contestant.name} with {size:,}")
    with contestant.serving(database, bench.cores.server) as server:
        client = _Client(server)
        asked = {
            name: median([client.timed(path) for _ in range(WARM_UPS + TIMES)][WARM_UPS:])
            for name, path in _questions(client, size).items()
        }
        client.close()
    database.remove()
    return asked


def fill(database: Database, count: int) -> None:
    """Store so many messages as if they had come, half of them with a common word."""
    engine = databases.engine_of(database)
    with engine.begin() as connection:
        for statement in _FILL:
            connection.execute(text(statement), {"count": count})
        words = _WORDS[connection.dialect.name]
        for table, source, said in (
            ("message_words", "messages", "text"),
            ("conversation_words", "conversations", "lower(name) || ' ' || id"),
        ):
            connection.exec_driver_sql(words.format(table=table, source=source, text=said))
    if engine.dialect.name == "postgresql":  # what autovacuum does some minutes later
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _questions(client: _Client, size: int) -> dict[str, str]:
    # With few stored a hundred pages must be short.
    limit = 50 if size >= 100_000 else 5
    every = f"/api/conversations?limit={limit}"
    one = f"/api/conversations/1/messages?limit={limit}"
    common = f"/api/messages?q=common&limit={limit}"
    return {
        "conversations": every,
        "conversations, page 100": client.deep(every),
        "conversations, unread": "/api/conversations?limit=50&unread=true",
        "conversations by name": f"/api/conversations?q={size // PER_CONVERSATION // 2}",
        "a conversation, page 1": one,
        "a conversation, page 100": client.deep(one),
        "messages that failed": "/api/messages?limit=50&status=failed",
        "messages of one hour": "/api/messages?limit=50&since=2023-11-14T22:30:00Z"
        "&until=2023-11-14T23:30:00Z",
        "search, a rare word": f"/api/messages?q={size // 2}",
        "search, a common word": common,
        "search, a common word, page 100": client.deep(common),
        "search, a phrase": '/api/messages?q="words of it"&limit=50',
        "events, 200 in the middle": f"/api/events?after={size // 2}&limit=200",
        "events, of a rare type": f"/api/events?after={size // 2}&type=message.failed",
    }


class _Client:
    """One connection to the server, kept open."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)

    def timed(self, path: str) -> float:
        began = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - began) * 1000

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {API_KEY}"}
        self._connection.request("GET", quote(path, safe="/?&=%:"), headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise BenchmarkFailed(f"{path} was answered {answer.status}")
        return json.loads(body)

    def deep(self, path: str) -> str:
        """Go to the page before the deep one, and return the path of that."""
        following = path
        for _ in range(DEEP - 1):
            found = self.get(following)["next"]
            if found is None:
                raise BenchmarkFailed(f"{path} has no page {DEEP}")
            following = f"{path}&cursor={found}"
        return following

    def close(self) -> None:
        self._connection.close()
