"""The command line. Each command loads what it needs when it runs, so that help comes at once."""

import datetime
import json
import os
import re
import sys
from collections.abc import Callable
from io import TextIOWrapper
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.types import StringParamType

from segmentation.errors import InputError, sentence
from segmentation.leaving import leave_on_signals
from segmentation.progress import say

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Function = TypeVar("Function", bound=Callable[..., Any])


class Place(click.Path):
    """A folder or a file: a name that is empty would stand for the folder where the command runs."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("Give the name of a folder or a file.", param, ctx)
        return super().convert(value, param, ctx)


PLACE = Place(path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# In days: a century.
LONGEST_PAUSE = 36_500
DAY = click.DateTime(["%Y-%m-%d"])


def place(name: str, variable: str, default: str, text: str) -> Callable[[Function], Function]:
    """Return an option for a place that dbt and the commands know by the same environment variable."""
    return click.option(name, type=PLACE, envvar=variable, default=default, show_envvar=True, help=text)


class Whole(StringParamType):
    """A text that has blanks inside: click would part the one of an environment variable at them."""

    envvar_list_splitter = "\n"


warehouse_option = place(
    "--warehouse", "WAREHOUSE_PATH", "warehouse/customer_segmentation.duckdb", "The file that analysts open."
)
reports_option = place("--reports", "REPORT_DIR", "reports", "Folder of the report, charts, exports and audiences.")
raw_data_option = place("--raw-data", "RAW_DATA_DIR", "data/raw", "Folder with the raw files.")


class Command(click.Command):
    """A command that refuses an option that is given twice but counts once: the first would be dropped in silence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = [name for name, _, _ in (arg.partition("=") for arg in takewhile(lambda arg: arg != "--", args))]
        for option in self.params:
            counts_once = isinstance(option, click.Option) and not option.multiple and not option.is_flag
            if counts_once and sum(map(given.count, option.opts)) > 1:
                raise click.UsageError(f"{option.opts[0]} is given several times, and counts once.", ctx)
        return super().parse_args(ctx, args)


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type


# `make` hands over its variables as SEGMENTATION_<COMMAND>_<OPTION>: as they were written, past the words of a shell.
@click.group(
    cls=Group,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "show_default": True,
        "auto_envvar_prefix": "SEGMENTATION",
    },
)
@click.version_option(package_name="customer-segmentation", prog_name="segmentation")
def commands() -> None:
    """Customer segments from a member list and sales lines.

    `segmentation COMMAND --help` explains a command.
    """


def _settings(_context: click.Context, _option: click.Parameter, text: str | None) -> dict[str, Any]:
    from segmentation.yaml_text import read_yaml

    why = ""
    try:
        settings = read_yaml(text or "") or {}
    except ValueError as error:
        settings, why = None, f" ({error})"
    if not isinstance(settings, dict):
        raise click.BadParameter(f'give settings with their values, such as "as_of: 2017-06-30"{why}.')
    return settings


def _check_project() -> None:
    if not Path("dbt_project.yml").exists():
        raise InputError("There is no dbt_project.yml in this folder; go to the folder of the project first.")


@commands.command()
@raw_data_option
@warehouse_option
@reports_option
@click.option("--retailer", help="Name or path of a retailer file; else that of dbt_project.yml.")
@click.option("--vars", "settings", callback=_settings, metavar="YAML", help="Settings of dbt_project.yml.")
@click.option("--benchmark", is_flag=True, help="Print the peak memory and the seconds of the whole job too.")
def build(
    raw_data: Path, warehouse: Path, reports: Path, retailer: str | None, settings: dict[str, Any], benchmark: bool
) -> None:
    """Do the whole job.

    That is the warehouse, the report, the charts, the exports and a summary of what became of every raw row. Where
    there are neither raw files nor a warehouse yet, demo data is made first.

    \b
    Example:
      segmentation build --retailer shop --vars "as_of: 2017-06-30"
    """
    _check_project()
    from segmentation.run import whole_job

    if retailer:
        settings = {"retailer": retailer, **settings}
    whole_job(settings, raw_data, warehouse, reports, benchmark=benchmark)


@commands.command()
@click.argument("files", nargs=-1, required=True, type=PLACE)
@raw_data_option
def inspect(files: tuple[Path, ...], raw_data: Path) -> None:
    """Propose a retailer file for unknown FILES.

    The raw data folder is the one that the files will be in; those below it are named relative to it.

    \b
    Example:
      segmentation inspect data/raw/sales.csv > retailers/shop.yml
    """
    _check_project()
    from segmentation.inspection import propose

    text, doubts = propose(files, raw_data)
    for doubt in doubts:
        say(f"To be looked at: {doubt}", is_aside=True)
    say(text.removesuffix("\n"))


