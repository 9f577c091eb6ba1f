"""Lists of members to contact: suppressed, split into contact and hold-out, logged. From the published marts."""

import csv
import datetime
import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from segmentation.errors import InputError
from segmentation.exports import guarded, open_warehouse, select_list
from segmentation.landing.lists import read_cards, read_log

ANY = "any"
LIST_COLUMNS = [
    "card_id", "segment_code", "state", "action_code", "action_text_zh", "action_text_en", "expected_purchases",
    "expected_value",
]  # fmt: skip
CONTACT_COLUMNS = ["card_id", "contacted_on", "audience"]
LOG_COLUMNS = [
    "written_at", "contacted_on", "audience", "segment", "state", "reason", "as_of", "members", "opted_out",
    "recently_contacted", "contacted", "held_out", "holdout_share", "salt", "file",
]  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What to export, and why.

    `name` is part of the file names, `holdout` the share (0 to below 1) kept out of the contact list, `minimum` its
    smallest size; members contacted within `recent_days` days before `contacted_on` (None: the as-of date of the
    warehouse) are left out, as are the cards on the list `opt_out`, a file of any form.
    """

    segment: str
    state: str
    reason: str
    name: str
    holdout: float = 0.1
    minimum: int = 50
    recent_days: int = 30
    opt_out: Path | None = None
    contacted_on: datetime.date | None = None
    salt: str = "1"


def export_audience(warehouse: Path, report_dir: Path, request: Request) -> str:
    """Write the contact and the hold-out list below `report_dir`/audiences and log them; return what was done.

    Nothing is written where the segment or state is unknown or the contact list would be too small: InputError says so.
    """
    as_of, members = read_members(warehouse, request.segment, request.state)
    contacted_on = request.contacted_on or as_of
    folder = report_dir / "audiences"
    contacts, log = folder / "contacts.csv", folder / "log.csv"
    since = datetime.date.fromordinal(max(1, contacted_on.toordinal() - request.recent_days))

    known = known_cards(warehouse)
    opted_out = read_cards(request.opt_out, known) if request.opt_out else set()
    earlier = read_contacts(contacts)
    # A card that was merged since then counts for its member.
    recent = {
        known.get(card.lower(), card).lower() for card, day, _ in earlier if str(since) < day <= str(contacted_on)
    }
    allowed = [row for row in members if row[0] not in opted_out]
    reachable = [row for row in allowed if row[0].lower() not in recent]
    held_out = [row for row in reachable if in_holdout(row[0], request.name, request.salt, request.holdout)]
    held_cards = {row[0] for row in held_out}
    contacted = [row for row in reachable if row[0] not in held_cards]
    if len(contacted) < request.minimum:
        raise InputError(
            f"The audience {request.name} has {len(contacted)} members to contact, of {len(members)} in the "
            f"segment and state; fewer than the minimum of {request.minimum}, so nothing was written."
        )

    file = folder / f"{contacted_on}_{request.name}_contact.csv"
    if file.exists():
        raise InputError(f"{file} exists; choose another name or date, a list is never overwritten.")
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(file.with_name(f"{contacted_on}_{request.name}_holdout.csv"), LIST_COLUMNS, held_out)
    write_csv(contacts, CONTACT_COLUMNS, [*earlier, *((row[0], str(contacted_on), request.name) for row in contacted)])
    write_csv(file, LIST_COLUMNS, contacted)
    append_csv(log, LOG_COLUMNS, [
        neutral((
            datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), contacted_on, request.name,
            request.segment, request.state, request.reason, as_of, len(members), len(members) - len(allowed),
            len(allowed) - len(reachable), len(contacted), len(held_out), request.holdout, request.salt, file.name,
        ))
    ])  # fmt: skip
    return (
        f"{file}: {len(contacted):,} members to contact, {len(held_out):,} held out beside it "
        f"({len(members) - len(allowed):,} opted out, {len(allowed) - len(reachable):,} contacted since {since})."
    )


def read_members(warehouse: Path, segment: str, state: str) -> tuple[datetime.date, list[tuple[Any, ...]]]:
    """The as-of date and the members of a segment and state (`any` for all), the most valuable ones first."""
    with open_warehouse(warehouse) as connection:
        for name, value, column, table in (
            ("segment", segment, "segment_code", "marts.member_segments"),
            ("state", state, "state", "seeds.life_cycle_states"),
        ):
            known = [
                code for (code,) in connection.execute(f"select distinct {column} from {table} order by 1").fetchall()
            ]
            if value not in (ANY, *known):
                raise InputError(f"There is no {name} {value!r}; choose one of {', '.join((ANY, *known))}.")
        as_of = connection.execute("select max(as_of) from marts.member_next_steps").fetchall()[0][0]
        rows = connection.execute(
            f"""select {select_list(connection, "member_next_steps", zip(LIST_COLUMNS, LIST_COLUMNS, strict=True))}
            from marts.member_next_steps as steps
            where $segment in ('{ANY}', steps.segment_code) and $state in ('{ANY}', steps.state)
            order by steps.expected_value desc nulls last, steps.card_id""",
            {"segment": segment, "state": state},
        ).fetchall()
    return as_of, rows


def known_cards(warehouse: Path) -> dict[str, str]:
    """All cards as a list of audiences writes them, by what a person may write: small letters, guarded or not.

    A card that was merged into another one stands for that.
    """
    with open_warehouse(warehouse) as connection:
        cards = connection.execute(
            f"""select card_id, {guarded("card_id")}, {guarded("card_id")} from marts.member_next_steps
            union all
            select card_id, {guarded("card_id")}, {guarded("final_card_id")} from marts.card_merges
            where reason is null"""
        ).fetchall()
    return {text.lower(): listed for card, written, listed in cards for text in (card, written)}


def in_holdout(card_id: str, audience: str, salt: str, share: float) -> bool:
    """Whether a card is held out of an audience: the same on every machine and in every version."""
    digest = hashlib.md5(f"{salt}|{audience}|{card_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:12], 16) / 16**12 < share


def neutral(cells: Iterable[object]) -> list[str]:
    """The cells as texts that no spreadsheet takes for formulas, as those of the members are."""
    texts = [str(cell) for cell in cells]
    sql = f"select {guarded('cell')} from (select unnest(cast($1 as varchar[])) as cell)"
    return [text for (text,) in duckdb.execute(sql, [texts]).fetchall()]


def read_contacts(path: Path) -> list[tuple[str, ...]]:
    """The log of contacts: card, day and audience of each."""
    return read_log(path, CONTACT_COLUMNS, "contacted_on") if path.exists() else []


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a whole csv file at once: whoever opens it sees all of it or nothing."""
    with tempfile.TemporaryDirectory(dir=path.parent) as temporary:
        draft = Path(temporary) / path.name
        append_csv(draft, header, rows)
        draft.replace(path)


def append_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows to a csv file that begins with a header and a byte-order mark, which spreadsheets want."""
    is_new = not path.exists()
    with path.open("a", encoding="utf-8-sig" if is_new else "utf-8", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(header)
        writer.writerows(rows)
