"""The report and the page of members in a real browser: both languages, no request, no error, numbers of the marts."""

import base64
import datetime
import gzip
import json
import math
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, Job
from playwright.sync_api import Browser, Page, expect, sync_playwright

from segmentation.app.members import write_members
from segmentation.charts.look import Source
from segmentation.errors import InputError
from segmentation.exports import open_warehouse
from segmentation.report import business, groups, outlook
from segmentation.report.options import Series, bars, lines
from segmentation.report.page import SECTIONS, coarse, page, safe_json, write_report
from segmentation.report.story import Block, Story, open_story
from segmentation.settings import setting_names

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium on this machine: the pages are not opened"
)
LANGUAGES = ("zh", "en")
SAID = re.compile(r'\bsay\(\s*"([a-z_]+)"')


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
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_is_filled_and_nothing_is_asked_of_the_network(
    browser: Browser, report: Path, language: str
) -> None:
    page, heard = opened(browser, report, language)
    sections = page.query_selector_all("section:visible")
    assert [section.get_attribute("id") for section in sections] == [f"{key}-{language}" for key in SECTIONS]
    # The contents tell the story in short: what each section has found first, but for the one of words.
    contents = page.query_selector_all("nav li:visible")
    shown = set()
    for section, line in zip(sections, contents, strict=True):
        title, *says = line.inner_text().strip().split("\n")
        assert title == section.query_selector("h2").inner_text()  # type: ignore[union-attr]
        titles = [article.inner_text() for article in section.query_selector_all("h3")]
        found = [said for said in says if said.strip()]
        assert found == [said for said in titles if said in found]
        if "glossary" in str(section.get_attribute("id")):
            assert not found
        else:
            assert len(found) == min(2, len(titles))
            shown |= set(titles[:2]) - set(found)
    # No hour and no weekday leads here.
    assert len(shown) == 2
    for article in page.query_selector_all("article:visible"):
        assert article.query_selector("h3").inner_text().strip()  # type: ignore[union-attr]
        drawn = article.query_selector(".chart")
        if drawn:
            assert drawn.query_selector_all("svg path")
            assert drawn.get_attribute("aria-label") == article.query_selector("h3").inner_text()  # type: ignore[union-attr]
    # Chinese text is set in the font inside, not in boxes of the machine.
    assert page.evaluate("[...document.fonts].every(font => font.status === 'loaded')")
    text = page.inner_text("body")
    assert not re.search(r"\bNone\b|\bnan\b|NaN|undefined|[{}]", text)
    assert ("会员" in text) == (language == "zh")
    assert heard == []
    page.close()


@needs_browser
def test_numbers_are_those_of_the_marts(browser: Browser, report: Path, demo: Job) -> None:
    page, _ = opened(browser, report, "en")
    ((members, buyers, orders),) = demo.query(
        "select count(*), count(*) filter (where orders > 0), sum(orders) from marts.member_overview"
    )
    cards = written(page, "#block-key_figures-en .cards")
    rules = Story(None, {"fewer_people": "< {small}", "people": "members"}, 30, 0.05)  # type: ignore[arg-type]
    assert all(f"{number:,}" in cards for number in (rules.rounded(members), rules.rounded(buyers), orders))
    options = {
        article.get_attribute("id"): json.loads(script.text_content() or "")
        for article in page.query_selector_all("article:visible")
        if (script := article.query_selector("script"))
    }
    expected = demo.query(
        """select month_start, count(distinct card_id), count(order_id)
        from marts.eda_coverage left join marts.orders
            on date_trunc('month', purchased_at) = month_start and customer_type = 'member'
            and purchased_at < (select max(as_of) from marts.member_overview)
        where status <> 'missing' group by month_start order by month_start"""
    )
    few = rules.hidden({month: people for month, people, _ in expected})
    assert few
    drawn = [number for number in options["block-orders_by_month-en"]["series"][0]["data"] if number is not None]
    assert drawn == [number for month, _, number in expected if month not in few]
    groups = demo.query(
        """select rfm_group, count(*), any_value(is_recent) from marts.member_overview
        join (select code, min(sort_order) as rule_no, min(r_from) >= 4 as is_recent from seeds.rfm_rules
            where rule_set = 'rfm_group' group by code) on rfm_group = code
        where orders > 0 group by rfm_group order by any_value(rule_no)"""
    )
    is_recent = {group: recent for group, _, recent in groups}
    groups = [(group, members) for group, members, _ in groups]
    hidden = rules.hidden(dict(groups), is_recent.__getitem__)
    assert hidden
    shares = options["block-rfm_groups-en"]["series"][0]["data"]
    assert shares == pytest.approx([rules.ratio(people, buyers) for group, people in groups if group not in hidden])
    [(model, discounted)] = demo.query(
        """select sum(expected_value), sum(discounted_value) from marts.member_expected_purchases
        where horizon_days = 365 and discounted_value is not null"""
    )
    assert [part["data"][-1] for part in options["block-discounted-en"]["series"]] == pytest.approx(
        [model, discounted], rel=0.005
    )
    rows = [row.inner_text().split("\t") for row in page.query_selector_all("#block-actions-en tbody tr")]
    concerned = demo.query(
        "select state_name_en, count(*) from marts.member_overview where action_code is not null group by all"
    )
    assert {state: people for state, people, *_ in rows} == {
        state: "< 30" if people < 30 else f"{rules.rounded(people):,}" for state, people in concerned
    }
    [(days, judged)] = demo.query(
        "select count(*) filter (where is_promotion_day), count(*) filter (where is_judged) from marts.promotion_days"
    )
    if days:
        assert written(page, "#block-promotions-en h3").startswith(f"{days} of {judged} days")
    page.close()


def test_a_page_of_few_buyers_tells_nothing_of_them(demo: Job) -> None:
    with open_warehouse(demo.warehouse) as connection:
        told = page(replace(open_story(connection, "en"), small=1_000))
    assert [section["key"] for section in told["sections"]] == ["glance", "data", "glossary"]
    blocks = [block.key for section in told["sections"] for block in section["blocks"]]
    assert blocks == ["too_few", "funnel", "reasons", "findings", "glossary", "settings"]
    assert "groups of fewer than 1000 people" in told["note"]
    with open_warehouse(demo.warehouse) as connection:
        assert page(replace(open_story(connection, "en"), small=1))["note"] == "Totals only, no card numbers."


