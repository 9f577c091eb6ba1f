import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy.special import gammaln, hyp2f1

from segmentation.clv import (
    PARAMETERS,
    BgNbd,
    GammaGamma,
    RefusedError,
    Vector,
    discounted_purchases,
    expected_purchases,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_models,
    p_alive,
    predict,
)

KNOWN = BgNbd(r=0.6, alpha=6.0, a=0.8, b=2.5)
KNOWN_VALUE = GammaGamma(p=4.0, q=3.5, v=300.0)
HORIZONS = pd.DataFrame(
    {"sample": ["all", "calibration"], "horizon_days": 90, "horizon_weeks": 12.0, "discount": [0.1, np.nan]}
)
LIMITS = {"minimum_repeat_buyers": 100, "minimum_weeks": 20.0, "maximum_rank_correlation": 0.3}


def simulate(n: int, later: float, seed: int = 11, model: BgNbd = KNOWN) -> pd.DataFrame:
    """Customers of known parameters: frequency, recency, age, and the purchases within `later` weeks after it."""
    rng = np.random.default_rng(seed)
    rows = []
    for rate, leaves, age in zip(
        rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n), rng.uniform(20, 80, n), strict=True
    ):
        now, times = 0.0, []
        while (now := now + rng.exponential(1 / rate)) < age + later:
            times.append(now)
            if rng.random() < leaves:
                break
        seen = [time for time in times if time < age]
        rows.append((len(seen), seen[-1] if seen else 0.0, age, len(times) - len(seen)))
    return pd.DataFrame(rows, columns=["frequency", "recency", "age", "later"], dtype=float)


def buyers(n: int = 3000) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    data = simulate(n, later=26.0)
    purchases = data["frequency"].to_numpy() + 1
    scale = rng.gamma(KNOWN_VALUE.q, 1 / KNOWN_VALUE.v, n)
    data["mean_value"] = rng.gamma(KNOWN_VALUE.p * purchases, 1 / (scale * purchases))
    return data.assign(sample="all", card_id=[f"{i:08x}" for i in range(n)], window_weeks=80.0)


def log_likelihood(model: BgNbd, frequency: Vector, recency: Vector, age: Vector) -> float:
    """The sum over the customers of the logarithm of equation 6 of Fader, Hardie and Lee 2005."""
    r, alpha, a, b = model
    of_rate = gammaln(r + frequency) - gammaln(r) + r * np.log(alpha)
    of_leaving = gammaln(a + b) + gammaln(b + frequency) - gammaln(b) - gammaln(a + b + frequency)
    alive = (alpha + age) ** -(r + frequency)
    left = np.where(frequency > 0, a / np.maximum(b + frequency - 1, b) * (alpha + recency) ** -(r + frequency), 0)
    return float(np.sum(of_rate + of_leaving + np.log(alive + left)))


def test_parameters_of_simulated_customers_are_recovered() -> None:
    data = buyers(8000)
    x, t_x, age = (data[name].to_numpy() for name in ("frequency", "recency", "age"))
    fit = fit_bg_nbd(x, t_x, age)
    assert fit.parameters == pytest.approx(KNOWN, rel=0.2)
    assert fit.log_likelihood == pytest.approx(log_likelihood(BgNbd(*fit.parameters), x, t_x, age))
    assert fit.log_likelihood >= log_likelihood(KNOWN, x, t_x, age)
    expected = expected_purchases(BgNbd(*fit.parameters), x, t_x, age, 26.0)
    assert expected.sum() == pytest.approx(data["later"].sum(), rel=0.05)
    for low, high in ((0, 0), (1, 3), (4, 1000)):
        group = (x >= low) & (x <= high)
        assert expected[group].sum() == pytest.approx(data["later"][group].sum(), rel=0.12)
    value = fit_gamma_gamma(x + 1, data["mean_value"].to_numpy())
    assert value.parameters == pytest.approx(KNOWN_VALUE, rel=0.15)


