"""What the page asks of the published warehouse, which is opened for reading only, and again after each publication.

A selection is a tuple of conditions as `segmentation.selection` reads them; they hold together.
"""

import datetime
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from segmentation.audience import Request, list_of
from segmentation.charts import LANGUAGES
from segmentation.exports import known_until, open_warehouse, records
from segmentation.months import AS_OF
from segmentation.report.story import MISSING, Row, Story, open_story
from segmentation.selection import OVERVIEW, SHARES, Comparison, Overview, Sums, parse
from segmentation.sql_text import identifier
from segmentation.tables import write_table

Conditions = tuple[str, ...]
# Traits that are drawn, where they are known and differ.
DRAWN = (
    "effective_segment", "state", "rfm_group", "gender", "age_band", "favourite_counter", "amount",
    "days_since_last_purchase", "last_visit_date", "registration_date",
)  # fmt: skip
MOST_PARTS = 10
MOST_MONTHS = 48
MOST_FOUND = 20
FAVOURITES = 5
MOST_COUNTS = 500
# Numbers that are names, those that are shares of one, and those that are money.
NUMBERED = ("birth_decade", "segment")
MONEY = ("amount", "amount_per_order", "expected_value")
WHICH = f"card_id = $card and purchased_at < {AS_OF}"


class Part(NamedTuple):
    """Members who are alike in a trait: how many of the selection and of all, and the conditions that select them."""

    label: str
    conditions: Conditions
    selected: int
    members: int
    is_gap: bool = False


class Edition:
    """One publication of the warehouse: its members, and what it says in each language."""

    def __init__(self, warehouse: Path) -> None:
        with ExitStack() as stack:
            self.connection = stack.enter_context(open_warehouse(warehouse))
            known_until(self.connection)
            self.overview = Overview(self.connection)
            self.stories = {language: open_story(self.connection, language) for language in LANGUAGES}
            self.everybody = self.overview.sums([])
            self.stack = stack.pop_all()
        self.choices = cache(self._choices)
        self.labels = cache(self._labels)
        self.period = cache(self._period)
        self.counts = lru_cache(MOST_COUNTS)(self._counts)

    def rows(self, sql: str, parameters: object = None) -> list[Row]:
        return records(self.connection.execute(sql, parameters))

    def _counts(self, expression: str, conditions: Conditions = ()) -> dict[Any, int]:
        """How many members of a selection have each value of an expression, in the order of the values."""
        where, values = self.overview.where([parse(condition) for condition in conditions])
        found = self.connection.execute(
            f"""select {expression} as part, count(*) from {OVERVIEW} where {where}
            group by part having part is not null order by part""",
            values,
        )
        return dict(found.fetchall())

    def _period(self, name: str) -> str:
        """Whether the dates of a trait are told by month, or by year as there are many."""
        column = identifier(self.overview.trait(name).columns[0])
        [(months,)] = self.connection.execute(
            f"select datediff('month', min({column}), max({column})) from {OVERVIEW}"
        ).fetchall()
        return "month" if (months or 0) < MOST_MONTHS else "year"

    def _choices(self, name: str, language: str) -> dict[str, str]:
        """The values of a trait with their names, the most frequent first."""
        trait = self.overview.trait(name)
        found = self.connection.execute(
            f"""select cast({identifier(trait.columns[0])} as varchar) as code,
                coalesce(min(cast({identifier(trait.shown(language))} as varchar)), code)
            from {OVERVIEW} where code is not null group by code order by count(*) desc, code"""
        )
        return dict(found.fetchall())

    def _labels(self, language: str) -> dict[str, str]:
        """The traits that some member has, with their names in a language."""
        traits = self.overview.traits
        [counts] = self.connection.execute(
            f"select {', '.join(f'count({identifier(trait.columns[0])})' for trait in traits.values())} from {OVERVIEW}"
        ).fetchall()
        tags = self.connection.execute(f"select tag, name_{language} from seeds.tags").fetchall()
        names = {self.overview.trait(tag).name: name for tag, name in tags}
        headers = self.connection.execute(
            f"select column_name, header_{language} from seeds.workbook_columns where sheet = 'members'"
        ).fetchall()
        story = self.stories[language]
        filled = {name for name, count in zip(traits, counts, strict=True) if count}
        if "override_segment" not in filled:
            # The same as the effective one.
            filled.discard("segment")
        return {
            name: story.say(f"app_trait_{name}") or names.get(name) or dict(headers).get(trait.shown(language), name)
            for name, trait in traits.items()
            if name in filled
        }


