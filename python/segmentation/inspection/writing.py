"""The YAML of a proposed retailer file, with comments that say what was found."""

import glob
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from segmentation.inspection.choosing import date_formats, used_missing
from segmentation.inspection.columns import Column
from segmentation.inspection.looking import Table
from segmentation.inspection.places import are_utc
from segmentation.inspection.roles import KINDS, Choice, Join, columns_of, decimal_mark
from segmentation.landing.retailer import WORDS

SCHEMA = "yaml-language-server: $schema=retailer.schema.json"


def retailer_yaml(choice: Choice, doubts: Sequence[str]) -> str:
    """Return the YAML of a choice, with the doubts at its beginning."""
    content = CommentedMap()
    if choice.currency:
        content["currency"] = _scalar(choice.currency)
    if choice.time_zone:
        content["time_zone"] = choice.time_zone
    if choice.members:
        content["members"] = _members(choice, choice.members)
    content["sales_lines"] = _sales_lines(choice)
    told = "".join(f"  - {' '.join(doubt.split())}\n" for doubt in doubts) or "  - nothing\n"
    # ruamel writes a comment before each line of the text.
    content.yaml_set_start_comment(
        f"{SCHEMA}\nProposed by `segmentation inspect`. To be looked at by a person:\n{told}"
    )
    writer = YAML()
    writer.width = 10_000
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(content, text)
    return text.getvalue()


def _members(choice: Choice, table: Table) -> CommentedMap:
    content = _files(choice, table)
    if choice.members_repeat:
        content["distinct"] = True
        content.yaml_add_eol_comment("The lines repeat their customer.", "distinct", column=0)
    _add_formats(content, choice.member_roles, "members")
    content["columns"] = _columns(choice, columns_of(table, choice.member_roles))
    if choice.codes:
        content["codes"] = CommentedMap(
            {
                role: _flow({code: _texts(values) for code, values in codes.items()})
                for role, codes in choice.codes.items()
            }
        )
    if choice.member_joins:
        content["joins"] = [_join(choice, join, choice.member_roles, ("card_id",)) for join in choice.member_joins]
    return content


def _sales_lines(choice: Choice) -> CommentedMap:
    content = _files(choice, choice.sales)
    if choice.sales.overlaps:
        content["overlapping"] = True
    _add_formats(content, choice.roles, "sales_lines")
    if "purchased_at" in choice.roles and are_utc(choice.roles["purchased_at"]):
        content["recorded_time_zone"] = "UTC"
    if (mark := decimal_mark(choice)) != ".":
        content["decimal"] = _quoted(mark)
    content["columns"] = _columns(choice, columns_of(choice.sales, choice.roles))
    if choice.amount is not None:
        content["amount"] = choice.amount
        content.yaml_add_eol_comment("No column holds the amount of a line.", "amount", column=0)
    if choice.is_in_hundredths:
        content["in_hundredths"] = True
    if choice.fill_down:
        content["fill_down"] = _flow(map(_scalar, choice.fill_down))
    if choice.orders_are_receipts:
        content["orders"] = "receipt"
    if choice.cancelled:
        column, patterns = choice.cancelled
        content["cancelled"] = _flow({"column": _scalar(column), "pattern": _texts(patterns)})
    if choice.joins:
        content["joins"] = [_join(choice, join, choice.roles, ()) for join in choice.joins]
    return content


def _join(choice: Choice, join: Join, roles: Mapping[str, Column], but: Sequence[str]) -> CommentedMap:
    content = _files(choice, join.table)
    content["key"] = _scalar(join.left) if join.left == join.right else _flow({_scalar(join.left): _scalar(join.right)})
    columns = {role: column for role, column in columns_of(join.table, dict(roles)).items() if role not in but}
    if columns:
        content["columns"] = _columns(choice, columns)
    return content


def _files(choice: Choice, table: Table) -> CommentedMap:
    content = CommentedMap()
    names = _named(table.root, [path.relative_to(table.root).as_posix() for path in table.paths])
    content["files"] = _scalar(names[0]) if len(names) == 1 else _flow(map(_scalar, names))
    content.yaml_add_eol_comment(f"{table.rows:,} rows", "files", column=0)
    settings = table.settings
    if settings.encoding:
        content["encoding"] = settings.encoding
    if settings.delimiter not in (None, ","):
        content["delimiter"] = _quoted("tab" if settings.delimiter == "\t" else str(settings.delimiter))
    if settings.skip:
        content["skip"] = settings.skip
        content.yaml_add_eol_comment("They stand above the table.", "skip", column=0)
    if settings.header is not True:
        content["header"] = settings.header
        content.yaml_add_eol_comment("The first row is no header; columns have numbers.", "header", column=0)
    if settings.sheets:
        content["sheet"] = _flow(map(_scalar, settings.sheets))
    if missing := used_missing(choice, table):
        content["missing"] = _texts(missing)
    return content


def _named(root: Path, names: list[str]) -> list[str]:
    """Return names of files, with a pattern for those that differ in their numbers: it fits that of next month too."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(re.sub(r"\d+(?:\W\d+)*", "*", name), []).append(name)
    for pattern, group in groups.items():
        if len(group) > 1 and sorted(glob.glob(pattern, root_dir=root)) == sorted(group):
            group[:] = [pattern]
    return [name for group in groups.values() for name in group]


def _add_formats(content: CommentedMap, roles: dict[str, Column], table_name: str) -> None:
    formats = date_formats(roles, table_name)
    if formats:
        content["date_format"] = _flow(
            {role: _quoted(forms[0]) if len(forms) == 1 else _texts(forms) for role, forms in formats.items()}
        )


def _columns(choice: Choice, roles: Mapping[str, Column]) -> CommentedMap:
    content = CommentedMap()
    for role, column in sorted(roles.items(), key=lambda entry: list(WORDS).index(entry[0])):
        content[role] = _scalar(column.name)
        if (time := choice.times.get(role)) is not None:
            content[role] = _flow({"date": _scalar(column.name), "time": _scalar(time.name)})
        content.yaml_add_eol_comment(" ".join(_about(role, column).split()), role, column=0)
    return content


def _about(role: str, column: Column) -> str:
    """Say what the values of a column look like."""
    if column.moments and KINDS[role] == "moment":
        return f"{column.moments.first} to {column.moments.last}"
    about = f"{column.distinct:,} different in {column.values:,} values"
    if column.is_number and KINDS[role] != "text":
        return about + (f", {column.numbers.negatives:,} below zero" if column.numbers.negatives else "")
    return about + (f", such as {column.examples[0][0][:40]!r}" if column.examples else "")


def _scalar(text: str) -> str:
    """Return a text that is read as text, in quotes where YAML 1.1 would take it for something else."""
    try:
        # Within brackets more signs have a meaning.
        is_text = yaml.safe_load(text) == text and yaml.safe_load(f"[{text}, {{x: {text}, y: z}}]")[0] == text
    except (yaml.YAMLError, ValueError):
        is_text = False
    return text if is_text else _quoted(text)


def _quoted(text: str) -> str:
    return DoubleQuotedScalarString(text)


def _texts(texts: Sequence[str]) -> Any:
    return _flow(map(_quoted, texts))


def _flow(content: Any) -> Any:
    """Return a mapping or a list that is written on one line."""
    flow = CommentedMap(content) if isinstance(content, Mapping) else CommentedSeq(content)
    flow.fa.set_flow_style()
    return flow