@pytest.mark.skipif("CDNOW_SUMMARY" not in os.environ, reason="CDNOW_SUMMARY names no csv of ID,frequency,recency,T")
def test_the_published_estimates_of_the_cdnow_sample() -> None:
    data = pd.read_csv(Path(os.environ["CDNOW_SUMMARY"]), dtype=float)
    x, t_x, age = (data[name].to_numpy() for name in ("frequency", "recency", "T"))
    fit = fit_bg_nbd(x, t_x, age)
    assert fit.parameters == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    one = expected_purchases(BgNbd(*fit.parameters), *np.array([[2.0], [30.43], [38.86]]), 39.0)
    assert one == pytest.approx([1.226], abs=1e-3)


def test_the_expectation_is_the_formula_of_the_paper() -> None:
    x, t_x, age, horizon = np.array([0.0, 1, 2, 7, 20]), np.array([0.0, 3, 30, 35, 38]), np.full(5, 40.0), 13.0
    for model in (KNOWN, BgNbd(0.243, 4.414, 0.793, 2.426), BgNbd(1.2, 9.0, 1.7, 3.0)):
        r, alpha, a, b = model
        z = horizon / (alpha + age + horizon)
        power = ((alpha + age) / (alpha + age + horizon)) ** (r + x)
        top = (a + b + x - 1) / (a - 1) * (1 - power * hyp2f1(r + x, b + x, a + b + x - 1, z))
        odds = np.where(x > 0, a / np.maximum(b + x - 1, b) * ((alpha + age) / (alpha + t_x)) ** (r + x), 0)
        assert expected_purchases(model, x, t_x, age, horizon) == pytest.approx(top / (1 + odds))
        assert p_alive(model, x, t_x, age) == pytest.approx(1 / (1 + odds))


def test_large_counts_stay_finite_and_sensible() -> None:
    x, age = np.array([500.0, 2000.0]), np.array([150.0, 150.0])
    expected = expected_purchases(KNOWN, x, age - 0.1, age, 52.0)
    assert (expected > 0).all()
    assert (expected < x).all()
    at_one, beside = (expected_purchases(BgNbd(0.6, 6.0, a, 2.5), x, age - 0.1, age, 52.0) for a in (1.0, 1.001))
    assert at_one == pytest.approx(beside, rel=0.01)


def never_leaving(n: int = 2000) -> tuple[Vector, Vector, Vector]:
    rng = np.random.default_rng(3)
    age = np.full(n, 60.0)
    x = rng.poisson(rng.gamma(1.5, 0.2, n) * age).astype(float)
    return x, np.where(x > 0, age * rng.random(n) ** (1 / np.maximum(x, 1)), 0), age


def test_an_estimate_at_a_bound_of_the_search_is_refused() -> None:
    # Nobody leaves: the chance to leave has no estimate.
    with pytest.raises(RefusedError, match="at_bound"):
        fit_bg_nbd(*never_leaving())
    # Everybody buys every week for ever at one rate: the spread of the rates has none.
    with pytest.raises(RefusedError, match="at_bound"):
        fit_bg_nbd(*np.full((3, 500), 60.0))
    with pytest.raises(RefusedError, match="at_bound"):
        fit_gamma_gamma(np.arange(1.0, 101), np.full(100, 25.0))


@pytest.mark.parametrize("shape", [(0.3, 0.5), (2.0, 0.8)])
def test_values_without_a_mean_are_refused(shape: tuple[float, float]) -> None:
    rng = np.random.default_rng(8)
    p, q = shape
    purchases = rng.integers(1, 8, 4000).astype(float)
    values = rng.gamma(p * purchases, 1 / (rng.gamma(q, 1 / 50, 4000) * purchases))
    with pytest.raises(RefusedError, match="no_mean"):
        fit_gamma_gamma(purchases, values)


