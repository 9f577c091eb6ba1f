"""What a campaign brought: the later orders of the members contacted against those held out by lot."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from segmentation.audience import PARTS, Contact, audience_names, is_chosen_later, known_cards, read_contacts
from segmentation.errors import InputError
from segmentation.exports import known_until, open_warehouse
from segmentation.landing.lists import read_logs

CONFIDENCE = 0.95
# So much of a list may be unknown, or so much more of one than of the other be contacted again; then nothing is told.
MOST_SPOILT = 0.05
DRAWS = 2000
LOGGED = ["audience", "contacted_on", "as_of"]
LINE = "{:<22}{:>12}{:>12}{:>12}{:>26}"
FORMS = {"share with an order": ".1%", "orders per member": ",.3f", "amount per member": ",.2f"}


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


class Lists(NamedTuple):
    """The cards of both lists, how many of each are unknown, and how many were contacted again by another audience."""

    cards: dict[str, set[str]]
    unknown: dict[str, int]
    again: dict[str, int]


def by_lot(contact: NDArray[np.float64], holdout: NDArray[np.float64], seed: int) -> list[Difference]:
    """Return the differences of the means of several measures with their intervals of 95 %.

    The difference in units of its standard error is held against what other lots would have given, had the contact
    made no difference: a few large amounts in the smaller list make its distribution lopsided, and an interval of
    Student's t claims too much.

    Source: E. Chung and J. P. Romano, Exact and asymptotically robust permutation tests, Annals of Statistics 41
    (2013).

    Parameters
    ----------
    contact, holdout : shape (members of the list, measures), at least two members each.
    seed : of the other lots; the same one gives the same intervals.
    """
    values = np.concatenate([contact, holdout])
    values = values - values.mean(axis=0)
    total, square = values.sum(axis=0), (values**2).sum(axis=0)

    def compared(held: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What the means of all others are above those of the held out, and the standard errors of that."""
        sums, squares = held.sum(axis=0), (held**2).sum(axis=0)
        counts = np.array([[len(values) - len(held)], [len(held)]])
        means = np.stack([total - sums, sums]) / counts
        variances = np.stack([square - squares, squares]) / counts - means**2
        return means[0] - means[1], np.sqrt(np.maximum(variances / np.maximum(counts - 1, 1), 0).sum(axis=0))

    difference, error = compared(values[len(contact) :])
    random = np.random.default_rng(seed)
    lots = [
        compared(values[random.choice(len(values), len(holdout), replace=False, shuffle=False)]) for _ in range(DRAWS)
    ]
    ratios = [np.divide(other, spread, out=np.zeros_like(other), where=spread > 0) for other, spread in lots]
    low, high = np.quantile(ratios, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    means = contact.mean(axis=0), holdout.mean(axis=0)
    return [
        Difference(*map(float, numbers))
        for numbers in zip(*means, difference - high * error, difference - low * error, strict=True)
    ]


def campaign_result(
    warehouse: Path, report_dir: Path, name: str, contacted_on: datetime.date | None = None, days: int | None = None
) -> str:
    """Return as a table what the members of an audience bought after the day of the contact, until the as-of date.

    InputError where there is no such audience, nobody contacted, no hold-out, or no day after the contact.

    Parameters
    ----------
    contacted_on : which audience of the name; None: the last.
    days : only so many days after the contact count.
    """
    folder = report_dir / "audiences"
    earlier = read_contacts(folder)
    members, day = _audience(earlier, name, contacted_on)
    with open_warehouse(warehouse) as connection:
        settings = dict(connection.execute("select setting, value from marts.settings_used").fetchall())
        begin, end = _period(known_until(connection), name, day, days)
        lists = _lists(known_cards(connection), earlier, members, end)
        measures = _measures(connection, lists, begin, end)
    length = (end - begin).days
    untold = _chosen_later(folder, name, day) or _spoilt(lists) or _too_few(measures, int(settings["small_group"]))
    differences = by_lot(*measures, int(settings["random_seed"]))
    return "\n".join([
        f"Audience {name}, contacted on {day}; orders from {begin} to {end - datetime.timedelta(1)} "
        f"({length} day{'s' * (length > 1)}{f' of {days}, as the data end there' if days and length < days else ''}).",
        *_table(measures, differences, has_intervals=not untold),
        *_notes(lists, is_net=settings["returns"] == "net"),
        untold or _verdict(differences[-1]),
    ])  # fmt: skip


def _audience(
    earlier: Sequence[Contact], name: str, contacted_on: datetime.date | None
) -> tuple[list[Contact], datetime.date]:
    days = {contact.day for contact in earlier if contact.audience == name}
    if not days:
        names = ", ".join(audience_names(earlier)) or "(none)"
        raise InputError(f"There is no audience {name!r}; choose one of {names}.")
    if contacted_on and contacted_on not in days:
        raise InputError(
            f"The audience {name} was not contacted on {contacted_on}, but on {', '.join(map(str, sorted(days)))}."
        )
    day = contacted_on or max(days)
    return [contact for contact in earlier if contact.audience == name and contact.day == day], day


def _period(
    as_of: datetime.date, name: str, day: datetime.date, days: int | None
) -> tuple[datetime.date, datetime.date]:
    """The first day of which orders count, and the first of which they do not any more."""
    begin = day + datetime.timedelta(1)
    end = min(as_of, begin + datetime.timedelta(days)) if days else as_of
    if end <= begin:
        raise InputError(
            f"The audience {name} was contacted on {day}, and the warehouse knows what was bought until "
            f"{as_of - datetime.timedelta(1)}: build it from later data first, with an as-of date (the setting "
            "as_of, or that of the retailer file) that lets them in."
        )
    return begin, end


def _lists(
    known: Mapping[str, str], earlier: Sequence[Contact], members: Sequence[Contact], end: datetime.date
) -> Lists:
    name, day = members[0].audience, members[0].day
    written = {part: {member.card_id.casefold() for member in members if member.part == part} for part in PARTS}
    # Cards may have been merged since.
    cards = {part: {known[card] for card in texts if card in known} for part, texts in written.items()}
    cards["holdout"] -= cards["contact"]
    for part, lacks in (("contact", "nobody who was contacted"), ("holdout", "no hold-out")):
        if not cards[part]:
            raise InputError(f"The audience {name} has {lacks}, so there is nothing to compare with.")
    others = {
        known.get(member.card_id.casefold())
        for member in earlier
        if member.part == "contact" and (member.audience, member.day) != (name, day) and day <= member.day < end
    }
    unknown = {part: len(texts - known.keys()) for part, texts in written.items()}
    return Lists(cards, unknown, {part: len(cards[part] & others) for part in PARTS})


def _measures(
    connection: duckdb.DuckDBPyConnection, lists: Lists, begin: datetime.date, end: datetime.date
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each member of both lists whether there is an order, how many, and their amount."""
    bought = _bought(connection, begin, end)
    contact, holdout = (
        np.array([(bought[card][0] > 0, *bought[card]) for card in sorted(lists.cards[part])], float) for part in PARTS
    )
    return contact, holdout


def _bought(
    connection: duckdb.DuckDBPyConnection, begin: datetime.date, end: datetime.date
) -> defaultdict[str, tuple[float, float]]:
    """Orders and amount of each card, folded, from a day to before another."""
    bought: defaultdict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for card, orders, amount in connection.execute(
        """select card_id, count(*), cast(sum(amount) as double) from marts.orders
        where card_id is not null and purchased_at >= $begin and purchased_at < $end
        group by card_id order by card_id""",
        {"begin": begin, "end": end},
    ).fetchall():
        of_others = bought[card.casefold()]
        bought[card.casefold()] = (of_others[0] + orders, of_others[1] + amount)
    return bought


def _chosen_later(folder: Path, name: str, day: datetime.date) -> str:
    """Say where the members were, or may have been, chosen from data that know what they bought after the contact."""
    dates = [
        datetime.date.fromisoformat(as_of)
        for _, audience, contacted_on, as_of in read_logs(
            sorted(folder.glob("[!.]*/log.csv")), LOGGED, ["contacted_on", "as_of"]
        )
        if (audience, contacted_on) == (name, str(day))
    ]
    if not dates:
        return (
            "No verdict: log.csv has no row of this audience, so nobody can tell whether its members were chosen from "
            "what they bought after the contact."
        )
    if not is_chosen_later(as_of := max(dates), day):
        return ""
    return (
        f"No verdict: the members were chosen from data until {as_of}, after the day of the contact, {day}. Nobody can "
        "have been contacted then; what they bought later may be why they were chosen."
    )


def _spoilt(lists: Lists) -> str:
    """Say where too many of a list are unknown, or were contacted again so that the lists are not alike in that."""
    cards, unknown, again = lists
    if any(unknown[part] > MOST_SPOILT * (unknown[part] + len(cards[part])) for part in PARTS):
        return "No verdict: too many cards are unknown. A spreadsheet may have changed them: mend the members.csv."
    shares = [again[part] / len(cards[part]) for part in PARTS]
    if max(shares) - min(shares) > MOST_SPOILT:
        return (
            "No verdict: other audiences reached more of the one list than of the other, so the difference is not that "
            "of this contact alone."
        )
    return ""


def _too_few(measures: Sequence[NDArray[np.float64]], small: int) -> str:
    """Say of which list fewer buyers than `small` are to be expected; nothing where of neither.

    The interval of so few would say next to nothing. What is expected is the share of buyers in both lists together:
    judged by its own buyers, a hold-out would be told of only where it happened to buy much.
    """
    share = np.concatenate(measures)[:, 0].mean()
    for title, values in zip(("contact list", "hold-out"), measures, strict=True):
        if (expected := share * len(values)) < small:
            return (
                f"Too few to tell: the {title} has {len(values)} members, and as both lists buy, about "
                f"{floor(expected)} of them would have an order; at least {small} are wanted (setting small_group)."
            )
    return ""


def _table(
    measures: Sequence[NDArray[np.float64]], differences: Sequence[Difference], *, has_intervals: bool
) -> Iterator[str]:
    yield _row("", "contacted", "held out", "difference", f"{CONFIDENCE:.0%} interval")
    yield _row("members", *(f"{len(values):,}" for values in measures), "", "")
    for (label, form), found in zip(FORMS.items(), differences, strict=True):
        interval = f"{found.low:+{form}} to {found.high:+{form}}" if has_intervals else ""
        yield _row(label, f"{found.contact:{form}}", f"{found.holdout:{form}}", f"{found.difference:+{form}}", interval)


def _notes(lists: Lists, *, is_net: bool) -> Iterator[str]:
    _, unknown, again = lists
    if any(unknown.values()):
        yield (
            f"{unknown['contact']:,} cards of the contacted and {unknown['holdout']:,} of those held out are unknown "
            "to the warehouse, and left out."
        )
    if again["holdout"]:
        yield (
            f"{again['holdout']:,} of those held out and {again['contact']:,} of the contacted were contacted "
            "meanwhile, by another audience."
        )
    if is_net:
        yield "Orders and amounts are those before returns."


def _verdict(amount: Difference) -> str:
    if amount.low <= 0 <= amount.high:
        return "The interval of the amount contains 0: the data do not show that the contact made a difference."
    return f"Those contacted spent {'more' if amount.low > 0 else 'less'} than chance explains."


def _row(*cells: str) -> str:
    return LINE.format(*cells).rstrip()
