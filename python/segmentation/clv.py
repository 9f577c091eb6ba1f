"""Expected purchases (BG/NBD) and expected values (Gamma-Gamma) of buyers by maximum likelihood.

BG/NBD: Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2). While alive a
customer buys at a Poisson rate that is gamma distributed (r, alpha); after each purchase the customer may leave, with
a probability that is beta distributed (a, b). Gamma-Gamma: Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary
Value". The values of a customer's purchases are gamma distributed with shape p, and their scale is gamma
distributed (q, v).

A customer is (frequency, recency, age): purchases after the first one, time of the last one and time of observation,
both counted from the first purchase. All times have one unit, here weeks.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

Vector = npt.NDArray[np.float64]

# Bound of the search: the largest |ln| of a parameter, in units of the mean age or value.
LOG_LIMIT = 9.0
# Above it practically everybody leaves after the first repeat, and the expectation leaves the range of floating point.
LARGEST_A = 50.0
STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, 0.0, 0.0, 1.0), (0.5, 1.0, -1.0, 0.5))
PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "v", "log_likelihood")
MODEL_TYPES = {
    "sample": "str",
    "model": "str",
    "buyers": "int64",
    "repeat_buyers": "int64",
    **dict.fromkeys((*PARAMETERS, "rank_correlation"), "float64"),
    "reason": "str",
}
EXPECTATIONS = ("p_alive", "expected_purchases", "discounted_purchases")
EXPECTATION_TYPES = {
    "sample": "str",
    **dict.fromkeys(("frequency", "recency", "age"), "float64"),
    "horizon_days": "int64",
    **dict.fromkeys(EXPECTATIONS, "float64"),
}


class BgNbd(NamedTuple):
    """Parameters of the BG/NBD model; `alpha` has the unit of time."""

    r: float
    alpha: float
    a: float
    b: float


class GammaGamma(NamedTuple):
    """Parameters of the Gamma-Gamma model; `v` has the unit of money."""

    p: float
    q: float
    v: float


class RefusedError(Exception):
    """No forecast can be made; `reason` is one of the seed clv_refusals."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Fit(NamedTuple):
    """Estimates in the order of the model's parameters, and the log-likelihood at them."""

    parameters: tuple[float, ...]
    log_likelihood: float


def fit_bg_nbd(frequency: Vector, recency: Vector, age: Vector) -> Fit:
    """Estimate (r, alpha, a, b) from n buyers. Equal buyers are counted once: the time grows with the different ones.

    Raises RefusedError with at_bound where an estimate ends at a bound of the search (nobody leaves, everybody leaves
    at once, all buy at one rate), so that the data do not tell its value, or with no_convergence.
    """
    rows, counts = np.unique(np.column_stack([frequency, recency, age]), axis=0, return_counts=True)
    x, t_x, t = rows.T
    unit = float(np.average(t, weights=counts)) or 1.0
    different, index = np.unique(x, return_inverse=True)

    def objective(log_parameters: Vector) -> tuple[float, Vector]:
        r, alpha, a, b = np.exp(log_parameters)
        alive, left = -(r + x) * np.log(alpha + t / unit), _log_left(r, alpha, a, b, x, t_x / unit)
        both = np.logaddexp(alive, left)
        by_count = (
            gammaln(r + different) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) + gammaln(b + different) - gammaln(b) - gammaln(a + b + different)
        )  # fmt: skip
        total = float(np.sum(counts * (by_count[index] + both)))
        has_left = np.exp(left - both)
        log_time = (1 - has_left) * np.log(alpha + t / unit) + has_left * np.log(alpha + t_x / unit)
        inverse_time = (1 - has_left) / (alpha + t / unit) + has_left / (alpha + t_x / unit)
        with_a_b = digamma(a + b) - digamma(a + b + different)
        gradient = np.array([
            np.sum(counts * ((digamma(r + different) - digamma(r))[index] + np.log(alpha) - log_time)) * r,
            np.sum(counts * (r / alpha - (r + x) * inverse_time)) * alpha,
            np.sum(counts * (with_a_b[index] + has_left / a)) * a,
            np.sum(counts * (
                (with_a_b + digamma(b + different) - digamma(b))[index] - has_left / np.maximum(b + x - 1, b)
            )) * b,
        ])  # fmt: skip
        return -total, -gradient

    fit = _maximise(objective, STARTS, len(frequency))
    r, alpha, a, b = fit.parameters
    if a > LARGEST_A:
        raise RefusedError("at_bound")
    # The likelihood of n purchases is a density of their times: undo the change of unit.
    return Fit((r, alpha * unit, a, b), fit.log_likelihood - float(np.sum(counts * x)) * np.log(unit))


