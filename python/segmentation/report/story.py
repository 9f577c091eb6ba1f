"""What the report is made of: blocks with a title that says a finding, sentences, a chart and a table."""

import datetime
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import duckdb
import numpy as np
from babel.numbers import format_percent

from segmentation.charts.look import Source, filled, open_source
from segmentation.errors import InputError
from segmentation.months import MONTHS
from segmentation.report.options import Option

Row = dict[str, Any]
Cell = TypeVar("Cell", bound=Hashable)
MISSING = "–"


@dataclass(frozen=True)
class Table:
    """Cells as texts; `texts` names the columns that hold words, all others hold numbers; `faint` rows are grey."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: frozenset[int] = frozenset({0})
    faint: frozenset[int] = frozenset()
    # How dark a cell is, 0 to 1, by row and column.
    shades: dict[tuple[int, int], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """One number that stands large."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Block:
    """A part of a section: what was found, in words, and what shows it."""

    key: str
    title: str
    sentences: Sequence[str] = ()
    option: Option | None = None
    height: int = 320
    table: Table | None = None
    cards: Sequence[Card] = ()
    terms: Sequence[tuple[str, str]] = ()
    is_wide: bool = False


@dataclass(frozen=True)
class Story:
    """The marts in one language with the texts of the report that fit the retailer.

    Attributes
    ----------
    small : fewest members or orders of which rates, means and counts are shown (setting small_group).
    left_out : filled with what is not shown, since groups are small.
    """

    source: Source
    texts: dict[str, str]
    small: int
    left_out: list[Hashable] = field(default_factory=list)

    @cached_property
    def months(self) -> list[Row]:
        """The months of the data (`segmentation.months`)."""
        return self.rows(MONTHS)

    def rows(self, query: str) -> list[Row]:
        """The rows of a query over the marts; `{lang}` in it stands for zh or en."""
        result = self.source.connection.execute(query.replace("{lang}", self.source.language))
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def one(self, query: str) -> Row:
        rows = self.rows(query)
        return rows[0] if rows else {}

    def say(self, key: str, **values: str | None) -> str:
        """A text with its values; empty where the retailer has no such text or a value is not known."""
        text = self.texts.get(key, "")
        if any(value is None and "{" + name + "}" in text for name, value in values.items()):
            return ""
        said = filled(key, text, {"people": self.texts["people"], **values}) if text else ""
        return said[:1].upper() + said[1:]

    def label(self, key: str) -> str:
        """A short text of the report, or else of the charts; InputError where the warehouse has none."""
        text = self.say(key) or self.source.texts.get(key)
        if text is None:
            raise InputError(
                f"The warehouse lacks the text {key}, another version of the project built it: run `segmentation build`."
            )
        return text

    def count(self, value: float | None) -> str:
        return MISSING if value is None else self.source.number(value)

    def decimal(self, value: float | None, digits: int = 2, *, is_money: bool = False) -> str:
        """A number with so many decimals, as the others in its column."""
        if value is None:
            return MISSING
        return self.source.number(value, digits, is_money=is_money, is_in_column=True)

    def money(self, value: float | None) -> str:
        # A number is not parted from its 万 at the end of a line.
        return MISSING if value is None else re.sub("(?=[万亿])", "\u2060", self.source.money(float(value)))

    def percent(self, share: float | None, digits: int = 1) -> str:
        if share is None:
            return MISSING
        return str(
            format_percent(share, "#,##0" + ("." + "0" * digits if digits else "") + "%", locale=self.source.locale)
        )

    def signed(self, share: float | None) -> str:
        """A share by which something is more, with its sign, or less."""
        return ("+" if share and share > 0 else "") + self.percent(share)

    def day(self, value: datetime.date) -> str:
        return self.source.day(value)

    @cached_property
    def has_few_without_net_order(self) -> bool:
        """Whether few members brought all back: numbers before returns, beside those after, would tell of them."""
        if "key_figures_returns" not in self.texts:
            return False
        [row] = self.rows(
            """select (
                select count(distinct card_id) from marts.orders
                where customer_type = 'member' and purchased_at < (select max(as_of) from marts.member_overview)
            ) - count(*) as members from marts.member_overview where orders > 0"""
        )
        return self.few(row["members"])

    def few(self, members: int | None) -> bool:
        """Whether a count is too small to be shown; zero is no person."""
        return members is not None and 0 < members < self.small

    def members(self, value: int, *, is_hidden: bool = False) -> str:
        """A count of people; `is_hidden` where it would give another one away."""
        few = self.say("fewer_people", small=str(self.small))
        return few if self.few(value) else MISSING if is_hidden else self.count(value)

    def share(self, part: int, whole: int, digits: int = 1) -> str | None:
        """A share of people; none where those in it or the others are few."""
        return None if not whole or self.few(part) or self.few(whole - part) else self.percent(part / whole, digits)

    def hidden(self, counts: Mapping[Cell, int], *groups: Callable[[Cell], Hashable]) -> frozenset[Cell]:
        """The cells that are not shown; see `withheld`. Each of `groups` says which cells add up to a known total."""
        cells = withheld(counts, totals_of(counts, *groups), self.small)
        self.left_out.extend(cells)
        return cells

    def list(self, names: Iterable[str]) -> str:
        return ("、" if self.source.language == "zh" else ", ").join(names)


