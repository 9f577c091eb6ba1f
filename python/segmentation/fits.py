"""The computations of dbt's Python models, in worker processes where those are worth it (`speed`).

What they call is loaded where it runs, SciPy and scikit-learn among it: dbt's own process does without both, and its
threads are not stopped by work that holds Python's lock for seconds.
"""

from collections.abc import Callable
from typing import Any, cast

import pandas as pd

from segmentation.clustering import FitSettings, fit_report, matches
from segmentation.speed import workers


def cluster_report(features: pd.DataFrame, settings: FitSettings) -> pd.DataFrame:
    """Return the report of `clustering.fit_report`."""
    with workers(len(features)) as run:
        return fit_report(features, settings, run)


def previous_segments(report: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Return the matches of `cluster_matching.matched_segments`, none without a previous model."""
    if previous is None:
        return matches([])
    return _in_worker(len(report), _matched_segments, report, previous)


def forecast_models(buyers: pd.DataFrame, horizons: pd.DataFrame, **settings: Any) -> pd.DataFrame:
    """Return the models of `clv.fit_models`."""
    return _in_worker(len(buyers), _fit_models, buyers, horizons, settings)


def expectations(histories: pd.DataFrame, models: pd.DataFrame, horizons: pd.DataFrame) -> pd.DataFrame:
    """Return the forecasts of `clv.predict`."""
    return _in_worker(len(histories), _predict, histories, models, horizons)


def _in_worker(rows: int, function: Callable[..., pd.DataFrame], *arguments: object) -> pd.DataFrame:
    with workers(rows) as run:
        [made] = run(function, *([argument] for argument in arguments))
    return cast(pd.DataFrame, made)


def _matched_segments(report: pd.DataFrame, previous: pd.DataFrame) -> pd.DataFrame:
    from segmentation.cluster_matching import matched_segments

    return matched_segments(report, previous)


def _fit_models(buyers: pd.DataFrame, horizons: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    from segmentation.clv import fit_models

    return fit_models(buyers, horizons, **settings)


def _predict(histories: pd.DataFrame, models: pd.DataFrame, horizons: pd.DataFrame) -> pd.DataFrame:
    from segmentation.clv import predict

    return predict(histories, models, horizons)
