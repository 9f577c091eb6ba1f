"""The published results as a plain script makes them: python pandas_pipeline.py RAW OUT.

With pandas, openpyxl and scikit-learn.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

AS_OF = pd.Timestamp("2018-01-03")
MEMBER_COLUMNS = ["card_id", "birth_date", "gender", "registered_at"]
SALES_COLUMNS = [
    "card_id", "purchased_at", "product_code", "quantity", "unit_price", "amount", "product_name", "points",
    "till_no", "receipt_no", "counter_code", "counter_name",
]  # fmt: skip
DAY_PARTS = ["early_morning", "morning", "noon", "afternoon", "evening"]
HOUR_BOUNDS = [0, 6, 11, 14, 18, 24]
FEATURES = ["l", "r", "f", "m", "p"]


@contextmanager
def stage(name: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)


def read(raw: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    members = pd.read_excel(raw / "cumcm2018c1.xlsx", names=MEMBER_COLUMNS, dtype={0: str, 2: str}, engine="openpyxl")
    members["card_id"] = members["card_id"].str.strip()
    members["registered_at"] = moments(members["registered_at"].astype("str"))
    members = members.drop_duplicates("card_id").dropna(subset="registered_at")
    birth_year = pd.to_numeric(members["birth_date"].astype("str").str[:4], errors="coerce")
    members["birth_year"] = birth_year.where(birth_year.between(1920, AS_OF.year))
    members["gender"] = members["gender"].map({"0": "female", "1": "male"})
    lines = pd.read_csv(raw / "cumcm2018c2.csv", names=SALES_COLUMNS, header=0, dtype=str)
    lines["card_id"] = lines["card_id"].str.strip()
    lines["purchased_at"] = moments(lines["purchased_at"])
    for column in ("quantity", "unit_price", "amount", "points"):
        lines[column] = pd.to_numeric(lines[column].str.replace(",", ""), errors="coerce")
    return members, lines


def moments(texts: pd.Series) -> pd.Series:
    read = pd.to_datetime(texts, format="%Y-%m-%d %H:%M:%S.%f", errors="coerce")
    for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d"):
        read = read.fillna(pd.to_datetime(texts[read.isna()], format=form, errors="coerce"))
    days = pd.to_numeric(texts[read.isna()], errors="coerce")
    return read.fillna(pd.Timestamp("1899-12-30") + pd.to_timedelta(days, unit="D"))


def tables(members: pd.DataFrame, lines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of the published analysis, by name."""
    known = members.dropna(subset="birth_year")
    decades = known.assign(birth_decade=known["birth_year"] // 10 * 10)
    paid = lines[(lines["amount"] > 0) & (lines["quantity"] > 0) & lines["purchased_at"].notna()]
    carded = paid[paid["card_id"].notna() & (paid["points"] > 0)]
    vip = carded.merge(members[["card_id", "gender", "registered_at"]], on="card_id")
    at = vip["purchased_at"].dt
    vip = vip.assign(
        year=at.year, quarter=at.quarter, month=at.to_period("M"), day=at.day, hour=at.hour, date=at.normalize()
    )
    orders = vip.groupby(["card_id", "purchased_at"], as_index=False).agg(
        amount=("amount", "sum"), year=("year", "first"), quarter=("quarter", "first"), month=("month", "first"),
        day=("day", "first"), hour=("hour", "first"), date=("date", "first"),
    )  # fmt: skip
    made = {
        "vip_info": vip,
        "members_by_birth_decade": decades.groupby(["birth_decade", "gender"], as_index=False).size(),
        "members_by_age_band": pd.cut(known["birth_year"], [0, 1959, 1989, 9999]).value_counts().reset_index(),
        "customer_types": customer_types(paid, carded, vip),
        "lrfmpsx": features(vip),
    }
    for key in ("quarter", "day", "hour", "month", ["year", "quarter"], ["year", "day"]):
        keys = [key] if isinstance(key, str) else key
        made[f"orders_by_{'_'.join(keys)}"] = orders.groupby(keys, as_index=False).agg(
            orders=("amount", "size"), amount=("amount", "sum"), trading_days=("date", "nunique")
        )
    return made


def customer_types(paid: pd.DataFrame, carded: pd.DataFrame, vip: pd.DataFrame) -> pd.DataFrame:
    others = carded[~carded["card_id"].isin(vip["card_id"])]
    cardless = paid[paid["card_id"].isna()]
    types = {
        "member": (vip, ["card_id", "purchased_at"]),
        "unregistered_card": (others, ["card_id", "purchased_at"]),
        "no_card": (cardless, ["till_no", "receipt_no", "purchased_at"]),
    }
    return pd.DataFrame(
        [(name, len(of), of.groupby(key).ngroups, of["amount"].sum()) for name, (of, key) in types.items()],
        columns=["customer_type", "lines", "orders", "amount"],
    )


def features(vip: pd.DataFrame) -> pd.DataFrame:
    """L R F M P S X of each buyer before the as-of date."""
    known = vip[(vip["purchased_at"] < AS_OF) & (vip["registered_at"] < AS_OF)]
    buyers = known.groupby("card_id").agg(
        registered_at=("registered_at", "first"), last=("purchased_at", "max"), f=("purchased_at", "nunique"),
        m=("amount", "sum"), p=("points", "sum"), x=("gender", "first"),
    )  # fmt: skip
    part = pd.cut(known["hour"], HOUR_BOUNDS, right=False, labels=DAY_PARTS)
    # Of equally frequent parts of the day the earliest.
    buyers["s"] = pd.crosstab(known["card_id"], part).reindex(columns=DAY_PARTS, fill_value=0).idxmax(axis=1)
    buyers["x"] = buyers["x"].fillna(buyers["x"].mode()[0])
    buyers["l"] = (AS_OF - buyers["registered_at"]).dt.days / 30
    buyers["r"] = (AS_OF - buyers["last"]).dt.days / 30
    buyers[["m", "p"]] = buyers[["m", "p"]].round(2)
    return buyers[["l", "r", "f", "m", "p", "s", "x"]].reset_index()


def profile(buyers: pd.DataFrame) -> pd.DataFrame:
    def level(values: pd.Series, bounds: list[int]) -> pd.Series:
        return pd.cut(values, [-np.inf, *bounds, np.inf], right=False, labels=["low", "middle", "high"])

    return buyers.assign(
        membership_level=level(np.floor(buyers["l"]), [4, 13]),
        frequency_level=level(buyers["f"], [6, 20]),
        amount_level=level(buyers["m"], [10_000, 100_000]),
        points_level=level(buyers["p"], [10_000, 100_000]),
    )


def clusters(buyers: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """K-means for 2 to 6 groups with a silhouette each, and the groups of the best, 1 for the highest mean amount."""
    points = StandardScaler().fit_transform(buyers[FEATURES].astype(float))
    fits = {k: KMeans(k, n_init=10, random_state=20).fit(points) for k in range(2, 7)}
    scores = pd.DataFrame(
        [(k, silhouette_score(points, fit.labels_), fit.inertia_) for k, fit in fits.items()],
        columns=["n_clusters", "silhouette", "inertia"],
    )
    best = pd.Series(fits[scores.loc[scores["silhouette"].idxmax(), "n_clusters"]].labels_)
    return scores, best.map(buyers["m"].groupby(best).mean().rank(ascending=False).astype(int))


def main(raw: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with stage("Reading"):
        members, lines = read(raw)
    with stage("Tables"):
        made = tables(members, lines)
        made["consumers_profile"] = profile(made["lrfmpsx"])
    with stage("Clusters"):
        made["cluster_scores"], made["lrfmpsx"]["segment"] = clusters(made["lrfmpsx"])
    with stage("Files"):
        for name, table in made.items():
            table.to_csv(out / f"{name}.csv", index=False)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