# Makes a block, or none where there is nothing to say.
Maker = Callable[[Story], Block | None]


def open_story(connection: duckdb.DuckDBPyConnection, language: str) -> Story:
    """Return the report's view of a published warehouse in one language."""
    source = open_source(connection, language)
    texts = connection.execute(
        f"""with features as (
            select coalesce(list(name), []) as names from (
                select name from (unpivot (select columns('^has_') from marts.retailer) on columns(*)
                    into name name value is_so) where is_so
                union all
                select 'net_returns' from marts.settings_used where setting = 'returns' and value = 'net'
                union all
                select 'thresholds' from marts.life_cycle_thresholds
                where frequency_band = 'all' and lost_after_days is not null
            )
        )
        select text_key, text_{language}
        from (select *, rowid as text_no from seeds.report_texts), features
        where requires is null or list_has_all(names, string_split(requires, ' '))
        qualify row_number() over (partition by text_key order by len(string_split(requires, ' ')) desc nulls last) = 1
        order by text_no"""
    ).fetchall()
    return Story(source, dict(texts), source.small)


def totals_of(cells: Collection[Cell], *groups: Callable[[Cell], Hashable]) -> list[list[Cell]]:
    """The groups of cells that add up to a known total, each of which `groups` name; all together where none do."""
    whole: Sequence[Callable[[Cell], Hashable]] = groups or [lambda _: None]
    totals = {
        (number, group(cell)): [other for other in cells if group(other) == group(cell)]
        for number, group in enumerate(whole)
        for cell in cells
    }
    return [*totals.values()]


def withheld(counts: Mapping[Cell, int], totals: Sequence[Collection[Cell]], small: int) -> frozenset[Cell]:
    """Return the cells that must not be shown: of few people, or of use to compute such a one.

    Where the totals of groups of cells can be known, what is left out of a group has to be several cells of together
    at least `small` people: the smallest of the others are left out with them (complementary cell suppression), also
    where only several totals together would give a cell.

    Parameters
    ----------
    counts : people of each cell.
    totals : the groups of cells that add up to something known.
    small : fewest people that are shown; none is nobody, and shown.
    """
    hidden = frozenset(cell for cell, people in counts.items() if 0 < people < small)

    def gives_away(number: int, hidden: frozenset[Cell]) -> bool:
        left_out = [counts[cell] for cell in totals[number] if cell in hidden]
        few = bool(left_out) and (len(left_out) == 1 or sum(left_out) < small)
        return few and any(counts[cell] and cell not in hidden for cell in totals[number])

    def with_others(hidden: frozenset[Cell], known: Collection[int], most: int) -> frozenset[Cell] | None:
        """The cells with the fewest and smallest others, at most so many, by which no group but `known` gives away."""
        number = next((no for no in range(len(totals)) if no not in known and gives_away(no, hidden)), None)
        if number is None or not most:
            return hidden if number is None else None
        tried = (
            with_others(hidden | {cell}, known, most - 1)
            for cell in totals[number]
            if counts[cell] and cell not in hidden
        )
        found = [cells for cells in tried if cells]
        return min(
            found, key=lambda cells: (sum(map(counts.__getitem__, cells)), sorted(map(str, cells))), default=None
        )

    while True:
        while open_groups := [number for number in range(len(totals)) if gives_away(number, hidden)]:
            sizes = range(1, len(counts) + 1)
            hidden = next(cells for most in sizes if (cells := with_others(hidden, open_groups[1:], most)))
        shown = {cell for cell in counts if counts[cell] and cell not in hidden}
        # Of a group of which nothing is shown, the total is not known either.
        known = [group for group in totals if shown & {*group}]
        given = {cell for cell in computed(hidden, known) if 0 < counts[cell] < small}
        if not given or not shown:
            return hidden
        beside = {cell for group in known if given & {*group} for cell in group}
        hidden |= {min(shown, key=lambda cell: (cell not in beside, counts[cell], str(cell)))}


def computed(hidden: Collection[Cell], totals: Sequence[Collection[Cell]]) -> list[Cell]:
    """The hidden cells that several totals together determine: those that no solution of their equations moves."""
    if not hidden or not totals:
        return []
    cells = sorted(hidden, key=str)
    equations = np.array([[cell in group for cell in cells] for group in totals], dtype=float)
    _, sizes, directions = np.linalg.svd(equations)
    free = directions[(sizes > 1e-9).sum() :]
    return [cell for cell, moves in zip(cells, free.T, strict=True) if not (abs(moves) > 1e-9).any()]


def sentences(*texts: str) -> list[str]:
    return [text for text in texts if text]
