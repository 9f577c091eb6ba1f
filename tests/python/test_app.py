"""The live page: what it asks of the warehouse, whom it answers, and the page itself in a real browser."""

import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import duckdb
import pytest
from conftest import ROOT, Job
from playwright.sync_api import Page, sync_playwright

from segmentation.app import state
from segmentation.app.serving import LocalOnly
from segmentation.app.state import Edition, Published
from segmentation.audience import read_contacts
from segmentation.errors import InputError
from segmentation.selection import parse

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or importlib.util.find_spec("nicegui") is None,
    reason="there is no Chromium or no NiceGUI on this machine: the live page is not opened",
)


@pytest.fixture(scope="module")
def edition(demo: Job) -> Iterator[Edition]:
    edition = Edition(demo.warehouse)
    yield edition
    edition.stack.close()


def test_conditions_say_one_of_none_of_and_missing() -> None:
    assert state.conditions_of("state", "=", ["silent", "lost"]) == ("state=silent,lost",)
    assert state.conditions_of("state", "!=", ["silent", "lost"]) == ("state!=silent,lost",)
    assert state.conditions_of("amount", ">=", ["1000"]) == ("amount>=1000",)
    assert state.conditions_of("gender", "=", ["female", ""]) == ("gender=female or gender=",)
    assert state.conditions_of("favourite_counter", "!=", ["a,b", "c"]) == (
        "favourite_counter!=a,b",
        "favourite_counter!=c",
    )


def test_parts_of_a_trait_add_up_and_their_conditions_select_them(edition: Edition) -> None:
    selection = ("orders>=2",)
    for trait in ("state", "effective_segment", "favourite_counter", "amount", "last_visit_date", "registration_date"):
        parts = state.compared(edition, trait, selection, "en")
        column = edition.overview.trait(trait).columns[0]
        bought = "and orders > 0" if edition.overview.trait(trait).kind == "number" else ""
        count = f"select count(*) from marts.member_overview where {column} is not null {bought}"
        [(members,)] = edition.connection.execute(count).fetchall()
        assert sum(part.members for part in parts) == members > 0
        [(selected,)] = edition.connection.execute(f"{count} and orders >= 2").fetchall()
        assert sum(part.selected for part in parts) == selected > 0
        for part in parts:
            if part.conditions:
                assert state.sums(edition, part.conditions).members == part.members
                assert state.sums(edition, (*selection, *part.conditions)).members == part.selected
    assert any(part.is_gap for part in state.compared(edition, "last_visit_date", (), "en"))


