"""The report: one page that tells the story of the customers, from the published marts and nothing else."""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path


def start_report(processes: ProcessPoolExecutor, warehouse: Path, report_dir: Path) -> Future[Path]:
    """Write `report_dir`/report.html from a published warehouse in a process of its own, which gives the path."""
    return processes.submit(_write_report, warehouse, report_dir)


def _write_report(warehouse: Path, report_dir: Path) -> Path:
    # Fonts, templates and pandas are for the process that writes: the one that hands out the work does without.
    from segmentation.report.page import write_report

    return write_report(warehouse, report_dir)
