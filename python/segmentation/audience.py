"""Lists of members to contact: selected, suppressed, split into contact and hold-out, logged. From the published marts.

An audience is a folder with both lists, its members and its row of the log. It is written beside its place and renamed
into it while a lock is held: at any moment all of it is there, or nothing, and no other export decides meanwhile.
"""

import datetime
import fcntl
import hashlib
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from segmentation.disk import sync
from segmentation.errors import InputError, Remark
from segmentation.exports import guarded, known_until, open_warehouse
from segmentation.landing.lists import as_written, has_rows, read_cards, read_logs
from segmentation.progress import say
from segmentation.selection import OVERVIEW, Overview, Selection, Sums, parse
from segmentation.sql_text import identifier
from segmentation.tables import write_csv, write_table

DRAFT = ".draft-"
# In bytes: names of files end at 255, and those of an audience add a day and more.
LONGEST_NAME = 200
# Below the folder of audiences: who is never contacted.
OPT_OUT = "opt_out.csv"
PARTS = ("contact", "holdout")
CONTACT_COLUMNS = ["card_id", "contacted_on", "audience"]
MEMBER_COLUMNS = [*CONTACT_COLUMNS, "list"]


@dataclass(frozen=True)
class Request:
    """What to export, and why.

    Attributes
    ----------
    where : conditions on traits that hold together; see `segmentation.selection`.
    name : part of the file names.
    by : trait by which the members are ranked; the first `top` of those who can be contacted are taken.
    caps : for a trait, how many members of each of its values are taken at most.
    exclude : names of earlier audiences whose members, contacted or held out, are left out.
    opt_out : a file of any form; its cards are left out. So are those of OPT_OUT.
    recent_days : those contacted fewer days before or after the day `contacted_on` (None: the as-of date) are left out.
    holdout : share (0 to below 1) kept out of the contact list, `minimum` the smallest size of that.
    language : zh or en, for names and headers; `form` is csv or xlsx.
    """

    where: tuple[str, ...]
    reason: str
    name: str
    top: int | None = None
    by: str = "expected_value"
    caps: tuple[tuple[str, int], ...] = ()
    exclude: tuple[str, ...] = ()
    opt_out: Path | None = None
    recent_days: int = 30
    contacted_on: datetime.date | None = None
    holdout: float = 0.1
    salt: str = "1"
    minimum: int = 50
    language: str = "en"
    form: str = "csv"

    def __post_init__(self) -> None:
        for name, number, least in (
            ("the days without another contact", self.recent_days, 0),
            ("the fewest to contact", self.minimum, 0),
            ("the most to take", 1 if self.top is None else self.top, 1),
            *((f"the most for each {trait}", most, 1) for trait, most in self.caps),
        ):
            if number < least:
                said = f"{number} cannot be {name}: give {least} or more."
                raise InputError(said, "app_number_wrong", number=str(number))
        if not 0 <= self.holdout < 1:
            raise InputError(
                f"{self.holdout:g} cannot be the share held out: give 0 to below 1, such as 0.1.", "app_holdout_wrong"
            )

    @property
    def selection(self) -> Selection:
        return [parse(condition) for condition in self.where]

    @property
    def limits(self) -> str:
        """Caps and top as a text for the log."""
        return "; ".join([f"{trait}={most}" for trait, most in self.caps] + ([f"top {self.top}"] if self.top else []))


class Contact(NamedTuple):
    """A member of an audience, or a contact made in another way; `part` is contact or holdout."""

    card_id: str
    day: datetime.date
    audience: str
    part: str


@dataclass(frozen=True)
class Plan:
    """Who is contacted and who held out, how many are not taken, and what to know before they are contacted."""

    as_of: datetime.date
    contacted_on: datetime.date
    sums: Sums
    opted_out: int
    excluded: int
    recent: int
    beyond: int
    contacted: list[str]
    held_out: list[str]
    warnings: list[Remark]

    @property
    def not_taken(self) -> str:
        """How many of the selected are not taken, for which reasons."""
        return (
            f"{self.opted_out:,} opted out, {self.recent:,} contacted lately, {self.excluded:,} of excluded audiences, "
            f"{self.beyond:,} beyond the limits"
        )

    def __str__(self) -> str:
        numbers = f"{len(self.contacted):,} members to contact, {len(self.held_out):,} held out"
        return "\n".join([f"{numbers}; not taken: {self.not_taken}.", *map(str, self.warnings)])


