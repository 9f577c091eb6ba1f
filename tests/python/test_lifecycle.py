"""The life-cycle marts against plain loops over made customers, with promotion days of a known effect."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, Job
from scipy.stats import binomtest

from segmentation.demo import MEMBER_FILE, MEMBER_HEADER, SALES_FILE, SALES_HEADER

pytestmark = pytest.mark.slow

UPLIFT = 3.0
PROMOTION_DAYS = (25, 26)
FIRST_DAY, AS_OF = datetime.date(2016, 1, 1), datetime.date(2018, 1, 3)
MISSING = datetime.date(2016, 9, 1)
DAY = datetime.timedelta(days=1)


def write_customers(folder: Path, members: int = 2500, seed: int = 4) -> None:
    """Members who buy at rates of their own, more on weekends and three times as often on the 25th and 26th."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(FIRST_DAY, AS_OF - 3 * DAY)
    factor = np.where(days.day_of_week >= 5, 1.5, 1.0) * np.where(days.day.isin(PROMOTION_DAYS), UPLIFT, 1.0)
    factor[(days.year == MISSING.year) & (days.month == MISSING.month)] = 0
    cards = [f"{i:08x}" for i in range(members)]
    registered = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(rng.integers(-400, 600, members), "D")
    rate = rng.gamma(0.7, 0.06, members)
    rate[:200] = 0
    leaves_after = rng.geometric(0.02, members)
    moments, buyers = [], []
    for card in range(members):
        bought = days[(rng.random(len(days)) < -np.expm1(-rate[card] * factor)) & (days >= registered[card])]
        moments.extend(bought[: leaves_after[card]])
        buyers.extend([card] * min(len(bought), leaves_after[card]))
    lines = pd.DataFrame({"card": np.array(cards)[buyers], "moment": pd.DatetimeIndex(moments)})
    lines["moment"] += pd.to_timedelta(rng.integers(36_000, 79_000, len(lines)), "s")
    again = lines.sample(frac=0.1, random_state=1).assign(moment=lambda rows: rows["moment"] + pd.Timedelta(hours=2))
    lines = pd.concat([lines, again]).sort_values("moment")
    for column, value in zip(SALES_HEADER[2:], ["p1", 1, 20, 20, "goods", 20, 1, "1a", "c1", "counter"], strict=True):
        lines[column] = value
    lines = lines.rename(columns={"card": SALES_HEADER[0], "moment": SALES_HEADER[1]})
    folder.mkdir(parents=True, exist_ok=True)
    lines.to_csv(folder / SALES_FILE, index=False, date_format="%Y-%m-%d %H:%M:%S")
    table = pd.DataFrame({"card": cards, "birth": "1980-01-01", "gender": 0, "registered": registered.astype(str)})
    table.set_axis(MEMBER_HEADER, axis=1).to_excel(folder / MEMBER_FILE, index=False, engine="xlsxwriter")


def quantiles(gaps: list[tuple[int, int]], shares: Sequence[float]) -> list[int]:
    """Quantiles of gaps, each with the longest that could have been seen from its beginning on."""
    lengths = np.array([gap for gap, _ in gaps])
    longest = np.array([limit for _, limit in gaps])

    def share_up_to(length: int) -> float:
        share = 1.0
        for longer in np.unique(lengths[lengths > length]):
            seen = lengths <= longer
            comparable = max((seen & (longest >= longer)).sum(), min(seen.sum(), 100))
            share *= 1 - (lengths == longer).sum() / comparable
        return share

    found = {int(length): share_up_to(length) for length in np.unique(lengths)}
    return [min(length for length, reached in found.items() if reached >= share) for share in shares]