def with_calibration(data: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([data, data.assign(sample="calibration")])


@pytest.mark.slow
def test_unfit_data_are_refused_with_a_reason() -> None:
    data = buyers()
    assert fit_models(with_calibration(data), HORIZONS, **LIMITS)["reason"].isna().all()

    def reasons(changed: pd.DataFrame) -> list[str]:
        models = fit_models(with_calibration(changed), HORIZONS, **LIMITS)
        return models[models["sample"] == "all"].sort_values("model")["reason"].tolist()

    gifts = data.assign(mean_value=data["mean_value"].where(data.index != data.index[0], 0.0))
    assert pd.isna(reasons(gifts)).all()
    assert reasons(data.assign(mean_value=0.0))[1] == "too_few_paid"
    assert reasons(data.head(50)) == ["too_few_repeat_buyers"] * 2
    assert reasons(data.assign(window_weeks=10.0)) == ["window_too_short"] * 2
    dependent = reasons(data.assign(mean_value=data["mean_value"] * (1 + data["frequency"]) ** 2))
    assert pd.isna(dependent[0])
    assert dependent[1] == "value_depends_on_frequency"
    # Three visits on each day of the age: no forecast of them fits into the days of a horizon.
    assert reasons(data.assign(frequency=data["frequency"] * 100))[0] == "impossible_forecast"
    assert fit_models(data.head(0), HORIZONS, **LIMITS).empty


def test_a_model_that_was_not_fitted_to_the_first_part_is_not_checked() -> None:
    data = buyers()
    few = data.head(50).assign(sample="calibration")
    models = fit_models(pd.concat([data, few]), HORIZONS, **LIMITS).set_index("sample")
    assert models.loc["calibration", "reason"].tolist() == ["too_few_repeat_buyers"] * 2
    assert models.loc["all", "reason"].tolist() == ["not_checked"] * 2
    assert models[list(PARAMETERS)].isna().all(axis=None)
    assert fit_models(data, HORIZONS, **LIMITS)["reason"].tolist() == ["not_checked"] * 2


def test_who_bought_again_without_paying_is_not_said_to_be_missing() -> None:
    gifts = buyers().assign(mean_value=0.0)
    models = fit_models(with_calibration(gifts), HORIZONS, **LIMITS).set_index(["sample", "model"])["reason"]
    assert models.xs("gamma_gamma", level="model").tolist() == ["too_few_paid"] * 2
    assert models.xs("bg_nbd", level="model").isna().all()
    refusals = pd.read_csv(ROOT / "seeds" / "clv_refusals.csv").set_index("reason")
    assert refusals.loc["too_few_paid", "is_too_little_data"]
    any_number = LIMITS | {"minimum_repeat_buyers": 0}
    models = fit_models(with_calibration(gifts), HORIZONS, **any_number).set_index(["sample", "model"])["reason"]
    assert models.xs("gamma_gamma", level="model").tolist() == ["too_few_paid"] * 2


def test_discounting_adds_up_what_later_steps_are_worth() -> None:
    model = BgNbd(0.24, 4.4, 0.79, 2.4)
    history = np.array([2.0, 0.0]), np.array([30.0, 0.0]), np.array([39.0, 39.0])
    # The sum over many small steps, each discounted from its middle.
    times = np.linspace(0, 52, 2_001)
    expected = np.array([expected_purchases(model, *history, time) for time in times])
    middles = (times[1:] + times[:-1]) / 2
    steps = (np.diff(expected, axis=0) * np.exp(-0.5 * middles / 52)[:, None]).sum(axis=0)
    discounted = discounted_purchases(model, *history, 52, 0.5)
    assert discounted == pytest.approx(steps, rel=1e-4)
    assert discounted_purchases(model, *history, 52, 0) == pytest.approx(expected[-1])


def test_a_refused_model_predicts_nothing() -> None:
    data = buyers().head(50)
    predicted = predict(data, fit_models(data, HORIZONS, **LIMITS), HORIZONS)
    assert len(predicted) == 50
    assert predicted[["p_alive", "expected_purchases", "discounted_purchases"]].isna().all(axis=None)
    assert predict(data.head(0), fit_models(data.head(0), HORIZONS, **LIMITS), HORIZONS).empty