def _day(_context: click.Context, _option: click.Parameter, moment: datetime.datetime | None) -> datetime.date | None:
    return moment.date() if moment else None


def _caps(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    caps = [re.fullmatch(r"\s*(\w+)\s*=\s*([0-9]{1,9})\s*", text, re.ASCII) for text in texts]
    for text, cap in zip(texts, caps, strict=True):
        if not cap:
            raise click.BadParameter(f"{text!r} is no trait with a number, such as favourite_counter=30.")
    return tuple((cap[1], int(cap[2])) for cap in caps if cap)


def _refuse_options_before(context: click.Context, subcommand: str) -> None:
    """Refuse options that were written before a subcommand, which does not see them."""
    for parameter in context.command.params:
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{parameter.opts[0]} stands before {subcommand}, which would not see it: give it after {subcommand}, "
                "if that has such an option."
            )


@commands.group(invoke_without_command=True)
@warehouse_option
@reports_option
@click.option(
    "--where",
    type=Whole(),
    multiple=True,
    metavar="CONDITION",
    help="A condition on a trait; all of them hold together.",
)
@click.option("--segment", default="any", help="Short for --where effective_segment=...")
@click.option("--state", default="any", help="Short for --where state=...")
@click.option("--count", is_flag=True, help="Say how many it would be, and write nothing.")
@click.option("--reason", default="", help="Why these members are contacted; for the log. Wanted but for --count.")
@click.option("--name", help="Name of the audience, part of the file names.  [default: SEGMENT_STATE]")
@click.option("--top", type=click.IntRange(1), help="Only so many, the first by --by; some of them are held out.")
@click.option("--by", default="expected_value", help="Trait that ranks the members, such as amount.")
@click.option(
    "--cap", "caps", multiple=True, callback=_caps, metavar="TRAIT=N", help="At most N of each value of a trait."
)
@click.option(
    "--exclude", multiple=True, metavar="NAME", help="Leaves out all members of an earlier audience; repeatable."
)
@click.option(
    "--hold-out", "holdout", type=click.FloatRange(0, 1, max_open=True), default=0.1, help="Share left out by lot."
)
@click.option("--minimum", type=click.IntRange(0), default=50, help="Fewest members to contact; else no list.")
@click.option(
    "--recent-days",
    type=click.IntRange(0, LONGEST_PAUSE),
    default=30,
    help="Leaves out those contacted fewer days before or after.",
)
@click.option("--opt-out", type=FILE, help="Its cards are left out, as those of audiences/opt_out.csv are.")
@click.option("--date", "contacted_on", type=DAY, callback=_day, help="Day of the contact.  [default: the as-of date]")
@click.option("--salt", default="1", help="Another salt holds out other members.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", help="Language of headers and names.")
@click.option("--format", "form", type=click.Choice(["csv", "xlsx"]), default="csv", help="Form of the lists.")
@click.pass_context
def audience(
    context: click.Context,
    /,
    warehouse: Path,
    reports: Path,
    where: tuple[str, ...],
    segment: str,
    state: str,
    name: str | None,
    *,
    count: bool,
    **request: Any,
) -> None:
    """List members to contact, and a hold-out.

    A condition is trait=value, trait!=value or trait>=number; values with commas between them are "or", as are
    comparisons with " or " between them; "not " before them means none of them. `segmentation audience traits` lists
    the traits and their values; a value can be written by its code, its Chinese or its English name. A trait without a
    value (gender=) is a missing one.

    Both lists are written below the reports folder and logged; an existing list is never overwritten.

    \b
    Examples:
      segmentation audience --segment base_value --state silent --hold-out 0.1 --reason "autumn letter"
      segmentation audience --where "rfm_group=champions or amount>=10000" --where gender=female --count
      segmentation audience result base_value_silent
    """
    if context.invoked_subcommand:
        _refuse_options_before(context, context.invoked_subcommand)
        return
    from segmentation.audience import Request, count_audience, export_audience

    short = {"effective_segment": segment, "state": state}
    conditions = (*(f"{trait}={value}" for trait, value in short.items() if value != "any"), *where)
    default_name = re.sub(r"[^\w-]+", "-", f"{segment}_{state}")
    wanted = Request(where=conditions, name=name or default_name, **request)
    if count:
        say(count_audience(warehouse, reports, wanted))
        return
    if where and not name:
        raise click.UsageError("Name the audience (--name): the name is part of the file names, and finds it again.")
    file, decided = export_audience(warehouse, reports, wanted)
    say(f"{file}: {decided}")


