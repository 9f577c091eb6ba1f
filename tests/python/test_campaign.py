"""What a campaign brought, against hold-outs of a known difference."""

import datetime
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy import stats
from test_audience import SMALL, members_named, warehouse_of

from segmentation.audience import export_audience, read_contacts
from segmentation.campaign import campaign_result, welch
from segmentation.errors import InputError

DAY = datetime.date(2017, 12, 1)


def campaign(folder: Path, members: int, effect: float = 0, holdout: float = 0.4) -> Path:
    """A warehouse with an audience `letter`, whose contacted members spend more by `effect` afterwards."""
    warehouse = warehouse_of(folder, members_named([f"C{number} İΑΣ" for number in range(members)]))
    export_audience(warehouse, folder, replace(SMALL, name="letter", holdout=holdout, contacted_on=DAY))
    contacts = read_contacts(folder / "audiences")
    random = np.random.default_rng(7)
    with duckdb.connect(str(warehouse)) as connection:
        for number, contact in enumerate(contacts):
            amount = round(100 + 20 * random.standard_normal() + (effect if contact.part == "contact" else 0), 2)
            if number % 2:
                # On the day of the contact, within the window, and on the as-of date: only the second counts.
                for moment in (f"{DAY} 23:59:59", f"{DAY + datetime.timedelta(1 + number % 30)}", "2018-01-03"):
                    connection.execute(
                        "insert into marts.orders values (?, ?, ?, ?)", [number, contact.card_id, moment, amount]
                    )
    return warehouse


def test_the_difference_and_its_interval_are_those_of_welch() -> None:
    random = np.random.default_rng(1)
    contact, holdout = random.gamma(2, 50, 300), random.gamma(2, 40, 80)
    found = welch(contact, holdout)
    error = np.sqrt(contact.var(ddof=1) / 300 + holdout.var(ddof=1) / 80)
    freedom = error**4 / ((contact.var(ddof=1) / 300) ** 2 / 299 + (holdout.var(ddof=1) / 80) ** 2 / 79)
    reach = stats.t.ppf(0.975, freedom) * error
    assert found.difference == pytest.approx(contact.mean() - holdout.mean())
    assert (found.low, found.high) == pytest.approx((found.difference - reach, found.difference + reach))
    assert welch(np.ones(3), np.zeros(3)).low == 1


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
    assert few[-1].startswith("Too few to tell: the contact list has ")
    # Some have bought within nine days, fewer than 30.
    assert "Too few" in campaign_result(warehouse, tmp_path, "letter", days=9)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.settings_used set value = '1'")
    assert "Too few" not in campaign_result(warehouse, tmp_path, "letter", days=9)


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
    with pytest.raises(InputError, match="the data end before 2018-01-03: build the warehouse from later data"):
        campaign_result(warehouse, tmp_path, "today")


@pytest.mark.parametrize(("name", "later"), [("other", 5), ("other", 0), ("letter", 5)])
def test_those_held_out_that_another_audience_reached_are_counted(name: str, later: int, tmp_path: Path) -> None:
    warehouse = campaign(tmp_path, 200)
    held = sum(contact.part == "holdout" for contact in read_contacts(tmp_path / "audiences"))
    again = replace(SMALL, name=name, contacted_on=DAY + datetime.timedelta(later), recent_days=10)
    if name == "letter":
        # Nobody is held out of the second wave.
        again = replace(again, holdout=0)
    export_audience(warehouse, tmp_path, again)
    said = campaign_result(warehouse, tmp_path, "letter", DAY)
    assert f"{held} of those held out were contacted meanwhile, by another audience." in said
