"""Demo raw files of the form of the contest's: a department store's members and sales lines, invented, with dirt.

Planted: gamma-mixed purchase rates, members who leave, heavy-tailed spending, months without carded sales (2015-09 to
2015-11 and 2016-02), busy 25th and 26th days, a strong fourth quarter, discounts without points, returns, cards of
other branches, customers without a card, and in small numbers every fault that the cleaning has to handle.
"""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from segmentation.errors import InputError
from segmentation.landing.files import DEMO_NOTE

MEMBER_FILE, SALES_FILE = "cumcm2018c1.xlsx", "cumcm2018c2.csv"
MEMBER_HEADER = ["会员卡号", "出生日期", "性别", "登记时间"]
SALES_HEADER = [
    "会员卡号", "消费产生的时间", "商品编码", "销售数量", "商品售价", "消费金额", "商品名称", "此次消费的会员积分",
    "收银机号", "单据号", "柜组编码", "柜组名称",
]  # fmt: skip
COUNTERS = ["护肤", "彩妆", "女装", "男装", "女鞋", "男鞋", "童装", "运动", "家居", "厨具", "珠宝", "钟表"]
GOODS = ["正价件", "特惠件", "礼盒,大", "系列\\A", '"臻选"套', "经典款", "新品", "=组合装"]
DAY, MILLISECOND = np.timedelta64(1, "D"), np.timedelta64(1, "ms")
FIRST_DAY, END_DAY = np.datetime64("2015-01-01"), np.datetime64("2018-01-03")
GAPS = ("2015-09", "2015-10", "2015-11", "2016-02")
HOUR_WEIGHTS = np.array([0] * 9 + [1, 30, 66, 86, 97, 107, 120, 123, 110, 88, 73, 79, 66, 13, 2], dtype=float)


def write_demo(folder: Path, *, member_rows: int = 20_000, sales_lines: int = 200_000, seed: int = 20180103) -> None:
    """Write the two demo files into `folder`, and a note that they are such.

    The same sizes and seed give the same contents. Files with their names but without the note are those of the
    contest, or changed ones: InputError, they are not overwritten.
    """
    note = folder / DEMO_NOTE
    if not note.exists():
        for path in (folder / MEMBER_FILE, folder / SALES_FILE):
            if path.exists():
                raise InputError(
                    f"{path} is there, and no {DEMO_NOTE} beside it says that it is demo data: it was not overwritten. "
                    "Name another folder, or take the file away."
                )
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    # First, so that whatever an interruption leaves can be overwritten.
    note.write_text("The files beside this one are invented demo data.\n", encoding="utf-8")
    n_cards = member_rows + member_rows // 4
    cards = rng.permutation(np.unique(rng.integers(0, 2**32, n_cards * 2)))[:n_cards]
    names = np.array([f"{card:08x}" for card in cards])
    names[:3] = ["00075260", "1234e567", "000186fa"]
    registered, foreign = names[:member_rows], names[member_rows:]
    registered_at = _registrations(member_rows, rng)
    _write_members(folder / MEMBER_FILE, registered, registered_at, rng)
    _sales(registered, registered_at, foreign, sales_lines, rng).pipe(_write_sales, folder / SALES_FILE, rng)


def _registrations(n: int, rng: np.random.Generator) -> np.ndarray:
    days = rng.integers(0, (END_DAY - np.datetime64("2003-01-01")).astype(int), n)
    return np.datetime64("2003-01-01") + days * DAY + rng.integers(0, 86_400_000, n) * MILLISECOND


def _write_members(path: Path, cards: np.ndarray, registered_at: np.ndarray, rng: np.random.Generator) -> None:
    n = len(cards)
    birth_year = np.clip(rng.normal(1975, 12, n).astype(int), 1925, 2012)
    odd_year = rng.random(n) < 0.05
    birth_year[odd_year] = rng.choice([1753, 1899, 9880, 2880], odd_year.sum())
    has_birth, has_gender, has_time = (rng.random((3, n)).T > [0.17, 0.05, 0.065]).T
    male, as_text = rng.random(n) < 0.2, rng.random(n) < 0.3
    order = np.r_[np.arange(n - 6), np.arange(6)]  # the last six rows repeat the first cards
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"created": datetime.datetime(2018, 1, 3)})
        sheet = book.add_worksheet("members")
        date_style = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, MEMBER_HEADER)
        for row, i in enumerate(order, 1):
            in_conflict = row > n - 3
            sheet.write_string(row, 0, cards[i])
            if has_birth[i]:
                text = f"{birth_year[i]}-{i % 12 + 1:02d}-{i % 28 + 1:02d} 00:00:00"
                if as_text[i] or odd_year[i]:
                    sheet.write_string(row, 1, text)
                else:
                    sheet.write_datetime(row, 1, datetime.datetime.fromisoformat(text), date_style)
            if has_gender[i]:
                sheet.write_number(row, 2, float(male[i] != in_conflict))
            if has_time[i]:
                moment = registered_at[i] + in_conflict * DAY
                sheet.write_string(row, 3, str(moment).replace("T", " "))


def _day_weights() -> tuple[np.ndarray, np.ndarray]:
    days = np.arange(FIRST_DAY, END_DAY + DAY)
    months = days.astype("datetime64[M]")
    month_no, day_no = months.astype(int) % 12 + 1, (days - months).astype(int) + 1
    weight = 1.0 + 0.25 * (month_no >= 10) + 0.5 * (month_no == 11)
    weight *= np.where((days.astype(int) + 3) % 7 >= 5, 1.3, 1.0)
    weight *= np.where(np.isin(day_no, [25, 26]), 2.0, 1.0)
    weight *= np.where(months == np.datetime64("2016-01"), 0.1, 1.0)
    weight *= np.where(months == np.datetime64("2015-12"), 0.01, 1.0)
    return days, np.where(np.isin(months.astype(str), GAPS), 0.0, weight)