def test_segments_of_few_are_no_reason_to_tell_nothing_of_the_others(demo: Job) -> None:
    [(buyers,)] = demo.query("select count(*) from marts.consumers_profile")
    with open_warehouse(demo.warehouse) as connection:
        story = open_story(connection, "en")
        # Of few of them, and of all.
        for small in (buyers // 2, 100 * buyers):
            told = groups.segments(replace(story, small=small))
            assert {row["f"] for row in told if row["members"] < small} == {None}
        assert "key_figures" in [
            block.key for part in page(replace(story, small=buyers // 2))["sections"] for block in part["blocks"]
        ]


def test_fewer_people_than_the_setting_are_not_shown(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "&lt; 30" in text
    of_article = r'<article id="block-(\w+)-en"(?:(?!<article).)*?<script type="application/json">(.*?)</script>'
    charts = dict(re.findall(of_article, text, re.DOTALL))
    for key in ("ever_bought", "gender_and_age", "birth_decades"):
        series = [part for part in json.loads(charts[key])["series"] if not part.get("silent")]
        numbers = [number for part in series for number in part["data"] if number is not None]
        assert numbers
        assert not [number for number in numbers if 0 < number < 30], key
    # What the one small segment spends could be computed from the other one: neither is told of, and that is said.
    assert re.search(r"fewer than 30 buyers.*No amounts and means of these either.*: Base-value group\.", text)
    assert "block-segment_sizes-en" not in text
    rates = text.split('id="block-attach_rates-en"')[1].split("</article>")[0]
    assert "All buyers" in rates
    assert "Base-value group" not in rates


@needs_browser
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
    page.wait_for_url("**#glance-en")
    while page.evaluate("document.activeElement.tagName") != "SUMMARY":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    assert heard == []
    page.close()


@needs_browser
def test_on_a_phone_bars_have_half_of_the_width_and_a_cut_name_is_whole_in_its_tooltip(
    browser: Browser, report: Path
) -> None:
    page, heard = opened(browser, report, "en", width=390)
    chart = page.locator("#block-reasons-en .chart")
    names = json.loads(chart.locator("script").text_content() or "")["yAxis"][0]["data"]
    longest = max(names, key=len)
    page.evaluate("chart = echarts.getInstanceByDom(document.querySelector('#block-reasons-en .chart'))")
    bars = page.evaluate("chart.getModel().getComponent('grid').coordinateSystem.getRect().width / chart.getWidth()")
    assert bars > 0.45
    assert "…" in written(page, "#block-reasons-en svg")
    page.evaluate(f"chart.dispatchAction({{type: 'showTip', seriesIndex: 0, dataIndex: {names.index(longest)}}})")
    expect(chart.get_by_text(longest)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # A phone that is turned shows what any wide page does.
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function("chart.getWidth() > 420")
    assert "…" not in written(page, "#block-reasons-en svg")
    assert heard == []
    page.close()


@needs_browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_phone_an_action_is_read_without_scrolling_sideways(browser: Browser, report: Path, language: str) -> None:
    page, _ = opened(browser, report, language, width=390)
    table = f"#block-actions-{language} .scroll"
    assert page.evaluate("table => table.scrollWidth <= table.clientWidth", page.query_selector(table))
    for action in page.query_selector_all(f"{table} td:last-child"):
        place, row = action.bounding_box(), action.evaluate("cell => cell.parentElement.getBoundingClientRect().height")
        assert place
        assert place["x"] < 20
        assert place["x"] + place["width"] <= 390
        assert row < 170
    page.close()


def test_every_id_stands_once_and_every_link_has_one(report: Path) -> None:
    body = report.read_text(encoding="utf-8").split("<body>")[1].split("<script>")[0]
    ids = re.findall(r'\bid="([^"]+)"', body)
    links = re.findall(r'href="#([^"]+)"', body)
    assert len(links) > 10
    assert set(links) <= set(ids)
    assert len(ids) == len(set(ids))


@needs_browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_to_a_section_opens_there(browser: Browser, report: Path, language: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{report.as_uri()}?lang={language}#actions-{language}")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function(
        "id => Math.abs(document.getElementById(id).getBoundingClientRect().top) < 80", arg=f"actions-{language}"
    )
    page.close()


@needs_browser
def test_it_prints_the_chosen_language_with_whole_tables(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report, "en")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") > 5
    page.emulate_media(media="print")
    # The width of A4 between its margins.
    page.set_viewport_size({"width": 688, "height": 1000})
    assert not page.is_visible(".bar")
    assert page.evaluate(
        "[...document.querySelectorAll('.scroll')].every(part => part.scrollWidth <= part.clientWidth)"
    )
    page.close()


def test_it_holds_no_card_numbers_and_is_the_same_every_time(demo: Job, report: Path, tmp_path: Path) -> None:
    text = report.read_text(encoding="utf-8")
    cards = {card for (card,) in demo.query("select card_id from marts.member_overview")}
    assert not cards & set(re.findall(r"\b[0-9a-f]{8}\b", text.split("<body>")[1].split("<script>")[0]))
    assert "https://" not in text.split("<script>")[0]
    again = replace(demo, odd={"REPORT_DIR": str(tmp_path)})
    assert again.run("-m", "segmentation", "report").returncode == 0
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text


@pytest.fixture(scope="module")
def members_page(demo: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    done = replace(demo, odd={"REPORT_DIR": str(folder)}).run("-m", "segmentation", "members")
    assert done.returncode == 0, done.stderr
    path = folder / "members.html"
    assert done.stdout.strip() == str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def shown_members(page: Page) -> int:
    return int(page.inner_text(".card.members b").replace(",", ""))


@needs_browser
def test_members_are_searched_selected_and_saved_offline(browser: Browser, members_page: Path, demo: Job) -> None:
    page, heard = opened(browser, members_page, "en")
    everybody = demo.query(
        """select count(*), count(*) filter (where orders > 0), sum(orders), sum(amount)
        from marts.member_overview"""
    )[0]
    cards = written(page, "#cards")
    assert shown_members(page) == everybody[0]
    assert all(f"{number:,}" in cards for number in everybody[1:3])
    assert not page.is_visible("#part")

    # Any of two values of a trait, a range of another, as the live page and the lists say it.
    page.click("summary:text-is('Life-cycle state')")
    page.get_by_role("checkbox", name="Silent").check()
    page.get_by_role("checkbox", name="Lost").check()
    page.click("summary:text-is('Orders')")
    page.locator("details[data-trait=orders] input").first.fill("3")
    page.keyboard.press("Tab")
    condition = "state in ('silent', 'lost') and orders >= 3"
    selected = demo.query(
        f"""select card_id, orders, expected_value from marts.member_overview where {condition}
        order by expected_value desc nulls last, amount desc, card_id"""
    )
    assert 0 < shown_members(page) == len(selected) < everybody[0]
    rows = page.locator("#rows tr td:first-child")
    assert rows.all_inner_texts() == [card for card, *_ in selected][:50]
    counts = dict(demo.query(f"select gender, count(*) from marts.member_overview where {condition} group by 1"))
    page.click("summary:text-is('Gender')")
    female = page.locator("details[data-trait=gender] label", has_text="Female")
    # They come a moment after the click.
    expect(female.locator("span").last).to_have_text(str(counts["female"]))
    page.get_by_role("button", name="Orders").click()
    assert int(page.locator("#rows td:nth-child(7)").first.inner_text()) == max(orders for _, orders, _ in selected)
    assert page.locator("#head th[aria-sort=descending]").inner_text().startswith("Orders")

    # The other language keeps the selection; the list is saved as it is.
    page.click("[data-language=zh]")
    assert shown_members(page) == len(selected)
    assert page.title() == "会员查询与筛选"
    with page.expect_download() as saved:
        page.click("#save")
    lines = Path(saved.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith('"会员卡号","性别"')
    assert {line.split('"')[1] for line in lines[1:]} == {card for card, *_ in selected}

    page.click("#clear")
    card = selected[0][0]
    page.fill("#find", f" {card[:5].upper()}")
    assert 0 < shown_members(page) < 50
    page.get_by_role("button", name=card).click()
    assert card in page.inner_text("#card")
    assert str(selected[0][1]) in page.inner_text("#portrait")
    page.keyboard.press("Escape")
    assert not page.is_visible("#member")
    page.fill("#find", "no such card")
    page.get_by_text("没有符合条件的会员").wait_for()
    assert not re.search(r"\bNone\b|\bnan\b|NaN|undefined|\bnull\b|[{}]", page.inner_text("body"))
    assert heard == []
    page.close()


@needs_browser
def test_the_page_of_members_fits_a_narrow_screen_and_the_keyboard(browser: Browser, members_page: Path) -> None:
    page, heard = opened(browser, members_page, "zh", width=360, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    everybody = shown_members(page)
    while page.evaluate("document.activeElement.tagName") != "SUMMARY":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert shown_members(page) < everybody
    while page.evaluate("document.activeElement.closest('td') === null"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.is_visible("#member")
    assert heard == []
    page.close()


@pytest.fixture
def own_warehouse(demo: Job, tmp_path: Path) -> Path:
    """A copy of the warehouse that a test may write."""
    copy = Path(shutil.copy(demo.warehouse, tmp_path / "warehouse.duckdb"))
    copy.chmod(0o600)
    return copy


def test_the_page_of_members_holds_the_first_of_them_and_no_network(
    demo: Job, own_warehouse: Path, tmp_path: Path
) -> None:
    with duckdb.connect(str(own_warehouse)) as connection:
        connection.execute("update marts.settings_used set value = '3' where setting = 'page_members'")
    text = write_members(own_warehouse, tmp_path).read_text(encoding="utf-8")
    members = json.loads(gzip.decompress(base64.b64decode(re.findall(r'id="data">(.*?)<', text)[0])))
    first = demo.query("select card_id from marts.member_overview order by expected_value desc nulls last limit 3")
    assert members["card_id"] == [card for (card,) in first]
    assert {len(values) for values in members.values()} == {3}
    assert "Only the 3 of whom" in text
    assert "://" not in text
    assert write_members(own_warehouse, tmp_path).read_text(encoding="utf-8") == text


def test_a_shop_to_which_nobody_comes_back_and_that_gives_things_away_has_a_report(
    own_warehouse: Path, tmp_path: Path
) -> None:
    with duckdb.connect(str(own_warehouse)) as connection:
        connection.execute("update marts.cohort_retention set buyers = 0 where months_since > 0")
        connection.execute("update marts.customer_type_comparison set amount_per_order = 0")
        connection.execute("update marts.clv_check set total_bias = null")
        connection.execute(
            """create or replace table marts.orders as
            select orders.* replace (cast(month_start as timestamp) as purchased_at)
            from marts.eda_coverage, (from marts.orders where customer_type = 'member' limit 200) as orders"""
        )
        connection.execute("update seeds.report_texts set text_en = 'everybody''s' where text_key = 'all_bands'")
        connection.execute("update seeds.drift_bands set lower_bound = 0.375 where level = 'large'")
    page = write_report(own_warehouse, tmp_path).read_text(encoding="utf-8")
    assert 'id="block-cohorts-en"' in page
    assert "Registered members spend CN¥0 per order" in page
    assert "0.0% fewer" not in page
    assert "200 orders of members" in page
    assert "Everybody&#39;s" in page
    # The bounds of the levels are those of the seed.
    assert "below 0.1 is stable, from 0.375 on the change is large" in page


def test_a_warehouse_of_another_version_without_a_text_is_one_sentence(own_warehouse: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(own_warehouse)) as connection:
        connection.execute("delete from seeds.report_texts where text_key = 'people_count'")
    with pytest.raises(InputError, match=r"has no text people_count.*Run `segmentation build`"):
        write_report(own_warehouse, tmp_path)


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
    assert one["yAxis"][0]["minInterval"] == 1
    lying = bars(["a"], [Series("n", [0.5], "#000")], "percent", is_horizontal=True, is_stacked=True, is_whole=True)
    assert "minInterval" not in lying["xAxis"][0]
    assert lying["yAxis"][0]["type"] == "category"
    assert lying["xAxis"][0]["max"] == 1


def test_labels_that_do_not_fit_beside_each_other_stand_aslant() -> None:
    def label(names: list[str]) -> dict[str, Any]:
        return lines(names, [Series("n", [1] * len(names), "#000")], "count")["xAxis"][0]["axisLabel"]

    week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert (label(week)["interval"], label(week)["rotate"], label(["Jan"] * 12)["rotate"]) == (0, 30, 0)
    assert label(week[:6])["rotate"] == 30
    assert "rotate" not in label(week * 4)


def test_a_text_without_its_value_is_left_out() -> None:
    story = Story(None, {"people": "members", "a": "{people} bought {count}", "b": "for {amount}"}, 30, 0.05)  # type: ignore[arg-type]
    assert story.say("a", count="3", amount=None) == "Members bought 3"
    assert story.say("b", amount=None) == ""
    assert story.say("c") == ""


def story_of(language: str, sql: str) -> Story:
    """A story of the tables that the statements make, with the texts of a retailer without a member list."""
    connection = duckdb.connect()
    connection.execute(f"create schema marts; create schema seeds; {sql}")
    said = {key: row[f"text_{language}"] for key, row in texts("requires").items()}
    charts = {key: row[f"text_{language}"] for key, row in texts(seed="texts").items()}
    return Story(Source(connection, language, charts, "CNY"), said, 30, 0.05)


# Orders by day of two months.
JANUARY = (240, 260, 240, 260)
BY_CHANCE = "a day against Jan 2015, which chance alone can give"
FEBRUARY = (216, 234, 216, 234)


def alter(story: Story, sql: str, values: Sequence[object] = ()) -> None:
    """Change the tables of a story that has asked for some of them."""
    story.source.connection.execute(sql, values)
    story.answers.clear()


def story_of_months(language: str, february: tuple[int, ...], january: tuple[int, ...] = JANUARY) -> Story:
    """Three months, of which March lacks a day until the as-of date, with so many orders by day, each of a card."""
    days = [f"2015-01-{day:02d}" for day in range(1, len(january) + 1)]
    days += [f"2015-02-{day:02d}" for day in range(1, len(february) + 1)]
    orders = ", ".join(
        f"(date '{day}', {count})"
        for day, count in zip([*days, "2015-03-01", "2015-04-01"], [*january, *february, 40, 5000], strict=True)
    )
    return story_of(
        language,
        f"""create table marts.life_cycle_by_month as select * from (values (date '2015-01-01', 'complete'),
            ('2015-02-01', 'complete'), ('2015-03-01', 'partial')) as c (month_start, month_status), range(2);
        create table marts.orders as
            select day + interval 9 hour as purchased_at, 'member' as customer_type,
                row_number() over (partition by date_trunc('month', day)) as card_id, 0.01 as amount
            from (values {orders}) as d (day, orders) cross join range(5000) as o (no) where no < orders
            union all select timestamp '2015-03-31 08:00', 'member', -1, 9
            union all select timestamp '2015-02-01', 'unregistered', -2, 9
            -- Registered after the as-of date.
            union all select timestamp '2015-02-01', 'member', 9999, 9;
        create table marts.member_overview as select date '2015-03-31' as as_of, unnest(range(5000)) as card_id""",
    )


def test_the_month_of_the_as_of_date_is_missing_where_nothing_is_known_of_it() -> None:
    story = story_of_months("en", FEBRUARY)
    alter(story, "update marts.life_cycle_by_month set month_status = 'missing' where month_start = '2015-03-01'")
    assert story.months[-1]["status"] == "missing"


def test_what_is_beyond_chance_follows_the_setting() -> None:
    story = story_of_months("en", FEBRUARY)
    told, untold = (business.by_month(replace(story, chance_level=level), "orders") for level in (0.05, 1e-15))
    assert "which chance alone can give" not in told.title
    assert "which chance alone can give" in untold.title


def test_months_are_told_to_the_as_of_date() -> None:
    story = story_of_months("en", FEBRUARY)
    assert [(row["status"], row["orders"], row["amount"], row["buyers"]) for row in story.months] == [
        ("complete", 1000, 10, 1000),
        ("complete", 900, 9, 900),
        ("partial", 40, 0.4, 40),
    ]
    assert groups.last_month(story) == datetime.date(2015, 2, 1)


@pytest.mark.parametrize(
    ("language", "february", "title"),
    [
        ("en", FEBRUARY, "Feb 2015: 10.0% fewer orders of customers a day than in Jan 2015"),
        ("zh", FEBRUARY, "2015年2月顾客的日均订单数比2015年1月少 10.0%"),
        ("zh", (270, 280, 270, 280), "2015年2月顾客的日均订单数比2015年1月多 10.0%"),
        ("en", (238, 262), f"Feb 2015: 500 orders of customers; 0.0% {BY_CHANCE}"),
        # Of days of 240 and 260, chance moves the mean up to 20.
        ("en", (250, 270, 250, 270), f"Feb 2015: 1,040 orders of customers; +4.0% {BY_CHANCE}"),
        ("zh", (250, 270, 250, 270), "2015年2月顾客的订单数为 1,040：日均比2015年1月 +4.0%，在随机波动范围内"),
        # So many orders differ by more than single ones come by chance, days that differ as much by less.
        ("en", (200, 400, 200, 400), f"Feb 2015: 1,200 orders of customers; +20.0% {BY_CHANCE}"),
        # 20 % more would be beyond chance with as many days as make a normal distribution.
        ("en", (290, 310), f"Feb 2015: 600 orders of customers; +20.0% {BY_CHANCE}"),
        # Of one day nobody knows how the days of its month vary.
        ("en", (500,), "Feb 2015: 500 orders of customers"),
    ],
)
def test_a_month_is_told_by_the_day_where_it_differs_by_more_than_its_days(
    language: str, february: tuple[int, ...], title: str
) -> None:
    story = story_of_months(language, february)
    block = business.by_month(story, "orders")
    assert block.title == title


def test_a_month_is_told_against_the_same_season_where_the_data_have_it() -> None:
    story = story_of_months("en", FEBRUARY)
    alter(
        story,
        """insert into marts.orders select purchased_at - interval 1 year, customer_type, card_id, amount
        from marts.orders cross join range(2) where month(purchased_at) = 2;
        insert into marts.life_cycle_by_month select '2014-02-01', 'complete', 0""",
    )
    block = business.by_month(story, "orders")
    assert block.title == "Feb 2015: 50.0% fewer orders of customers a day than in Feb 2014"
    assert block.sentences[0] == "Against Jan 2015: -10.0% a day."


@pytest.mark.slow
def test_halves_of_one_month_are_called_different_as_seldom_as_the_setting_says() -> None:
    # Days of a department store: a fifth more at weekends, each up to a quarter more or less.
    chance = random.Random(1)
    called = 0
    for _ in range(40):
        days = [round((1.2 if day % 7 > 4 else 1) * chance.uniform(75, 125)) for day in range(28)]
        chance.shuffle(days)
        story = story_of_months("en", tuple(days[:14]), tuple(days[14:]))
        called += business.difference(story, story.months[1], story.months[0], "orders").is_beyond_chance
    assert called <= 5


def test_of_a_few_large_orders_chance_moves_the_amount_more() -> None:
    story = story_of_months("en", FEBRUARY)
    amounts = business.by_month(story, "amount")
    assert amounts.title == "Feb 2015: customers spent 10.0% less a day than in Jan 2015"
    story = story_of_months("en", FEBRUARY)
    alter(story, "update marts.orders set amount = 3.01 where card_id = 7")
    amounts = business.by_month(story, "amount")
    assert amounts.title == f"Feb 2015: customers spent CN¥12; -7.7% {BY_CHANCE}"


@pytest.mark.parametrize(("silent", "title"), [(29, "Buyers by life-cycle state"), (34, "30% of the customers")])
def test_a_share_of_few_people_is_in_no_title(silent: int, title: str) -> None:
    story = story_of(
        "en",
        f"""create table seeds.life_cycle_states as
        select *, state = 'silent' as is_inactive
        from (values ('active', 2, 'Active'), ('silent', 4, 'Silent')) as s (state, sort_order, name_en);
        create table marts.member_overview as
        select if(member < {silent}, 'silent', 'active') as state from range(100) as m (member)""",
    )
    # As where there are thresholds.
    story = replace(story, texts=story.texts | {"states_now_title": texts()["states_now_title"]["text_en"]})
    block = business.ever_bought(story)
    assert block.title.startswith(title)


@pytest.mark.parametrize(("small", "change"), [(30, "+14.0% a day"), (1000, "")])
def test_by_the_change_few_buyers_of_the_month_before_are_not_told(small: int, change: str) -> None:
    story = replace(story_of_months("en", (280, 290, 280, 290)), small=small)
    alter(
        story,
        """create or replace table marts.member_overview as
            select date '2015-03-31' as as_of, 9 as orders, 9.5 as amount, unnest(range(5000)) as card_id,
            1 as visits, 'new' as state""",
    )
    block = business.key_figures(story)
    [orders] = [card for card in block.cards if card.label == "Orders"]
    assert "1,140" in orders.note
    assert ("%" in orders.note, change in orders.note) == (bool(change), True)


@pytest.mark.parametrize(("again", "share"), [(0, "0%"), (29, None), (34, "30%"), (99, "100%")])
def test_who_bought_again_is_told_where_they_are_not_few(again: int, share: str | None) -> None:
    story = story_of_months("zh", (280, 290, 280, 290))
    alter(
        story,
        f"""create or replace table marts.member_overview as
            select date '2015-03-31' as as_of, 1 as orders, 123456.5 as amount, i as card_id,
                if(i < {again}, 2, 1) as visits, 'new' as state from range(100) as r (i)""",
    )
    block = business.key_figures(story)
    assert [card.value for card in block.cards if card.label == "复购率"] == ([share] if share else [])
    # The number is not parted from its unit.
    assert [card.value for card in block.cards if card.label == "消费金额"] == ["¥1234.6\u2060万"]


@pytest.mark.parametrize(("some", "all_of_it", "is_so"), [(0, 0, False), (29, 0, True), (40, 0, False), (40, 5, True)])
def test_numbers_before_returns_are_told_unless_few_brought_something_back(
    some: int, all_of_it: int, is_so: bool
) -> None:
    story = story_of(
        "en",
        f"""create table marts.orders as
        -- The last has registered after the as-of date.
        select card_id, 'member' as customer_type, timestamp '2017-01-01' as purchased_at
        from range(101) as c (card_id);
        create table marts.member_returns as
        select card_id, true as is_of_counted_purchase, timestamp '2017-01-02' as returned_at
        from range({some}) as c (card_id);
        create table marts.member_overview as
        select date '2017-02-01' as as_of, if(card_id < {all_of_it}, 0, 1) as orders, card_id
        from range(100) as c (card_id)""",
    )
    net = replace(story, texts=story.texts | {"key_figures_returns": "net"})
    assert net.has_few_with_returns == is_so
    assert not replace(story, texts={}).has_few_with_returns


def test_a_month_of_which_no_year_is_whole_is_not_the_best() -> None:
    story = story_of_months("en", FEBRUARY)
    alter(
        story,
        """create table seeds.customer_types as select 'member' as customer_type, 1 as sort_order;
        create table marts.customer_type_comparison as
        select 'member' as customer_type, 'Members' as name_en, 200 as customers, 500 as orders;
        create table marts.customer_type_rhythm as
        from (values (1, 0.2, 200), (2, 0.3, 300), (3, 0.5, 500)) as m (position, share, orders)
            cross join (select 'member' as customer_type, 'month' as rhythm, '' as name_en);
        create table marts.calendar_effects as select 'month' as effect, *
            from (values (1, 0.8, 0.1), (2, 1.2, 0.1), (3, 1.9, 0.1))
                as e (position, relative_orders, standard_error)""",
    )
    block = business.rhythm(story, "month")
    assert block.title == "Members place the most orders in Feb: 30.0%"
    # Growth alone, or too few years to tell, name none.
    even = "The highest share is above the next one by no more than chance."
    for error in ("0.3", "null"):
        alter(story, f"update marts.calendar_effects set standard_error = {error}")
        block = business.rhythm(story, "month")
        assert block.title == "Shares of orders by month of the year"
        assert (even in block.sentences) == (error == "0.3")
    alter(story, "update marts.calendar_effects set standard_error = 0.1")
    # February of two years, January of one.
    alter(story, "insert into marts.life_cycle_by_month values ('2014-02-01', 'complete', 0)")
    block = business.rhythm(replace(story), "month")
    assert block.title == "Shares of orders by month of the year"


def story_of_rhythms(language: str, name: str, most: tuple[int, ...]) -> Story:
    """So many orders on the Mondays of weeks, or at noon of days, 50 on Tuesdays, or at eleven at night, and few."""
    moments = {
        "weekday": (
            (1, "Monday", "{n} * 7", 12),
            (2, "Tuesday", "{n} * 7 + 1", 12),
            (3, "Wednesday", "{n} * 7 + 2", 12),
        ),
        "hour": ((12, "", "{n}", 12), (23, "", "{n}", 23), (9, "", "{n}", 9)),
    }[name]
    cells = [
        (position, label, day.format(n=unit), hour, count)
        for unit, of_unit in enumerate(most)
        for (position, label, day, hour), count in zip(moments, (of_unit, 50, 5), strict=True)
    ]
    values = ", ".join(
        f"({position}, '{label}', {day}, {hour}, {count})" for position, label, day, hour, count in cells
    )
    return story_of(
        language,
        f"""create table seeds.customer_types as select 'member' as customer_type, 1 as sort_order;
        create table marts.customer_type_comparison as
        select 'member' as customer_type, 'Members' as name_{language}, 200 as customers, 500 as orders;
        create table cells as from (values {values}) as c (position, label, day_no, hour, orders);
        create table marts.orders as
        select 'member' as customer_type, hour, timestamp '2015-01-05' + interval (day_no) day as purchased_at,
            1000 * day_no + no as card_id
        from cells, range(200) as o (no) where no < orders;
        create table marts.member_overview as select date '2016-01-01' as as_of;
        create table marts.customer_type_rhythm as
        select 'member' as customer_type, '{name}' as rhythm, position, label as name_{language}, sum(orders) as orders,
            sum(orders) / sum(sum(orders)) over () as share
        from cells group by all
        union all select 'member', 'month', 5, '5', 500, 1""",
    )


@pytest.mark.parametrize(
    ("language", "name", "most", "title"),
    [
        ("en", "weekday", (70, 80) * 4, "Members place the most orders on Monday: 57.7%"),
        ("zh", "weekday", (70, 80) * 4, "Members的订单在Monday最多，占日均订单的 57.7%"),
        ("en", "hour", (70, 80) * 4, "Members place the most orders between 12:00 and 13:00: 57.7%"),
        ("zh", "hour", (70, 80) * 4, "Members的订单在12时至13时最多，占日均订单的 57.7%"),
        # Far above Wednesday and nine, but above Tuesday and eleven by no more than chance.
        ("en", "weekday", (40, 70) * 4, "Shares of orders by weekday"),
        ("zh", "weekday", (40, 70) * 4, "一周各天订单占比"),
        ("en", "hour", (40, 70) * 4, "Shares of orders by hour of the day"),
        ("zh", "hour", (40, 70) * 4, "各小时订单占比"),
        # As many more, but on some Mondays far fewer.
        ("en", "weekday", (1, 149) * 4, "Shares of orders by weekday"),
    ],
)
def test_a_weekday_or_hour_is_named_where_it_leads_beyond_chance(
    language: str, name: str, most: tuple[int, ...], title: str
) -> None:
    block = business.rhythm(story_of_rhythms(language, name, most), name)
    assert block.title == title
    assert block.is_finding == ("57.7%" in title)


def test_of_one_week_nobody_knows_how_its_days_vary() -> None:
    block = business.rhythm(story_of_rhythms("en", "weekday", (75,)), "weekday")
    assert block.title == "Shares of orders by weekday"
    assert "The highest share is above the next one by no more than chance." not in block.sentences


def test_of_one_month_or_few_no_rhythm_is_told() -> None:
    story = story_of_rhythms("en", "weekday", (70, 80) * 4)
    assert business.rhythm(story, "month") is None
    assert business.rhythm(story, "weekday") is not None
    # All orders of two weekdays are of one card: those of Monday would be the rest of the week.
    alter(story, "update marts.orders set card_id = 1 where isodow(purchased_at) > 1")
    assert business.rhythm(story, "weekday") is None
    alter(story, "update marts.orders set card_id = 1000 * day(purchased_at) + rowid")
    assert business.rhythm(story, "weekday") is not None
    alter(story, "update marts.customer_type_comparison set customers = 3")
    assert business.rhythm(story, "weekday") is None


@pytest.mark.parametrize(
    ("amounts", "title", "is_even"),
    [
        ({"female": 130, "male": 100}, "Female: the highest amount per buyer, CN¥130", False),
        ({"female": 102, "male": 100}, "Amount per buyer by gender and age", True),
        ({"old": 130, "middle": 100, "young": 20}, "Old: the highest amount per buyer, CN¥130", False),
        # Above the mean of all others, but not above the next.
        ({"old": 130, "middle": 128, "young": 20}, "Amount per buyer by gender and age", True),
        ({"old": 130}, "Amount per buyer by gender and age", False),
    ],
)
def test_a_group_of_members_is_named_where_it_spends_more_than_each_other_beyond_chance(
    amounts: dict[str, int], title: str, is_even: bool
) -> None:
    groups_of_members = ", ".join(f"('{group}', {amount}, {no})" for no, (group, amount) in enumerate(amounts.items()))
    story = story_of(
        "en",
        f"""create table groups as
        select *, if(group_code in ('female', 'male'), 'gender', 'age_band') as dimension
        from (values {groups_of_members}) as g (group_code, amount, no);
        create table seeds.age_bands as select group_code as age_band, 1980 as birth_year_from from groups;
        create table marts.members as select card_id, false as is_gender_filled from range(300) as m (card_id);
        create table marts.member_overview as select card_id, 1 as orders, amount + card_id % 2 * 100 - 50 as amount,
            if(dimension = 'gender', group_code, null) as gender,
            if(dimension = 'age_band', group_code, null) as age_band
        from range(300) as m (card_id) join groups on no = card_id // 100;
        create table marts.member_group_comparison as
        select dimension, group_code, upper(group_code[1]) || group_code[2:] as name_en, 100 as buyers,
            amount as amount_per_buyer, 0.5 as amount_share, 1 as orders_per_buyer, 1 as amount_per_order
        from groups""",
    )
    block = business.member_groups(story)
    assert block.title == title
    assert ("The highest amount per buyer is above the next one by no more than chance." in block.sentences) == is_even


def test_what_grows_is_said_as_the_seed_has_it() -> None:
    story = story_of(
        "en",
        """create table seeds.growth_levels as
        from (values ('growing', 1, 0.1), ('steady', 2, -0.2), ('declining', 3, -1))
            as l (level, sort_order, lower_bound);
        create table marts.member_growth as
        select if(buyer < 40, 'growing', 'declining') as level, 'a level' as level_name_en, true as is_comparable,
            false as is_beyond_chance, 0 as more_visits, 1 as visits, 1 as earlier_visits, 12 as compared_months
        from range(80) as b (buyer)""",
    )
    block = groups.growth(story)
    assert "growing is at least 10% more, declining over 20% less" in block.sentences[0]
    assert "80 buyers are comparable" in block.sentences[0]


def test_nobody_who_can_be_compared_grows_in_no_block_whatever_is_small() -> None:
    story = story_of(
        "en",
        """create table marts.member_growth as
        select 'growing' as level, 'a level' as level_name_en, false as is_comparable, null as is_beyond_chance,
            null as more_visits, 1 as visits, 1 as earlier_visits, 0 as compared_months;
        create table seeds.growth_levels as select 'growing' as level, 1 as sort_order, 0.1 as lower_bound""",
    )
    assert groups.growth(replace(story, small=0)) is None


@pytest.mark.parametrize(
    ("beyond", "more", "title"),
    [
        # Of 6 visits in two years of equal length, all are of one in 1 of 64 cases for each; 4 are too few.
        (
            60,
            50,
            "Beyond chance, 5% of the comparable buyers come more often than a year before and 7% less often; where"
            " nobody changes, chance alone gives 0.2% and 0.2%",
        ),
        (
            60,
            20,
            "Beyond chance, 12% of the comparable buyers come more or less often than a year before; where nobody"
            " changes, chance alone gives 0.3%",
        ),
        (10, 10, "1,000 buyers against their own past year"),
        (0, 0, "1,000 buyers against their own past year"),
    ],
)
def test_whoever_grows_by_chance_is_in_no_title(beyond: int, more: int, title: str) -> None:
    story = story_of(
        "en",
        f"""create table seeds.growth_levels as
        from (values ('growing', 1, 0.25), ('steady', 2, -0.25), ('declining', 3, -1))
            as l (level, sort_order, lower_bound);
        create table marts.member_growth as
        select if(buyer < 500, 'growing', 'declining') as level, level as level_name_en, true as is_comparable,
            buyer % 500 < {beyond} as is_beyond_chance, if(buyer < {more}, 2, -2) as more_visits,
            visits_of_both // 2 + more_visits as visits, visits_of_both // 2 - more_visits as earlier_visits,
            12 as compared_months
        from (select *, if(buyer % 10 = 0, 6, 4) as visits_of_both from range(1000) as b (buyer))""",
    )
    block = groups.growth(story)
    assert block.title == title


@pytest.mark.parametrize(
    ("months", "sentences"),
    [(1, []), (2, ["In the months that are shown the rate of the state Lost lay between 10% and 20%."])],
)
def test_one_month_has_no_range_of_rates(months: int, sentences: list[str]) -> None:
    story = story_of(
        "en",
        f"""create table seeds.life_cycle_states as select 'lost' as state, 1 as sort_order;
        create table marts.life_cycle_by_month as select date '2017-01-01' as month_start, true as is_settled;
        create table marts.activation_by_month as
        select date '2017-01-01' + interval (no) month as month_start, 'lost' as previous_state, 'Lost' as name_en,
            'complete' as month_status, 1000 as inactive_members, 100 * (no + 1) as activated_members
        from range({months}) as m (no)""",
    )
    assert groups.activation(story).sentences == sentences


@pytest.mark.parametrize("known", [300, 400])
def test_nobody_of_unknown_age_is_in_no_sentence(known: int) -> None:
    story = story_of(
        "en",
        f"""create table seeds.age_bands as select 'young' as age_band, 'Young' as name_en, 1980 as birth_year_from;
        create table seeds.genders as select 'female' as gender, 'Women' as name_en;
        create table marts.members as select no as card_id, 'female' as gender, false as is_gender_filled
        from range(400) as m (no);
        create table marts.member_overview as select no as card_id, if(no < {known}, 'young', null) as age_band
        from range(400) as m (no)""",
    )
    said = " ".join(business.gender_and_age(story).sentences)
    assert ("are left out, as their age or gender is not known" in said) == (known < 400)


def test_weights_are_no_pieces_of_an_order() -> None:
    story = story_of(
        "en",
        """create table marts.basket_attach_rates as
        select 'all' as scope, null as code, 'All' as name_en, 900 as orders, 939.29 as attach_rate,
            2.5 as lines_per_order, 0.5 as several_lines_share, null as several_counters_share, false as is_small;
        create table marts.segment_summary as select 1 as segment, 'A' as segment_name_en, 90 as members, 1 as amount,
            1 as orders limit 0;
        create table marts.member_overview as select 1 as segment, 1.0 as amount, 1 as orders limit 0""",
    )
    assert outlook.attach_rates(story).title == "An order has 2.50 lines on average"


def test_what_chance_gives_is_the_exact_size_of_the_test() -> None:
    # By brute force: 6 of 6 visits; of 7 with a fifth of the days, 4 or more.
    assert groups.more_often_by_chance({0: 5, 5: 1000, 6: 64}, 0.5) == pytest.approx(1)
    size = sum(math.comb(7, visits) * 0.2**visits * 0.8 ** (7 - visits) for visits in range(4, 8))
    assert groups.more_often_by_chance({7: 100}, 0.2) == pytest.approx(100 * size)
    # In a year without trade nobody comes.
    assert groups.more_often_by_chance({7: 100}, 0) == groups.more_often_by_chance({7: 100}, 1) == 0


def test_findings_whose_numbers_are_not_told_are_counted() -> None:
    story = story_of(
        "en",
        """create table marts.findings as
        select *, subject as text_en, 1 as finding_no
        from (values ('lrfmpsx', 100, 200), ('life_cycle_thresholds', 200, 200), ('card_id', 29, 200),
            ('member_rows', 60, 62)) as f (subject, found, looked_at)""",
    )
    block = outlook.findings(story)
    assert block.title == "What stands out in the data is about numbers of people that this page does not tell"
    [said] = block.sentences
    assert said.startswith("With numbers of people that this page does not tell, 4 more")
    alter(story, "insert into marts.findings values ('a.csv', 5, 9, 'A file.', 2)")
    block = outlook.findings(story)
    assert block.title == "What stands out in the data: 1"
    assert block.sentences == ["A file.", said]


def test_a_rate_of_few_is_not_told() -> None:
    story = story_of(
        "en",
        """create table seeds.life_cycle_states as
        from (values ('silent', 'Silent', 1), ('lost', 'Lost', 2)) as s (state, name_en, sort_order);
        create table marts.eda_coverage as select date '2017-01-01' as month_start, 'complete' as status;
        create table marts.member_overview as select date '2017-03-01' as as_of;
        create table marts.life_cycle_by_month as select date '2017-01-01' as month_start, true as is_settled;
        create table marts.activation_by_month as select *, 'complete' as month_status
        from (values (date '2017-01-01', 'silent', 100, 40), ('2017-01-01', 'lost', 100, 0),
            ('2017-02-01', 'silent', 90, 9), ('2017-02-01', 'lost', 100, 7), ('2017-03-01', 'silent', 120, 90))
            as a (month_start, previous_state, inactive_members, activated_members)""",
    )
    block = groups.activation(story)
    # Of the lost, only the months would be left in which nobody came back.
    assert [(part["name"], part["data"]) for part in block.option["series"]] == [("Silent", [0.4, None, 0.75])]
    assert len(story.left_out) == 1


def test_a_pair_of_few_members_is_not_told_however_many_their_orders() -> None:
    story = story_of(
        "en",
        """create table marts.basket_pairs as
        select *, item_code as item_name, other_item_code as other_item_name, true as is_above_chance
        from (values ('product', 1, 'a', 'b', 29, 400, 9.0, 1.0), ('product', 2, 'a', 'c', 30, 30, 6.0, 2.0))
            as p (level, pair_rank, item_code, other_item_code, members, orders, lift, chance_lift)""",
    )
    block = outlook.pairs(story, "product")
    assert block.title == "A and c are bought together 3.0 times as often as by chance"
    assert [part["data"] for part in block.option["series"]] == [[3.0]]


def test_few_of_a_level_are_not_drawn() -> None:
    story = story_of(
        "en",
        """create table seeds.growth_levels as
        from (values ('growing', 1, 0.25), ('steady', 2, -0.25), ('declining', 3, -1), ('stopped', 4, null))
            as l (level, sort_order, lower_bound);
        create table marts.member_growth as
        select level, level as level_name_en, true as is_comparable, buyer <= beyond as is_beyond_chance,
            1 as more_visits, 2 as visits, 0 as earlier_visits, 12 as compared_months
        from (values ('growing', 101, 5), ('steady', 60, 0), ('declining', 80, 40), ('stopped', 9, 0))
            as l (level, buyers, beyond)
        cross join range(1, 200) as b (buyer) where buyer <= buyers""",
    )
    block = groups.growth(story)
    assert {part["name"]: part["data"] for part in block.option["series"]} == {
        "Visits differ beyond chance": [None, 0, 40, 0],
        "Not beyond chance": [100, 60, 40, None],
    }


@pytest.mark.parametrize(
    ("action", "said"),
    [("call", "Call."), ("letter", "Top (100): Call. Base (< 30): A letter. Low (40): Call.")],
)
def test_of_members_of_a_state_the_action_of_each_segment_is_told(action: str, said: str) -> None:
    story = story_of(
        "en",
        f"""create table seeds.life_cycle_states as select 'active' as state, 1 as sort_order, 'Active' as name_en;
        create table marts.member_overview as
        select 'active' as state, segment, name as effective_segment_code, name as effective_segment_name_en,
            action as action_code, if(action = 'call', 'Call.', 'A letter.') as action_text_en,
            1 as orders, 9.5 as amount, null::double as expected_value
        from (values (1, 'Top', 104, 'call'), (2, 'Base', 20, '{action}'), (3, 'Low', 35, 'call'))
            as g (segment, name, members, action)
        cross join range(1, 200) as m (member) where member <= members""",
    )
    block = outlook.actions(story)
    assert block.table.rows == [["Active", "160", "CN¥1,510", said]]


def story_of_forecasts(language: str, best: str = "model", reason: str = "null") -> Story:
    """The check of two methods, of which the model has the smaller errors but for the amounts."""
    return story_of(
        language,
        f"""create table seeds.forecast_methods as
        from (values ('model', 1), ('own_rate', 2)) as m (method, sort_order);
        create table marts.clv_models as
        select 'all' as sample, 'bg_nbd' as model, {reason} as reason_name_{language};
        create table marts.clv_check as
        select *, if(quantity = 'purchases', method = '{best}', method = 'own_rate') as is_best, true as is_usable,
            303 as checked_days, 1000 as members, 400 as one_visit_members,
            if(quantity = 'purchases', 0.74, -0.1) as one_visit_bias
        from (values ('purchases', 'model', 'the model', 1.5, 0.1), ('purchases', 'own_rate', 'a guess', 2, 0.2),
            ('amount', 'model', 'the model', 9, 0.3), ('amount', 'own_rate', 'a guess', 8, -0.4))
            as c (quantity, method, method_name_{language}, root_mean_square_error, total_bias)""",
    )


@pytest.mark.parametrize(
    ("language", "best", "reason", "title"),
    [
        ("en", "model", "null", "The model has the smallest error of the methods"),
        ("en", "own_rate", "null", "A guess: the best forecast, better than the model"),
        # Though the error of the model is smaller in the check.
        ("en", "own_rate", "'It is so.'", "A guess: the best of the forecasts that can be used; the model was refused"),
        ("zh", "own_rate", "'It is so.'", "“a guess”在可用的预测中最准；模型未被采用"),
    ],
)
def test_what_has_no_model_is_not_said_to_be_better_than_it(language: str, best: str, reason: str, title: str) -> None:
    block = outlook.forecast_check(story_of_forecasts(language, best, reason))
    assert block.title == title
    assert any("It is so." in said for said in block.sentences) == (reason != "null")


def test_the_check_tells_how_far_the_amounts_are_off() -> None:
    block = outlook.forecast_check(story_of_forecasts("en"))
    assert block.sentences[:3] == [
        '"the model": over 303 days with trade, the total of visits is off by +10.0% (+ is too many).',
        "For those with one visit by then, the total of visits is off by +74.0%.",
        'Amounts go by the method "a guess": over 303 days with trade, the total is off by -40.0% (+ is too much).',
    ]
    assert [row[2:] for row in block.table.rows] == [["+10.0%", "+30.0%"], ["+20.0%", "-40.0%"]]


@pytest.mark.parametrize(
    ("language", "title", "why"),
    [
        (
            "en",
            "A guess: the best of the forecasts that can be used",
            '"as before" cannot be used for the time ahead: most customers bought for the first time within as long a '
            "time before it.",
        ),
        (
            "zh",
            "“a guess”在可用的预测中最准",
            "“as before”不能用于今后的预测：多数顾客在此前同样长的时间内才首次消费。",
        ),
    ],
)
def test_a_method_that_cannot_be_used_is_said_to_be_none_that_was_beaten(language: str, title: str, why: str) -> None:
    story = story_of_forecasts(language, "own_rate")
    alter(
        story,
        f"""insert into seeds.forecast_methods values ('same_as_before', 3);
        insert into marts.clv_check by name
        select 'purchases' as quantity, 'same_as_before' as method, 'as before' as method_name_{language},
            1 as root_mean_square_error, 0 as total_bias, false as is_best, false as is_usable, 303 as checked_days,
            1000 as members, 400 as one_visit_members""",
    )
    block = outlook.forecast_check(story)
    assert block.title == title
    assert block.sentences[0] == why


@pytest.mark.parametrize(
    ("language", "title", "note", "bias", "of_one_visit"),
    [
        (
            "en",
            "In the next 365 days CN¥900 is to be expected from those who have bought already",
            "It leaves out",
            "In the check, over 101 days with trade, the same method was off by +15.0% in total (+ is too much).",
            "For those with one visit by then, the total amount is off by -100.0%.",
        ),
        (
            "zh",
            "已消费过的顾客未来 365 天预计消费 ¥900",
            "不包括尚未消费过的",
            "在为期 101 个营业日的检验中，同样的方法给出的总额与实际之差为 +15.0%（正数为高估）。",
            "其中当时仅消费过 1 天的顾客，金额合计之差为 -100.0%。",
        ),
    ],
)
def test_the_expected_amount_is_said_to_be_of_those_who_have_bought(
    language: str, title: str, note: str, bias: str, of_one_visit: str
) -> None:
    story = story_of(
        language,
        f"""create table seeds.life_cycle_states as
        select 'active' as state, 1 as sort_order, 'Active' as name_{language};
        create table marts.member_overview as
        select 'active' as state, 365 as horizon_days, 1 as orders, 7 as amount, 10 as expected_value from range(90);
        create table marts.clv_check as select 'amount' as quantity, true as is_best, 0.15 as total_bias,
            101 as checked_days, 90 as members, 40 as one_visit_members, -1 as one_visit_bias""",
    )
    block = outlook.expected_amount(story)
    assert block.title == title
    assert note in block.sentences[-3]
    assert block.sentences[-2:] == [bias, of_one_visit]


@pytest.mark.parametrize(
    ("members", "of_one_visit", "bias"), [(90, 29, 0.5), (69, 40, 0.5), (90, 40, 0.2), (90, 0, None)]
)
def test_the_bias_of_few_and_a_small_one_are_not_told(members: int, of_one_visit: int, bias: float | None) -> None:
    story = story_of_forecasts("en")
    alter(
        story,
        "update marts.clv_check set members = ?, one_visit_members = ?, one_visit_bias = ?",
        [members, of_one_visit, bias],
    )
    assert not [said for said in outlook.forecast_check(story).sentences if "one visit" in said]


@pytest.mark.parametrize(
    ("language", "jaccard", "has_structure", "title", "note"),
    [
        ("en", 0.9, True, "Refits on resampled buyers find the same 2 segments again", "does not prove natural groups"),
        ("zh", 0.9, True, "重新抽样后，2 个客群依然稳定", "这不证明存在天然的群体"),
        (
            "en",
            0.9,
            False,
            "The 2 segments are found again, but nothing shows that they are natural groups",
            "these segments are",
        ),
        ("en", 0.749, True, "The division into 2 segments is not stable: use it with care", "of 0.749; 0.75"),
        (
            "en",
            0.7,
            True,
            "The division into 2 segments is not stable: use it with care",
            ": Log standardised (2), Min-max (3, 4).",
        ),
    ],
)
def test_what_refits_find_again_is_not_said_to_be_natural(
    language: str, jaccard: float, has_structure: bool, title: str, note: str
) -> None:
    story = story_of(
        language,
        f"""create table marts.settings_used as select 'cluster_valid_jaccard' as setting, '0.75' as value;
        create table marts.cluster_scores as select 'standard' as scaling, 2 as n_clusters, 0.4 as silhouette,
            {jaccard} as smallest_jaccard, true as is_selected, {has_structure} as has_structure,
            has_structure and smallest_jaccard >= 0.75 as is_stable, is_stable as is_candidate;
        insert into marts.cluster_scores by name select *, false as is_selected
        from (values ('minmax', 4, true), ('minmax', 3, true), ('log_standard', 2, true), ('log_standard', 6, false))
            as others (scaling, n_clusters, is_candidate)""",
    )
    block = groups.trust(story)
    assert block.title == title
    said = " ".join(block.sentences)
    assert note in said
    # Other divisions are named where this one is not stable.
    assert ("Min-max" in said) == (jaccard < 0.75 or not has_structure)


@pytest.mark.parametrize(
    ("lost", "title", "amounts"),
    [
        (12, "The largest group: 150 customers, Active", [["CN¥900", "CN¥1,800"], ["–", "–"], ["–", "–"]]),
        (
            40,
            "The largest expected amount: 40 customers, Lost",
            [["CN¥240", "CN¥8,000"], ["CN¥900", "CN¥1,800"], ["CN¥570", "CN¥95"]],
        ),
    ],
)  # fmt: skip
def test_amounts_of_few_in_a_state_are_told_nowhere(lost: int, title: str, amounts: list[list[str]]) -> None:
    story = story_of(
        "en",
        f"""create table seeds.life_cycle_states as
        from (values ('active', 1, 'Active'), ('slowing', 2, 'Slowing'), ('lost', 3, 'Lost'))
            as s (state, sort_order, name_en);
        create table marts.member_overview as
        select state, 1 as segment, 'base' as effective_segment_code, 'Base' as effective_segment_name_en,
            365 as horizon_days, value as expected_value, 1 as orders, 6 as amount,
            state as action_code, 'Do it' as action_text_en
        from (values ('active', 150, 12), ('slowing', 95, 1), ('lost', {lost}, 200)) as g (state, members, value)
        cross join range(1, 200) as m (member) where member <= members;
        create table marts.clv_check as
        select 'amount' as quantity, true as is_best, null::double as total_bias""",
    )
    block = outlook.actions(story)
    assert block.title == title
    assert [row[2:4] for row in block.table.rows] == amounts
    block = outlook.expected_amount(story)
    [series] = block.option["series"]
    assert (series["data"] == [1800, 95, 8000]) == (lost == 40)
    assert [value for value in series["data"] if value is not None] == ([1800, 95, 8000] if lost == 40 else [1800])


def test_stocks_and_moves_are_told_of_rounded_people_and_none_of_few() -> None:
    story = story_of(
        "en",
        """create table seeds.life_cycle_states as select *, state = 'silent' as is_inactive
        from (values ('new', 1, 'New'), ('active', 2, 'Active'), ('silent', 3, 'Silent'))
            as s (state, sort_order, name_en);
        create table marts.life_cycle_transitions as
        select date '2017-03-01' as month_start, *
        from (values ('new', 'active', 36), ('new', 'silent', 64), ('active', 'active', 480), ('active', 'silent', 4),
            ('active', 'new', 0), ('silent', 'active', 33), ('silent', 'silent', 7))
            as t (previous_state, state, members);
        create table marts.life_cycle_by_month as select *, 'complete' as month_status
        from (values
            (date '2017-02-01', 'new', 100), (date '2017-02-01', 'active', 484), (date '2017-02-01', 'silent', 40),
            (date '2017-03-01', 'new', 0), (date '2017-03-01', 'active', 549), (date '2017-03-01', 'silent', 75))
            as m (month_start, state, members);
        create table marts.eda_coverage as
        select unnest([date '2017-02-01', date '2017-03-01']) as month_start, 'complete' as status;
        create table marts.member_overview as select date '2017-04-01' as as_of""",
    )
    # As where there are thresholds.
    story = replace(story, texts=story.texts | {"states_title": texts()["states_title"]["text_en"]})
    block = groups.states(story)
    assert [part["data"] for part in block.option["series"]] == [[100, 0], [480, 550], [40, 80]]
    assert block.title == "Mar 2017: 70 became silent or lost, 30 came back"
    block = groups.transitions(story)
    assert block.table.rows == [["New", "40%", "60%"], ["Active", "100%", "–"], ["Silent", "–", "–"]]


def test_the_share_of_all_cohorts_is_that_of_rounded_people() -> None:
    story = story_of(
        "en",
        """create table marts.eda_coverage as
        select unnest([date '2017-01-01', date '2017-04-01', date '2017-07-01']) as month_start, 'complete' as status;
        create table marts.cohort_retention as
        select 'first_purchase' as cohort_type, month_start as cohort_start, 1 as months_since, members, buyers,
            is_after_gap, 'complete' as month_status
        from (values (date '2017-01-01', 90, 50, true), (date '2017-04-01', 104, 45, false),
            (date '2017-07-01', 61, 12, false)) as c (month_start, members, buyers, is_after_gap);
        insert into marts.cohort_retention
        select cohort_type, cohort_start, 2, 104, 29, false, month_status
        from marts.cohort_retention where cohort_start = '2017-04-01'""",
    )
    block = groups.cohorts(story)
    assert block.title == "35% buy again in month 1 after their first purchase"
    # Of 29 of 104 it is told that they are fewer than 30 of 95 or more.
    assert block.table.rows == [["Q1 2017 *", "56%", ""], ["Q2 2017", "50%", "<32%"]]


def test_amounts_that_one_person_has_most_of_are_not_told() -> None:
    story = story_of("en", "")
    people = {"a": 90, "b": 100, "c": 400, "d": 500}
    even = {"a": (90.0, 1.0, 1.0), "b": (100.0, 1.0, 1.0), "c": (400.0, 1.0, 1.0), "d": (9000.0, 90.0, 90.0)}
    assert story.hidden(people, amounts=[even]) == frozenset()
    # The others have 98 to 1,000 of one; a with them would tell 188 beside it, but with those of c too, nothing.
    large = even | {"b": (1099.0, 1000.0, 1.0)}
    assert story.hidden(people, amounts=[even, large]) == {"a", "b"}
    larger = even | {"b": (100_098.0, 100_000.0, 1.0)}
    assert story.hidden(people, amounts=[larger]) == {"a", "b", "c", "d"}
    # Two who share most of it tell of each other.
    both = even | {"b": (1098.0, 500.0, 500.0)}
    assert story.hidden(people, amounts=[both]) == frozenset()
    assert story.hidden(people, amounts=[both | {"b": (1040.0, 500.0, 500.0)}]) == {"a", "b"}


@pytest.mark.parametrize(("members", "of_few"), [(400, True), (290, False)])
def test_an_expected_amount_that_is_mostly_of_few_is_said_to_be(members: int, of_few: bool) -> None:
    story = story_of(
        "en",
        f"""create table seeds.life_cycle_states as select 'active' as state, 1 as sort_order, 'Active' as name_en;
        create table marts.member_overview as
        select 'active' as state, 365 as horizon_days, 1 as orders, 7 as amount,
            if(member < 7, 1000, 10) as expected_value
        from range({members}) as m (member);
        create table marts.clv_check as select 'amount' as quantity, false as is_best, 0.15 as total_bias""",
    )
    said = "More than half of that is of fewer than 30 of them."
    assert (said in outlook.expected_amount(story).sentences) == of_few


@pytest.mark.parametrize(
    ("effect", "title", "is_said"),
    [
        ("month", "Of what can be judged (weekdays, months), nothing differs by more than chance", False),
        (
            "part_of_month",
            "Of what can be judged (weekdays, parts of the month), nothing differs by more than chance",
            True,
        ),
    ],
)
def test_a_season_that_nobody_judged_is_not_denied(effect: str, title: str, is_said: bool) -> None:
    story = story_of(
        "en",
        f"""create table marts.calendar_effects as select *, 'x' as name_en, 1.1 as relative_orders
        from (values ('weekday', 1, false), ('{effect}', 1, false), ('month', 7, null))
            as e (effect, position, is_beyond_chance)""",
    )
    block = business.calendar(story)
    assert block.title == title
    assert any("season" in said for said in block.sentences) == is_said


def test_a_shop_where_all_was_for_nothing_has_no_shares_of_the_amount() -> None:
    story = story_of(
        "en",
        """create table marts.segment_summary as
        select segment, 'S' || segment as segment_name_en, 50 as members, 0.5 as member_share,
            null::double as amount_share, false as is_small from range(1, 3) as s (segment);
        create table seeds.rfm_rules as
        select s as rule_set, 'a' as code, 1 as sort_order, 'A' as name_en, 'A' as name_zh, 4 as r_from
        from (values ('rfm_group'), ('rfm_class')) as r (s);
        create table marts.member_overview as
        select 'a' as rfm_group, 'a' as rfm_class, 'A' as rfm_group_name_en, 'A' as rfm_class_name_en,
            1 + member % 2 as segment, 0.0::decimal(18, 2) as amount, 1 as orders from range(100) as m (member)""",
    )
    assert groups.segment_sizes(story) is None
    assert groups.rfm_groups(story) is None
    assert groups.rfm_classes(story) is None


def test_every_setting_has_a_name_in_the_report() -> None:
    named = {key for key in texts() if key.startswith("setting_")}
    assert {f"setting_{name}" for name in setting_names() if name != "retailer"} | {"setting_meaning"} == named


def test_every_text_that_the_pages_say_is_there() -> None:
    folders = [ROOT / "python" / "segmentation" / name for name in ("report", "app")]
    said = {key for folder in folders for path in folder.glob("*.py") for key in SAID.findall(path.read_text("utf-8"))}
    assert len(said) > 100
    assert said <= texts().keys()


def texts(empty: str = "", seed: str = "report_texts") -> dict[str, Any]:
    """The texts by their keys, but for those with something in a column that shall be empty."""
    from test_charts import rows

    return {row["text_key"]: row for row in rows(seed) if not empty or not row[empty]}


def test_what_one_chart_withholds_of_a_month_no_other_tells() -> None:
    story = story_of_months("en", FEBRUARY, (3, 4, 3, 4))
    assert datetime.date(2015, 1, 1) in business.hidden_months(story)
    rows = [{"customer_type": "member", "position": month, "orders": 900} for month in (1, 2, 4)]
    assert business._people(story, "month", rows) == {("member", 1): 1, ("member", 2): 900, ("member", 4): 900}


def test_thresholds_of_few_cards_are_not_told() -> None:
    story = story_of(
        "en",
        """create table marts.life_cycle_thresholds as select *, 3 as slowing_after_days, 6 as silent_after_days,
            9 as lost_after_days
        from (values (null, 0, true), ('1 visit', 1, true), ('2 visits', 2, true), ('3 or more', 3, false))
            as t (frequency_band_name_en, lower_bound, has_enough_gaps);
        create table marts.member_overview as select if(i < 20, 9, 2) as visits from range(90) as r (i)""",
    )
    table = outlook.thresholds(story).table
    assert [label for label, *_ in table.rows] == ["All", "1 visit", "3 or more"]


def test_charts_tell_three_digits() -> None:
    option = bars(
        ["a", "b"], [Series("x", [110654.66, None], "#000000"), Series("y", [1234, 0.0186007], "#000000")], "money"
    )
    [first, second] = coarse(Block("x", "X", option=option)).option["series"]
    assert (first["data"], second["data"]) == ([111000.0, None], [1234, 0.0186])


def test_means_of_segments_are_of_rounded_members() -> None:
    story = story_of(
        "en",
        """create table marts.segment_summary as
        select segment, 'S' || segment as segment_name_en, 120 + segment as members, 40.0 as f, 100.0 as l
        from range(1, 3) as s (segment);
        create table marts.member_overview as
        select segment, 9 as amount, 1 as orders from range(1, 3) as s (segment) cross join range(121)""",
    )
    assert [(row["f"], row["l"]) for row in groups.segments(story)] == [(121 * 40 / 120, 100), (122 * 40 / 120, 100)]
