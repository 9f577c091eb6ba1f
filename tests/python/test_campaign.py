"""What a campaign brought, against hold-outs of a known difference."""

import datetime
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from test_audience import SMALL, members_named, warehouse_of

from segmentation.audience import Request, export_audience, read_contacts
from segmentation.campaign import by_lot, campaign_result
from segmentation.errors import InputError

DAY = datetime.date(2017, 12, 1)


def write(warehouse: Path, folder: Path, request: Request, as_of: datetime.date = DAY) -> None:
    """Export an audience as if the data ended before a date, by default that of the contact."""
    for date in (as_of, "2018-01-03"):
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("update marts.member_overview set as_of = ?", [date])
        if date == as_of:
            export_audience(warehouse, folder, request)


def campaign(folder: Path, members: int, effect: float = 0, holdout: float = 0.4) -> Path:
    """A warehouse with an audience `letter`, whose contacted members spend more by `effect` afterwards."""
    warehouse = warehouse_of(folder, members_named([f"C{number} İΑΣ" for number in range(members)]))
    write(warehouse, folder, replace(SMALL, name="letter", holdout=holdout, contacted_on=DAY))
    contacts = read_contacts(folder / "audiences")
    random = np.random.default_rng(7)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into marts.orders values (0, null, '2017-12-05', 9)")
        for number, contact in enumerate(contacts):
            amount = round(100 + 20 * random.standard_normal() + (effect if contact.part == "contact" else 0), 2)
            if number % 2:
                # On the day of the contact, within the window, and on the as-of date: only the second counts.
                for moment in (f"{DAY} 23:59:59", f"{DAY + datetime.timedelta(1 + number % 30)}", "2018-01-03"):
                    connection.execute(
                        "insert into marts.orders values (?, ?, ?, ?)", [number, contact.card_id, moment, amount]
                    )
    return warehouse


def test_the_interval_is_that_of_the_ratios_that_other_lots_give() -> None:
    random = np.random.default_rng(1)
    contact, holdout = random.lognormal(2, 1.5, 300), random.lognormal(2, 1.5, 60)
    [found] = by_lot(contact[:, None], holdout[:, None], 1)

    def ratio(one: NDArray[np.float64], other: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        return stats.ttest_ind(one, other, equal_var=False, axis=axis).statistic

    lots = stats.permutation_test((contact, holdout), ratio, n_resamples=4000, vectorized=True, random_state=2)
    error = (contact.mean() - holdout.mean()) / lots.statistic
    low, high = np.quantile(lots.null_distribution, [0.025, 0.975])
    assert found.difference == pytest.approx(contact.mean() - holdout.mean())
    assert found.low == pytest.approx(found.difference - high * error, abs=0.15 * error)
    assert found.high == pytest.approx(found.difference - low * error, abs=0.15 * error)
    # Lopsided, as few large amounts in the hold-out are missed by most lots.
    assert high + low > 0.3
    [same] = by_lot(np.ones((3, 1)), np.zeros((1, 1)), 1)
    assert (same.low, same.high) == (1, 1)


@pytest.mark.slow
def test_no_effect_is_claimed_about_as_often_as_said_where_few_spend_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segmentation.campaign.DRAWS", 400)
    random = np.random.default_rng(3)
    amounts = np.concatenate([random.lognormal(2, 2, 400), np.zeros(600)])
    found = []
    for seed in range(300):
        random.shuffle(amounts)
        found += by_lot(amounts[50:, None], amounts[:50, None], seed)
    # Student's t says "more" in a quarter of these, "less" in none.
    assert 0.005 < np.mean([difference.low > 0 for difference in found]) < 0.06
    assert 0.005 < np.mean([difference.high < 0 for difference in found]) < 0.06


@pytest.mark.slow
def test_an_effect_is_found_and_none_is_not_claimed(tmp_path: Path) -> None:
    for effect, said in ((90, "Those contacted spent more than chance explains."), (0, "do not show that the contact")):
        folder = tmp_path / str(effect)
        folder.mkdir()
        told = campaign_result(campaign(folder, 400, effect), folder, "letter")
        assert told.startswith(
            "Audience letter, contacted on 2017-12-01; orders from 2017-12-02 to 2018-01-02 (32 days)."
        )
        assert told.endswith(said) or said in told.splitlines()[-1]


@pytest.mark.slow
def test_only_orders_after_the_contact_and_before_the_end_count(tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 200)
    contacts = read_contacts(tmp_path / "audiences")
    lines = campaign_result(warehouse, tmp_path, "letter").splitlines()
    buyers = {
        part: [number % 2 for number, contact in enumerate(contacts) if contact.part == part]
        for part in ("contact", "holdout")
    }
    means = [f"{np.mean(buyers[part]):.1%}" for part in ("contact", "holdout")]
    assert lines[3].split()[4:6] == means
    few = campaign_result(warehouse, tmp_path, "letter", days=1).splitlines()
    assert "(1 day)" in few[0]
    assert re.match(r"Too few to tell: the contact list has \d+ members, and as both lists buy, about \d+ of", few[-1])
    # Some have bought within nine days, fewer than 30.
    assert "Too few" in campaign_result(warehouse, tmp_path, "letter", days=9)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.settings_used set value = '1' where setting = 'small_group'")
    assert "Too few" not in campaign_result(warehouse, tmp_path, "letter", days=9)


def test_a_small_hold_out_tells_nothing_whatever_it_bought(tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 200, holdout=0.2)
    held_out = [contact.card_id for contact in read_contacts(tmp_path / "audiences") if contact.part == "holdout"]
    assert 30 <= len(held_out) < 50
    with duckdb.connect(str(warehouse)) as connection:
        connection.executemany(
            "insert into marts.orders values (1000, ?, '2017-12-05', 9)", [[card] for card in held_out]
        )
    # All of them bought; of as many members of both lists together, fewer than 30 did.
    assert "Too few to tell: the hold-out has" in campaign_result(warehouse, tmp_path, "letter")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "lettre"}, "no audience 'lettre'; choose one of letter"),
        ({"contacted_on": datetime.date(2017, 1, 1)}, "not contacted on 2017-01-01, but on 2017-12-01"),
    ],
)
def test_what_there_is_not_is_one_sentence(change: dict, said: str, tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 40)
    with pytest.raises(InputError, match=said):
        campaign_result(warehouse, tmp_path, **{"name": "letter"} | change)


