"""Members who are to be forgotten: known by hashes of their cards alone, left out of whatever is landed."""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from segmentation.disk import draft
from segmentation.errors import InputError
from segmentation.landing.files import Part
from segmentation.landing.retailer_file import CANONICAL_COLUMNS, CARD_COLUMNS
from segmentation.landing.sql_macros import sql_macro
from segmentation.sql_text import identifier, literal

# What stands between values in a line that is no record.
BETWEEN_VALUES = r"[,;|\t\r\n\"]+"
# Where the retailer file has a delimiter of its own: whatever is in no card of the usual form.
BETWEEN_WORDS = r"[^\p{L}\p{N}._/-]+"


@dataclass(frozen=True)
class Forgotten:
    """The cards that were forgotten.

    Attributes
    ----------
    salt : what is hashed before each card, so that no list of hashes made elsewhere fits.
    hashes : SHA-256 of salt and card in small letters, in hexadecimal digits; of older lists, of the card as it was.
    """

    salt: str
    hashes: frozenset[str]

    def with_cards(self, cards: Collection[str]) -> "Forgotten":
        """Return these and more cards, as the marts write them."""
        new = duckdb.execute(
            "select sha256($salt || lower(card)) from (select unnest(cast($cards as varchar[])) as card)",
            {"salt": self.salt, "cards": list(cards)},
        ).fetchall()
        return Forgotten(self.salt, self.hashes | {hashed for (hashed,) in new})

    def matches(self, value: str) -> str:
        """Return the SQL of whether a card, given by the SQL of its text, is among them, in capitals or small letters.

        The retailer file may come to take both for the same, or no longer.
        """
        hashes = ", ".join(map(literal, sorted(self.hashes)))
        hashed = (f"sha256({literal(self.salt)} || {card})" for card in (value, f"lower({value})"))
        return " or ".join(f"coalesce({one} in ({hashes}), false)" for one in hashed)


def forgotten_file(warehouse: Path) -> Path:
    """Return the list of the forgotten of a warehouse, the same by each of its names."""
    return Path(f"{warehouse.resolve()}.forgotten")


def read_forgotten(path: Path) -> Forgotten:
    """Return the forgotten of a list, none where it does not exist; InputError where it is another file."""
    if not path.exists():
        return Forgotten(secrets.token_hex(16), frozenset())
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Forgotten(content["salt"], frozenset(content["hashes"]))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is not the list of the forgotten that it was: take it back from a copy.") from error


def possible_values(text: str) -> str:
    """Return the SQL of what may be a value in a line that is no record, given by the SQL of its text."""
    parts = (f"regexp_split_to_array({text}, {literal(sign)})" for sign in (BETWEEN_VALUES, BETWEEN_WORDS))
    return f"list_concat({', '.join(parts)})"


def write_forgotten(path: Path, forgotten: Forgotten) -> None:
    """Write the list."""
    with draft(path) as new:
        new.write_text(json.dumps({"salt": forgotten.salt, "hashes": sorted(forgotten.hashes)}), encoding="utf-8")


def forgotten_of(connection: DuckDBPyConnection) -> Forgotten:
    """Return the forgotten of the warehouse whose working file is attached; none of one in memory."""
    [(path,)] = connection.execute("select path from duckdb_databases() where database_name = 'work'").fetchall()
    if path is None:
        return Forgotten("", frozenset())
    return read_forgotten(forgotten_file(Path(path.removesuffix(".work"))))


def leave_out_forgotten(connection: DuckDBPyConnection, parts: Mapping[str, Sequence[Part]]) -> None:
    """Take the rows of forgotten members out of the landed tables, as if the files did not have them.

    Which rows of sales lines and members these are, the views of `canonical.write_views` tell: the card may stand in a
    joined table.
    """
    forgotten = forgotten_of(connection)
    if not forgotten.hashes:
        return
    for name, table_parts in parts.items():
        found = " or ".join(
            forgotten.matches(sql_macro("clean_key", column))
            for column in CARD_COLUMNS
            if column in CANONICAL_COLUMNS[name]
        )
        connection.execute(
            f"""create or replace temp table leaving as
            select source_file, row_no from work.raw.{name} where {found}
            union
            select source_file, row_no from (
                select source_file, row_no, unnest({possible_values("unreadable_text")}) as token
                from work.raw.{name} where unreadable_text is not null
            ) where {forgotten.matches(sql_macro("clean_key", "token"))}"""
        )
        columns = _cards_of_parts(table_parts)
        for number in range(len(table_parts)):
            relation = f"work.raw.{name}_{number}"
            keys = (sql_macro("clean_key", identifier(column)) for column in columns[number])
            has_card = " or ".join(["(source_file, row_no) in (from leaving)", *map(forgotten.matches, keys)])
            connection.execute(f"delete from {relation} where {has_card}")
            connection.execute(
                f"""update work.raw.files set raw_rows = left_rows.rows, unreadable_rows = left_rows.unreadable
                from (
                    select files.source_file, count(landed.row_no) as rows, count(unreadable_reason) as unreadable
                    from work.raw.files left join {relation} as landed on files.source_file = landed.source_file
                    where table_name = $name and part = $part group by files.source_file
                ) as left_rows
                where files.source_file = left_rows.source_file and table_name = $name and part = $part""",
                {"name": name, "part": number},
            )


def _cards_of_parts(parts: Sequence[Part]) -> dict[int, set[str]]:
    """Return of each part the landed columns with cards: the column itself, and keys that are joined to it."""
    cards: dict[int, set[str]] = {number: set() for number in range(len(parts))}
    raw_names = set()
    for number, part in enumerate(parts):
        names = part.files[0].raw_names
        cards[number] |= {column for column in CARD_COLUMNS if column in names}
        raw_names |= {(number, names[column]) for column in cards[number]}
    for number, part in enumerate(parts):
        for owner, left, right in part.keys:
            both = {(owner, parts[owner].files[0].raw_names[left]), (number, part.files[0].raw_names[right])}
            if not both.isdisjoint(raw_names):
                cards[owner].add(left)
                cards[number].add(right)
    return cards
