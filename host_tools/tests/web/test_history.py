"""The ledger over HTTP: pages, filters, logs, and a table that no spreadsheet runs."""

import csv
import io

import pytest


@pytest.fixture
def rows(station):
    """Seven works, a day apart, the oldest first; their numbers."""
    numbers = []
    for n in range(7):
        work = station.ledger.begin(
            "wang", uid=f"a{n}", port="/dev/ttyX0", pole=f"pole-{n % 3}", began=86400.0 * (n + 1)
        )
        station.ledger.finish(
            work, "failed" if n % 2 else "passed", "Nothing answers on this port." if n % 2 else "", seconds=3
        )
        numbers.append(work)
    return numbers


def ids(answer):
    return [row["id"] for row in answer.json()["rows"]]


def test_pages(client, rows):
    first = client.get("/api/history?limit=3")
    assert ids(first) == rows[:3:-1] and first.json()["before"] == rows[4]
    second = client.get(f"/api/history?limit=3&before={first.json()['before']}")
    assert ids(second) == [rows[3], rows[2], rows[1]]
    last = client.get(f"/api/history?limit=3&before={second.json()['before']}")
    assert ids(last) == [rows[0]] and last.json()["before"] == 0
    assert client.get("/api/history?limit=7").json()["before"] == 0  # nothing behind a page that is just full


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("pole=pole-1", [4, 1]),
        ("uid=a3", [3]),
        ("result=failed", [5, 3, 1]),
        ("result=failed&pole=pole-0", [3]),
        ("text=NOTHING", [5, 3, 1]),
        ("since=259200&until=432000", [3, 2]),
        ("until=172800", [0]),
        ("since=700000", []),
        ("pole=%27%20OR%201=1--", []),
    ],
)
def test_filters(client, rows, query, wanted):
    assert ids(client.get(f"/api/history?{query}")) == [rows[n] for n in wanted]


@pytest.mark.parametrize(
    "query", ["limit=x", "before=1e400", "since=nan", "until=--", "before=99999999999999999999"]
)
def test_numbers_that_are_none(client, rows, query):
    assert client.get(f"/api/history?{query}").status_code == 422


def test_a_row_is_told_in_the_language_of_the_reader(client, rows):
    row = client.get("/api/history?uid=a1&language=zh").json()["rows"][0]
    assert row["what"] == "该端口没有任何应答。" and "pid" not in row and "host" not in row


def test_a_log_that_grows(client, running):
    work = running.bench.work("a0", "pole-0", "/dev/ttyX0", ["one", "<img src=x onerror=alert(1)>"])
    first = client.get(f"/api/log/{work}").json()
    assert [line for _, line in first["lines"]] == ["one", "<img src=x onerror=alert(1)>"]
    assert first["row"]["result"] == "running" and first["next"] == 2
    running.ledger.note(work, "three")
    later = client.get(f"/api/log/{work}?after=2").json()
    assert [line for _, line in later["lines"]] == ["three"] and later["next"] == 3
    assert client.get(f"/api/log/{work}?after=9").json()["lines"] == []
    assert client.get("/api/log/999").status_code == 404
    assert client.get("/api/log/x").status_code == 404


def test_the_table(client, station, rows):
    evil = station.ledger.begin('=cmd|"/c calc"!A1', uid="a9", port="+1", pole="@SUM(A1)", board="-2")
    station.ledger.finish(evil, "failed", '=HYPERLINK("http://evil.example","x")\n')
    answer = client.get("/api/export.csv?uid=a9")
    assert (
        answer.headers["content-type"].startswith("text/csv")
        and "attachment" in answer.headers["content-disposition"]
    )
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(table) == 2 and not [cell for cell in table[1] if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    everything = list(csv.DictReader(io.StringIO(client.get("/api/export.csv").content.decode("utf-8-sig"))))
    assert [int(row["id"]) for row in everything] == [*rows, evil]
    assert everything[1]["began"] == "1970-01-03T00:00:00Z"
    assert len(client.get("/api/export.csv?result=running").content.decode("utf-8-sig")) == 0


def test_a_ledger_of_years(client, station):
    with station.ledger._change() as db:
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
            "INSERT INTO work (began, person, kind, result, pole, host, pid, birth) "
            "SELECT i, 'p', 'up', 'passed', 'pole-' || (i % 10), '', 0, '' FROM n"
        )
    assert len(ids(client.get("/api/history?limit=500"))) == 200
    assert len(ids(client.get("/api/history?since=301&until=401&limit=200"))) == 100
    assert client.get("/api/export.csv?pole=pole-3").text.count("\n") == 101