def test_without_a_hold_out_or_a_later_day_there_is_nothing_to_compare(tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 40, holdout=0)
    with pytest.raises(InputError, match="has no hold-out"):
        campaign_result(warehouse, tmp_path, "letter")
    export_audience(warehouse, tmp_path, replace(SMALL, name="today", recent_days=1))
    members = tmp_path / "audiences" / f"{DAY}_letter" / "members.csv"
    header, *_ = members.read_text("utf-8-sig").splitlines()
    # Whoever was contacted has been forgotten since.
    members.write_text(f"{header}\nC1 İΑΣ,{DAY},letter,holdout\n")
    with pytest.raises(InputError, match="has nobody who was contacted, so there is nothing to compare with"):
        campaign_result(warehouse, tmp_path, "letter")
    with pytest.raises(InputError, match="knows what was bought until 2018-01-02: build it from later data"):
        campaign_result(warehouse, tmp_path, "today")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "later"), [("other", 5), ("other", 0)])
def test_those_held_out_that_another_audience_reached_are_counted(name: str, later: int, tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 200)
    held = sum(contact.part == "holdout" for contact in read_contacts(tmp_path / "audiences"))
    again = replace(SMALL, name=name, contacted_on=DAY + datetime.timedelta(later), recent_days=10)
    write(warehouse, tmp_path, again)
    said = campaign_result(warehouse, tmp_path, "letter", DAY)
    assert f"{held} of those held out and 0 of the contacted were contacted meanwhile, by another audience." in said
    assert said.splitlines()[-1].startswith("No verdict: other audiences reached more of the one list")


@pytest.mark.slow
def test_lists_that_a_spreadsheet_changed_get_no_verdict(tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 200, effect=90)
    assert "(32 days of 60, as the data end there)" in campaign_result(warehouse, tmp_path, "letter", days=60)
    [folder] = (tmp_path / "audiences").glob("*_letter")
    members = (folder / "members.csv").read_text("utf-8-sig")
    for spoilt, verdict in ((3, "Those contacted spent more"), (30, "No verdict: too many cards are unknown.")):
        lines = members.splitlines()
        lines[-spoilt:] = [f"lost{line}" for line in lines[-spoilt:]]
        (folder / "members.csv").write_text("\n".join(lines), "utf-8")
        said = campaign_result(warehouse, tmp_path, "letter").splitlines()
        assert f"0 cards of the contacted and {spoilt} of those held out are unknown" in said[-2]
        assert said[-1].startswith(verdict)
    (folder / "members.csv").write_text(members)
    (folder / "log.csv").unlink()
    assert "No verdict: log.csv has no row of this audience" in campaign_result(warehouse, tmp_path, "letter")


@pytest.mark.slow
def test_members_chosen_for_what_they_bought_later_get_no_verdict(tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 200, effect=90)
    assert "Those contacted" in campaign_result(warehouse, tmp_path, "letter")
    day_after, later = (DAY + datetime.timedelta(days) for days in (1, 2))
    for as_of, said in (
        (day_after, "contain"),
        (later, "No verdict: the members were chosen from data until 2017-12-03"),
    ):
        name = f"as-of-{as_of}"
        write(warehouse, tmp_path, replace(SMALL, name=name, holdout=0.4, contacted_on=DAY, recent_days=0))
        log = tmp_path / "audiences" / f"{DAY}_{name}" / "log.csv"
        # As versions before wrote it.
        header, row = log.read_text("utf-8-sig").splitlines()
        log.write_text(f"{header}\n{row.replace(f'{DAY},200', f'{as_of},200')}\n")
        lines = campaign_result(warehouse, tmp_path, name).splitlines()
        assert said in lines[-1]
        assert ("to" in lines[3].split()) == (as_of == day_after)


def test_under_net_returns_the_orders_are_said_to_be_before_them(tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 200)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.settings_used set value = 'net' where setting = 'returns'")
    assert "Orders and amounts are those before returns." in campaign_result(warehouse, tmp_path, "letter")