def count_audience(warehouse: Path, report_dir: Path, request: Request) -> str:
    """Return how many members the request selects, what they are worth, and who would be contacted; write nothing.

    Where the audience would be refused, that is said too.
    """
    folder = report_dir / "audiences"
    with open_warehouse(warehouse) as connection:
        decided = plan(Overview(connection), folder, request)
    sums = decided.sums
    expected = "" if sums.expected_value is None else f", expected {sums.expected_value:,.2f}"
    refused = ""
    try:
        refuse(folder, request, decided)
    except InputError as error:
        refused = f"\n{error}"
    return (
        f"{sums.members:,} members selected, {sums.buyers:,} of them buyers with {sums.orders:,} orders, amount "
        f"{sums.amount:,.2f}{expected}.\n{decided}{refused}"
    )


def export_audience(warehouse: Path, report_dir: Path, request: Request) -> tuple[Path, Plan]:
    """Write the audience below `report_dir`/audiences; return its contact list and what was decided.

    Nothing is written where the request asks for what there is not or the contact list would be too small: InputError
    says so.
    """
    folder = report_dir / "audiences"
    if not re.fullmatch(r"[\w-]+", request.name) or len(request.name.encode()) > LONGEST_NAME:
        raise InputError(
            f"{request.name!r} is part of file names: use letters, digits, hyphens and underscores only, at most "
            f"{LONGEST_NAME} bytes of them.",
            "app_name_wrong",
            most=str(LONGEST_NAME),
        )
    if not request.reason.strip():
        raise InputError(
            "Say in a few words why these members are contacted (--reason); it goes into the log.", "app_reason_wrong"
        )
    with open_warehouse(warehouse) as connection:
        # What cannot be done is said before anything is written.
        refuse(folder, request, plan(Overview(connection), folder, request))
    # Others may have contacted or forgotten some of them meanwhile.
    with locked(folder), open_warehouse(warehouse) as connection:
        overview = Overview(connection)
        decided = plan(overview, folder, request)
        refuse(folder, request, decided)
        return write_audience(overview, folder, request, decided), decided


def plan(overview: Overview, folder: Path, request: Request) -> Plan:
    """Decide who is contacted: of the selected the first by rank, without those who must not be, some held out by lot.

    InputError where the request names what there is not. `folder` is that of the audiences.
    """
    earlier = read_contacts(folder)
    as_of = known_until(overview.connection)
    contacted_on = request.contacted_on or as_of
    selected = overview.ranked(request.selection, request.by, [trait for trait, _ in request.caps])
    names = audience_names(earlier)
    for name in request.exclude:
        if name not in names:
            raise InputError(f"There is no earlier audience {name!r}; choose one of {', '.join(names) or '(none)'}.")
    known = known_cards(overview.connection)
    standing = folder / OPT_OUT
    given = dict.fromkeys(path for path in (standing if standing.exists() else None, request.opt_out) if path)
    # A standing list may be empty, before the first and after the last is on it.
    lists = [read_cards(path, known) for path in given if path != standing or has_rows(path)]
    opted_out = {card for found in lists for card in found.cards}
    # A card may have been merged into another one since it was contacted.
    contacts = [contact._replace(card_id=known.get(contact.card_id.casefold(), "")) for contact in earlier]
    excluded = {contact.card_id for contact in contacts if contact.audience in request.exclude}
    lately = [contact for contact in contacts if abs((contact.day - contacted_on).days) < request.recent_days]
    # Who is held out of the same audience stays so, as long as it may still work.
    recent = {contact.card_id for contact in lately if contact.part == "contact" or contact.audience == request.name}
    # Of several reasons the last one is told.
    barred_for = {
        card: reason
        for reason, found in (("recent", recent), ("excluded", excluded), ("opted_out", opted_out))
        for card in found
    }
    taken, left_out = _taken(selected, request, barred_for)
    drawn = {card: in_holdout(card, request.name, contacted_on, request.salt, request.holdout) for card in taken}
    contacted = [card for card in taken if not drawn[card]]
    warnings = [found.unknown for found in lists if found.unknown]
    if unknown := len({before.card_id.casefold() for before in earlier} - known.keys()):
        said = f"Cards of earlier audiences unknown to the warehouse: {unknown:,}; their owners may be contacted again."
        warnings.append(Remark(said, "app_unknown_contacts", {"count": f"{unknown:,}"}))
    folded = {card.casefold() for card in contacted}
    spared = Counter(contact.audience for contact in lately if contact.part == "holdout" and contact.card_id in folded)
    warnings += [
        Remark(
            f"{count:,} of those to contact are held out of {name}, less than {request.recent_days} days away: they "
            f"will not tell any more what {name} brought. To leave them out, exclude {name}.",
            "app_spoiled_holdout",
            {"count": f"{count:,}", "name": name, "days": str(request.recent_days)},
        )
        for name, count in sorted(spared.items())
    ]
    return Plan(
        as_of, contacted_on, overview.sums(request.selection), left_out["opted_out"], left_out["excluded"],
        left_out["recent"], left_out["beyond"], contacted, [card for card in taken if drawn[card]], warnings,
    )  # fmt: skip


