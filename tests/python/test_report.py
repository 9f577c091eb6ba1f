"""The report, opened in a real browser: both languages, no request, no error, numbers equal to the marts."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Job
from playwright.sync_api import Browser, Page, sync_playwright

from segmentation.report.options import Series, bars, lines
from segmentation.report.page import SECTIONS, safe_json
from segmentation.report.story import Story
from segmentation.settings import setting_names

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium on this machine: the pages are not opened"
)
LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def report(demo: Job) -> Path:
    return demo.out / "reports" / "report.html"


def opened(browser: Browser, report: Path, language: str, **size: int) -> tuple[Page, list[str]]:
    """The page, and what went wrong or was asked for while it opened."""
    viewport = {"width": 1280, "height": 900} | size
    page = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(f"{report.as_uri()}?lang={language}")
    page.wait_for_selector("body[data-ready]")
    assert heard.pop(0).startswith("file:")
    return page, heard


def written(page: Page, selector: str) -> str:
    text = page.text_content(selector)
    assert text
    return " ".join(text.split())


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_is_filled_and_nothing_is_asked_of_the_network(
    browser: Browser, report: Path, language: str
) -> None:
    page, heard = opened(browser, report, language)
    sections = page.query_selector_all("section:visible")
    assert [section.get_attribute("id") for section in sections] == [f"{key}-{language}" for key in SECTIONS]
    for section in sections:
        assert section.query_selector_all("article")
    for article in page.query_selector_all("article:visible"):
        assert article.query_selector("h3").inner_text().strip()  # type: ignore[union-attr]
        drawn = article.query_selector(".chart")
        if drawn:
            assert drawn.query_selector_all("svg path")
            assert len(drawn.get_attribute("aria-label") or "") > 20
    # Chinese text is set in the font inside, not in boxes of the machine.
    assert page.evaluate("[...document.fonts].every(font => font.status === 'loaded')")
    text = page.inner_text("body")
    assert not re.search(r"\bNone\b|\bnan\b|NaN|undefined|[{}]", text)
    assert ("会员" in text) == (language == "zh")
    assert heard == []
    page.close()


@needs_browser
@pytest.mark.slow
def test_numbers_are_those_of_the_marts(browser: Browser, report: Path, demo: Job) -> None:
    page, _ = opened(browser, report, "en")
    ((members, buyers, orders),) = demo.query(
        "select count(*), count(*) filter (where orders > 0), sum(orders) from marts.member_overview"
    )
    cards = written(page, "#key_figures-en .cards")
    assert all(f"{number:,}" in cards for number in (members, buyers, orders))
    options = {
        article.get_attribute("id"): json.loads(script.text_content() or "")
        for article in page.query_selector_all("article:visible")
        if (script := article.query_selector("script"))
    }
    expected = demo.query(
        """select orders.orders from marts.eda_coverage as coverage
        left join marts.eda_orders_by_month as orders on period_start = month_start
        where status <> 'missing' order by month_start"""
    )
    drawn = [number for number in options["orders_by_month-en"]["series"][0]["data"] if number is not None]
    assert drawn == [number for (number,) in expected]
    shares = options["segment_sizes-en"]["series"]
    assert [part["data"] for part in shares] == [
        list(row)
        for row in demo.query(
            "select member_share, amount_share from marts.segment_summary where not is_small order by segment"
        )
    ]
    table = page.query_selector_all("#actions-en tbody tr")
    counted = sum(int(row.query_selector_all("td")[3].inner_text().replace(",", "")) for row in table)
    assert counted == demo.query(
        """select sum(members) from (
            select count(*) as members from marts.member_overview group by segment_code, state, action_code
        ) where members >= 30"""
    )[0][0]  # fmt: skip
    page.close()


@pytest.mark.slow
def test_fewer_people_than_the_setting_are_not_shown(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "&lt; 30" in text
    of_article = r'<article id="(\w+)-en"(?:(?!<article).)*?<script type="application/json">(.*?)</script>'
    charts = dict(re.findall(of_article, text, re.DOTALL))
    for key in ("states", "ever_bought", "gender_and_age", "birth_decades"):
        series = [part for part in json.loads(charts[key])["series"] if not part.get("silent")]
        numbers = [number for part in series for number in part["data"] if number is not None]
        assert numbers
        assert not [number for number in numbers if 0 < number < 30], key


@needs_browser
@pytest.mark.slow
def test_a_narrow_screen_scrolls_tables_not_the_page_and_the_keyboard_reaches_everything(
    browser: Browser, report: Path
) -> None:
    page, heard = opened(browser, report, "zh", width=360, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.dataset.language") != "en":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "Member segmentation report"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#glance-en")
    while page.evaluate("document.activeElement.tagName") != "SUMMARY":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    assert heard == []
    page.close()


@needs_browser
@pytest.mark.slow
def test_it_prints_the_chosen_language_with_whole_tables(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report, "en")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") > 5
    page.emulate_media(media="print")
    assert not page.is_visible(".bar")
    assert page.evaluate(
        "[...document.querySelectorAll('.scroll')].every(part => part.scrollWidth <= part.clientWidth)"
    )
    page.close()


@pytest.mark.slow
def test_it_holds_no_card_numbers_and_is_the_same_every_time(demo: Job, report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    cards = {card for (card,) in demo.query("select card_id from marts.member_overview")}
    assert not cards & set(re.findall(r"\b[0-9a-f]{8}\b", text.split("<body>")[1].split("<script>")[0]))
    assert "https://" not in text.split("<script>")[0]
    assert demo.run("-m", "segmentation", "report").returncode == 0
    assert report.read_text(encoding="utf-8") == text


def test_no_name_ends_a_script() -> None:
    assert "</script" not in safe_json({"name": "</script><script>alert(1)</script>"})


def test_a_chart_has_an_axis_a_legend_and_shaded_gaps_only_where_needed() -> None:
    one = bars(["a", "b"], [Series("n", [1, None], "#000")], "count")
    assert not one["legend"]["show"]
    assert not one["aria"]["decal"]["show"]
    gaps = lines(["a", "b"], [Series("n", [1, 2], "#000"), Series("m", [3, 4], "#111")], "money", gaps=[False, True])
    assert gaps["series"][-1]["data"] == [None, 1]
    assert gaps["series"][-1]["xAxisIndex"] == gaps["series"][-1]["yAxisIndex"] == 1
    assert gaps["aria"]["decal"]["show"]
    lying = bars(["a"], [Series("n", [0.5], "#000")], "percent", is_horizontal=True, is_stacked=True)
    assert lying["yAxis"][0]["type"] == "category"
    assert lying["xAxis"][0]["max"] == 1


def test_a_text_without_its_value_is_left_out() -> None:
    story = Story(None, {"people": "members", "a": "{people} bought {count}", "b": "for {amount}"}, 30)  # type: ignore[arg-type]
    assert story.say("a", count="3", amount=None) == "Members bought 3"
    assert story.say("b", amount=None) == ""
    assert story.say("c") == ""


def test_every_setting_has_a_name_in_the_report() -> None:
    named = {key for key in texts() if key.startswith("setting_")}
    assert {f"setting_{name}" for name in setting_names() if name != "retailer"} | {"setting_meaning"} == named


def texts() -> dict[str, Any]:
    from test_charts import rows

    return {row["text_key"]: row for row in rows("report_texts")}
