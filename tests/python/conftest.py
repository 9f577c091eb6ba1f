import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from segmentation.demo import write_demo

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Job:
    """A folder of raw files and the warehouse and reports built from it."""

    raw_dir: Path
    out: Path

    @property
    def warehouse(self) -> Path:
        return self.out / "warehouse.duckdb"

    def environment(self) -> Mapping[str, str]:
        return os.environ | {
            "RAW_DATA_DIR": str(self.raw_dir),
            "WAREHOUSE_PATH": str(self.warehouse),
            "REPORT_DIR": str(self.out / "reports"),
            "PYTHONPATH": "python",
            "DBT_TARGET_PATH": str(self.out / "target"),
            "DBT_LOG_PATH": str(self.out / "logs"),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False
        )

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "dbt.cli.main", *arguments)

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    write_demo(folder, member_rows=2_000, sales_lines=12_000)
    return folder


@pytest.fixture(scope="session")
def demo(demo_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The whole job, done once on small demo files."""
    job = Job(demo_files, tmp_path_factory.mktemp("job"))
    done = job.run("-m", "segmentation")
    assert done.returncode == 0, done.stdout + done.stderr
    return job