class Oracle:
    """Every rule once more, member by member and day by day."""

    def __init__(self, lines: pd.DataFrame, members: pd.DataFrame) -> None:
        all_days = {moment.date() for moment in lines["purchased_at"]}
        self.recorded = {day for day in all_days if day < AS_OF}
        self.registered = {card: moment.date() for card, moment in members.itertuples(index=False)}
        self.bought: dict[str, list[datetime.date]] = {}
        for card, rows in lines[lines["purchased_at"] < str(AS_OF)].groupby("card_id"):
            self.bought[str(card)] = sorted({moment.date() for moment in rows["purchased_at"]})
        calendar = [FIRST_DAY + DAY * i for i in range((AS_OF - FIRST_DAY).days)]
        self.clock = dict(zip(calendar, np.cumsum([day in self.recorded for day in calendar]).tolist(), strict=True))
        self.months = [day for day in calendar if day.day == 1]
        end = self.clock[calendar[-1]]
        gaps = defaultdict(list)
        for days in self.bought.values():
            for number, (one, other) in enumerate(pairwise(days), 1):
                gaps[self.band(number)].append((self.clock[other] - self.clock[one], end - self.clock[one]))
        pooled = [gap for group in gaps.values() for gap in group]
        self.thresholds = {
            band: quantiles(gaps[band] if len(gaps[band]) >= 100 else pooled, (0.75, 0.9, 0.97))
            for band in ("once", "few", "regular", "frequent")
        }

    @staticmethod
    def band(purchases: int) -> str:
        return "frequent" if purchases >= 20 else "regular" if purchases >= 6 else "few" if purchases >= 2 else "once"

    def silence(self, card: str, evening: datetime.date) -> tuple[int, int]:
        """Visits up to an evening, and recorded days since the last of them."""
        before = [day for day in self.bought.get(card, []) if day <= evening]
        return len(before), self.clock[evening] - self.clock[before[-1]] if before else 0

    def is_inactive(self, card: str, evening: datetime.date) -> bool:
        purchases, silent = self.silence(card, evening)
        return purchases > 0 and silent > self.thresholds[self.band(purchases)][1]

    def state(self, card: str, evening: datetime.date) -> str | None:
        purchases, silent = self.silence(card, evening)
        if not purchases:
            return "never_bought" if self.registered[card] <= evening else None
        slowing, is_silent, lost = self.thresholds[self.band(purchases)]
        if silent > lost:
            return "lost"
        if silent > is_silent:
            return "silent"
        if silent > slowing:
            return "slowing"
        last = [day for day in self.bought[card] if day <= evening][-1]
        if purchases > 1 and self.is_inactive(card, last - DAY):
            return "returned"
        return "new" if purchases == 1 else "active"

    def evening(self, month: datetime.date) -> datetime.date:
        return min((month.replace(day=28) + 4 * DAY).replace(day=1), AS_OF) - DAY


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    raw = tmp_path_factory.mktemp("customers")
    write_customers(raw)
    job = Job(raw, tmp_path_factory.mktemp("lifecycle"))
    done = job.dbt(
        "build",
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
        "--select",
        "+path:models/marts/lifecycle",
        "+vip_info",
        "+members",
    )
    assert done.returncode == 0, done.stdout
    return job


@pytest.fixture(scope="module")
def marts(job: Job) -> dict[str, pd.DataFrame]:
    names = [path.stem for path in (ROOT / "models/marts/lifecycle").glob("*.sql")] + ["vip_info", "members"]
    with job.working_files() as connection:
        tables = {name: connection.sql(f"from marts.{name}").df() for name in names}
    for table in tables.values():
        for column in table.columns.intersection(["month_start", "cohort_start", "day"]):
            table[column] = table[column].dt.date
    return tables


@pytest.fixture(scope="module")
def oracle(marts: dict[str, pd.DataFrame]) -> Oracle:
    return Oracle(marts["vip_info"], marts["members"][["card_id", "registered_at"]])


@pytest.fixture(scope="module")
def states(oracle: Oracle) -> dict[tuple[str, datetime.date], str]:
    every = {
        (card, month): oracle.state(card, oracle.evening(month))
        for card in oracle.registered
        for month in oracle.months
    }
    return {key: state for key, state in every.items() if state}


def test_thresholds_are_quantiles_of_the_gaps(marts: dict[str, pd.DataFrame], oracle: Oracle) -> None:
    table = marts["life_cycle_thresholds"].set_index("frequency_band")
    columns = ["slowing_after_days", "silent_after_days", "lost_after_days"]
    assert {band: table.loc[band, columns].tolist() for band in oracle.thresholds} == oracle.thresholds
    assert table.loc["all", "gaps"] == table["gaps"].drop("all").sum()


def test_states_of_every_member_and_month(
    marts: dict[str, pd.DataFrame], oracle: Oracle, states: dict[tuple[str, datetime.date], str]
) -> None:
    rows = marts["member_life_cycle_months"]
    found = dict(zip(zip(rows["card_id"], rows["month_start"], strict=True), rows["state"], strict=True))
    assert found == {key: state for key, state in states.items() if state != "never_bought"}
    assert set(found.values()) == {"new", "active", "slowing", "silent", "lost", "returned"}
    counts = marts["life_cycle_by_month"]
    counted = dict(zip(zip(counts["month_start"], counts["state"], strict=True), counts["members"], strict=True))
    assert {key: n for key, n in counted.items() if n} == Counter(
        (month, state) for (_, month), state in states.items()
    )
    last = marts["member_life_cycle"].set_index("card_id")["state"].to_dict()
    assert last == {card: state for (card, month), state in states.items() if month == oracle.months[-1]}


def test_nobody_falls_silent_in_a_month_without_data(marts: dict[str, pd.DataFrame]) -> None:
    moves = marts["life_cycle_transitions"]
    gap = moves[(moves["month_start"] == MISSING) & (moves["members"] > 0)]
    assert set(gap["month_status"]) == {"missing"}
    assert (gap["previous_state"] == gap["state"]).all()
    rates = marts["activation_by_month"]
    assert rates.loc[rates["month_start"] == MISSING, "activation_rate"].isna().all()


