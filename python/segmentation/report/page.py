"""The report as one file: both languages, charts, fonts and scripts inside, nothing fetched from anywhere."""

import base64
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from segmentation.charts import LANGUAGES
from segmentation.charts.lettering import FONT_PATH
from segmentation.disk import draft
from segmentation.errors import InputError
from segmentation.exports import open_warehouse
from segmentation.report import business, groups, outlook
from segmentation.report.story import Block, Maker, Row, Story, open_story

FOLDER = Path(__file__).parent
SECTIONS: dict[str, list[Maker]] = {
    "glance": business.GLANCE,
    "who": business.WHO,
    "when": business.WHEN,
    "groups": groups.GROUPS,
    "changes": groups.CHANGES,
    "together": outlook.TOGETHER,
    "outlook": outlook.OUTLOOK,
    "actions": outlook.ACTIONS,
    "data": outlook.DATA,
    "glossary": outlook.GLOSSARY,
}
# All that is told where all buyers together are too few to be shown.
OF_FEW: dict[str, list[Maker]] = {
    "glance": [business.too_few],
    "data": outlook.DATA,
    "glossary": [outlook.glossary, outlook.settings],
}
LATIN = "".join(map(chr, range(0x20, 0x7F)))


def write_report(warehouse: Path, report_dir: Path) -> Path:
    """Write `report_dir`/report.html from a published warehouse and return its path.

    It holds totals only, no card numbers, and no counts of fewer people than the setting small_group, but for
    those of the raw rows that were taken out.

    Raises
    ------
    InputError
        If all buyers were forgotten.
    """
    with open_warehouse(warehouse) as connection:
        if not connection.execute("from marts.lrfmpsx limit 1").fetchone():
            raise InputError(
                "No buyer is left in the warehouse, of whom a report could tell: run `segmentation build` with files "
                "that have others."
            )
        answers: dict[str, list[Row]] = {}
        stories = [replace(open_story(connection, language), answers=answers) for language in LANGUAGES]
        pages = [page(story) for story in stories]
    report_dir.mkdir(parents=True, exist_ok=True)
    path = report_dir / "report.html"
    with draft(path) as new:
        new.write_text(render(pages, stories[0].source.currency), encoding="utf-8")
    return path


def page(story: Story) -> dict[str, Any]:
    """The sections of one language that have something to say, with the words around them."""
    sections = []
    [buyers] = story.rows("select count(*) as members from marts.member_overview where orders > 0")
    for key, makers in (OF_FEW if story.few(buyers["members"]) else SECTIONS).items():
        blocks = [block for maker in makers if (block := told(story, maker))]
        if blocks:
            # The first findings of the sections, together, tell the story in short; the last one explains it.
            says = [] if key == "glossary" else [block.title for block in blocks if block.is_finding][:2]
            sections.append({"key": key, "title": story.say(f"section_{key}"), "says": says, "blocks": blocks})
    words = ("page_title", "contents", "numbers", "print", "no_script")
    return {
        "language": story.source.language,
        "sections": sections,
        "as_of": story.say("page_as_of", day=story.as_of),
        "note": story.joined(
            story.say("page_note"),
            story.say("page_note_small", small=str(story.small)) if story.small > 1 else "",
            story.say("page_note_rounded", step=str(story.step)) if story.step > 1 else "",
        ),
    } | {word: story.say(word) for word in words}


def told(story: Story, maker: Maker) -> Block | None:
    """A block with what it leaves out; none where there is nothing to say."""
    own = replace(story, left_out=[])
    block = maker(own)
    return in_words(own, coarse(block)) if block and block.title else None


def coarse(block: Block) -> Block:
    """The block with three digits of what its chart shows: more, added up, would tell what is left out."""
    if block.option is None:
        return block
    series = [
        line | {"data": [float(f"{value:.3g}") if isinstance(value, float) else value for value in line["data"]]}
        for line in block.option["series"]
    ]
    return replace(block, option=block.option | {"series": series})


def in_words(story: Story, block: Block) -> Block:
    """The block with a sentence on what a chart leaves out, and in the place of one of which nothing may be shown."""
    if block.option is None:
        return block
    values = [value for line in block.option["series"] if "silent" not in line for value in line["data"]]
    is_empty = None in values and not any(values)
    if not is_empty and not story.left_out:
        return block
    said = story.say("all_withheld" if is_empty else "some_withheld", small=str(story.small))
    return replace(block, option=None if is_empty else block.option, sentences=[*block.sentences, said])


def render(pages: list[dict[str, Any]], currency: str | None) -> str:
    """The page as HTML."""
    return environment(FOLDER).get_template("template.html").render(
        pages=pages,
        currency=currency,
        font=font_subset(signs(pages)),
        echarts=Markup((FOLDER / "echarts" / "echarts.common.min.js").read_text(encoding="utf-8")),
    )  # fmt: skip


def environment(folder: Path) -> Environment:
    """The templates of a folder, and what all pages share."""
    templates = Environment(
        loader=FileSystemLoader([folder, FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["safe_json"] = safe_json
    return templates


def safe_json(value: object) -> Markup:
    """JSON that ends no script, whatever a name holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def strings(value: object) -> Iterable[str]:
    """All texts within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, Iterable):
        for part in value:
            yield from strings(part)
    elif hasattr(value, "__dataclass_fields__"):
        yield from strings(vars(value))


def signs(value: object) -> set[str]:
    """All signs within a value, and the Latin ones."""
    # The page itself writes large numbers.
    return set(LATIN + "万亿").union(*strings(value))


def font_subset(signs: set[str]) -> str:
    """The vendored font with these signs only, as base64 of a WOFF file; others come from the machine."""
    font = TTFont(FONT_PATH, recalcTimestamp=False)
    options = subset.Options()
    options.drop_tables += ["GSUB", "GPOS"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(sign) for sign in signs])
    subsetter.subset(font)
    font.flavor = "woff"
    file = io.BytesIO()
    font.save(file)
    return base64.b64encode(file.getvalue()).decode()