def _taken(
    selected: Iterable[tuple[Any, ...]], request: Request, barred_for: Mapping[str, str]
) -> tuple[list[str], Counter[str]]:
    """The cards within the limits of those who are not barred, and how many others are left out for which reason.

    `selected` are a card and its values of the traits with a cap, by rank; `barred_for` has cards, folded.
    """
    taken: list[str] = []
    left_out: Counter[str] = Counter()
    filled: Counter[tuple[str, object]] = Counter()
    for card, *values in selected:
        capped = [((trait, value), most) for (trait, most), value in zip(request.caps, values, strict=True)]
        if reason := barred_for.get(card.casefold()):
            left_out[reason] += 1
        elif len(taken) == request.top or any(filled[place] == most for place, most in capped):
            left_out["beyond"] += 1
        else:
            taken.append(card)
            filled.update(place for place, _ in capped)
    return taken, left_out


def refuse(folder: Path, request: Request, decided: Plan) -> None:
    """Raise InputError where the audience has been written, is too small, or is chosen from later data."""
    if (place := folder / f"{decided.contacted_on}_{request.name}").exists():
        raise InputError(
            f"{place} exists; choose another name or date, a list is never overwritten.", "app_exists", place=str(place)
        )
    if (count := len(decided.contacted)) < request.minimum:
        raise InputError(
            f"The audience {request.name} has {count} members to contact, of {decided.sums.members} selected (not "
            f"taken: {decided.not_taken}); fewer than the minimum of {request.minimum}, so nothing is written: widen "
            "the conditions, or give a smaller --minimum (MINIMUM) where so few are worth it.",
            "app_too_few",
            count=str(count),
            minimum=str(request.minimum),
        )
    if is_chosen_later(decided.as_of, decided.contacted_on):
        raise InputError(
            f"Nobody can be contacted on {decided.contacted_on} who is chosen from the data until "
            f"{decided.as_of - datetime.timedelta(1)}: give a later day, so nothing is written."
        )


