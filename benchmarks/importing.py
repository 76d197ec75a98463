"""An import beside the bare driver: the same rows, in the same tables, as the same durable transactions.

Run: python -m benchmarks.importing [rows ...]
- bare: sqlite3 `executemany` of ready rows (read back from a store that the import filled) into empty tables of the
  same schema, indexes and triggers included; nothing is read, normalised, sealed, hashed or looked up.
- ours: `consentry import` from the CSV: everything, with evidence and ledger.
CPU is this process's; the peak of memory is the import's own process. Each size has its own folder.
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (10_000, 100_000, 1_000_000)
TABLES = ("party", "relation", "handle", "evidence", "party_key", "ledger", "projection")
BATCH = 10_000
SETTINGS = """\
secret = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
[controller]
name = "Shop"
contact = "privacy@shop.example"
[mail]
address = "privacy@shop.example"
[storage]
url = "sqlite:///{folder}/s.sqlite3"
[purposes]
newsletter = ["newsletter"]
"""
MAPPING = """\
capacity = "consumer"
date_format = "%d/%m/%Y"
[columns]
email = "email"
phone = "phone"
country = "country"
collected_at = "created"
last_contact_at = "contact"
[[claim]]
purpose = "newsletter"
channel = "email"
status = "optin"
date = "created"
proof = "proof"
always = { method = "box", notice = "I would like to receive the newsletter by e-mail." }
"""


def made(folder: Path, rows: int) -> Path:
    """A CSV: every third without a phone, one in fifty said no, one in two lacks the proof."""
    path = folder / "contacts.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("email,phone,country,created,contact,optin,proof\n")
        for number in range(rows):
            phone = f"06 {number % 100:02} {number // 100 % 100:02} {number // 10_000 % 100:02} " \
                    f"{number // 1_000_000 % 100:02}" if number % 3 else ""
            day, month, year = number % 28 + 1, number % 12 + 1, 2019 + number % 7
            out.write(f"person.{number}@example{number % 97}.org,{phone},FR,{day:02}/{month:02}/{year},"
                      f"{day:02}/{month:02}/2026,{int(number % 50 > 0)},{'form 7' if number % 2 else ''}\n")
    return path


def ours(folder: Path, path: Path) -> tuple[float, float, float]:
    """Wall and CPU seconds, and the peak of memory in MB, of one command."""
    (folder / "consentry.toml").write_text(SETTINGS.format(folder=folder))
    (folder / "mapping.toml").write_text(MAPPING)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "bot.cli", "import", "contacts", str(path),
                    "-m", str(folder / "mapping.toml"),
                    "-c", str(folder / "consentry.toml"), "--yes"], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024


def bare(folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of the driver alone for the same rows; making the tables and reading are not counted."""
    full = sqlite3.connect(folder / "s.sqlite3")
    empty = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    for (sql,) in full.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"):
        empty.execute(sql)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=4096", "cache_size=-16384"):
        empty.execute(f"PRAGMA {pragma}")
    reads = {table: full.execute(f"SELECT * FROM {table} ORDER BY rowid") for table in TABLES}
    wall = cpu = 0.0
    while True:
        batch = {table: cursor.fetchmany(BATCH) for table, cursor in reads.items()}
        if not any(batch.values()):
            return wall, cpu
        start, started = time.perf_counter(), time.process_time()
        empty.execute("BEGIN IMMEDIATE")
        for table, rows in batch.items():
            if rows:
                empty.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        empty.execute("COMMIT")
        wall, cpu = wall + time.perf_counter() - start, cpu + time.process_time() - started


def main(sizes: tuple[int, ...]) -> None:
    """Print the table."""
    print(f"{'rows':>10}{'ours rows/s':>14}{'CPU us/row':>12}{'bare rows/s':>14}{'CPU us/row':>12}{'CPU ratio':>11}"
          f"{'peak MB':>9}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            wall, cpu, peak = ours(folder, made(folder, size))
            driver_wall, driver_cpu = bare(folder)
            print(f"{size:>10,}{size / wall:>14,.0f}{cpu / size * 1e6:>12.1f}{size / driver_wall:>14,.0f}"
                  f"{driver_cpu / size * 1e6:>12.1f}{cpu / driver_cpu:>11.2f}{peak:>9.0f}", flush=True)


if __name__ == "__main__":
    main(tuple(int(each) for each in sys.argv[1:]) or SIZES)
