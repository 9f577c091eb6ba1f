"""The project as a package of another dbt project."""

from pathlib import Path

import pytest
from conftest import ROOT, Job

pytestmark = pytest.mark.slow


def test_another_project_adds_a_mart_to_its_own_database(demo_files: Path, tmp_path: Path) -> None:
    job = Job(demo_files, tmp_path, ROOT / "examples" / "own_mart")
    for command in (["deps"], ["build", "--select", "+life_cycle_by_age_band"]):
        done = job.dbt_anew(*command)
        assert done.returncode == 0, done.stdout
    with job.working_files() as connection:
        counted, members = connection.execute(
            """select (select sum(members) from marts.life_cycle_by_age_band),
                (select count(*) from marts.member_life_cycle)"""
        ).fetchone()
    assert counted == members > 1_000
