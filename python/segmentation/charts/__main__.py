"""`python -m segmentation.charts`: draw the charts of a published warehouse again, or the portrait of any member."""

import argparse
import os
from pathlib import Path

from segmentation.charts import LANGUAGES, draw_charts
from segmentation.speed import worker_processes


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the charts of a published warehouse.")
    parser.add_argument("--member", action="append", default=[], help="card whose portrait is drawn; may be repeated")
    parser.add_argument("--language", choices=[*LANGUAGES, "both"], default="both")
    parser.add_argument(
        "--warehouse",
        type=Path,
        default=Path(os.environ.get("WAREHOUSE_PATH", "warehouse/customer_segmentation.duckdb")),
    )
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("REPORT_DIR", "reports")))
    arguments = parser.parse_args()
    languages = LANGUAGES if arguments.language == "both" else (arguments.language,)
    with worker_processes() as processes:
        list(draw_charts(processes, arguments.warehouse, arguments.out, languages, arguments.member))


if __name__ == "__main__":
    main()