def test_amounts_that_nobody_has_are_parts_too_and_money(edition: Edition) -> None:
    parts = state._by_magnitude(edition.stories["en"], "amount", [(20.0, 1, 2), (200.0, 3, 4)])
    assert [(part.label, part.selected, part.members) for part in parts] == [
        ("CN¥20–CN¥50", 1, 2),
        ("CN¥50–CN¥100", 0, 0),
        ("CN¥100–CN¥200", 0, 0),
        ("CN¥200–CN¥500", 3, 4),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_trait_has_a_name(edition: Edition, language: str) -> None:
    labels = edition.labels(language)
    assert not {name for name, label in labels.items() if re.fullmatch(r"[a-z]\w*", label)}
    assert len(set(labels.values())) == len(labels) > 20
    said = [state.described(edition, part, language) for part in parse("state=silent,lost or amount>=1000").comparisons]
    expected = {
        "zh": ["生命周期状态 = 沉默、流失", "消费金额 ≥ 1000"],
        "en": ["Life-cycle state = Silent, Lost", "Amount ≥ 1000"],
    }
    assert said == expected[language]


def test_a_member_is_found_by_the_beginning_and_told_of(edition: Edition) -> None:
    [(card, orders)] = edition.connection.execute(
        "select card_id, orders from marts.member_overview order by orders desc, card_id limit 1"
    ).fetchall()
    assert card in state.found(edition, f" {card[:4].upper()}")
    assert state.found(edition, "") == state.found(edition, "%") == []
    portrait = state.portrait(edition, card, "zh")
    assert portrait["orders"] == str(orders)
    assert all(portrait[money].startswith("¥") for money in state.MONEY)
    assert state.portrait(edition, "nobody", "zh") == {}
    assert sum(row["orders"] or 0 for row in state.orders_by_month(edition, card)) == orders
    assert 0 < len(state.favourites(edition, card, "counter")) <= state.FAVOURITES
    changes = state.history(edition, card, "en")
    assert changes[0]["month_start"] > changes[-1]["month_start"]
    groups = [{**row, "month_start": None} for row in changes]
    assert all(before != after for before, after in pairwise(groups))
    assert changes[0]["rfm_group"] == state.portrait(edition, card, "en")["rfm_group"]


@pytest.mark.parametrize(("value", "text"), [(1234567.0, "1234567"), (94382.02, "94382.02"), (0.0, "0"), ("7", "7")])
def test_a_number_stays_as_it_was_typed(value: object, text: str) -> None:
    assert state.typed(value) == text


def test_of_a_month_without_data_no_orders_of_a_member_are_told() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.member_overview as select date '2016-01-01' as as_of;
        create table marts.life_cycle_by_month as from (values (date '2014-12-01', 'complete'),
            ('2015-01-01', 'complete'), ('2015-01-01', 'complete'), ('2015-02-01', 'missing'),
            ('2015-03-01', 'complete'), ('2015-04-01', 'partial')) as c (month_start, month_status);
        create table marts.orders as select 'a' as card_id, timestamp '2015-01-05' as purchased_at, 7.5 as amount"""
    )
    shop = Edition.__new__(Edition)
    shop.connection = connection
    months = [(row["orders"], row["amount"], row["is_gap"]) for row in state.orders_by_month(shop, "a")]
    assert months == [(1, 7.5, False), (None, None, True), (0, 0, False), (0, 0, True)]


def test_the_list_is_ranked_paged_and_saved_whole(edition: Edition) -> None:
    def cards(start: int, *, is_falling: bool) -> list[str]:
        rows = state.listed(edition, ("orders>=1",), "en", "amount", is_falling=is_falling, start=start, count=5)
        return [row["card_id"] for row in rows]

    ranked = edition.connection.execute(
        "select card_id from marts.member_overview where orders >= 1 order by amount desc, card_id"
    ).fetchall()
    assert cards(0, is_falling=True) + cards(5, is_falling=True) == [card for (card,) in ranked[:10]]
    assert cards(0, is_falling=False)[0] != cards(0, is_falling=True)[0]
    text = state.list_file(edition, ("orders>=1",), "zh", "csv").decode("utf-8-sig")
    assert text.startswith("会员卡号,")
    assert len(text.splitlines()) == len(ranked) + 1
    assert state.list_file(edition, ("orders>=1",), "zh", "xlsx").startswith(b"PK")
    with pytest.raises(InputError, match="no trait 'taste'"):
        state.sums(edition, ("taste=good",))


def test_a_new_publication_is_read_but_not_while_one_is_written_from(demo: Job, tmp_path: Path) -> None:
    warehouse, following = tmp_path / "warehouse.duckdb", tmp_path / "next"
    shutil.copy(demo.warehouse, warehouse)
    published = Published(warehouse)
    before = published.edition
    assert published.edition is before
    shutil.copy(demo.warehouse, following)
    with duckdb.connect(str(following)) as connection:
        connection.execute("delete from marts.member_overview where orders = 0")
    with published.kept() as kept:
        following.replace(warehouse)
        assert published.edition is kept is before
    after = published.edition
    assert after.everybody.members == before.everybody.buyers < before.everybody.members
    warehouse.unlink()
    assert published.edition is after
    warehouse.write_text("half a file")
    with pytest.raises(InputError, match="cannot be used"):
        published.edition  # noqa: B018
    shutil.copy(demo.warehouse, following)
    following.replace(warehouse)
    assert published.edition.everybody == before.everybody
    published.edition.stack.close()


def answered(headers: list[tuple[bytes, bytes]], kind: str = "http") -> list[Any]:
    """What is sent for a request: `passed` where it reaches the page."""
    sent: list[Any] = []

    async def page(*_: Any) -> None:
        sent.append("passed")

    async def send(message: Any) -> None:
        sent.append(message.get("status") or message.get("code"))

    asyncio.run(LocalOnly(page, 8080)({"type": kind, "headers": headers}, page, send))
    return sent


def test_only_this_machine_is_answered() -> None:
    here = (b"host", b"127.0.0.1:8080")
    assert answered([here]) == answered([(b"host", b"localhost:8080")], "websocket") == ["passed"]
    assert answered([here, (b"origin", b"http://127.0.0.1:8080")]) == ["passed"]
    usual = LocalOnly(AsyncMock(), 80)
    assert all(usual.is_local([(b"host", host)]) for host in (b"LocalHost", b"127.0.0.1:80"))
    for wrong in (b"shop.example:8080", b"127.0.0.1:8080.shop.example", b"127.0.0.1:80", b"127.0.0.1"):
        assert answered([(b"host", wrong)])[0] == 403
    assert answered([])[0] == answered([here, here])[0] == 403
    for origin in (b"http://shop.example", b"null", b"https://127.0.0.1:8080"):
        assert answered([here, (b"origin", origin)], "websocket") == [1008]


def test_without_what_the_page_needs_one_sentence_says_so(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['nicegui'] = None; from segmentation.cli import main; sys.argv = ['s', 'app']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("The page needs NiceGUI")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_port_that_cannot_be_had_is_named_with_the_reason() -> None:
    code = """
import socket, segmentation.app.page as page, segmentation.app.state as state
from segmentation.app.serving import HOST, serve
page.add_pages = state.Published = lambda *_: None
other = socket.create_server((HOST, 0))
serve(None, None, other.getsockname()[1], is_shown=False)"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert "cannot be used: Address already in use; choose another one with --port" in done.stderr


@pytest.fixture
def address(demo: Job, tmp_path: Path) -> Iterator[str]:
    """The address of a served page; its audiences go to `tmp_path`."""
    # NiceGUI takes itself for tested where it finds what pytest writes into the environment.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    command = [sys.executable, "-m", "segmentation", "app", "--no-browser", "--port", "0"]
    places = ["--warehouse", str(demo.warehouse), "--reports", str(tmp_path)]
    with subprocess.Popen([*command, *places], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield server.stdout.readline().split()[0]
        server.terminate()


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """A page, which fails the test where it asks for anything elsewhere or says something on the console."""
    heard: list[str] = []
    own = (address, address.replace("http", "ws"), "data:")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(60_000)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: request.url.startswith(own) or heard.append(request.url))
        page.on("websocket", lambda socket: socket.url.startswith(own) or heard.append(socket.url))
        yield page
        browser.close()
    assert heard == []


def count(page: Page, name: str) -> int:
    return int(page.locator(f".{name} .value").inner_text().replace(",", ""))


@needs_browser
def test_members_are_selected_looked_up_and_written_by_clicks(
    page: Page, address: str, demo: Job, tmp_path: Path
) -> None:
    [(members, orders)] = demo.query("select count(*), max(orders) from marts.member_overview")
    page.goto(f"{address}?where=state%3Dactive")
    page.locator(".condition").wait_for()
    page.goto(f"{address}en")
    page.wait_for_selector(".q-table")
    assert count(page, "members") == members

    # A click on a bar, then a condition by the lists.
    [(active,)] = demo.query("select count(*) from marts.member_overview where state = 'active'")
    bars = page.locator(".chart-state svg path[fill='#2e86c1']")
    place = [part for (part,) in demo.query(
        "select state from marts.member_overview group by state order by count(*) desc, state"
    )].index("active")  # fmt: skip
    bars.nth(place).click()
    page.locator(".condition").wait_for()
    assert page.locator(".condition").inner_text().startswith("Life-cycle state = Active")
    assert count(page, "members") == active
    assert page.url.endswith("where=state%3Dactive")
    page.get_by_label("Value").click()
    page.get_by_role("option", name="Top-value group").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add").click()
    page.locator(".condition").nth(1).wait_for()
    [(both,)] = demo.query(
        "select count(*) from marts.member_overview where state = 'active' and effective_segment_code = 'top_value'"
    )
    assert count(page, "members") == both

    # The other language keeps the selection.
    page.locator(".language").click()
    page.wait_for_url(f"{address}zh?*")
    page.locator(".condition").nth(1).wait_for()
    assert page.locator(".condition").first.inner_text().startswith("生命周期状态 = 活跃")
    assert count(page, "members") == both
    assert page.get_attribute("html", "lang") == "zh-CN"

    # The selection as a file, and as an audience.
    with page.expect_download() as saved:
        page.get_by_role("button", name="下载名单（csv）").click()
    assert len(Path(saved.value.path()).read_text("utf-8-sig").splitlines()) == both + 1
    contacts = tmp_path / "audiences" / "contacts.csv"
    contacts.parent.mkdir()
    contacts.write_text("card\n")
    page.get_by_role("button", name="生成联系名单").click()
    page.get_by_text("contacts.csv has no column card_id").wait_for(timeout=20_000)
    contacts.unlink()
    contacts.parent.rmdir()
    page.get_by_role("button", name="生成联系名单").click()
    page.get_by_role("button", name="写入").click()
    page.get_by_text("只能用字母").wait_for()
    assert not (tmp_path / "audiences").exists()
    page.get_by_label("名称").fill("tea")
    page.get_by_role("button", name="写入").click()
    page.get_by_text("请写明联系原因").wait_for()
    page.get_by_label("联系原因").fill("tea party")
    page.get_by_label("对照比例").fill("")
    page.get_by_role("button", name="写入").click()
    page.get_by_text("请填写数字：对照比例").wait_for()
    page.get_by_label("对照比例").fill("0.1")
    page.get_by_label("最少联系人数").fill("9999")
    page.get_by_role("button", name="写入").click()
    page.get_by_text("少于最少联系人数 9999").wait_for()
    page.get_by_label("最少联系人数").fill("1")
    [(card,)] = demo.query("select min(card_id) from marts.member_overview")
    away = tmp_path / "away.csv"
    for cards, said in (
        ("x\ny\n", "中没有数据仓库已知的卡号"),
        (f"{card}\nx\n", "有 1 行没有已知的卡号，已略过：第 2 行"),
    ):
        away.write_text(cards)
        page.get_by_label("退订名单文件").fill(str(away))
        page.get_by_role("button", name="计算人数").click()
        page.get_by_text(said).wait_for()
    page.get_by_label("退订名单文件").fill("")
    page.get_by_label("按哪个特征限制人数").click()
    page.get_by_role("option", name="性别").click()
    page.get_by_role("button", name="计算人数").click()
    page.get_by_text("请填写数字：该特征每个取值最多人数").wait_for()
    page.get_by_label("该特征每个取值最多人数").fill("2")
    page.get_by_role("button", name="计算人数").click()
    page.get_by_text("可联系").wait_for()
    page.get_by_role("button", name="写入").click()
    page.get_by_text("已写入").filter(has_text="可联系").wait_for()
    [log] = (tmp_path / "audiences").glob("*_tea/log.csv")
    assert "state=active; effective_segment=top_value" in log.read_text("utf-8-sig")
    assert ",gender=2," in log.read_text("utf-8-sig")
    taken = len(read_contacts(tmp_path / "audiences"))
    page.get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="生成联系名单").click()
    page.get_by_label("排除以往名单中的人").click()
    page.get_by_role("option", name="tea").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="计算人数").click()
    page.get_by_text(f"以往名单中 {taken} 人").wait_for()
    page.get_by_role("button", name="关闭").click()

    # A member by the beginning of the card.
    [(card,)] = demo.query("select card_id from marts.member_overview order by orders desc, card_id limit 1")
    page.get_by_label("卡号开头").fill(card[:5])
    page.locator(".found").get_by_role("link", name=card).click()
    page.wait_for_url(f"{address}zh/member?card={card}*")
    page.get_by_text("客群与状态的变化").wait_for()
    assert page.locator("svg path").count() > 5
    assert str(orders) in page.locator(".traits").inner_text()
    page.get_by_role("link", name="返回筛选").click()
    page.locator(".condition").nth(1).wait_for()
    page.get_by_role("button", name="清除条件").click()
    page.get_by_text("未设条件").wait_for()
    assert count(page, "members") == members
    assert not re.search(r"\bNone\b|\bnan\b|NaN|undefined|[{}]", page.inner_text("body"))

    # Without a mouse: a part of a chart, then another comparison in its line, then none of both.
    page.locator(".chart-state summary").focus()
    page.keyboard.press("Enter")
    page.locator(".chart-state .numbers button").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".condition").wait_for()
    page.get_by_label("取值").click()
    page.get_by_role("option", name="高价值客群").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="或者").focus()
    page.keyboard.press("Enter")
    page.locator(".condition").nth(1).wait_for()
    [(either,)] = demo.query(
        """select count(*) from marts.member_overview
        where state = 'never_bought' or coalesce(effective_segment_code = 'top_value', false)"""
    )
    assert count(page, "members") == either
    page.locator(".kind").click()
    page.get_by_role("option", name="均不满足").click()
    page.wait_for_function(
        "number => document.querySelector('.members .value').innerText.replace(',', '') === String(number)",
        arg=members - either,
    )


