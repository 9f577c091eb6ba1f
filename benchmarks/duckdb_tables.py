"""The tables of the published analysis by hand-written SQL alone: python duckdb_tables.py RAW OUT."""

import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
from python_calamine import CalamineWorkbook

COLUMNS = ["card_id", "birth_date", "gender", "registered_at"]


def member_rows(path: Path) -> pa.Table:
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1:]
    cells = [
        [str(int(cell)) if isinstance(cell, float) else str(cell) for cell in column]
        for column in zip(*rows, strict=True)
    ]
    return pa.table(dict(zip(COLUMNS, cells, strict=True)) | {"row_no": range(len(rows))})


def main(raw: Path, out: Path) -> None:
    start = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    path = out / "tables.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.register("member_rows", member_rows(raw / "cumcm2018c1.xlsx"))
        connection.execute("set variable sales = $1", [str(raw / "cumcm2018c2.csv")])
        connection.execute(Path(__file__).with_name("tables.sql").read_text(encoding="utf-8"))
    print(f"Tables: {time.monotonic() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