class Published:
    """The warehouse as it is published now; a new publication takes the place of the file."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self._users = 0
        self._open()

    @property
    def edition(self) -> Edition:
        """The newest edition, unless one is being written from."""
        if not self._users and self._stamp() not in (None, self._opened):
            before = self._edition
            self._open()
            before.stack.close()
        return self._edition

    @contextmanager
    def kept(self) -> Iterator[Edition]:
        """Keep the edition as it is meanwhile."""
        edition = self.edition
        self._users += 1
        try:
            yield edition
        finally:
            self._users -= 1

    def _open(self) -> None:
        # Looked at first: of a file that takes its place meanwhile, the next look tells.
        stamp = self._stamp()
        edition = Edition(self.warehouse)
        # What all members are like is counted before somebody waits for it.
        for trait in DRAWN:
            if trait in edition.labels(LANGUAGES[0]):
                compared(edition, trait, (), LANGUAGES[0])
        self._edition, self._opened = edition, stamp

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            stat = self.warehouse.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino, stat.st_mtime_ns


def typed(value: object) -> str:
    """What was typed into a field: a number comes from there as a float, 7 as 7.0."""
    return f"{Decimal(str(value)).normalize():f}" if isinstance(value, float) else str(value)


def conditions_of(trait: str, operator: str, values: Sequence[str]) -> Conditions:
    """The conditions that a trait is one of the values (=), none of them (!=), or compares with the only one."""
    # What holds a comma, and what is missing, stands alone.
    if len(values) == 1 or not any(value == "" or set(value) & set(",、") for value in values):
        return (f"{trait}{operator}{','.join(values)}",)
    parts = [f"{trait}{operator}{value}" for value in values]
    return (" or ".join(parts),) if operator == "=" else tuple(parts)


def described(edition: Edition, comparison: Comparison, language: str) -> str:
    """A comparison in words."""
    story = edition.stories[language]
    known = edition.overview.trait(comparison.trait)
    text = comparison.text
    choices = edition.choices(known.name, language) if known.kind == "text" else {}
    values = [choices.get(text) or choices.get(part, part) for part in ([text] if text in choices else text.split(","))]
    said = story.list(values) if text else story.say("app_missing")
    sign = {">=": "≥", "<=": "≤", "!=": "≠"}.get(comparison.operator, comparison.operator)
    return f"{edition.labels(language).get(known.name, known.name)} {sign} {said}"


def sums(edition: Edition, conditions: Conditions) -> Sums:
    """How many are selected and what they are worth; InputError where a condition asks for what there is not."""
    return edition.overview.sums([parse(condition) for condition in conditions])


def compared(edition: Edition, trait: str, conditions: Conditions, language: str) -> list[Part]:
    """The members of the selection and all who have a trait, by its values, its months or years, or its magnitude."""
    found = edition.overview.trait(trait)
    column = identifier(found.columns[0])
    if found.kind == "text":
        expression = f"cast({column} as varchar)"
    elif found.kind == "date":
        expression = f"cast(date_trunc('{edition.period(found.name)}', {column}) as date)"
    else:
        # 1, 2, 5, 10, 20, 50 ...
        power = f"pow(10, floor(log10({column})))"
        lead = f"case when {column} / {power} >= 5 then 5 when {column} / {power} >= 2 then 2 else 1 end"
        # Of buyers: to others it is nothing, or 0.
        expression = f"case when orders > 0 then case when {column} >= 1 then {power} * {lead} else 0 end end"
    everybody = edition.counts(expression)
    selected = edition.counts(expression, conditions)
    counts = [(part, selected.get(part, 0), members) for part, members in everybody.items()]
    if found.kind == "text":
        return _by_value(edition, found.name, counts, language)
    if found.kind == "date":
        return _by_period(edition, found.name, counts, language)
    return _by_magnitude(edition.stories[language], found.name, counts)


def _by_value(edition: Edition, trait: str, counts: list[Any], language: str) -> list[Part]:
    names, story = edition.choices(trait, language), edition.stories[language]
    counts.sort(key=lambda row: -row[2])
    shown = counts[:MOST_PARTS] if len(counts) > MOST_PARTS + 1 else counts
    parts = [Part(names[code], (f"{trait}={code}",), selected, members) for code, selected, members in shown]
    if others := counts[len(shown) :]:
        parts.append(Part(story.say("app_others"), (), sum(row[1] for row in others), sum(row[2] for row in others)))
    return parts


def _by_period(edition: Edition, trait: str, counts: list[Any], language: str) -> list[Part]:
    story, period = edition.stories[language], edition.period(trait)
    gaps = edition.connection.execute(
        "select month_start from marts.life_cycle_by_month where month_status <> 'complete'"
    )
    missing = {day for (day,) in gaps.fetchall()} if period == "month" and trait == "last_visit_date" else set()
    found = {start: (selected, members) for start, selected, members in counts}
    parts = []
    start = min(found, default=None)
    while start is not None and start <= max(found):
        in_a_month = (start + datetime.timedelta(32)).replace(day=1)
        end = in_a_month if period == "month" else start.replace(year=start.year + 1)
        label = story.source.month(start) if period == "month" else str(start.year)
        span = (f"{trait}>={start}", f"{trait}<{end}")
        parts.append(Part(label, span, *found.get(start, (0, 0)), start in missing))
        start = end
    return parts


def _by_magnitude(story: Story, trait: str, counts: list[Any]) -> list[Part]:
    number = story.money if trait in MONEY else story.count
    found = {low: (selected, members) for low, selected, members in counts}
    parts = []
    low = min(found, default=None)
    while low is not None and low <= max(found):
        high = 1 if low == 0 else low * (2.5 if str(int(low))[0] == "2" else 2)
        label = f"{number(low)}–{number(high)}" if low else f"< {number(1)}"
        span = (f"{trait}>={low:.0f}" if low else "orders>=1", f"{trait}<{high:.0f}")
        parts.append(Part(label, span, *found.get(low, (0, 0))))
        low = high
    return parts


def listed(
    edition: Edition, conditions: Conditions, language: str, by: str, *, is_falling: bool, start: int, count: int
) -> list[dict[str, str]]:
    """Some members of the selection with the traits of the table, as texts by trait; ranked by a trait."""
    where, values = edition.overview.where([parse(condition) for condition in conditions])
    traits = table_traits(edition)
    columns = [identifier(_shown(edition, trait, language)) for trait in traits]
    rows = edition.connection.execute(
        f"""select {", ".join(columns)} from {OVERVIEW} where {where}
        order by {identifier(_shown(edition, by, language))} {"desc" if is_falling else "asc"} nulls last, card_id
        limit {int(count)} offset {int(start)}""",
        values,
    ).fetchall()
    story = edition.stories[language]
    return [{trait: written(story, trait, value) for trait, value in zip(traits, row, strict=True)} for row in rows]


def table_traits(edition: Edition) -> list[str]:
    """The columns of tables and lists, the card first, but for traits that nobody has."""
    labels = edition.labels(LANGUAGES[0])
    traits = edition.connection.execute("select trait from seeds.audience_columns order by position").fetchall()
    return [trait for (trait,) in traits if trait == "card_id" or edition.overview.trait(trait).name in labels]


def header(edition: Edition, trait: str, language: str) -> str:
    [(text,)] = edition.connection.execute(
        f"select header_{language} from seeds.audience_columns where trait = $1", [trait]
    ).fetchall()
    return str(text)


def written(story: Story, trait: str, value: object) -> str:
    """A value of a trait as a person reads it."""
    if value is None:
        return MISSING
    if trait in SHARES and isinstance(value, float):
        return story.percent(value)
    if isinstance(value, Decimal | float):
        return story.decimal(float(value), is_money=trait in MONEY)
    if isinstance(value, int) and trait not in NUMBERED:
        return story.count(value)
    return str(value)


def found(edition: Edition, beginning: str) -> list[str]:
    """The first cards that begin so; a card that was merged into another one finds that."""
    if not (beginning := beginning.strip()):
        return []
    cards = edition.connection.execute(
        f"""select card_id from {OVERVIEW} where starts_with(lower(card_id), lower($1))
        union
        select final_card_id from marts.card_merges
        where final_card_id is not null and starts_with(lower(card_id), lower($1))
        order by card_id limit {MOST_FOUND}""",
        [beginning],
    ).fetchall()
    return [card for (card,) in cards]


def portrait(edition: Edition, card: str, language: str) -> dict[str, str]:
    """All traits of a member that somebody has, as texts by trait; empty where there is no such member."""
    story, labels = edition.stories[language], edition.labels(language)
    columns = [identifier(_shown(edition, trait, language)) for trait in labels]
    rows = edition.connection.execute(
        f"select {', '.join(columns)} from {OVERVIEW} where card_id = $1", [card]
    ).fetchall()
    return {trait: written(story, trait, value) for row in rows for trait, value in zip(labels, row, strict=True)}


def orders_by_month(edition: Edition, card: str) -> list[Row]:
    """Orders and amount of a member in each month from the first order to the as-of date.

    is_gap where data lack or the month has not ended; of a month without any, nothing is known.
    """
    return edition.rows(
        f"""with months as (
            select cast(date_trunc('month', purchased_at) as date) as month_start, count(*) as orders,
                sum(amount) as amount
            from marts.orders where {WHICH} group by all
        )
        select month_start, month_status <> 'complete' as is_gap,
            coalesce(months.orders, if(month_status = 'missing', null, 0)) as orders,
            cast(coalesce(months.amount, if(month_status = 'missing', null, 0)) as double) as amount
        from (select distinct month_start, month_status from marts.life_cycle_by_month)
        left join months using (month_start)
        where month_start >= (select min(month_start) from months)
        order by month_start""",
        {"card": card},
    )


def favourites(edition: Edition, card: str, thing: str) -> list[Row]:
    """The counters or products (`thing`: counter, product) with most orders of a member: name, orders, amount."""
    return edition.rows(
        f"""select coalesce(any_value(things.{thing}_name), {thing}_code) as name, count(distinct order_id) as orders,
            sum(amount) as amount
        from marts.vip_info join marts.{thing}s as things using ({thing}_code) where {WHICH}
        group by {thing}_code order by orders desc, amount desc, {thing}_code limit {FAVOURITES}""",
        {"card": card},
    )


def history(edition: Edition, card: str, language: str) -> list[Row]:
    """The months at whose end a group or state of a member was another one than before, the newest first."""
    columns = ("segment", "rfm_group", "state")
    joins = " ".join(
        f"""left join marts.code_labels as {column}s
        on {column}s.code_set = '{column}' and {column}s.code = cast(months.{column} as varchar)"""
        for column in columns
    )
    names = ", ".join(f"{column}s.name_{language} as {column}" for column in columns)
    return edition.rows(
        f"""with months as (
            select month_start, segment, rfm_group, state
            from marts.member_history
            left join marts.member_life_cycle_months using (card_id, month_start)
            where card_id = $card
            qualify (segment, rfm_group, state) is distinct from
                lag((segment, rfm_group, state)) over (order by month_start)
        )
        select month_start, {names} from months {joins} order by month_start desc""",
        {"card": card},
    )


def list_file(edition: Edition, conditions: Conditions, language: str, form: str) -> bytes:
    """The members of the selection as a file: csv or xlsx, as lists of audiences are."""
    request = Request(where=conditions, reason="", name="", language=language, form=form)
    # It runs beside the page, and begins in a database in memory.
    connection = edition.connection.cursor().execute("use published")
    overview = Overview(connection)
    cards = [card for card, *_ in overview.ranked(request.selection, request.by)]
    columns, rows = list_of(overview, cards, request)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{form}"
        write_table(path, columns, rows)
        return path.read_bytes()


def _shown(edition: Edition, trait: str, language: str) -> str:
    return trait if trait == "card_id" else edition.overview.trait(trait).shown(language)
