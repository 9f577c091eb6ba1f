"""The forecasts' check and the next steps, computed once more from the lines."""

import math

import numpy as np
import pandas as pd
import pytest
from conftest import Job

CALIBRATION_SHARE = 0.67


@pytest.fixture(scope="module")
def buyers(demo: Job) -> pd.DataFrame:
    """One row per buyer of the first part of the data, with what was bought around the split."""
    clock = [day for (day,) in demo.query("select day from marts.promotion_days order by day")]
    lines = demo.query(
        """select card_id, cast(purchased_at as date), sum(amount) from marts.vip_info
        where purchased_at < '2018-01-03' and registered_at < '2018-01-03' group by all"""
    )
    data = pd.DataFrame(lines, columns=["card_id", "day", "amount"]).astype({"amount": float})
    data["time"] = [np.searchsorted(np.array(clock), day, side="right") for day in data["day"]]
    split = math.floor(len(clock) * CALIBRATION_SHARE)
    before = data[data["time"] <= split].groupby("card_id")
    rest = len(clock) - split
    later = data[data["time"] > split].groupby("card_id")
    recent = data[(data["time"] <= split) & (data["time"] > split - rest)].groupby("card_id")
    table = pd.DataFrame({"repeats": before.size() - 1, "age": split - before["time"].min()})
    for name, group in (("later", later), ("recent", recent)):
        table[name] = group.size().reindex(table.index).fillna(0)
        table[f"{name}_amount"] = group["amount"].sum().reindex(table.index).fillna(0)
    return table.assign(rest=rest, mean_value=before["amount"].mean())


def test_the_naive_guesses_and_the_actual_totals(demo: Job, buyers: pd.DataFrame) -> None:
    check = {
        (quantity, method): values
        for quantity, method, *values in demo.query(
            """select quantity, method, mean_absolute_error, root_mean_square_error, predicted_total, actual_total,
                total_bias, members, checked_days, one_visit_members, one_visit_predicted, one_visit_actual,
                one_visit_bias
            from marts.clv_check"""
        )
    }
    own_rate = buyers["repeats"] / buyers["age"].clip(lower=7) * buyers["rest"]
    mean_rate = buyers["repeats"].sum() / buyers["age"].sum() * buyers["rest"]
    mean_value = buyers["recent_amount"].sum() / buyers["recent"].sum()
    guesses = {
        ("purchases", "own_rate"): own_rate,
        ("purchases", "mean_rate"): mean_rate,
        ("purchases", "same_as_before"): buyers["recent"],
        ("amount", "own_rate"): own_rate * buyers["mean_value"],
        ("amount", "mean_rate"): mean_rate * mean_value,
        ("amount", "same_as_before"): buyers["recent_amount"],
    }
    for (quantity, method), guess in guesses.items():
        actual = buyers["later" if quantity == "purchases" else "later_amount"]
        error = guess - actual
        predicted = error + actual
        once = buyers["repeats"] == 0
        assert check[quantity, method] == pytest.approx(
            [
                error.abs().mean(),
                math.sqrt((error**2).mean()),
                predicted.sum(),
                actual.sum(),
                predicted.sum() / actual.sum() - 1,
                len(buyers),
                buyers["rest"].iloc[0],
                once.sum(),
                predicted[once].sum(),
                actual[once].sum(),
                predicted[once].sum() / actual[once].sum() - 1,
            ]
        ), (quantity, method)
    # The model sees the same buyers and the same outcome.
    for quantity in ("purchases", "amount"):
        assert check[quantity, "model"][3:6:2] == pytest.approx(check[quantity, "own_rate"][3:6:2])


def test_every_member_has_one_next_step_of_the_seed(demo: Job) -> None:
    seed = {
        (segment, state): action
        for segment, state, action in demo.query(
            "select segment_code, state, action_code from seeds.recommended_actions order by len(requires) nulls first"
        )
    }
    rows = demo.query("select segment_code, state, action_code from marts.member_next_steps")
    assert len(rows) == demo.query("select count(*) from marts.members where registered_at < '2018-01-03'")[0][0]
    assert {action for _, _, action in rows} > {"first_purchase_gift", "early_access", "promotion_day_invitation"}
    for segment, state, action in rows:
        assert action == seed.get((segment, state), seed["any", state])


def test_values_are_purchases_times_value_and_grow_with_the_horizon(demo: Job) -> None:
    wrong = demo.query(
        """with forecasts as (
            select *, lag(expected_purchases, 1, 0.0) over (partition by card_id order by horizon_days) as sooner
            from marts.member_expected_purchases)
        select * from forecasts
        where not coalesce(
            expected_purchases > sooner and abs(expected_value - expected_purchases * purchase_value) < 1e-9, false)"""
    )
    assert wrong == []
    assert demo.query("select distinct horizon_days from marts.member_expected_purchases order by 1") == [
        (90,), (180,), (365,),
    ]  # fmt: skip