def _sales(
    members: np.ndarray, registered_at: np.ndarray, foreign: np.ndarray, n: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Lines of members (24 % of all), of other branches' cards (22 %) and of customers without a card."""
    days, weight = _day_weights()
    n_member, n_foreign = int(n * 0.25), int(n * 0.21)
    buyers = rng.choice(len(members), len(members) // 4, replace=False)
    rate = rng.gamma(0.45, 1.0, len(buyers)) + 0.02
    taste = rng.lognormal(5.3, 0.8, len(buyers))
    # Half of the buyers leave on some day; what they would have bought later goes to the others.
    leaves = np.where(rng.random(len(buyers)) < 0.5, rng.choice(days, len(buyers)), END_DAY)
    staying = np.where(leaves == END_DAY, rate, 0)
    parts = []
    for kind, count in (("member", n_member), ("foreign", n_foreign), ("none", n - n_member - n_foreign)):
        orders = rng.geometric(0.55, count)
        orders = orders[: np.searchsorted(orders.cumsum(), count) + 1]
        n_orders = len(orders)
        day = rng.choice(days, n_orders, p=weight / weight.sum())
        price_level = np.full(n_orders, 250.0)
        if kind == "member":
            who = rng.choice(len(buyers), n_orders, p=rate / rate.sum())
            who = np.where(day > leaves[who], rng.choice(len(buyers), n_orders, p=staying / staying.sum()), who)
            since = registered_at[buyers[who]].astype("datetime64[D]")
            day = np.where(day > since, day, rng.choice(days, n_orders, p=weight / weight.sum()))
            card, price_level = members[buyers[who]].astype(object), taste[who]
        elif kind == "foreign":
            card = rng.choice(foreign, n_orders).astype(object)
        else:
            card = np.full(n_orders, None, dtype=object)
        hour = rng.choice(24, n_orders, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
        moment = day + (hour * 3_600_000 + rng.integers(0, 3_600_000, n_orders)) * MILLISECOND
        home = rng.integers(0, len(COUNTERS) // 2, n_orders) * 2
        order = np.repeat(np.arange(n_orders), orders)[:count]
        counter = np.where(rng.random(count) < 0.7, home[order] + (rng.random(count) < 0.4), 0)
        counter = np.where(rng.random(count) < 0.1, rng.integers(0, len(COUNTERS), count), counter)
        goods = rng.integers(0, len(GOODS), count)
        quantity = rng.choice([1, 1, 1, 1, 2, 3], count)
        price = np.round(price_level[order] * (0.6 + counter / 6) * rng.lognormal(0, 0.5, count) + 1, 2)
        discount = np.where(rng.random(count) < 0.3, 0.8, 1.0)
        points = np.where(rng.random(count) < 0.12, 0.0, 0.9)
        sign = np.where(rng.random(count) < 0.02, -1, 1)
        amount = np.round(price * quantity * discount, 2) * sign
        parts.append(pd.DataFrame({
            "card": card[order], "moment": moment[order], "code": counter * 100 + goods, "quantity": quantity * sign,
            "price": price, "amount": amount, "name": np.array(COUNTERS)[counter] + np.array(GOODS)[goods],
            "points": np.round(amount * points, 2), "till": order % 60 + 1, "receipt": order % 2696,
            "counter": counter + 1001, "counter_name": np.array(COUNTERS)[counter] + "柜",
        }))  # fmt: skip
    sales = pd.concat(parts, ignore_index=True)
    no_card = sales["card"].isna()
    sales["points"] = sales["points"].astype(object).mask(no_card, None)
    sales["counter"] = sales["counter"].astype(object).mask(no_card, None)
    sales["counter_name"] = sales["counter_name"].astype(object).mask(no_card | (sales.index % 50 == 7), None)
    return sales.sort_values(["moment", "till"], kind="stable", ignore_index=True)


def _write_sales(sales: pd.DataFrame, path: Path, rng: np.random.Generator) -> None:
    moments = sales["moment"].dt.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-3]
    sales["moment"] = moments
    sales["code"] = [f"{code:08x}" for code in sales["code"] * 2_654_435 % 2**32]
    sales["receipt"] = [f"{receipt:04x}" for receipt in sales["receipt"]]
    sales[["price", "amount", "points"]] = sales[["price", "amount", "points"]].astype(object)
    rows = rng.permutation(sales.index[sales["card"].notna()])[:70].reshape(7, 10)
    sales.loc[rows[0], "moment"] = moments[rows[0]].str[:19].str.replace("-", "/")
    sales.loc[rows[1], "moment"] = moments[rows[1]].str[:10].str.replace("-", "")
    sales.loc[rows[2], "moment"] = "42736.5"
    sales.loc[rows[3], "card"] = " " + sales.loc[rows[3], "card"] + "　"
    sales.loc[rows[4], "amount"] = [f"{float(amount):,.2f}" for amount in sales.loc[rows[4], "amount"]]
    sales.loc[rows[5, :2], "moment"] = "2016-13-45 10:00:00"
    sales.loc[rows[6, :2], "amount"] = "NaN"
    order = ["card", "moment", "code", "quantity", "price", "amount", "name", "points", "till", "receipt",
             "counter", "counter_name"]  # fmt: skip
    sales[order].to_csv(path, index=False, header=SALES_HEADER)
    with path.open("a", encoding="utf-8") as file:
        file.write('000186fa,2017-06-01 10:00:00\n000186fa,"broken,2017-06-01\n')
