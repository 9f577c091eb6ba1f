"""The marts of the member business against counts by brute force over the lines of a small made shop."""

import datetime
import json
import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from itertools import permutations
from statistics import median

import pandas as pd
import pytest
from conftest import QUICK_FIT, Job

from segmentation.demo import write_demo

pytestmark = pytest.mark.slow

MIN_ORDERS, TOP_COUNTERS, MIN_LINES = 2, 5, 100
AS_OF = datetime.datetime(2018, 1, 3)
SETTINGS = QUICK_FIT | {
    "basket_min_orders": MIN_ORDERS,
    "basket_top": 100_000,
    "next_purchases_per_item": 100_000,
    "top_counters": TOP_COUNTERS,
    "price_band_min_lines": MIN_LINES,
}


class Shop:
    """The warehouse of the made shop, and its lines as the oracles need them."""

    def __init__(self, job: Job) -> None:
        self.connection = job.working_files()
        self.sold = self.table(
            f"""select * exclude (quantity, unit_price, amount), cast(quantity as double) as quantity,
                cast(round(unit_price * 100) as bigint) as unit_price, cast(round(amount * 100) as bigint) as amount
            from marts.sales_lines
            where quantity > 0 and amount > 0 and purchased_at < timestamp '{AS_OF}'
                and (reason is null or reason in ('unregistered_card', 'no_points', 'no_card'))"""
        )
        self.sold["is_below_price"] = self.sold["amount"] + 0.5 < self.sold["unit_price"] * self.sold["quantity"] * 0.99
        counted = self.sold[self.sold["reason"] != "no_points"]
        self.counted = counted.assign(
            buyer=counted["card_id"].fillna(counted["till_no"] + "|" + counted["receipt_no"]),
        )
        self.segments = dict(self.rows("select card_id, segment from marts.member_segments"))
        self.bought = self.sold[self.sold["card_id"].isin(self.segments)]
        lines = self.bought[self.bought["reason"] != "no_points"]
        self.orders = dict(list(lines.groupby(["card_id", "purchased_at"])))

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()

    def table(self, query: str) -> pd.DataFrame:
        return self.connection.execute(query).df()

    def baskets(self, level: str, segment: int | None = None) -> list[tuple[str, str, set[str]]]:
        return [
            (card, f"{moment:%Y-%m}", set(rows[f"{level}_code"]))
            for (card, moment), rows in self.orders.items()
            if segment is None or self.segments[card] == segment
        ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    write_demo(folder / "raw", member_rows=800, sales_lines=8_000, seed=3)
    job = Job(folder / "raw", folder)
    done = job.dbt(
        "build",
        "--select",
        "+path:models/marts/comparisons",
        "+path:models/marts/baskets",
        "--exclude",
        "resource_type:test",
        "--vars",
        json.dumps(SETTINGS),
    )
    assert done.returncode == 0, done.stdout
    return Shop(job)


def size_class(items: set[str]) -> int:
    return bisect_right([2, 4, 8, 16], len(items))


def chance_pairs(baskets: list[set[str]]) -> Counter[tuple[str, str]]:
    """Products of two weights, such that each item has as many pairs as in the baskets, to eight rounds."""
    pairs = Counter(item for basket in baskets for item, _ in permutations(basket, 2))
    weights = {item: count / math.sqrt(pairs.total()) for item, count in pairs.items()}
    for _ in range(8):
        total = math.fsum(weights.values())
        weights = {item: math.sqrt(weights[item] * count / (total - weights[item])) for item, count in pairs.items()}
    return Counter({(a, b): weights[a] * weights[b] for a, b in permutations(weights, 2)})


def brute_force_pairs(orders: list[tuple[str, str, set[str]]]) -> dict[tuple[str, str], dict[str, float]]:
    n, items = len(orders), Counter(item for *_, basket in orders for item in basket)
    together = Counter(pair for *_, basket in orders for pair in permutations(basket, 2))
    members: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    alike: dict[tuple[str, int], list[set[str]]] = defaultdict(list)
    for card, month, basket in orders:
        alike[month, size_class(basket)].append(basket)
        for pair in permutations(basket, 2):
            members[pair][card] += 1
    by_chance: Counter[tuple[str, str]] = Counter()
    for baskets in alike.values():
        by_chance.update(chance_pairs(baskets))
    compared = math.comb(sum(count >= MIN_ORDERS for count in items.values()), 2)
    pairs = {}
    for (a, b), both in together.items():
        if both >= MIN_ORDERS:
            expected = by_chance[a, b]
            # As many orders as say as much, were each of another member.
            design_effect = sum(count * count for count in members[a, b].values()) / both
            bound = compared * math.exp((both - expected - both * math.log(both / expected)) / design_effect)
            pairs[a, b] = {
                "members": len(members[a, b]),
                "orders": both,
                "support": both / n,
                "confidence": both / items[a],
                "lift": both * n / (items[a] * items[b]),
                "conviction": math.nan if both == items[a] else (1 - items[b] / n) / (1 - both / items[a]),
                "chance_lift": expected * n / (items[a] * items[b]),
                "is_above_chance": both >= 1.2 * expected and bound < 0.05,
            }
    return pairs


@pytest.mark.parametrize("level", ["product", "counter"])
def test_pairs_equal_the_count_by_brute_force(shop: Shop, level: str) -> None:
    expected = brute_force_pairs(shop.baskets(level))
    found = shop.table(f"select * from marts.basket_pairs where level = '{level}'").set_index(
        ["item_code", "other_item_code"]
    )
    assert set(found.index) == set(expected)
    assert len(expected) > 50
    if level == "counter":
        assert {True, False} == {pair["is_above_chance"] for pair in expected.values()}
    for pair, measures in expected.items():
        assert found.loc[pair, list(measures)].tolist() == pytest.approx(list(measures.values()), nan_ok=True), pair


def test_bundles_are_the_pairs_of_the_segment_that_chance_does_not_explain(shop: Shop) -> None:
    bundles = set()
    for segment in set(shop.segments.values()):
        for level in ("product", "counter"):
            for (a, b), pair in brute_force_pairs(shop.baskets(level, segment)).items():
                if pair["is_above_chance"] and a < b:
                    bundles.add((segment, level, a, b, pair["orders"], round(pair["lift"], 9)))
    found = shop.rows(
        """select segment, level, least(item_code, other_item_code), greatest(item_code, other_item_code), orders,
            round(lift, 9) from marts.segment_bundles"""
    )
    assert bundles
    assert set(found) == bundles
    assert len(found) == len(bundles)


def test_attach_rates_equal_the_count_by_brute_force(shop: Shop) -> None:
    orders: dict[tuple[str, str], list[tuple[str, float, int, int]]] = defaultdict(list)
    counters_of_card: dict[str, set[str]] = defaultdict(set)
    for (card, _), rows in shop.orders.items():
        counters = set(rows["counter_code"])
        counters_of_card[card] |= counters
        order = (card, rows["quantity"].sum(), len(rows), len(counters))
        orders["all", "all"].append(order)
        orders["segment", str(shop.segments[card])].append(order)
        for counter, part in rows.groupby("counter_code"):
            orders["counter", counter].append((card, part["quantity"].sum(), len(part), len(counters)))
    found = {
        row[:2]: row[2:]
        for row in shop.rows(
            """select scope, code, members, orders, lines, attach_rate, several_lines_share, several_counters_share,
                several_counters_members_share from marts.basket_attach_rates"""
        )
    }
    assert set(found) == set(orders)
    for key, rows in orders.items():
        cards = {card for card, *_ in rows}
        assert found[key] == pytest.approx(
            (
                len(cards),
                len(rows),
                sum(lines for _, _, lines, _ in rows),
                sum(pieces for _, pieces, _, _ in rows) / len(rows),
                sum(lines > 1 for _, _, lines, _ in rows) / len(rows),
                sum(counters > 1 for *_, counters in rows) / len(rows),
                sum(len(counters_of_card[card]) > 1 for card in cards) / len(cards),
            )
        ), key


def test_next_purchases_equal_the_count_by_brute_force(shop: Shop) -> None:
    orders: dict[str, list[tuple[datetime.datetime, set[str]]]] = defaultdict(list)
    for (card, moment), rows in sorted(shop.orders.items()):
        orders[card].append((moment, set(rows["counter_code"])))
    began = Counter(item for orders in orders.values() for item in orders[0][1])
    returned = [orders for orders in orders.values() if len(orders) > 1]
    began_and_returned = Counter(item for orders in returned for item in orders[0][1])
    returns = [(orders, (f"{orders[1][0]:%Y-%m}", size_class(orders[1][1]))) for orders in returned]
    came = Counter(alike for _, alike in returns)
    came_after = Counter((item, alike) for orders, alike in returns for item in orders[0][1])
    came_for = Counter((item, alike) for orders, alike in returns for item in orders[1][1])
    days: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (first_at, first_items), (next_at, next_items), *_ in returned:
        for a in first_items:
            for b in next_items:
                days[a, b].append((next_at - first_at).days)
    expected = {
        (a, b): (
            began[a],
            began_and_returned[a],
            len(gaps),
            len(gaps) / began_and_returned[a],
            sum(came_after[a, alike] * came_for[b, alike] / came[alike] for alike in came) / began_and_returned[a],
            median(gaps),
        )
        for (a, b), gaps in days.items()
        if len(gaps) >= MIN_ORDERS
    }
    found = {
        row[:2]: row[2:]
        for row in shop.rows(
            """select item_code, next_item_code, members, returned_members, next_members, share, usual_share,
                median_days_between from marts.next_purchases where level = 'counter'"""
        )
    }
    assert len(expected) > 10
    assert set(found) == set(expected)
    for pair, row in expected.items():
        assert found[pair] == pytest.approx(row), pair


def test_customer_types_equal_the_count_by_brute_force(shop: Shop) -> None:
    found = shop.table("select * from marts.customer_type_comparison").set_index("customer_type")
    usual = shop.sold.groupby("product_code")["unit_price"].median()
    for customer_type, rows in shop.counted.groupby("customer_type"):
        sold = shop.sold[shop.sold["customer_type"] == customer_type]
        orders = rows.groupby(["buyer", "purchased_at"]).ngroups
        below_usual = rows["amount"] + 0.5 < rows["product_code"].map(usual) * rows["quantity"] * 0.99
        expected = {
            "lines": len(rows),
            "orders": orders,
            "amount": rows["amount"].sum() / 100,
            "line_share": len(rows) / len(shop.counted),
            "pieces_per_order": rows["quantity"].sum() / orders,
            "amount_per_order": rows["amount"].sum() / 100 / orders,
            "median_piece_price": rows["unit_price"].median() / 100,
            "below_price_share": rows["is_below_price"].mean(),
            "below_usual_price_share": below_usual.mean(),
        }
        if customer_type != "no_card":
            expected["customers"] = rows["card_id"].nunique()
            expected["without_points_share"] = (sold["reason"] == "no_points").mean()
        row = found.loc[customer_type, list(expected)].astype(float)
        assert row.to_dict() == pytest.approx(expected), customer_type
    assert pd.isna(found.loc["no_card", "customers"])
    assert pd.isna(found.loc["no_card", "without_points_share"])


def test_rhythms_divide_the_gaps_out(shop: Shop) -> None:
    orders = shop.counted.drop_duplicates(["customer_type", "buyer", "purchased_at"])
    rhythms = {
        "hour": lambda moment: moment.hour,
        "weekday": lambda moment: moment.isoweekday(),
        "month": lambda moment: moment.month,
        "season": lambda moment: {3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2, 9: 3, 10: 3, 11: 3}.get(moment.month, 4),
    }
    whole = {month for (month,) in shop.rows("select month_start from marts.eda_coverage where status = 'complete'")}
    expected = {}
    for customer_type, rows in orders.groupby("customer_type"):
        for rhythm, position in rhythms.items():
            count = Counter(map(position, rows["purchased_at"]))
            days = {moment.date(): position(moment) for moment in rows["purchased_at"]}
            trading_days = Counter(days.values())
            rate = {at: n / (len(days) if rhythm == "hour" else trading_days[at]) for at, n in count.items()}
            if rhythm in ("month", "season"):
                compared = [moment for moment in rows["purchased_at"] if moment.date().replace(day=1) in whole]
                days_compared = Counter(position(day) for day in {moment.date() for moment in compared})
                rate = {at: n / days_compared[at] for at, n in Counter(map(position, compared)).items()}
            for at in count:
                share = rate[at] / sum(rate.values()) if at in rate else None
                expected[customer_type, rhythm, at] = (
                    count[at], len(days) if rhythm == "hour" else trading_days[at], share
                )  # fmt: skip
    found = {
        row[:3]: row[3:]
        for row in shop.rows(
            "select customer_type, rhythm, position, orders, trading_days, share from marts.customer_type_rhythm"
        )
    }
    assert set(found) == set(expected)
    for key, row in expected.items():
        assert found[key] == pytest.approx(row), key
    assert 0 < len(whole) < len(set(orders["purchased_at"].dt.to_period("M")))


def test_counters_and_member_groups_equal_the_count_by_brute_force(shop: Shop) -> None:
    carded = shop.counted[shop.counted["card_id"].notna()]
    top = carded.groupby("counter_code")["amount"].sum().nlargest(TOP_COUNTERS).index
    expected = {
        key: (rows["card_id"].nunique(), rows.groupby(["card_id", "purchased_at"]).ngroups, rows["amount"].sum())
        for key, rows in carded[carded["counter_code"].isin(top)].groupby(["counter_code", "customer_type"])
    }
    query = """select counter_code, customer_type, customers, orders, cast(amount * 100 as bigint)
        from marts.counter_comparison"""
    assert {row[:2]: row[2:] for row in shop.rows(query)} == expected
    genders = dict(
        shop.rows(
            f"""select card_id, case when is_gender_filled then 'unknown' else gender end
            from marts.members where registered_at < timestamp '{AS_OF}'"""
        )
    )
    members = shop.counted[shop.counted["customer_type"] == "member"]
    members = members.assign(gender=members["card_id"].map(genders))
    found = {
        row[0]: row[1:]
        for row in shop.rows(
            """select group_code, members, buyers, orders, cast(amount * 100 as bigint), below_price_share
            from marts.member_group_comparison where dimension = 'gender'"""
        )
    }
    assert set(found) == {"female", "male", "unknown"}
    for gender, rows in members.groupby("gender"):
        orders = rows.groupby(["card_id", "purchased_at"]).ngroups
        assert found[gender] == pytest.approx(
            (
                list(genders.values()).count(gender),
                rows["card_id"].nunique(),
                orders,
                rows["amount"].sum(),
                rows["is_below_price"].mean(),
            )
        )


def brute_force_cuts(lines: pd.DataFrame) -> dict[str, tuple[int, int]]:
    def cuts(prices: list[int]) -> tuple[int, int]:
        prices = sorted(prices)
        return prices[math.ceil(0.25 * len(prices)) - 1], prices[math.ceil(0.75 * len(prices)) - 1]

    store = cuts(lines["unit_price"].tolist())
    return {
        counter: cuts(prices) if len(prices) >= MIN_LINES and len(set(cuts(prices))) == 2 else store
        for counter, prices in lines.groupby("counter_code")["unit_price"].apply(list).items()
    }


def place(value: float, values: list[float]) -> float:
    """Middle of the places of the equal values, from 0 to 1; `values` are sorted."""
    below, not_above = bisect_left(values, value), bisect_right(values, value)
    return (below + not_above - 1) / 2 / (len(values) - 1)


def test_purchasing_power_equals_the_count_by_brute_force(shop: Shop) -> None:
    lines = shop.bought[shop.bought["reason"] != "no_points"]
    cuts = brute_force_cuts(lines)
    own = {counter for (counter,) in shop.rows("select counter_code from marts.price_band_cuts where has_own_cuts")}
    assert own
    assert own < set(cuts)
    registered = dict(shop.rows("select card_id, registered_at from marts.members"))
    parts: dict[str, dict[str, float]] = {}
    for card, rows in lines.groupby("card_id"):
        goods = shop.bought[shop.bought["card_id"] == card]
        orders = rows["purchased_at"].nunique()
        parts[card] = {
            "amount": rows["amount"].sum() / 100,
            "orders": orders,
            "tenure": (AS_OF - registered[card]).days,
            "recency": (AS_OF - rows["purchased_at"].max()).days,
            "high_price_share": sum(
                price > cuts[counter][1]
                for price, counter in zip(rows["unit_price"], rows["counter_code"], strict=True)
            )
            / len(rows),
            "discounted_share": (goods["is_below_price"] | (goods["reason"] == "no_points")).mean(),
            "amount_per_order": rows["amount"].sum() / 100 / orders,
            "pieces_per_order": rows["quantity"].sum() / orders,
        }
    found = shop.table("select * from marts.member_purchasing_power").set_index("card_id").astype(float)
    found = found.rename(columns={"days_since_registration": "tenure", "days_since_last_purchase": "recency"})
    assert set(found.index) == set(parts)
    seed = shop.rows("select part, weight, is_more_better from seeds.purchasing_power_parts")
    everybody = {part: sorted(values[part] for values in parts.values()) for part, *_ in seed}
    assert len(set(everybody["orders"])) < len(everybody["orders"])
    for card, values in parts.items():
        assert found.loc[card, list(values)].to_dict() == pytest.approx(values), card
        places = {
            part: 100 * (place(values[part], everybody[part]) if more else 1 - place(values[part], everybody[part]))
            for part, _, more in seed
        }
        score = sum(weight * places[part] for part, weight, _ in seed) / sum(weight for _, weight, _ in seed)
        scores = {f"{part}_score": at for part, at in places.items()} | {"score": score}
        assert found.loc[card, list(scores)].to_dict() == pytest.approx(scores), card
