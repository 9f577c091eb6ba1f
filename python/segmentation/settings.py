"""Settings of the project (vars in dbt_project.yml): whether their values can work, each alone and together."""

import datetime
from collections.abc import Mapping
from typing import Any

CHOICES = {
    "returns": ("drop", "net"),
    "cluster_scaling": ("standard", "minmax", "log_standard"),
    "cluster_selection_rule": ("best_silhouette", "stable"),
    "cluster_model": ("refit", "reuse"),
}
CHOICES_OF_LISTS = {
    "cluster_features": ("l", "r", "f", "m", "p"),
    "cluster_log_features": ("l", "r", "f", "m", "p"),
    "cluster_scalings": CHOICES["cluster_scaling"],
}
SHARES = (
    "max_unreadable_lines",
    "complete_month_share_of_days",
    "complete_month_share_of_orders",
    "cluster_valid_jaccard",
    "cluster_smallest_share",
    "drift_smallest_share",
    "clv_calibration_share",
    "clv_maximum_rank_correlation",
)
WHOLE_NUMBERS = (
    "earliest_birth_year",
    "cluster_sample_size",
    "cluster_refits",
    "cluster_gap_references",
    "life_cycle_minimum_gaps",
    "promotion_minimum_days_of_month",
    "promotion_minimum_days",
    "clv_minimum_repeat_customers",
    "clv_minimum_days",
)


def settings_problem(settings: Mapping[str, Any]) -> str | None:
    """Say in one sentence which setting cannot work and which values can; None where all can.

    Parameters
    ----------
    settings : value of each setting by its name; `as_of` as text.
    """
    problem = _problem_of_one(settings) or _problem_together(settings)
    return f"The setting {problem}; see vars in dbt_project.yml." if problem else None


def _problem_of_one(settings: Mapping[str, Any]) -> str | None:
    for name, known in CHOICES.items():
        if settings[name] not in known:
            return f"{name} is {settings[name]!r} but must be {' or '.join(known)}"
    for name, known in CHOICES_OF_LISTS.items():
        values = settings[name]
        needs_one = name != "cluster_log_features"
        if not isinstance(values, list) or (needs_one and not values) or any(value not in known for value in values):
            return f"{name} is {values!r} but must be a list of {', '.join(known)}"
    for name in SHARES:
        if not _is_number(settings[name]) or not 0 <= settings[name] <= 1:
            return f"{name} is {settings[name]!r} but must be a share from 0 to 1"
    for name in WHOLE_NUMBERS:
        if not _is_whole(settings[name]) or settings[name] < 0:
            return f"{name} is {settings[name]!r} but must be a whole number"
    if not _is_list_of(settings["plausible_years"], _is_whole, length=2):
        return f"plausible_years is {settings['plausible_years']!r} but must be the first and the last year"
    if not _is_list_of(settings["cluster_counts"], _is_whole) or min(settings["cluster_counts"]) < 2:
        return f"cluster_counts is {settings['cluster_counts']!r} but must be a list of whole numbers from 2 on"
    if not _is_list_of(settings["clv_horizon_days"], _is_whole) or min(settings["clv_horizon_days"]) < 1:
        return f"clv_horizon_days is {settings['clv_horizon_days']!r} but must be a list of whole numbers from 1 on"
    if not _is_number(settings["promotion_robust_z"]) or settings["promotion_robust_z"] <= 0:
        return f"promotion_robust_z is {settings['promotion_robust_z']!r} but must be a number above 0"
    shares = settings["rfm_cut_shares"]
    if not _is_list_of(shares, _is_number) or not all(0 < share < 1 for share in shares) or shares != sorted(shares):
        return f"rfm_cut_shares is {shares!r} but must be a rising list of shares between 0 and 1"
    if settings["as_of"]:
        try:
            datetime.date.fromisoformat(settings["as_of"])
        except ValueError:
            return f"as_of is {settings['as_of']!r} but must be a date such as 2018-01-03, or empty"
    return None


def _problem_together(settings: Mapping[str, Any]) -> str | None:
    first_year, last_year = settings["plausible_years"]
    if first_year > last_year:
        return f"plausible_years has {first_year} as the first year but {last_year} as the last"
    if settings["earliest_birth_year"] > last_year:
        return f"earliest_birth_year {settings['earliest_birth_year']} lies after plausible_years ({last_year})"
    if settings["as_of"] and not first_year <= datetime.date.fromisoformat(settings["as_of"]).year <= last_year + 1:
        return f"as_of {settings['as_of']} lies outside plausible_years ({first_year} to {last_year})"
    if settings["cluster_scaling"] not in settings["cluster_scalings"]:
        return f"cluster_scaling {settings['cluster_scaling']} is not among cluster_scalings, the ones that are fitted"
    if settings["next_steps_horizon_days"] not in settings["clv_horizon_days"]:
        return f"next_steps_horizon_days {settings['next_steps_horizon_days']} is not among clv_horizon_days"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list_of(values: Any, is_kind: Any, length: int | None = None) -> bool:
    is_list = isinstance(values, list) and bool(values) and all(is_kind(value) for value in values)
    return is_list and length in (None, len(values))
