"""The file that analysts open: put in its place whole, and read by the next build."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd

# Closing a file gives up every lock that a process has on it: another process reads the file that DuckDB has open.
COPY = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"


def publish(warehouse: Path) -> None:
    """Put a copy of `<warehouse>.next` in the place of the warehouse; whoever has that open keeps the old one."""
    new = Path(f"{warehouse}.new")
    subprocess.run([sys.executable, "-I", "-c", COPY, f"{warehouse}.next", str(new)], check=True)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(warehouse)


def published_model(warehouse: Path, retailer: str) -> pd.DataFrame | None:
    """Return the mart cluster_model of the last build of a retailer's files; None where there is none."""
    if not warehouse.exists():
        return None
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        if not connection.execute("from duckdb_tables() where table_name = 'cluster_model'").fetchall():
            return None
        model = connection.execute("from marts.cluster_model where retailer = ?", [retailer]).df()
    return model if len(model) else None