def p_alive(model: BgNbd, frequency: Vector, recency: Vector, age: Vector) -> Vector:
    """Probability (n,) that each customer has not left; 1 without a repeat purchase, as the model has it."""
    alive = -(model.r + frequency) * np.log(model.alpha + age)
    left = _log_left(*model, frequency, recency)
    result: Vector = np.exp(alive - np.logaddexp(alive, left))
    return result


def expected_purchases(model: BgNbd, frequency: Vector, recency: Vector, age: Vector, horizon: float) -> Vector:
    """Expected purchases (n,) within `horizon` after the age (Fader, Hardie and Lee 2005, equation 10).

    Euler's transformation of the hypergeometric function takes the purchases out of all powers, so that large counts
    neither overflow nor cancel.
    """
    r, alpha, a, b = model
    if abs(a - 1) < 1e-6:
        a = 1 + 1e-6  # the limit at a = 1, where numerator and denominator vanish
    z = horizon / (alpha + age + horizon)
    within = 1 - (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + frequency - 1, z)
    result: Vector = (a + b + frequency - 1) / (a - 1) * within * p_alive(model, frequency, recency, age)
    return result


def discounted_purchases(
    model: BgNbd, frequency: Vector, recency: Vector, age: Vector, horizon: float, discount: float
) -> Vector:
    """Expected purchases within a horizon, each discounted to its beginning with continuous compounding.

    The discounted expected transactions of Fader, Hardie and Lee (2005), "RFM and CLV", Journal of Marketing Research
    42(4), up to a horizon. With E(t) of `expected_purchases` and the rate d, the integral of exp(-d t) dE(t) is, by
    parts, exp(-d T) E(T) plus d times that of exp(-d t) E(t) dt, which Gauss-Legendre quadrature finds with three
    nodes to far more digits than the model has, as E is smooth.

    Parameters
    ----------
    horizon : T, in the unit of time of the model.
    discount : d T, the logarithm of what a purchase at the end of the horizon loses in value.
    """
    nodes, weights = np.polynomial.legendre.leggauss(3)
    result: Vector = np.exp(-discount) * expected_purchases(model, frequency, recency, age, horizon)
    for share, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        expected = expected_purchases(model, frequency, recency, age, share * horizon)
        result += discount * weight * np.exp(-discount * share) * expected
    return result


def fit_gamma_gamma(purchases: Vector, mean_value: Vector) -> Fit:
    """Estimate (p, q, v) from the purchases (at least 1) and the mean value (> 0) of n buyers.

    Raises RefusedError as above, and with no_mean where q <= 1: the mean p v / (q - 1) of a purchase is then infinite
    or, taken by its formula, negative.
    """
    unit = float(np.mean(mean_value)) or 1.0
    value = mean_value / unit
    different, index = np.unique(purchases, return_inverse=True)
    log_value, log_purchases = np.log(value), np.log(purchases)

    def objective(log_parameters: Vector) -> tuple[float, Vector]:
        p, q, v = np.exp(log_parameters)
        log_sum = np.log(v + purchases * value)
        by_count = gammaln(p * different + q) - gammaln(p * different) - gammaln(q) + q * np.log(v)
        total = np.sum(
            by_count[index] + (p * purchases - 1) * log_value + p * purchases * log_purchases
            - (p * purchases + q) * log_sum
        )  # fmt: skip
        of_sum = digamma(p * different + q)
        gradient = np.array([
            np.sum(purchases * ((of_sum - digamma(p * different))[index] + log_value + log_purchases - log_sum)) * p,
            np.sum(of_sum[index] - digamma(q) + np.log(v) - log_sum) * q,
            np.sum(q / v - (p * purchases + q) / (v + purchases * value)) * v,
        ])  # fmt: skip
        return -float(total), -gradient

    fit = _maximise(objective, [start[:3] for start in STARTS], len(purchases))
    p, q, v = fit.parameters
    if q <= 1:
        raise RefusedError("no_mean")
    return Fit((p, q, v * unit), fit.log_likelihood - len(purchases) * float(np.log(unit)))


