"""The settings of the project: each declared once, with its values and its meaning; dbt_project.yml has the defaults.

From here they are checked at the start of a build, documented (docs/settings.md) and listed.
"""

import datetime
import json
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from segmentation.errors import InputError
from segmentation.yaml_text import read_yaml

PROJECT_FILE = Path("dbt_project.yml")
LONGEST_SHOWN = 80
START_OF_MONTH = "start_of_month"

Item = TypeVar("Item")

# Errors without a text: the sentence that is made of them names the values that are allowed.


def _different(values: list[Item]) -> list[Item]:
    if len(set(values)) < len(values):
        raise ValueError
    return values


def _rising(values: list[float]) -> list[float]:
    if values != sorted(set(values)):
        raise ValueError
    return values


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError
    return text


def _as_of(text: str) -> str:
    # Other forms that Python knows, such as 20180103, are null to DuckDB and would count as empty.
    if text not in ("", START_OF_MONTH) and datetime.date.fromisoformat(text).isoformat() != text:
        raise ValueError
    return text


Feature = Literal["l", "r", "f", "m", "p"]
Scaling = Literal["standard", "minmax", "log_standard"]
Share = Annotated[float, Field(ge=0, le=1)]
PartOf = Annotated[float, Field(gt=0, lt=1)]
# What is few before all others and what is few after them leave something between.
LessThanHalf = Annotated[float, Field(ge=0, lt=0.5)]
AtLeastOne = Annotated[float, Field(ge=1, le=1000)]
# Below the largest integer of SQL: a guard that is said only to who exceeds it.
GUARD = 1_000_000_000
WholeNumber = Annotated[int, Field(ge=0, le=GUARD)]
Count = Annotated[int, Field(ge=1, le=GUARD)]
# Each of them is a fit.
Repetitions = Annotated[int, Field(ge=1, le=10_000)]
# A hundred years.
Days = Annotated[int, Field(ge=1, le=36_525)]
Year = Annotated[int, Field(ge=1, le=9998)]
Different = Annotated[list[Item], AfterValidator(_different)]
OneOrMore = Annotated[list[Item], Field(min_length=1), AfterValidator(_different)]
# What types cannot say of their values in words stands in `words`.
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1_000,
        json_schema_extra={"words": "the name of a file in retailers/, or a path ending in .yml"},
    ),
    AfterValidator(_printable),
]
AsOf = Annotated[
    str,
    BeforeValidator(str),
    AfterValidator(_as_of),
    Field(json_schema_extra={"words": "a date such as 2018-01-03, start_of_month, or empty"}),
]
Years = Annotated[
    list[Year],
    Field(min_length=2, max_length=2, json_schema_extra={"words": "the first and the last year, from 1 to 9998"}),
]
# Four cuts make the scores 1 to 5.
FourCuts = Annotated[
    list[PartOf],
    Field(min_length=4, max_length=4, json_schema_extra={"words": "four rising numbers above 0 and below 1"}),
    AfterValidator(_rising),
]

# The first setting of each group; the others follow it.
GROUPS = {
    "retailer": "Input",
    "plausible_years": "Cleaning",
    "complete_month_share_of_days": "Coverage",
    "small_group": "Small numbers",
    "workbook_members": "Exports",
    "cluster_features": "Clusters",
    "rfm_cut_shares": "Scores and history",
    "max_unreadable_lines": "Ledger",
    "life_cycle_minimum_gaps": "Life cycle",
    "clv_horizon_days": "Forecasts",
    "discount_tolerance": "Price level and baskets",
}


