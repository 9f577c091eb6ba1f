"""A page with members inside, for use without the app and without a network; with card numbers, for its owner."""

import base64
import gzip
from pathlib import Path
from typing import Any

from segmentation.app import MEMBERS_PAGE
from segmentation.app.state import MONEY, Edition, header, table_traits
from segmentation.charts import LANGUAGES
from segmentation.disk import draft, writing
from segmentation.exports import FORMULA
from segmentation.report.page import environment, font_subset, safe_json, signs
from segmentation.report.story import Story
from segmentation.selection import BEST_FIRST, OVERVIEW, SHARES
from segmentation.sql_text import identifier

FOLDER = Path(__file__).parent
WORDS = (
    "app_title", "app_find", "app_members", "app_buyers", "app_orders", "app_amount", "app_expected_value", "app_share",
    "app_table", "app_missing", "app_clear", "app_list", "app_member", "app_cancel", "members_note", "members_from",
    "members_to", "members_traits", "members_page", "members_before", "members_after", "app_none_selected",
)  # fmt: skip


def write_members(warehouse: Path, report_dir: Path) -> Path:
    """Write `report_dir`/members.html from a published warehouse and return its path.

    It holds as many members as the setting page_members, those of whom the most is to be expected first, with every
    trait that somebody has.
    """
    path = report_dir / MEMBERS_PAGE
    # Held from before the warehouse is opened: whoever is forgotten meanwhile would be on the page.
    with writing(report_dir):
        edition = Edition(warehouse)
        with edition.stack:
            content = page(edition)
        with draft(path) as new:
            new.write_text(content, encoding="utf-8")
    return path


def page(edition: Edition) -> str:
    """The page as HTML."""
    stories = edition.stories
    # The same on every machine and at every time.
    data = gzip.compress(_members(edition), 6, mtime=0)
    [(most, everybody)] = edition.connection.execute(
        f"select (select count(*) from picked), count(*) from {OVERVIEW}"
    ).fetchall()
    words = {
        language: {word: _word(story, word) for word in WORDS}
        | {
            "as_of": story.say("page_as_of", day=story.as_of),
            "part": story.say("members_part", most=story.count(most), everybody=story.count(everybody)),
        }
        for language, story in stories.items()
    }
    traits = [_trait(edition, name) for name in edition.labels(LANGUAGES[0])]
    columns = [
        {"trait": "card_id" if trait == "card_id" else edition.overview.trait(trait).name}
        | {language: header(edition, trait, language) for language in LANGUAGES}
        for trait in table_traits(edition)
    ]
    everything = {
        "words": words, "traits": traits, "columns": columns, "currency": stories[LANGUAGES[0]].source.currency,
        "is_part": most < everybody, "formula": FORMULA,
    }  # fmt: skip
    return environment(FOLDER).get_template(MEMBERS_PAGE).render(
        everything=safe_json(everything),
        words=words,
        font=font_subset(signs(everything)),
        data=base64.b64encode(data).decode(),
    )  # fmt: skip


def _word(story: Story, word: str) -> str:
    """A text whose other values the page fills in."""
    text = story.texts[word].replace("{people}", story.texts["people"])
    return text[:1].upper() + text[1:]


def _trait(edition: Edition, name: str) -> dict[str, Any]:
    """What the page is told of a trait: its names, its kind, and for texts the names of its values."""
    trait: dict[str, Any] = {"name": name, "kind": edition.overview.trait(name).kind}
    trait |= {"is_share": name in SHARES, "is_money": name in MONEY}
    trait |= {language: edition.labels(language)[name] for language in LANGUAGES}
    if trait["kind"] == "text":
        names = [list(edition.choices(name, language).values()) for language in LANGUAGES]
        trait["values"] = list(zip(*names, strict=True))
    return trait


def _members(edition: Edition) -> bytes:
    """The traits as JSON, by their names the list of their values: of texts the number of the value, and the cards."""
    connection, overview = edition.connection, edition.overview
    connection.execute(
        f"""create or replace temp table picked as
        select *, row_number() over (order by {BEST_FIRST}) as place from {OVERVIEW}
        qualify place <= (select cast(value as bigint) from marts.settings_used where setting = 'page_members')"""
    )
    parts = []
    for name in ("card_id", *edition.labels(LANGUAGES[0])):
        column = "card_id" if name == "card_id" else identifier(overview.trait(name).columns[0])
        if name == "card_id" or overview.trait(name).kind == "date":
            sql, parameters = f"cast({column} as varchar)", []
        elif overview.trait(name).kind == "text":
            sql = f"list_position(cast($1 as varchar[]), cast({column} as varchar)) - 1"
            parameters = [list(edition.choices(name, LANGUAGES[0]))]
        else:
            sql, parameters = f"round(cast({column} as double), 4)", []
        [(values,)] = connection.execute(
            f"select coalesce(cast(to_json(list({sql} order by place)) as varchar), '[]') from picked", parameters
        ).fetchall()
        parts.append(f'"{name}":{values}')
    return f"{{{','.join(parts)}}}".encode()
