"""Builds demo data on DuckDB and on Spark, and compares every public mart: `make compare-engines`."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from segmentation.engine_differences import TOLERANCE, differences

FOLDER = Path("target/engines")
BIN = Path(sys.executable).parent


def main() -> None:
    """Print how many marts were compared and how many differ; exit with 1 where one does."""
    from dbt.cli.main import dbtRunner

    from segmentation.spark import build, has_java, start_session

    if not has_java():
        print("Not compared: Spark needs Java, which is not here (Debian: apt-get install openjdk-17-jre-headless).")
        return
    members, lines, master = sys.argv[1:]
    shutil.rmtree(FOLDER, ignore_errors=True)
    raw, warehouse = FOLDER / "raw", FOLDER / "duckdb.duckdb"
    subprocess.run([BIN / "segmentation", "demo", raw, "--members", members, "--lines", lines], check=True)
    begin = time.monotonic()
    subprocess.run(
        [BIN / "dbt", "--quiet", "build", "--selector", "data", "--log-path", FOLDER, "--target-path", FOLDER / "dbt"],
        env=os.environ | {"RAW_DATA_DIR": str(raw), "WAREHOUSE_PATH": str(warehouse)},
        check=True,
    )
    print(f"DuckDB: {time.monotonic() - begin:.0f} s", flush=True)
    begin = time.monotonic()
    # A warehouse that is not there: nothing of the other build is read but its raw tables.
    os.environ |= {"WAREHOUSE_PATH": str(FOLDER / "none.duckdb")}
    session = start_session(
        master, FOLDER / "tables", **{"spark.executor.memory": "700m", "spark.sql.shuffle.partitions": "4"}
    )
    marts = build(session, warehouse, FOLDER / "parquet")
    print(f"Spark ({master}): {time.monotonic() - begin:.0f} s", flush=True)
    agreed = dbtRunner().invoke(["--quiet", "test", "--target", "spark", "--select", "assert_engines_agree"])
    if not agreed.success:
        sys.exit("A macro says something else on Spark, as said above.")
    differing = 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as published (read_only)")
        for mart in sorted(marts):
            connection.register("on_spark", session.table(f"marts.{mart}").toArrow())
            found = differences(connection, f"published.marts.{mart}", "on_spark")
            differing += bool(found)
            for sentence in found:
                print(f"{mart}: {sentence}".replace("on the left", "on DuckDB").replace("on the right", "on Spark"))
    session.stop()
    print(
        f"{len(marts)} marts compared, {differing} differ (doubles by more than {TOLERANCE:.0e} of their size, or else)"
    )
    if differing:
        sys.exit(1)


if __name__ == "__main__":
    main()