class Settings(BaseModel):
    """The vars of dbt_project.yml, in its order."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    retailer: Name = Field(description="The retailer file, which says how the raw files look.")
    as_of: AsOf = Field(
        description="Moment up to which purchases and registrations count, as a date; that day itself is excluded. "
        "Empty: the retailer file's `as_of`, or else the day after the last sale to a member. `start_of_month`: the "
        "first day of the month of the day after that sale, so that whole months count and a day's file changes little "
        "until the next month begins."
    )

    plausible_years: Years = Field(
        description="First and last year that a purchase or registration can have; others are not plausible dates."
    )
    earliest_birth_year: Year = Field(
        description="Births before this year are taken for mistakes; the age is then unknown."
    )
    far_days: Count = Field(
        description="Sales that more than this many days without any separate from most of the lines are taken for "
        "mistyped dates (reason `lone_day`) where they are so few (`far_share`). The end of `make` says so, and also "
        "where there are more of them, or where so few lie a twelfth of these days, and twice the third longest time "
        "without sales, before or after all others. Orders of members so long before all others do not open the window."
    )
    far_share: LessThanHalf = Field(
        description="Largest share of all lines (or orders) that counts as so few; one line always does."
    )
    zero_amounts: Literal["drop", "count"] = Field(
        description="`drop`: a line of amount zero is no purchase, as in the original analysis. `count`: it is one, "
        "for shops whose gifts and visits have lines of their own."
    )

    complete_month_share_of_days: Share = Field(
        description="A month is partial when gaps leave less than this share of the days on which the shop usually "
        "trades. A day without trade is in a gap when so long a run of them is improbable (`chance_level`) by the "
        "share of such days with trade in the months around, in the season and on the weekday."
    )
    complete_month_share_of_orders: Share = Field(
        description="A month with trade is partial, too, when its orders per calendar day stay below this share of "
        "what is usual around it and in its season, and chance does not explain so few (`chance_level`). In a month "
        "that is not complete, only days with this share of the orders of a usual day of the complete months count as "
        "recorded."
    )

    small_group: WholeNumber = Field(
        description="The report tells no number of fewer people than this, rounds the others to about a third of it, "
        "and tells no amount by which one of fewer people could be computed; marts that have a column `is_small` mark "
        "rates and means of fewer members or orders."
    )

    workbook_members: Annotated[int, Field(ge=0, le=1_048_575)] = Field(
        description="Members that the workbook lists, those of whom the most is to be expected first."
    )

    page_members: WholeNumber = Field(
        description="Members that the offline page of members holds, those of whom the most is to be expected first."
    )

    cluster_features: OneOrMore[Feature] = Field(
        description="Features that enter; one that the retailer does not record leaves by itself."
    )
    cluster_scalings: OneOrMore[Scaling] = Field(
        description="Treatments of the features that are fitted and compared: z-scores, 0 to 1, or z-scores of "
        "ln(1 + x)."
    )
    cluster_scaling: Scaling = Field(
        description="The treatment from which the segments are chosen, one of `cluster_scalings`."
    )
    cluster_log_features: Different[Feature] = Field(description="Features taken as ln(1 + x) by `log_standard`.")
    # The seed segment_names has names for these numbers.
    cluster_counts: OneOrMore[Annotated[int, Field(ge=2, le=6)]] = Field(
        description="Numbers of clusters that are fitted and compared."
    )
    # KMeans takes seeds below 2^32, and each refit has the next one.
    random_seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = Field(
        description="Start of all random choices: the same seed and the same input give the same warehouse."
    )
    cluster_selection_rule: Literal["best_silhouette", "stable"] = Field(
        description="How the number of clusters is chosen. `best_silhouette`: the original's rule. `stable`: of the "
        "solutions that refits find again and that have more structure than one group, the one with the best mean "
        "place by silhouette, Davies-Bouldin and Calinski-Harabasz."
    )
    cluster_valid_jaccard: Share = Field(
        description="A solution is stable when every cluster's Jaccard similarity over the refits reaches this "
        "(Hennig 2007: 0.75)."
    )
    cluster_smallest_share: Share = Field(
        description="The rule `stable` takes no solution with a group smaller than this share of the buyers. Where no "
        "stable one is without such a group, it takes the best silhouette of all."
    )
    cluster_exact_buyers: Annotated[int, Field(ge=100, le=GUARD)] = Field(
        description="Up to so many buyers silhouettes are exact, for which the time grows with the square of the "
        "buyers. Above it they are estimates from a sample of `cluster_sample_size` buyers, with a standard error, and "
        "the fits of K-means start from a weighted sample of this many buyers."
    )
    cluster_sample_size: Annotated[int, Field(ge=100, le=1_000_000)] = Field(
        description="Buyers in the random sample on which stability and gap statistic are computed, and the "
        "silhouettes where they are not exact."
    )
    cluster_refits: Repetitions = Field(description="Refits of resampled buyers that the stability compares.")
    cluster_gap_references: Repetitions = Field(
        description="Structureless data sets with which the gap statistic compares the buyers."
    )
    cluster_model: Literal["refit", "reuse"] = Field(
        description="`refit`: fit anew and keep the numbers of the published model for the groups that it finds again. "
        "`reuse`: score all buyers with the published model; where none was published yet, fit."
    )

    rfm_cut_shares: FourCuts = Field(
        description="Shares of the buyers at which recency, frequency and monetary are cut into the scores 1 to 5."
    )
    # The index takes the logarithm of the share.
    drift_smallest_share: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Share that an emptier bin counts as in the population stability index."
    )

    max_unreadable_lines: Share = Field(
        description="Largest share of a file's lines, in whole lines rounded up, that may be unreadable (too many "
        "columns, broken quotes, bad bytes ...). They are listed with the rejected rows; above it the build stops."
    )
    max_bad_values: Share = Field(
        description="Largest share of the sales lines that may lack a moment, or hold a moment, quantity, amount or "
        "points that are none. They are listed with the rejected rows; above this share the build stops."
    )
    returns: Literal["drop", "net"] = Field(
        description="`drop`: returns stay out of every amount, as in the original analysis. `net`: m and p are net of "
        "the returns known by the as-of date, but for those before the first purchase in the data, and who has brought "
        "everything back is no buyer: in no segment, and without visits in the life cycle and the forecasts."
    )

    life_cycle_minimum_gaps: WholeNumber = Field(
        description="Gaps between purchases that a frequency band needs for thresholds of its own, and that a gap is "
        "at least compared with, as far as so many are no longer; the quantiles are in the seed `life_cycle_states`."
    )
    life_cycle_longest_share: Share = Field(
        description="Largest share of the recorded days that the quantile of lost may take up, of the gaps of all "
        "frequency bands as they are seen; above it the data reach back too few days, and nobody is slowing, silent or "
        "lost."
    )
    promotion_robust_z: Annotated[float, Field(gt=0, le=1000)] = Field(
        description="A day is a promotion day when its orders or its share of discounted lines lie this many robust "
        "standard deviations (1.4826 x median absolute deviation) above what its month and weekday lead to expect."
    )
    promotion_minimum_days_of_month: Annotated[int, Field(ge=0, le=31)] = Field(
        description="Recorded days that a month needs for its days to be judged."
    )
    promotion_minimum_months: WholeNumber = Field(
        description="Months with days of a kind, promotion or ordinary, that a confidence interval needs."
    )

    clv_horizon_days: OneOrMore[Days] = Field(description="Horizons of the forecasts, in calendar days.")
    next_steps_horizon_days: Days = Field(
        description="The horizon that the next steps name, in calendar days; one of `clv_horizon_days`."
    )
    clv_discount_rate: Share = Field(
        description="Yearly rate by which later amounts are worth less in `discounted_value`: cost of capital and risk."
    )
    clv_calibration_share: PartOf = Field(
        description="Share of the recorded days on which the forecast is tried, before it is compared with the rest."
    )
    clv_minimum_repeat_buyers: WholeNumber = Field(description="No forecast with fewer buyers who have a second visit.")
    clv_minimum_days: WholeNumber = Field(description="No forecast with fewer recorded days before the check.")
    clv_maximum_rank_correlation: Share = Field(
        description="No forecast of values where purchases and mean value have a higher rank correlation."
    )

    discount_tolerance: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="A line is sold at a discount when less than (1 - this share) of unit price times quantity was "
        "paid, by more than the half cent that tills round off; `below_usual_price_share` takes the usual price of "
        "the product instead."
    )
    top_counters: Count = Field(
        description="Counters that the comparison of counters keeps, those with the largest amounts."
    )
    price_band_min_lines: WholeNumber = Field(
        description="A counter with fewer lines of members takes the price bands of the whole store."
    )
    basket_min_orders: Count = Field(
        description="Orders that a pair of goods or counters (or members that a first and a next purchase) must have."
    )
    basket_min_tie: AtLeastOne = Field(
        description="A pair is told where it has so many times the orders that chance gives: closer to it, how sizes "
        "of baskets are grouped may be all there is to tell."
    )
    basket_top: Count = Field(
        description="Pairs kept for all members and for each segment, and things members began with, per level."
    )
    next_purchases_per_item: Count = Field(
        description="Next purchases kept for each thing that members began with, per level."
    )
    chance_level: PartOf = Field(
        description="A count is above chance when chance alone would give any such count with less than this "
        "probability; days without trade are a gap, and orders of a month too few, when chance alone would give any "
        "such run or month with less than it."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "Settings":
        first_year, last_year = self.plausible_years
        if first_year > last_year:
            raise ValueError(f"plausible_years has {first_year} as the first year but {last_year} as the last")
        if self.earliest_birth_year > last_year:
            raise ValueError(f"earliest_birth_year {self.earliest_birth_year} lies after plausible_years ({last_year})")
        if self.as_of not in ("", START_OF_MONTH) and not first_year <= int(self.as_of[:4]) <= last_year + 1:
            raise ValueError(f"as_of {self.as_of} lies outside plausible_years ({first_year} to {last_year})")
        if self.cluster_scaling not in self.cluster_scalings:
            raise ValueError(
                f"cluster_scaling {self.cluster_scaling} is not among cluster_scalings, the ones that are fitted"
            )
        if self.next_steps_horizon_days not in self.clv_horizon_days:
            raise ValueError(f"next_steps_horizon_days {self.next_steps_horizon_days} is not among clv_horizon_days")
        return self


class SettingLine(NamedTuple):
    """One setting as the documentation lists it; `allowed` says in words which values it can have."""

    name: str
    group: str
    default: Any
    allowed: str
    meaning: str


def setting_names() -> list[str]:
    """Return the names of all settings, in the order of dbt_project.yml."""
    return list(Settings.model_fields)


def settings_problem(values: Mapping[str, Any]) -> str | None:
    """Say in one sentence which setting cannot work and which values can; None where all can.

    Parameters
    ----------
    values : value of each setting by its name, and whatever else was given under names that are no setting.
    """
    try:
        Settings.model_validate({str(name): value for name, value in values.items()})
    except ValidationError as error:
        return f"{_sentence(error.errors()[0], values)}; see docs/settings.md."
    return None


def _sentence(error: ErrorDetails, values: Mapping[str, Any]) -> str:
    if not error["loc"]:
        return f"The setting {error['ctx']['error']}"
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        near = get_close_matches(name[:LONGEST_SHOWN], setting_names(), 1)
        return f"There is no setting {_shown(name)}" + (f" (perhaps {near[0]} is meant)" if near else "")
    if error["type"] == "missing":
        return f"The setting {name} has no value: give it one in vars of dbt_project.yml"
    allowed = _in_words(_schemas()[name], says_guard=error["type"] == "less_than_equal")
    return f"The setting {name} is {_written(values[name])} but must be {allowed}"


def _written(value: Any) -> str:
    try:
        return _shown(repr(value))
    # Python writes no number of more than 4,300 digits.
    except ValueError:
        return "a number of thousands of digits"


def _shown(text: str) -> str:
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def project_settings(project_file: Path = PROJECT_FILE) -> dict[str, Any]:
    """Return the value of each setting in dbt_project.yml; InputError where it is no YAML with them."""
    try:
        content = read_yaml(project_file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{project_file} is not valid YAML: {error}.") from error
    settings = content.get("vars") if isinstance(content, dict) else None
    if not isinstance(settings, dict):
        raise InputError(f"{project_file} has no settings: give them below vars, a name and a value each.")
    return settings


def settings_table(project_file: Path = PROJECT_FILE) -> list[SettingLine]:
    """Return all settings, group by group, with their defaults from the project file."""
    defaults = project_settings(project_file)
    lines = []
    group = ""
    for name, schema in _schemas().items():
        group = GROUPS.get(name, group)
        lines.append(SettingLine(name, group, defaults[name], _in_words(schema), schema["description"]))
    return lines


def settings_page(project_file: Path = PROJECT_FILE) -> str:
    """Return docs/settings.md."""
    text = """# Settings