def fit_models(
    buyers: pd.DataFrame,
    horizons: pd.DataFrame,
    *,
    minimum_repeat_buyers: int,
    minimum_weeks: float,
    maximum_rank_correlation: float,
) -> pd.DataFrame:
    """Fit both models to every sample, or say why not.

    Parameters
    ----------
    buyers : one row per sample and card with sample, frequency, recency, age (weeks), window_weeks (of the
        whole sample) and mean_value (of a purchase, the first one too).
    horizons : one row per forecast of a sample with sample and horizon_weeks.
    minimum_repeat_buyers, minimum_weeks : below them neither model is fitted, nor the Gamma-Gamma model to fewer
        buyers who paid than repeat buyers are asked for.
    maximum_rank_correlation : of purchases and mean value among repeat buyers (Spearman, absolute); above it the
        Gamma-Gamma model, which takes them for independent, is not fitted.

    Returns
    -------
    One row per sample and model (bg_nbd, gamma_gamma) with its parameters, the others null; `reason` is null where the
    fit stands, or one of the seed clv_refusals. A model of the sample `all` that cannot be fitted to `calibration`, the
    first part of the data, is refused as not_checked: nothing would tell how good its forecasts are.
    """
    rows = []
    for sample, group in buyers.groupby("sample", sort=True):
        x, t_x, age, value = (
            group[name].to_numpy(np.float64) for name in ("frequency", "recency", "age", "mean_value")
        )
        repeats = x > 0
        reason = None
        if repeats.sum() < minimum_repeat_buyers:
            reason = "too_few_repeat_buyers"
        elif group["window_weeks"].iloc[0] < minimum_weeks:
            reason = "window_too_short"
        size = {"sample": sample, "buyers": len(group), "repeat_buyers": int(repeats.sum())}
        weeks = horizons.loc[horizons["sample"] == sample, "horizon_weeks"]
        rows.append(size | {"model": "bg_nbd"} | _row(BgNbd, reason, partial(_purchase_model, x, t_x, age, weeks)))

        correlation = np.nan
        if not reason:
            ranks = group.loc[repeats, ["frequency", "mean_value"]].rank()
            correlation = float(ranks["frequency"].corr(ranks["mean_value"]))
            if abs(correlation) > maximum_rank_correlation:
                reason = "value_depends_on_frequency"
        # Who paid nothing says nothing of the value of a purchase.
        paid = value > 0
        if not reason and paid.sum() < max(1, minimum_repeat_buyers):
            reason = "too_few_paid"
        row = _row(GammaGamma, reason, partial(fit_gamma_gamma, x[paid] + 1, value[paid]))
        rows.append(size | {"model": "gamma_gamma", "rank_correlation": correlation} | row)
    checked = {row["model"] for row in rows if row["sample"] == "calibration" and not row["reason"]}
    for row in rows:
        if row["sample"] == "all" and not row["reason"] and row["model"] not in checked:
            row |= dict.fromkeys(PARAMETERS, np.nan) | {"reason": "not_checked"}
    return pd.DataFrame(rows, columns=list(MODEL_TYPES)).astype(MODEL_TYPES)