def test_transitions_and_activation(
    marts: dict[str, pd.DataFrame], oracle: Oracle, states: dict[tuple[str, datetime.date], str]
) -> None:
    moves, inactive, activated = Counter(), Counter(), Counter()
    for before, month in pairwise(oracle.months):
        for card in oracle.registered:
            if (card, before) not in states:
                continue
            old = states[card, before]
            moves[month, old, states[card, month]] += 1
            if old in ("silent", "lost"):
                inactive[month, old] += 1
                activated[month, old] += any(month <= day <= oracle.evening(month) for day in oracle.bought[card])
    table = marts["life_cycle_transitions"]
    keys = zip(table["month_start"], table["previous_state"], table["state"], strict=True)
    assert {key: n for key, n in zip(keys, table["members"], strict=True) if n} == moves
    sums = table.groupby(["month_start", "previous_state"])["share"].sum()
    assert sums.to_numpy() == pytest.approx(np.ones(len(sums)))
    rates = marts["activation_by_month"]
    keys = list(zip(rates["month_start"], rates["previous_state"], strict=True))
    assert dict(zip(keys, rates["inactive_members"], strict=True)) == inactive
    assert dict(zip(keys, rates["activated_members"], strict=True)) == activated
    known = rates.dropna(subset="activation_rate")
    for row in known.itertuples():
        interval = binomtest(row.activated_members, row.inactive_members).proportion_ci(method="wilson")
        assert (row.activation_rate_low, row.activation_rate_high) == pytest.approx(tuple(interval), abs=1e-12)


def test_cohort_retention(marts: dict[str, pd.DataFrame], oracle: Oracle) -> None:
    size, buyers = Counter(), Counter()
    for card, registered in oracle.registered.items():
        bought = oracle.bought.get(card, [])
        cohorts = [("registration", registered.replace(day=1))]
        if bought:
            cohorts.append(("first_purchase", bought[0].replace(day=1)))
        for cohort in cohorts:
            size[cohort] += 1
            for month in {day.replace(day=1) for day in bought}:
                buyers[(*cohort, month)] += 1
    table = marts["cohort_retention"]
    assert len(table) == sum(month >= start for _, start in size for month in oracle.months)
    for row in table.itertuples():
        assert row.members == size[row.cohort_type, row.cohort_start]
        assert row.buyers == buyers[row.cohort_type, row.cohort_start, row.month_start]
        months = (row.month_start.year - row.cohort_start.year) * 12 + row.month_start.month - row.cohort_start.month
        assert row.months_since == months
        if row.month_status == "complete":
            assert row.retention == pytest.approx(row.buyers / row.members)


def test_promotion_days_and_their_uplift_are_recovered(marts: dict[str, pd.DataFrame], oracle: Oracle) -> None:
    days = marts["promotion_days"]
    found = set(days.loc[days["is_promotion_day"], "day"])
    true = {day for day in oracle.recorded if day.day in PROMOTION_DAYS}
    assert len(true & found) >= 0.95 * len(true)
    assert len(found - true) <= 0.01 * len(oracle.recorded)
    assert days["discount_share"].eq(0).all()
    for row in days.iloc[::9].itertuples():
        inactive = [card for card in oracle.bought if oracle.is_inactive(card, row.day - DAY)] if row.Index else []
        assert row.inactive_members == len(inactive)
        assert row.activated_members == sum(row.day in oracle.bought[card] for card in inactive)
    rates = marts["promotion_activation"].set_index("day_kind")
    promotion = rates.loc["promotion"]
    assert promotion["relative_rate"] == pytest.approx(UPLIFT, rel=0.15)
    assert promotion["relative_rate_low"] < UPLIFT < promotion["relative_rate_high"]
    assert promotion["relative_rate_high"] - promotion["relative_rate_low"] < UPLIFT / 2
    assert rates.loc["ordinary", "relative_rate"] == pytest.approx(1)


def test_the_inactive_members_at_the_start_of_a_month_are_the_silent_and_lost_of_the_month_before(demo: Job) -> None:
    # In the demo data some buy before they register.
    days = demo.query(
        """with months as (
            select cast(month_start + interval 1 month as date) as month_start,
                sum(members) filter (where state in ('silent', 'lost')) as members
            from marts.life_cycle_by_month group by month_start
        ),
        first_days as (
            select cast(date_trunc('month', day) as date) as month_start, arg_min(inactive_members, day) as members
            from marts.promotion_days group by 1
        )
        select months.members, first_days.members from months join first_days using (month_start)"""
    )
    assert len(days) > 20
    assert max(days)[0] > 100
    assert [day for day in days if day[0] != day[1]] == []