The defaults stand in `vars` of `dbt_project.yml`, where they are changed for good. For one run:
`make VARS="as_of: 2017-06-30"`, or `dbt build --vars "as_of: 2017-06-30"`. A value that cannot work and a name that is
no setting stop `make` and `dbt build`, `run`, `seed` and `test` at their start, with one sentence.
"""
    for group, lines in groupby(settings_table(project_file), lambda line: line.group):
        text += f"\n## {group}\n\n| setting | default | values | meaning |\n| --- | --- | --- | --- |\n"
        for line in lines:
            text += f"| `{line.name}` | `{json.dumps(line.default)}` | {line.allowed} | {line.meaning} |\n"
    return text


def _schemas() -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = Settings.model_json_schema()["properties"]
    return properties


def _in_words(schema: Mapping[str, Any], is_listed: bool = False, says_guard: bool = False) -> str:
    if "words" in schema:
        return str(schema["words"])
    if "enum" in schema:
        return (", " if is_listed else " or ").join(schema["enum"])
    if "items" in schema:
        at_least_one = "at least one and " if "minItems" in schema else ""
        return f"a list of {_in_words(schema['items'], is_listed=True)}, {at_least_one}each only once"
    noun = "whole number" if schema["type"] == "integer" else "number"
    low = f"from {schema['minimum']}" if "minimum" in schema else f"above {schema['exclusiveMinimum']}"
    if "maximum" not in schema:
        high = f"and below {schema['exclusiveMaximum']}"
    else:
        high = f"up to {schema['maximum']}" if schema["maximum"] < GUARD or says_guard else "on"
    return f"{f'{noun}s' if is_listed else f'a {noun}'} {low} {high}"