def write_audience(overview: Overview, folder: Path, request: Request, decided: Plan) -> Path:
    """Write an audience as a folder of its own, whole or not at all; return its contact list. The lock must be held."""
    for abandoned in folder.glob(f"{DRAFT}*"):
        shutil.rmtree(abandoned)
    stem = f"{decided.contacted_on}_{request.name}"
    lists = dict(zip(PARTS, (decided.contacted, decided.held_out), strict=True))
    names = {part: f"{stem}_{part}.{request.form}" for part in lists}
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder))
    try:
        for part, cards in lists.items():
            header, rows = list_of(overview, cards, request)
            write_table(draft / names[part], header, rows)
        write_csv(draft / "members.csv", MEMBER_COLUMNS, (
            (card, decided.contacted_on, request.name, part)
            for part, cards in lists.items() for card in neutral(cards)
        ))  # fmt: skip
        log = {
            "written_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "contacted_on": decided.contacted_on, "audience": request.name, "selection": "; ".join(request.where),
            "reason": request.reason, "as_of": decided.as_of, "members": decided.sums.members,
            "opted_out": decided.opted_out, "recently_contacted": decided.recent, "excluded": decided.excluded,
            "beyond_limits": decided.beyond, "contacted": len(decided.contacted), "held_out": len(decided.held_out),
            "ranked_by": request.by, "limits": request.limits, "exclude": "; ".join(request.exclude),
            "holdout_share": request.holdout, "salt": request.salt, "file": names["contact"],
        }  # fmt: skip
        write_csv(draft / "log.csv", list(log), [neutral(log.values())])
        for path in (*draft.iterdir(), draft):
            sync(path)
        draft.rename(folder / stem)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    sync(folder)
    return folder / stem / names["contact"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Wait for the lock of the audiences in a folder, made if need be, and hold it; whoever is killed gives it up."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"The audiences in {folder} are being written: this waits for its end.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def list_of(overview: Overview, cards: Sequence[str], request: Request) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return header and rows of a list of cards: the columns of the seed audience_columns, in a language."""
    columns = overview.connection.execute(
        f"select trait, header_{request.language} from seeds.audience_columns order by position"
    ).fetchall()
    texts = {
        column
        for column, kind, *_ in overview.connection.execute(f"describe {OVERVIEW}").fetchall()
        if kind == "VARCHAR"
    }
    shown = [trait if trait == "card_id" else overview.trait(trait).shown(request.language) for trait, _ in columns]
    # The cells of a workbook are texts; in a csv file they would be taken for what they look like.
    cells = [
        guarded(identifier(column)) if request.form == "csv" and column in texts else identifier(column)
        for column in shown
    ]
    rows = overview.connection.execute(
        f"""select {", ".join(cells)} from {OVERVIEW}
        join (select unnest(cast($1 as varchar[])) as card_id, generate_subscripts(cast($1 as varchar[]), 1) as place)
            using (card_id)
        order by place""",
        [cards],
    ).fetchall()
    return [header for _, header in columns], rows


def known_cards(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """All cards, folded, by what a person may write for them, folded too: as it is or guarded.

    A card that was merged into another one stands for that. Only Python folds: what DuckDB calls small letters is other
    letters in Greek and Turkish.
    """
    cards = connection.execute(
        f"""select card_id, {guarded("card_id")}, card_id from {OVERVIEW}
        union all
        select card_id, {guarded("card_id")}, final_card_id from marts.card_merges where reason is null"""
    ).fetchall()
    return as_written((text.casefold(), card.casefold()) for *texts, card in cards for text in texts)


def is_chosen_later(as_of: datetime.date, contacted_on: datetime.date) -> bool:
    """Whether members who are chosen as of a date are so after the day of the contact."""
    return as_of > contacted_on + datetime.timedelta(1)


def in_holdout(card_id: str, audience: str, contacted_on: datetime.date, salt: str, share: float) -> bool:
    """Whether a card is held out of an audience: the same on every machine and in every version.

    Another day draws others: who is held out of all audiences of a name would be compared with those contacted by all.
    """
    digest = hashlib.md5(f"{salt}|{audience}|{contacted_on}|{card_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:12], 16) / 16**12 < share


def neutral(cells: Iterable[object]) -> list[str]:
    """The cells as texts that no spreadsheet takes for formulas, as those of the members are."""
    texts = [str(cell) for cell in cells]
    sql = f"select {guarded('cell')} from (select unnest(cast($1 as varchar[])) as cell)"
    return [text for (text,) in duckdb.execute(sql, [texts]).fetchall()]


def read_contacts(folder: Path) -> list[Contact]:
    """Return the members of all audiences in a folder, and of its file contacts.csv those contacted in other ways."""
    lists = read_logs(sorted(folder.glob("[!.]*/members.csv")), MEMBER_COLUMNS, ["contacted_on"])
    others = read_logs(sorted(folder.glob("contacts.csv")), CONTACT_COLUMNS, ["contacted_on"])
    contacts = []
    for path, card, day, audience, *written in chain(lists, others):
        part = (written[0] or "").strip().casefold() if written else "contact"
        if part not in PARTS:
            raise InputError(f"{path} has the list {written[0]!r}: write contact or holdout.")
        contacts.append(Contact(card or "", datetime.date.fromisoformat(day), audience or "", part))
    return contacts


def audience_names(contacts: Iterable[Contact]) -> list[str]:
    """Return the audiences of contacts that have a name."""
    return sorted({contact.audience for contact in contacts} - {""})
