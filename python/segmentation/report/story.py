"""What the report is made of: blocks with a title that says a finding, sentences, a chart and a table."""

import datetime
import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import duckdb
from babel.numbers import format_percent

from segmentation.charts.look import Source, filled, open_source
from segmentation.errors import InputError
from segmentation.exports import records
from segmentation.months import AS_OF, MONTHS, ORDERS
from segmentation.report.options import Option

Row = dict[str, Any]
Cell = TypeVar("Cell", bound=Hashable)
MISSING = "–"
# By so much, a share of rounded numbers may be off.
MOST_OFF = 0.1
# As close, an amount less the second largest may not come to the largest of it.
TOO_CLOSE = 0.1


def largest(amount: str) -> str:
    """SQL of a sum, the largest amount in it and the second, as `Story.hidden` takes them; zeros for none."""
    parts = (f"sum({amount})", f"max({amount})", f"max({amount}, 2)[2]")
    return f"[{', '.join(f'coalesce(cast({part} as double), 0)' for part in parts)}]"


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
    # Whether the title says what was found; others name what is shown.
    is_finding: bool = True


@dataclass(frozen=True)
class Story:
    """The marts in one language with the texts of the report that fit the retailer.

    Attributes
    ----------
    small : fewest members or orders of which rates, means and counts are shown (setting small_group).
    chance_level : chance of any difference told where there is none (setting chance_level).
    left_out : filled with what is not shown, since groups are small.
    answers : the rows of each query that was asked, which several blocks and both languages ask for.
    """

    source: Source
    texts: dict[str, str]
    small: int
    chance_level: float
    left_out: list[Hashable] = field(default_factory=list)
    answers: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def months(self) -> list[Row]:
        """The months of the data (`segmentation.months`)."""
        return self.rows(MONTHS)

    def rows(self, query: str) -> list[Row]:
        """The rows of a query over the marts; `{lang}` in it stands for zh or en."""
        query = query.replace("{lang}", self.source.language)
        if query not in self.answers:
            self.answers[query] = records(self.source.connection.execute(query))
        return self.answers[query]

    @property
    def as_of(self) -> str:
        """The day before which all is told."""
        return self.day(self.one(f"select {AS_OF} as day")["day"])

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

    def joined(self, *said: str) -> str:
        """Sentences as one text, without the empty ones."""
        return ("" if self.source.language == "zh" else " ").join(sentences(*said))

    def label(self, key: str) -> str:
        """A short text of the report, or else of the charts; InputError where the warehouse has none."""
        text = self.say(key) or self.source.texts.get(key)
        if text is None:
            raise InputError(
                f"The warehouse has no text {key}: another version of the project built it. Run `segmentation build`."
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
    def has_few_with_returns(self) -> bool:
        """Whether few members brought something back, or all: numbers before and after returns would tell of them."""
        if "key_figures_returns" not in self.texts:
            return False
        [row] = self.rows(
            f"""select
                count(distinct card_id) - (select count(*) from marts.member_overview where orders > 0) as of_all,
                (
                    select count(distinct card_id) from marts.member_returns
                    where is_of_counted_purchase and returned_at < {AS_OF}
                ) as of_some
            from {ORDERS} where customer_type = 'member'"""
        )
        return any(map(self.few, row.values()))

    def few(self, people: int | None) -> bool:
        """Whether a count is too small to be shown; zero is no person."""
        return people is not None and 0 < people < self.small

    @cached_property
    def step(self) -> int:
        """What numbers of people are rounded to: the largest of 1, 2, 5, 10, 20 ... up to a third of `small`.

        Of exact numbers the difference would tell small groups; of rounded ones (controlled disclosure by rounding:
        Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001) it tells next to nothing.
        """
        steps = (first * 10**power for power in range(6) for first in (1, 2, 5))
        return max((step for step in steps if 3 * step <= self.small), default=1)

    def rounded(self, people: int) -> int:
        """A number of people to the nearest step."""
        return (2 * people + self.step) // (2 * self.step) * self.step

    def shown(self, people: int | None) -> int | None:
        """A rounded number of people for a chart; none of few."""
        if self.few(people):
            self.left_out.append(people)
        return None if people is None or self.few(people) else self.rounded(people)

    def members(self, people: int) -> str:
        """A rounded number of people, or that they are few."""
        return self.say("fewer_people", small=str(self.small)) if self.few(people) else self.count(self.rounded(people))

    def ratio(self, part: int | None, whole: int) -> float | None:
        """The share of rounded numbers of people, as it is told; none of few, nor where rounding may move it far.

        It tells no more than they do.
        """
        if part is None or not whole or self.few(part) or self.few(whole):
            return None
        ratio = self.rounded(part) / self.rounded(whole)
        # Half a step of the part, and of the whole.
        if self.step > 1 and (1 + ratio) * self.step / 2 / self.rounded(whole) > MOST_OFF:
            return None
        parts: int = 10 ** (2 + self.decimals(ratio, whole))
        return round(ratio * parts) / parts

    def share(self, part: int | None, whole: int) -> str | None:
        """The same in per cent."""
        ratio = self.ratio(part, whole)
        return None if ratio is None else self.percent(ratio, self.decimals(ratio, whole))

    def decimals(self, ratio: float, whole: int) -> int:
        """Of per cent there is a decimal where the numbers are large enough for it, or the share is below 1 %."""
        return int(whole >= 1000 * self.step or 0 < ratio < 0.01)

    def each(self, total: float, people: int) -> float | None:
        """What is of a person: of rounded people, as the exact ones would follow from an exact mean; none of few."""
        return None if self.few(people) else float(total) / self.rounded(people)

    def hidden(
        self,
        people: Mapping[Cell, int],
        group: Callable[[Cell], Hashable] = lambda _: None,
        amounts: Sequence[Mapping[Cell, Sequence[float]]] = (),
    ) -> frozenset[Cell]:
        """The cells of which no amount, order or mean is told: those of few people, and what would tell theirs.

        So are cells of which an amount comes close to that of one person. The cells of a group add up to a known total:
        with those, the smallest of the others are left out, until all that is left out tells of nobody (complementary
        suppression and the p % rule: Hundepool et al., Statistical Disclosure Control, 2012).

        Parameters
        ----------
        group : the group of each cell; without it, all cells are of one.
        amounts : of each amount that is told, per cell what `largest` gives of its people.
        """

        def tells_one(cells: Sequence[Cell]) -> bool:
            return self.small > 1 and any(_comes_close([of[cell] for cell in cells if cell in of]) for of in amounts)

        cells = {cell for cell, members in people.items() if self.few(members) or (members and tells_one([cell]))}
        for of_group in {group(cell) for cell in cells}:
            left_out = [cell for cell in cells if group(cell) == of_group]
            others = [cell for cell in people if group(cell) == of_group and people[cell] and cell not in cells]
            for number, cell in enumerate(sorted(others, key=lambda cell: (people[cell], str(cell)))):
                if number and not tells_one(left_out):
                    break
                left_out.append(cell)
            cells.update(left_out)
        self.left_out.extend(cells)
        return frozenset(cells)

    def is_beyond_chance(self, more: float, variance: float, freedom: float = math.inf) -> bool:
        """Whether chance rarely gives so large a difference; of a variance from few values, by Student's t."""
        from scipy.special import ndtri, stdtrit

        likely = 1 - self.chance_level / 2
        quantile = stdtrit(freedom, likely) if 0 < freedom < math.inf else ndtri(likely)
        return bool(abs(more) > quantile * math.sqrt(variance))

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
                select name from (unpivot (select columns('^(has|require)_') from marts.retailer) on columns(*)
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
        qualify row_number() over (
            partition by text_key order by len(string_split(requires, ' ')) desc nulls last, requires
        ) = 1
        order by text_no"""
    ).fetchall()
    return Story(source, dict(texts), source.small, float(source.setting("chance_level")))


def _comes_close(cells: Sequence[Sequence[float]]) -> bool:
    """Whether who has the second largest amount could tell the largest within `TOO_CLOSE`, from the sum and the own."""
    second, first = sorted([0.0, 0.0, *(amount for cell in cells for amount in cell[1:])])[-2:]
    return sum(cell[0] for cell in cells) - first - second < TOO_CLOSE * first


def sentences(*texts: str) -> list[str]:
    return [text for text in texts if text]
