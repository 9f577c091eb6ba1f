"""What a campaign brought: the later orders of the members contacted against those held out by lot."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from segmentation.audience import Contact, known_cards, read_contacts
from segmentation.errors import InputError
from segmentation.exports import known_until, open_warehouse

CONFIDENCE = 0.95
WIDTHS = (22, 12, 12, 12, 26)


@dataclass(frozen=True)
class Difference:
    """Means of both lists, what the one of the contacted is above the other, and the interval of that."""

    contact: float
    holdout: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        return self.contact - self.holdout


def welch(contact: NDArray[np.float64], holdout: NDArray[np.float64]) -> Difference:
    """Return the difference of two means with its interval of 95 %, the variances not taken for equal.

    Source: B. L. Welch, The generalization of Student's problem when several different population variances are
    involved, Biometrika 34 (1947).

    Parameters
    ----------
    contact, holdout : shape (members of the list,), at least two each.
    """
    if contact.std() == holdout.std() == 0:
        low = high = float(contact.mean() - holdout.mean())
    else:
        interval = stats.ttest_ind(contact, holdout, equal_var=False).confidence_interval(CONFIDENCE)
        low, high = float(interval.low), float(interval.high)
    return Difference(float(contact.mean()), float(holdout.mean()), low, high)


def campaign_result(
    warehouse: Path, report_dir: Path, name: str, contacted_on: datetime.date | None = None, days: int | None = None
) -> str:
    """Return as a table what the members of an audience bought after the day of the contact, until the as-of date.

    InputError where there is no such audience, no hold-out, or no day after the contact.

    Parameters
    ----------
    contacted_on : which audience of the name; None: the last.
    days : only so many days after the contact count.
    """
    earlier = read_contacts(report_dir / "audiences")
    members, day = _audience(earlier, name, contacted_on)
    with open_warehouse(warehouse) as connection:
        as_of = known_until(connection)
        [(small,)] = connection.execute(
            "select cast(value as integer) from marts.settings_used where setting = 'small_group'"
        ).fetchall()
        end = min(as_of, day + datetime.timedelta(days + 1)) if days else as_of
        begin = day + datetime.timedelta(1)
        if end <= begin:
            raise InputError(
                f"The audience {name} was contacted on {day}, and the data end before {as_of}: build the warehouse "
                "from later data first."
            )
        known = known_cards(connection)
        cards = {
            part: {known.get(card := member.card_id.casefold(), card) for member in members if member.part == part}
            for part in ("contact", "holdout")
        }
        # Cards may have been merged since.
        cards["holdout"] -= cards["contact"]
        if not cards["holdout"]:
            raise InputError(f"The audience {name} has no hold-out, so there is nothing to compare with.")
        bought = _bought(connection, begin, end)
    orders, amounts = zip(
        *(np.transpose([bought[card] for card in sorted(cards[part])]) for part in ("contact", "holdout")), strict=True
    )
    others = {
        known.get(member.card_id.casefold())
        for member in earlier
        if member.part == "contact" and (member.audience, member.day) != (name, day) and day <= member.day < end
    }
    lines = [
        f"Audience {name}, contacted on {day}; orders from {begin} to {end - datetime.timedelta(1)} "
        f"({(end - begin).days} day{'s' * (end - begin > datetime.timedelta(1))}).",
        _row("", "contacted", "held out", "difference", f"{CONFIDENCE:.0%} interval"),
        _row("members", *(f"{len(values):,}" for values in orders), "", ""),
    ]
    too_few = _too_few(orders, small)
    differences = {
        "share with an order": (welch(*((values > 0).astype(float) for values in orders)), ".1%"),
        "orders per member": (welch(*orders), ",.3f"),
        "amount per member": (welch(*amounts), ",.2f"),
    }
    for label, (difference, form) in differences.items():
        interval = "" if too_few else f"{difference.low:+{form}} to {difference.high:+{form}}"
        lines.append(_row(
            label, f"{difference.contact:{form}}", f"{difference.holdout:{form}}", f"{difference.difference:+{form}}",
            interval,
        ))  # fmt: skip
    if meanwhile := len(cards["holdout"] & others):
        lines.append(f"{meanwhile:,} of those held out were contacted meanwhile, by another audience.")
    lines.append(too_few or _verdict(differences["amount per member"][0]))
    return "\n".join(lines)


def _audience(
    earlier: Sequence[Contact], name: str, contacted_on: datetime.date | None
) -> tuple[list[Contact], datetime.date]:
    days = {contact.day for contact in earlier if contact.audience == name}
    if not days:
        names = ", ".join(sorted({contact.audience for contact in earlier})) or "(none)"
        raise InputError(f"There is no audience {name!r}; choose one of {names}.")
    if contacted_on and contacted_on not in days:
        raise InputError(
            f"The audience {name} was not contacted on {contacted_on}, but on {', '.join(map(str, sorted(days)))}."
        )
    day = contacted_on or max(days)
    return [contact for contact in earlier if contact.audience == name and contact.day == day], day


def _bought(
    connection: duckdb.DuckDBPyConnection, begin: datetime.date, end: datetime.date
) -> defaultdict[str, tuple[float, float]]:
    """Orders and amount of each card, folded, from a day to before another."""
    bought: defaultdict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for card, orders, amount in connection.execute(
        """select card_id, count(*), cast(sum(amount) as double) from marts.orders
        where purchased_at >= $begin and purchased_at < $end group by card_id order by card_id""",
        {"begin": begin, "end": end},
    ).fetchall():
        of_others = bought[card.casefold()]
        bought[card.casefold()] = (of_others[0] + orders, of_others[1] + amount)
    return bought


def _too_few(orders: Sequence[NDArray[np.float64]], small: int) -> str:
    """Say which list has fewer buyers than `small`; nothing where neither has.

    Means of the amounts of few are far from a normal distribution, and the interval would say nothing.
    """
    for title, values in zip(("contact list", "hold-out"), orders, strict=True):
        if (buyers := int((values > 0).sum())) < small:
            return (
                f"Too few to tell: the {title} has {len(values)} members, {buyers} with an order; at least {small} "
                "with an order are wanted (setting small_group)."
            )
    return ""


def _verdict(amount: Difference) -> str:
    if amount.low <= 0 <= amount.high:
        return "The interval of the amount contains 0: the data do not show that the contact made a difference."
    return f"Those contacted spent {'more' if amount.low > 0 else 'less'} than chance explains."


def _row(*cells: str) -> str:
    return "".join(
        f"{cell:<{width}}" if not place else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ).rstrip()
