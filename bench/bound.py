"""The lower bound of the intake: FastAPI and asyncpg by hand, with the same SQL and durability.

It does what one report must do and nothing else: check the token, look the person and the
place up, and write report, ledger line and receipt in one transaction. No refusals in words,
no generated interface, no second database.
"""

import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

SECRET = os.environ["BOUND_SECRET"].encode()


class Report(BaseModel):
    """One report as it comes in."""

    place: int
    stream: str = Field(pattern=r"^[a-z][a-z0-9_]{1,38}$")
    channel: str
    text: str = Field(min_length=1, max_length=2000)
    persons: int = Field(default=1, ge=1, le=100_000)


class Batch(BaseModel):
    """Many reports at once."""

    reports: list[Report] = Field(min_length=1, max_length=500)


class State:
    """The pool of connections."""

    pool: asyncpg.Pool


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    State.pool = await asyncpg.create_pool(os.environ["BOUND_DSN"], min_size=8, max_size=16)
    yield
    await State.pool.close()


app = FastAPI(lifespan=lifespan)

AREAS = """SELECT u.path, a.path FROM actors_post p JOIN actors_unit u ON u.id = p.unit_id
JOIN actors_unit a ON a.id = p.area_id WHERE p.person_id = $1 AND p.starts_at <= $2
AND (p.ends_at IS NULL OR p.ends_at > $2)"""
REPORT = """INSERT INTO sensing_report (place_id, stream, channel, text, persons, reporter_name,
reporter_phone, salt, received_at, received_by_id, state, reason)
VALUES ($1,$2,$3,$4,$5,'','',$6,$7,$8,'new','') RETURNING id"""
ENTRY = """INSERT INTO ledger_entry (body, at, verb, subject, unit_path, by_ref)
VALUES ($1,$2,$3,$4,$5,$6)"""
RECEIPT = """INSERT INTO ledger_receipt (by_ref, key, request_digest, status, answer, at)
VALUES ($1,$2,$3,201,$4,$5)"""


async def person_of(connection: asyncpg.Connection, authorization: str) -> int:
    number, _, given = authorization.removeprefix("Bearer ").partition(".")
    good = hmac.new(SECRET, number.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given, good):
        raise HTTPException(401)
    row = await connection.fetchrow(
        "SELECT id FROM actors_person WHERE id = $1 AND is_active", int(number)
    )
    if row is None:
        raise HTTPException(401)
    return int(row["id"])


async def check_places(
    connection: asyncpg.Connection, person: int, places: set[int], now: datetime
) -> dict[int, str]:
    areas = await connection.fetch(AREAS, person, now)
    rows = await connection.fetch("SELECT id, path FROM actors_unit WHERE id = ANY($1)", places)
    found = {r["id"]: r["path"] for r in rows}
    inside = all(any(path.startswith(a[1]) for a in areas) for path in found.values())
    if found.keys() != places or not inside:
        raise HTTPException(404)
    return found


def commitment(report: Report, salt: bytes) -> str:
    secret = json.dumps(
        {"text": report.text, "reporter_name": "", "reporter_phone": ""},
        ensure_ascii=False, sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    return hashlib.sha256(salt + secret.encode()).hexdigest()


def line(verb: str, subject: str, path: str, person: int, now: datetime, facts: object) -> str:
    body = {
        "at": now.isoformat(), "verb": verb, "subject": subject, "unit": path,
        "by": f"person:{person}", "facts": facts,
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


async def already(connection: asyncpg.Connection, person: int, key: str) -> Any:
    row = await connection.fetchrow(
        "SELECT answer FROM ledger_receipt WHERE by_ref = $1 AND key = $2", f"person:{person}", key
    )
    return json.loads(row["answer"]) if row else None


def common(paths: list[str]) -> str:
    """The area over all of these (five digits per level)."""
    shared = os.path.commonprefix(paths)  # noqa: RUF071
    return shared[: len(shared) // 5 * 5]


@app.post("/single", status_code=201)
async def single(
    report: Report, authorization: str = Header(), idempotency_key: str = Header()
) -> Any:
    """One report."""
    now = datetime.now(UTC)
    async with State.pool.acquire() as connection:
        person = await person_of(connection, authorization)
        if known := await already(connection, person, idempotency_key):
            return known
        async with connection.transaction():
            paths = await check_places(connection, person, {report.place}, now)
            salt = os.urandom(16)
            number = await connection.fetchval(
                REPORT, report.place, report.stream, report.channel, report.text, report.persons,
                salt, now, person,
            )  # fmt: skip
            subject = f"sensing.Report:{number}"
            body = line(
                "sensing.receive_report", subject, paths[report.place], person, now,
                {"stream": report.stream, "commitment": commitment(report, salt)},
            )  # fmt: skip
            await connection.execute(
                ENTRY, body, now, "sensing.receive_report", subject, paths[report.place],
                f"person:{person}",
            )  # fmt: skip
            await connection.execute(
                RECEIPT, f"person:{person}", idempotency_key,
                hashlib.sha256(report.model_dump_json().encode()).hexdigest(),
                json.dumps({"id": number}), now,
            )  # fmt: skip
    return {"id": number}


@app.post("/batch", status_code=201)
async def batch(
    given: Batch, authorization: str = Header(), idempotency_key: str = Header()
) -> Any:
    """Many reports in one transaction."""
    now = datetime.now(UTC)
    async with State.pool.acquire() as connection:
        person = await person_of(connection, authorization)
        if known := await already(connection, person, idempotency_key):
            return known
        async with connection.transaction():
            paths = await check_places(connection, person, {r.place for r in given.reports}, now)
            salts = [os.urandom(16) for _ in given.reports]
            rows = await connection.fetch(
                """INSERT INTO sensing_report (place_id, stream, channel, text, persons,
                reporter_name, reporter_phone, salt, received_at, received_by_id, state, reason)
                SELECT place, stream, channel, text, persons, '', '', salt, $7, $8, 'new', ''
                FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::int[],
                $6::bytea[]) AS t(place, stream, channel, text, persons, salt) RETURNING id""",
                [r.place for r in given.reports], [r.stream for r in given.reports],
                [r.channel for r in given.reports], [r.text for r in given.reports],
                [r.persons for r in given.reports], salts, now, person,
            )  # fmt: skip
            subject = f"sensing.Report:{rows[0]['id']}"
            path = common(list(paths.values()))
            facts = {
                "commitments": [commitment(r, s) for r, s in zip(given.reports, salts, strict=True)]
            }
            await connection.execute(
                ENTRY, line("sensing.receive_reports", subject, path, person, now, facts), now,
                "sensing.receive_reports", subject, path, f"person:{person}",
            )  # fmt: skip
            await connection.execute(
                RECEIPT, f"person:{person}", idempotency_key,
                hashlib.sha256(given.model_dump_json().encode()).hexdigest(),
                json.dumps({"count": len(rows)}), now,
            )  # fmt: skip
    return {"count": len(rows)}