@audience.command()
@warehouse_option
@reports_option
@click.argument("name")
@click.option("--date", "contacted_on", type=DAY, callback=_day, help="Day of the contact.  [default: the last one]")
@click.option("--days", type=click.IntRange(1, LONGEST_PAUSE), help="Only so many days after the contact count.")
def result(warehouse: Path, reports: Path, name: str, contacted_on: datetime.date | None, days: int | None) -> None:
    """Compare what those contacted and those held out bought later.

    Orders after the day of the contact count, until the as-of date of the warehouse.

    \b
    Example:
      segmentation audience result base_value_silent --days 30
    """
    from segmentation.campaign import campaign_result

    say(campaign_result(warehouse, reports, name, contacted_on, days))


@audience.command()
@warehouse_option
def traits(warehouse: Path) -> None:
    """List the traits of members, and the values of each.

    \b
    Example:
      segmentation audience traits
    """
    from segmentation.exports import open_warehouse
    from segmentation.selection import Overview

    with open_warehouse(warehouse) as connection:
        for line in Overview(connection).described():
            say(line)


@commands.command()
@warehouse_option
@reports_option
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="Port on 127.0.0.1; 0 takes any free one.")
@click.option("--browser/--no-browser", "is_shown", default=True, help="Whether the page is opened in the browser.")
def app(warehouse: Path, reports: Path, port: int, *, is_shown: bool) -> None:
    """Open the live page: select members, look one up, write lists.

    It reads the finished warehouse, also the next one that takes its place, and answers this machine only. Audiences
    are written below the reports folder, as `segmentation audience` does.

    \b
    Example:
      segmentation app --port 8090 --no-browser
    """
    from segmentation.app.serving import serve

    serve(warehouse, reports, port, is_shown=is_shown)


def _cards(_context: click.Context, _option: click.Parameter, cards: tuple[str, ...]) -> tuple[str, ...]:
    if not all(card.strip() for card in cards):
        raise click.BadParameter("give the number of a card.")
    return cards


def _buyer(connection: "DuckDBPyConnection", card: str) -> str:
    """Return the card of a buyer as the marts write it, best as it is given, else in other capitals."""
    found = connection.execute(
        """select card_id from marts.consumers_profile where lower(card_id) = lower($1)
        order by card_id <> $1, card_id limit 1""",
        [card],
    ).fetchall()
    if not found:
        raise InputError(f"There is no buyer {card} in this warehouse, whose portrait could be drawn.")
    [(written,)] = found
    return str(written)


@commands.command()
@warehouse_option
@reports_option
@click.option(
    "--member",
    "members",
    multiple=True,
    callback=_cards,
    metavar="CARD",
    help="Card whose portrait is drawn; repeatable.",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(["zh", "en"]),
    default=["zh", "en"],
    help="Language of the charts; repeatable.",
)
@click.option("--all", "specialist", is_flag=True, help="Those for specialists too, in a folder of their own.")
@click.option("--only", multiple=True, metavar="CHART", help="This chart alone, in a folder of its own; repeatable.")
def charts(
    warehouse: Path,
    reports: Path,
    members: tuple[str, ...],
    languages: tuple[str, ...],
    only: tuple[str, ...],
    *,
    specialist: bool,
) -> None:
    """Draw charts or the portrait of any buyer.

    They are drawn from the finished warehouse. For specialists are the scores of each number of groups, the radars of
    their centres, the distributions before and after the logarithm, the check of the forecast, and orders by year and
    quarter, by year and day of the month, and by hour. A CHART is named by its key, the part of file_CHART in
    seeds/texts.csv.

    \b
    Example:
      segmentation charts --member 000186fa --language en
    """
    if only and members:
        raise click.UsageError("A chart alone (--only) comes without portraits: leave out --member, or --only.")
    from segmentation.charts import draw_charts
    from segmentation.disk import writing
    from segmentation.exports import open_warehouse
    from segmentation.speed import worker_processes

    with open_warehouse(warehouse) as connection, writing(reports), worker_processes() as processes:
        cards = [_buyer(connection, card) for card in members]
        list(draw_charts(processes, warehouse, reports, languages, cards, with_specialist=specialist, only=only))


@commands.command()
@warehouse_option
@reports_option
def report(warehouse: Path, reports: Path) -> None:
    """Write the report: one page in both languages.

    It is written from the finished warehouse as one file that needs no network, and holds totals only.

    \b
    Example:
      segmentation report --reports /tmp/reports
    """
    from segmentation.report.page import write_report

    say(write_report(warehouse, reports))


