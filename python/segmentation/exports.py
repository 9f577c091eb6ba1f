"""The csv files of the original analysis, in gb18030 with Chinese headers and labels, from the finished marts."""

import argparse
import os
import tempfile
from pathlib import Path

import duckdb

CHUNK_BYTES = 1 << 22


def write_exports(warehouse: Path, report_dir: Path) -> list[Path]:
    """Write the exports of a published warehouse below `report_dir`/exports and return their paths.

    Which columns a file has, in which order and under which header, is the seed export_columns.
    """
    folder = report_dir / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        files = connection.execute(
            """select file, mart, order_by, list((expression, header_zh) order by position)
            from seeds.export_columns group by all order by file"""
        ).fetchall()
        for file, mart, order_by, columns in files:
            names = ", ".join(f"""{expression} as "{header}\"""" for expression, header in columns)
            with tempfile.TemporaryDirectory(dir=folder) as temporary:
                utf8 = Path(temporary) / "utf8.csv"
                connection.execute(f"copy (select {names} from marts.{mart} order by {order_by}) to '{utf8}' (header)")
                encoded = Path(temporary) / file
                with utf8.open("rb") as source, encoded.open("wb") as target:
                    # Whole lines, so that no character is cut.
                    while lines := source.read(CHUNK_BYTES) + source.readline():
                        target.write(lines.decode().encode("gb18030"))
                encoded.replace(folder / file)
            written.append(folder / file)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--warehouse",
        type=Path,
        default=Path(os.environ.get("WAREHOUSE_PATH", "warehouse/customer_segmentation.duckdb")),
    )
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("REPORT_DIR", "reports")))
    arguments = parser.parse_args()
    for path in write_exports(arguments.warehouse, arguments.out):
        print(path)


if __name__ == "__main__":
    main()
