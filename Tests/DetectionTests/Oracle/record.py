#!/usr/bin/env python3
"""Records what pySigma's SQLite back end says of random streams, as an oracle for the sliding windows.

    pip install pysigma pysigma-backend-sqlite
    python3 record.py --seed 1 --streams 400 > streams.json

Each line is one stream: the correlation as YAML, the events in the order in which they come, and the groups and moments at which
the SQL fires. `ordered` says that events come in the order of time, so that the moments must agree too; else only the groups.
The test reads streams.json beside this file, and one more file when MUNIMENT_SIGMA_STREAMS names it.
"""

import argparse
import json
import random
import sqlite3
import sys

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

BASE = """title: Base {n}
id: 0000000{n}-0000-4000-8000-000000000000
name: base{n}
status: test
logsource: {{product: muniment}}
detection:
  sel:
    eventType: CUSTOMER_DATA_ACCESSED
    route: r{n}
  condition: sel
level: low
---
"""

TEMPLATE = """title: Correlation
id: 00000009-0000-4000-8000-000000000000
name: correlation
status: test
correlation:
  type: {type}
  rules: [{rules}]
  group-by: [{group}]
  timespan: {span}s
{condition}level: high
"""


def moment(milliseconds):
    seconds, rest = divmod(milliseconds, 1000)
    return f"2026-03-02T{9 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}Z"


def stream(rng):
    kind = rng.choice(
        ["value_count"] * 4 + ["event_count"] * 3
        + ["temporal", "temporal_ordered", "value_sum", "value_avg", "value_median", "value_percentile"]
    )
    rules = rng.randint(2, 3) if kind.startswith("temporal") else rng.randint(1, 2)
    span = rng.choice([1, 5, 10, 60])
    counted = kind in ("value_count", "event_count")
    rising = rng.random() < 0.8 if counted else rng.random() < 0.5
    operator = rng.choice(["gte", "gt"] if rising else ["lt", "lte", "eq", "neq", "gte", "gt"])
    bound = rng.randint(1, 8) if counted else rng.randint(5, 60)
    condition = ""
    if not kind.startswith("temporal"):
        field = {"event_count": "", "value_count": "field: customerId, "}.get(kind, "field: releasedBytes, ")
        if kind == "value_percentile":
            field += f"percentile: {rng.choice([10, 50, 90])}, "
        condition = f"  condition: {{{field}{operator}: {bound}}}\n"
    group = rng.choice(["agentId", "agentId, queueId"])
    text = "".join(BASE.format(n=n) for n in range(rules)) + TEMPLATE.format(
        type=kind, rules=", ".join(f"base{n}" for n in range(rules)), group=group, span=span, condition=condition
    )
    # Equal moments make a measure that is not rising look different after each of them.
    ties = kind.startswith("temporal") or (counted and operator in ("gte", "gt"))
    step = span * 1000 // rng.choice([1, 2, 4, 8])
    events, now = [], 0
    for number in range(rng.randint(5, 60)):
        # Steps that divide the span, so that windows end exactly at an event, or a millisecond beside it.
        now += rng.choice(([0, 0] if ties else []) + [step, step, step + 1, max(step - 1, 1), 2 * step])
        events.append({
            "agentId": rng.choice(["a", "A", "b", "c", None]),
            "customerId": rng.choice("tuvwxyzTUV"),
            "eventId": f"e{number}",
            "eventType": rng.choice(["CUSTOMER_DATA_ACCESSED"] * 9 + ["CUSTOMER_DATA_ACCESS_REFUSED"]),
            "producer": "oracle",
            "queueId": rng.choice(["q", "Q", "p", None]),
            "releasedBytes": rng.randint(0, 50),
            "route": f"r{rng.randrange(rules + 1)}",
            "timestamp": moment(now),
        })
    ordered = not (counted and operator in ("gte", "gt") and rng.random() < 0.4)
    arrival = list(range(len(events)))
    if not ordered:
        arrival = [at for _, at in sorted((at + rng.uniform(0, 12), at) for at in arrival)]
    return text, events, arrival, ordered


def fired(text, events):
    database = sqlite3.connect(":memory:")
    columns = sorted(events[0])
    database.execute(f"CREATE TABLE logs ({', '.join(columns)})")
    database.executemany(
        f"INSERT INTO logs VALUES ({', '.join('?' * len(columns))})", [[e[c] for c in columns] for e in events]
    )
    (query,) = sqliteBackend().convert(SigmaCollection.from_yaml(text))
    cursor = database.execute(query)
    names = [column[0] for column in cursor.description]
    found = set()
    for row in cursor:
        row = dict(zip(names, row))
        keys = json.loads(row["group_keys"])
        found.add((json.dumps([keys[k] for k in sorted(keys)]), round((row["window_end"]) * 1000)))
    return sorted(found)


COLUMNS = ["timestamp", "eventId", "agentId", "customerId", "eventType", "queueId", "releasedBytes", "route"]


def compact(event):
    return [event[name] for name in COLUMNS]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--streams", type=int, default=400)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for _ in range(options.streams):
        text, events, arrival, ordered = stream(rng)
        found = [{"group": json.loads(group), "end": end} for group, end in fired(text, events)]
        line = {"rules": text, "events": [compact(events[at]) for at in arrival], "ordered": ordered, "fired": found}
        json.dump(line, sys.stdout, separators=(",", ":"))
        print()


if __name__ == "__main__":
    main()