def predict(histories: pd.DataFrame, models: pd.DataFrame, horizons: pd.DataFrame) -> pd.DataFrame:
    """Predict what follows each history with the model of its sample; null where it was refused.

    Parameters
    ----------
    histories : different (sample, frequency, recency, age): buyers with the same history have the same forecast.
    models : as `fit_models` returns them.
    horizons : sample, horizon_days, horizon_weeks and discount (see `discounted_purchases`; null where none is asked
        for).

    Returns
    -------
    One row per history and horizon with p_alive, expected_purchases and discounted_purchases.
    """
    parts = []
    fitted = models[(models["model"] == "bg_nbd") & models["reason"].isna()].set_index("sample")
    columns = ["sample", "horizon_days", "horizon_weeks", "discount"]
    for sample, horizon_days, weeks, discount in horizons[columns].itertuples(index=False):
        part = histories[histories["sample"] == sample].assign(horizon_days=horizon_days)
        part[list(EXPECTATIONS)] = np.nan
        if sample in fitted.index:
            x, t_x, age = (part[name].to_numpy(np.float64) for name in ("frequency", "recency", "age"))
            bg_nbd = BgNbd(*fitted.loc[sample, list(BgNbd._fields)].astype(float))
            part["p_alive"] = p_alive(bg_nbd, x, t_x, age)
            part["expected_purchases"] = expected_purchases(bg_nbd, x, t_x, age, weeks)
            if not np.isnan(discount):
                part["discounted_purchases"] = discounted_purchases(bg_nbd, x, t_x, age, weeks, discount)
        parts.append(part)
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(EXPECTATION_TYPES))
    return whole[list(EXPECTATION_TYPES)].astype(EXPECTATION_TYPES)


def _log_left(r: float, alpha: float, a: float, b: float, x: Vector, t_x: Vector) -> Vector:
    """Log weight of having left after the last purchase, beside that of being alive; -inf without a repeat."""
    result: Vector = np.where(
        x > 0, np.log(a) - np.log(np.maximum(b + x - 1, b)) - (r + x) * np.log(alpha + t_x), -np.inf
    )
    return result


def _purchase_model(x: Vector, t_x: Vector, age: Vector, weeks: "pd.Series[float]") -> Fit:
    """Fit BG/NBD, and refuse a model by which one of its own buyers makes more visits than there are days."""
    fit = fit_bg_nbd(x, t_x, age)
    for horizon in weeks:
        expected = expected_purchases(BgNbd(*fit.parameters), x, t_x, age, horizon)
        if not ((expected >= 0) & (expected <= 7 * horizon)).all():
            raise RefusedError("impossible_forecast")
    return fit


def _maximise(objective: Callable[[Vector], tuple[float, Vector]], starts: Sequence[Sequence[float]], size: int) -> Fit:
    """The best of several starts of a negative log-likelihood with gradient, over the logs of the parameters."""
    best = None
    for start in starts:
        found = minimize(
            lambda logs: tuple(part / size for part in objective(logs)), np.array(start), jac=True, method="L-BFGS-B",
            bounds=[(-LOG_LIMIT, LOG_LIMIT)] * len(start), options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )  # fmt: skip
        if np.isfinite(found.fun) and (best is None or found.fun < best.fun):
            best = found
    if best is None:
        raise RefusedError("no_convergence")
    if np.abs(best.x).max() >= LOG_LIMIT:
        raise RefusedError("at_bound")
    if np.abs(best.jac).max() > 1e-4:
        raise RefusedError("no_convergence")
    return Fit(tuple(float(value) for value in np.exp(best.x)), -float(best.fun) * size)


def _row(model: type[BgNbd] | type[GammaGamma], reason: str | None, estimate: Callable[[], Fit]) -> dict[str, Any]:
    if reason:
        return {"reason": reason}
    try:
        fit = estimate()
    except RefusedError as refusal:
        return {"reason": refusal.reason}
    return dict(zip(model._fields, fit.parameters, strict=True)) | {
        "log_likelihood": fit.log_likelihood,
        "reason": None,
    }