@needs_browser
def test_a_narrow_screen_does_not_scroll_sideways_and_a_wrong_link_is_told(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}en?where=taste=good&where=state=gone&where=orders>=1")
    page.get_by_text("There is no trait 'taste'").wait_for()
    # What cannot be understood selects nobody, not everybody.
    assert page.locator(".q-table").count() == page.get_by_role("button", name="Download").count() == 0
    for left in (2, 1):
        page.locator(".condition .q-chip__icon--remove").first.click()
        page.wait_for_function("count => document.querySelectorAll('.condition').length == count", arg=left)
    page.wait_for_selector(".q-table")
    assert page.url.endswith("?where=orders%3E%3D1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # One word of any length is parted, in a sentence and in a condition.
    page.goto(f"{address}en?where=state={'x' * 400}&where=favourite_counter={'x' * 400}")
    page.get_by_text("There is no state").wait_for()
    assert page.locator(".condition").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for wrong, said in (
        ("amount>=abc", "“abc”不是 amount 的取值：请写一个数"),
        ("state=nosuch", "特征 state 没有取值“nosuch”，可选：active"),
    ):
        page.goto(f"{address}zh?where={wrong}")
        page.get_by_text(said).wait_for()
    page.goto(f"{address}zh/member?card=nobody")
    page.get_by_text("没有卡号 nobody").wait_for()