@commands.command()
@warehouse_option
@reports_option
def members(warehouse: Path, reports: Path) -> None:
    """Write the page of members: search and select them offline.

    It is one file that needs no network, and it has card numbers: it is readable by its owner only, is written on
    request only, and should not be passed on. It holds as many members as the setting page_members.

    \b
    Example:
      segmentation members --reports /tmp/reports
    """
    from segmentation.app.members import write_members

    say(write_members(warehouse, reports))


@commands.command()
@warehouse_option
@reports_option
@click.option("--parquet", is_flag=True, help="Every mart as Parquet too, for other engines.")
def export(warehouse: Path, reports: Path, *, parquet: bool) -> None:
    """Write the workbook, and the csv files of the original analysis.

    They are written from the finished warehouse.

    \b
    Example:
      segmentation export --parquet --reports /tmp/reports
    """
    from segmentation.exports import write_exports, write_parquet

    for path in write_exports(warehouse, reports):
        say(path)
    if parquet:
        say(write_parquet(warehouse, reports))


@commands.command()
@warehouse_option
def rollback(warehouse: Path) -> None:
    """Put the warehouse of the build before in its place again.

    A second rollback takes this back.

    \b
    Example:
      segmentation rollback
    """
    from segmentation.publication import roll_back

    say(roll_back(warehouse))


@commands.command()
@click.argument("card")
@warehouse_option
def person(card: str, warehouse: Path) -> None:
    """Print all that the marts have of the person with CARD.

    It is JSON: rows by mart, of all cards that count for the person. Raw files,
    audiences and reports of before have more.

    \b
    Example:
      segmentation person 000186fa > person.json
    """
    from segmentation.forgetting import known_rows

    say(json.dumps(known_rows(warehouse, card), ensure_ascii=False, indent=1, default=str))


@commands.command()
@click.argument("card")
@warehouse_option
@reports_option
def forget(card: str, warehouse: Path, reports: Path) -> None:
    """Forget the person with CARD.

    The person's rows leave the marts, exports, charts and audiences, and every later build leaves the person out,
    though the raw files have the rows still.

    \b
    Example:
      segmentation forget 000186fa
    """
    from segmentation.charts import draw_charts
    from segmentation.disk import writing
    from segmentation.forgetting import forget as forget_person
    from segmentation.speed import worker_processes

    # Portraits show cards: nobody comes between.
    with writing(reports):
        said = forget_person(warehouse, reports, card)
        with worker_processes() as processes:
            list(draw_charts(processes, warehouse, reports))
    say(said)


@commands.command()
@click.argument("folder", type=PLACE, envvar="SEGMENTATION_DEMO_FOLDER")
@click.option("--members", type=click.IntRange(50, 1_048_575), default=20_000, help="Rows of the member sheet.")
@click.option("--lines", type=click.IntRange(200), default=200_000, help="Sales lines.")
@click.option("--seed", type=click.IntRange(0), default=20180103, help="Another seed, other data.")
def demo(folder: Path, members: int, lines: int, seed: int) -> None:
    """Write invented raw files into FOLDER.

    They have the form of the contest's. Earlier demo files are overwritten; other files of the same names are not.

    \b
    Example:
      segmentation demo data/raw --members 1000 --lines 10000
    """
    from segmentation.demo import write_demo

    write_demo(folder, member_rows=members, sales_lines=lines, seed=seed)
    say(f"Demo data in {folder}: {members:,} member rows, {lines:,} sales lines.")


@commands.command()
def settings() -> None:
    """Print every setting and its meaning.

    \b
    Example:
      segmentation settings
    """
    _check_project()
    import segmentation.settings

    for name, group, default, allowed, meaning in segmentation.settings.settings_table():
        say(f"{name} ({group}): {meaning}\n    default {default}; allowed: {allowed}")


def _write_and_name_files_in_any_language() -> None:
    """Let file names be UTF-8 whatever the language of the terminal, and print what that lacks as an escape.

    Worker processes read the same from their environment.
    """
    # Of a closed one nothing is known.
    os.environ["PYTHONIOENCODING"] = f"{getattr(sys.stdout, 'encoding', 'utf-8')}:backslashreplace"
    if sys.getfilesystemencoding() != "utf-8":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, sys.orig_argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    """Run a command; what the user can mend ends it with one sentence, not with a traceback."""
    _write_and_name_files_in_any_language()
    # Card numbers are in nearly all that is written: it is for its owner only.
    os.umask(0o077)
    leave_on_signals()
    try:
        sys.exit(commands(prog_name="segmentation", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        if said := sentence(error):
            sys.exit(said)
        raise
