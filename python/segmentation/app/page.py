"""The layout of the page: a selection with its sums, charts and list, and the page of a member."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import duckdb
from fastapi import Request as HttpRequest
from fastapi.responses import RedirectResponse, Response
from nicegui import app, run, ui

from segmentation.app import state
from segmentation.app.state import DRAWN, Conditions, Edition, Part, Published
from segmentation.audience import Plan, Request, audience_names, export_audience, plan, read_contacts
from segmentation.charts import LANGUAGES
from segmentation.charts.lettering import FONT_PATH
from segmentation.charts.look import BAR
from segmentation.errors import InputError, Remark
from segmentation.report import options
from segmentation.report.options import Series
from segmentation.report.story import MISSING, Story
from segmentation.selection import Condition, parse
from segmentation.text_width import text_width

SIGNS = {"text": {"=": "=", "!=": "≠"}, "number": {">=": "≥", "<=": "≤", "=": "=", "!=": "≠"}}
SIGNS["date"] = SIGNS["number"]
ROWS = 20
WIDEST_LABEL = 140
LOOK_AGAIN = 5.0  # seconds
ALL_COLOR = "#b0bec5"
ACCENT = "#2471a3"
QUASAR: dict[str, Literal["zh-CN", "en-US"]] = {"zh": "zh-CN", "en": "en-US"}
FORMATS = Path(options.__file__).with_name("formats.js")
STYLE = Path(__file__).with_name("style.css")
Handler = Callable[..., Any]


def add_pages(published: Published, report_dir: Path) -> None:
    """Add the pages of both languages to the app."""
    app.add_static_file(local_file=FONT_PATH, url_path="/font.ttf")
    ui.button.default_props("no-caps")

    @ui.page("/")
    def choose(request: HttpRequest) -> Response:
        usual = request.headers.get("accept-language", "zh").lower().startswith("zh")
        asked = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{LANGUAGES[0] if usual else LANGUAGES[1]}{asked}")

    for language in LANGUAGES:
        _add_pages_in(published, report_dir, language)


def _add_pages_in(published: Published, report_dir: Path, language: str) -> None:
    title = published.edition.stories[language].say("app_title")

    @ui.page(f"/{language}", title=title, language=QUASAR[language])
    async def selection(request: HttpRequest) -> None:
        if await _frame(published.edition.stories[language]):
            SelectionPage(published, report_dir, language, tuple(request.query_params.getlist("where"))).show()

    @ui.page(f"/{language}/member", title=title, language=QUASAR[language])
    async def member(request: HttpRequest) -> None:
        if await _frame(published.edition.stories[language]):
            card = request.query_params.get("card", "")
            _member(published.edition, language, card, tuple(request.query_params.getlist("where")))


def words(story: Story, said: Exception | Remark) -> str:
    """A sentence in the language of the page where it has one."""
    in_language = story.say(said.key, **said.values) if isinstance(said, InputError | Remark) else ""
    return in_language or str(said)


class SelectionPage:
    """One visitor's selection."""

    def __init__(self, published: Published, report_dir: Path, language: str, conditions: Conditions) -> None:
        self.published, self.report_dir, self.language, self.conditions = published, report_dir, language, conditions
        self.shown = published.edition
        self.trait = next(name for name in DRAWN if name in self.shown.labels(language))

    @property
    def edition(self) -> Edition:
        return self.published.edition

    @property
    def story(self) -> Story:
        return self.edition.stories[self.language]

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Say in the page what cannot be done, as one sentence."""
        try:
            yield
        except (InputError, duckdb.Error, OSError) as error:
            said = words(self.story, error).splitlines()[0]
            ui.notify(said, type="negative", multi_line=True, timeout=10_000)

    def show(self) -> None:
        say = self.story.say
        _head(self.story, lambda: f"/{_other(self.language)}{_query(self.conditions)}")
        with ui.element("div").classes("line"):
            ui.input(say("app_find"), on_change=self.find).props("clearable outlined dense debounce=200").classes(
                "grow"
            ).classes("find")
        self.cards("")
        self.editor()
        self.body()
        ui.timer(LOOK_AGAIN, self.look_again)

    def find(self, event: Any) -> None:
        with self.telling():
            self.cards.refresh(event.value)

    @ui.refreshable_method
    def cards(self, beginning: str | None) -> None:
        found = state.found(self.edition, beginning or "")
        with ui.element("div").classes("line").classes("found"):
            for card in found:
                ui.link(card, _member_page(self.language, card, self.conditions))
            if beginning and not found:
                ui.label(self.story.say("app_none_found")).classes("faint")

    @ui.refreshable_method
    def editor(self) -> None:
        say, labels = self.story.say, self.edition.labels(self.language)
        kind = self.edition.overview.trait(self.trait).kind

        def choose(event: Any) -> None:
            self.trait = event.value
            self.editor.refresh()

        def conditions() -> Conditions:
            given = value.value if isinstance(value.value, list) else [value.value]
            if not given or given == [None]:
                raise InputError(say("app_value"))
            return state.conditions_of(self.trait, sign.value, [state.typed(text) for text in given])

        def add() -> None:
            with self.telling():
                self.change((*self.conditions, *conditions()))

        with ui.element("div").classes("line"):
            ui.select(labels, value=self.trait, label=say("app_trait"), with_input=True, on_change=choose).props(
                "outlined dense"
            ).classes("grow")
            sign = ui.select(SIGNS[kind], value=next(iter(SIGNS[kind])), label=say("app_comparison"))
            sign.props("outlined dense").style("min-width: 9rem")
            value: Any
            if kind == "text":
                choices = {**self.edition.choices(self.trait, self.language), "": say("app_missing")}
                value = ui.select(choices, label=say("app_value"), multiple=True, with_input=True).props("use-chips")
            elif kind == "date":
                value = ui.input(say("app_value")).props("type=date stack-label")
            else:
                value = ui.number(say("app_value"))
            value.props("outlined dense").classes("grow")
            ui.button(say("app_and"), on_click=add)
        self.wanted = conditions

    def change(self, conditions: Conditions) -> None:
        conditions = tuple(dict.fromkeys(conditions))
        with self.telling():
            # What there is not is said, and the selection stays.
            state.sums(self.edition, tuple(text for text in conditions if text not in self.conditions))
            self.conditions = conditions
            ui.navigate.history.replace(f"/{self.language}{_query(conditions)}")
            self.body.refresh()

    def look_again(self) -> None:
        if self.shown is not self.edition:
            self.shown = self.edition
            ui.notify(self.story.say("app_published"))
            self.editor.refresh()
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        try:
            sums = state.sums(self.edition, self.conditions)
        except InputError as error:
            # A link, or a page that was open as another warehouse was published, may ask for what there is no more.
            ui.label(words(self.story, error))
            self.chips()
            return
        self.chips()
        story, everybody = self.story, self.edition.everybody
        with ui.element("div").classes("cards"):
            for name, write in (
                ("members", story.count), ("buyers", story.count), ("orders", story.count), ("amount", story.money),
                ("expected_value", story.money),
            ):  # fmt: skip
                number, total = getattr(sums, name), getattr(everybody, name)
                if total is None:
                    continue
                with ui.element("div").classes("card").classes(name):
                    ui.label(story.say(f"app_{name}")).classes("faint")
                    ui.label(write(number)).classes("value")
                    if self.conditions and total:
                        share = story.percent(float(number or 0) / float(total))
                        ui.label(story.say("app_share", share=share)).classes("faint")
        _heading("h2", story.say("app_charts"))
        ui.label(story.say("app_hint")).classes("faint")
        with ui.element("div").classes("columns"):
            for trait in DRAWN:
                if trait in self.edition.labels(self.language):
                    self.chart(trait)
        _heading("h2", story.say("app_table"))
        with ui.element("div").classes("line"):
            for form in ("csv", "xlsx"):
                ui.button(story.say("app_list", form=form), on_click=self.saver(form)).props("outline")
            ui.button(story.say("app_audience"), on_click=self.audience)
        self.table(sums.members)

    def chips(self) -> None:
        with ui.element("div").classes("line"):
            if not self.conditions:
                ui.label(self.story.say("app_everybody")).classes("faint")
            else:
                ui.label(self.story.say("app_all_hold")).classes("faint")
                ui.button(self.story.say("app_clear"), on_click=lambda: self.change(())).props("flat dense")
        for place, text in enumerate(self.conditions):
            try:
                condition = parse(text)
                words = [state.described(self.edition, part, self.language) for part in condition.comparisons]
            except InputError:
                others = (*self.conditions[:place], *self.conditions[place + 1 :])
                with ui.element("div").classes("line"):
                    ui.chip(
                        text, removable=True, color="red-1", on_value_change=lambda others=others: self.change(others)
                    ).classes("condition")
            else:
                self.group(place, condition, words)

    def group(self, place: int, condition: Condition, words: Sequence[str]) -> None:
        """A condition: any or none of its comparisons, each of which can be taken away, and others added."""
        say = self.story.say

        def changed(condition: Condition) -> None:
            texts = (str(condition),) if condition.comparisons else ()
            self.change((*self.conditions[:place], *texts, *self.conditions[place + 1 :]))

        def without(number: int) -> Condition:
            left = condition.comparisons[:number] + condition.comparisons[number + 1 :]
            return condition._replace(comparisons=left)

        def add() -> None:
            with self.telling():
                added = [parse(text) for text in self.wanted()]
                if len(added) > 1:
                    raise InputError(say("app_or_alone"))
                changed(condition._replace(comparisons=condition.comparisons + added[0].comparisons))

        with ui.element("div").classes("line group"):
            kinds = {False: say("app_any_of"), True: say("app_none_of")}
            ui.select(
                kinds, value=condition.is_none_of,
                on_change=lambda event: changed(condition._replace(is_none_of=event.value)),
            ).props(f'outlined dense aria-label="{kinds[False]} / {kinds[True]}"').classes("kind")  # fmt: skip
            for number, text in enumerate(words):
                ui.chip(
                    text, removable=True, color="blue-1", on_value_change=lambda number=number: changed(without(number))
                ).classes("condition")
            ui.button(say("app_or"), on_click=add).props("outline dense")

    def chart(self, trait: str) -> None:
        parts = state.compared(self.edition, trait, self.conditions, self.language)
        if len(parts) < 2:
            return
        everybody, selected = (sum(getattr(part, number) for part in parts) for number in ("members", "selected"))
        say, title = self.story.say, self.edition.labels(self.language)[trait]
        of_all = [part.members / everybody for part in parts]
        series = [Series(say("app_all"), of_all, ALL_COLOR if self.conditions else BAR)]
        if self.conditions:
            shares = [part.selected / selected if selected else None for part in parts]
            series.insert(0, Series(say("app_selection"), shares, BAR))
        is_time = self.edition.overview.trait(trait).kind == "date"
        option = options.bars(
            [part.label for part in parts], series, "percent", is_horizontal=not is_time,
            gaps=[part.is_gap for part in parts], gap_name=say("gap"),
        )  # fmt: skip
        option["aria"]["label"] = {"description": f"{title}: {say('app_charts')}"}
        if not is_time:
            widest = 8 * max(text_width(part.label) for part in parts)
            option["yAxis"][0]["axisLabel"] |= {"width": min(WIDEST_LABEL, widest)}

        def click(event: Any) -> None:
            self.change((*self.conditions, *parts[event.data_index].conditions))

        with ui.element("div").classes(f"chart-{trait}"):
            _heading("h3", title)
            height = 260 if is_time else 70 + len(parts) * (34 if self.conditions else 24)
            ui.echart(option, on_point_click=click, renderer="svg").style(f"height: {height}px")
            self.numbers(parts, everybody, selected)

    def numbers(self, parts: list[Part], everybody: int, selected: int) -> None:
        """The numbers of a chart on request; each part can be chosen by the keyboard too."""

        def fill() -> None:
            if rows.default_slot.children:
                return
            with rows:
                for part in parts:
                    with ui.element("button").on(
                        "click", lambda part=part: self.change((*self.conditions, *part.conditions))
                    ):
                        ui.label(part.label)
                        if self.conditions:
                            ui.label(self.story.percent(part.selected / selected if selected else None))
                        ui.label(self.story.percent(part.members / everybody)).classes("faint")

        with ui.element("details") as details:
            with ui.element("summary"):
                ui.label(self.story.say("numbers"))
            rows = ui.element("div").classes("numbers")
        details.on("toggle", fill)

    def table(self, members: int) -> None:
        traits = state.table_traits(self.edition)
        overview = self.edition.overview
        numbers = {name for name in traits if name != "card_id" and overview.trait(name).kind == "number"}
        columns = [
            {
                "name": trait,
                "field": trait,
                "label": state.header(self.edition, trait, self.language),
                "sortable": True,
                "align": "right" if trait in numbers else "left",
            }
            for trait in traits
        ]
        by = "expected_value" if "expected_value" in traits else "amount"
        pagination = {"sortBy": by, "descending": True, "page": 1, "rowsPerPage": ROWS, "rowsNumber": members}

        def rows(wanted: dict[str, Any]) -> list[dict[str, str]]:
            count = min(wanted["rowsPerPage"] or 100, 100)
            found = state.listed(
                self.edition, self.conditions, self.language, wanted["sortBy"] or by,
                is_falling=bool(wanted["descending"]), start=(wanted["page"] - 1) * count, count=count,
            )  # fmt: skip
            return [{**row, "href": _member_page(self.language, row["card_id"], self.conditions)} for row in found]

        def turn(event: Any) -> None:
            wanted = event.args["pagination"]
            with self.telling():
                table.rows = rows(wanted)
                table.pagination = {**wanted, "rowsNumber": members}

        table = ui.table(columns=columns, rows=rows(pagination), row_key="card_id", pagination=pagination)
        table.props('flat bordered dense :rows-per-page-options="[20, 50, 100]"').on("request", turn)
        table.add_slot(
            "body-cell-card_id", '<q-td :props="props"><a :href="props.row.href">{{ props.value }}</a></q-td>'
        )

    def saver(self, form: str) -> Handler:
        async def save() -> None:
            with self.telling():
                with self.published.kept() as edition:
                    content = await run.io_bound(state.list_file, edition, self.conditions, self.language, form)
                ui.download.content(content or b"", f"list.{form}")

        return save

    def audience(self) -> None:
        with self.telling():
            AudienceDialog(self)


class AudienceDialog:
    """Asks what an audience of the selection needs, and writes it as the command does."""

    def __init__(self, page: SelectionPage) -> None:
        self.page = page
        self.say = say = page.story.say
        earlier = audience_names(read_contacts(page.report_dir / "audiences"))
        labels, overview = page.edition.labels(page.language), page.edition.overview
        kinds = {
            kind: {name: label for name, label in labels.items() if overview.trait(name).kind == kind}
            for kind in ("text", "number")
        }
        with ui.dialog(value=True) as dialog, ui.card().style("min-width: min(100%, 34rem)"):
            _heading("h3", say("app_audience"))
            ui.label(say("app_audience_note")).classes("faint")
            self.name, self.reason = ui.input(say("app_name")), ui.input(say("app_reason"))
            self.by = ui.select(
                kinds["number"], label=say("app_by"), value="expected_value" if "expected_value" in labels else "amount"
            )
            self.top = ui.number(say("app_top"), precision=0)
            self.cap = ui.select(kinds["text"], label=say("app_cap"), clearable=True)
            self.most = ui.number(say("app_cap_most"), precision=0)
            self.most.bind_enabled_from(self.cap, "value", bool)
            self.exclude = ui.select(earlier, label=say("app_exclude"), multiple=True, value=[])
            # Without limits: the page would silently take the nearest number for one beyond them.
            self.holdout = ui.number(say("app_holdout"), value=Request.holdout, step=0.05)
            self.recent = ui.number(say("app_recent"), value=Request.recent_days, precision=0)
            self.minimum = ui.number(say("app_minimum"), value=Request.minimum, precision=0)
            self.opt_out = ui.input(say("app_opt_out"))
            self.form = ui.select(["csv", "xlsx"], value="csv", label=say("app_form"))
            for element in (
                self.name, self.reason, self.by, self.top, self.cap, self.most, self.exclude, self.holdout, self.recent,
                self.minimum, self.opt_out, self.form,
            ):  # fmt: skip
                element.props("outlined dense").style("width: 100%")
            self.said = ui.label().classes("said")
            with ui.element("div").classes("line"):
                ui.button(say("app_count"), on_click=self.count).props("outline")
                ui.button(say("app_write"), on_click=self.write)
                ui.button(say("app_cancel"), on_click=dialog.close).props("flat")

    def request(self) -> Request:
        # An empty field of these would else be taken for what it begins with, or switch off what was asked for.
        wanted = [(self.holdout, "app_holdout"), (self.recent, "app_recent"), (self.minimum, "app_minimum")]
        wanted += [(self.most, "app_cap_most")] if self.cap.value else []
        for field, key in wanted:
            if field.value is None:
                label = self.say(key)
                raise InputError(f"Give a number: {label}.", "app_number_missing", field=label)
        opt_out = self.opt_out.value.strip()
        return Request(
            where=self.page.conditions, reason=self.reason.value.strip(), name=self.name.value.strip(),
            by=self.by.value, top=None if self.top.value is None else int(self.top.value),
            caps=((self.cap.value, int(self.most.value)),) if self.cap.value else (),
            exclude=tuple(self.exclude.value), holdout=self.holdout.value,
            recent_days=int(self.recent.value), minimum=int(self.minimum.value),
            opt_out=Path(opt_out) if opt_out else None,
            language=self.page.language, form=self.form.value,
        )  # fmt: skip

    def count(self) -> None:
        try:
            decided = plan(self.page.edition.overview, self.page.report_dir / "audiences", self.request())
            self.said.text = self.told(decided)
        except (InputError, OSError) as error:
            self.refused(error)

    async def write(self) -> None:
        try:
            published, report_dir, wanted = self.page.published, self.page.report_dir, self.request()
            with published.kept():
                done = await run.io_bound(export_audience, published.warehouse, report_dir, wanted)
            # There is none where the page is shut meanwhile.
            if done:
                file, decided = done
                self.said.text = "\n".join([self.say("app_written", file=str(file)), self.told(decided)])
        except (InputError, OSError) as error:
            self.refused(error)

    def told(self, decided: Plan) -> str:
        """Who is contacted and who is not, and what to know of it."""
        story = self.page.story
        numbers = {key: story.count(len(getattr(decided, key))) for key in ("contacted", "held_out")}
        left_out = ("opted_out", "recent", "excluded", "beyond")
        others = {key: story.count(getattr(decided, key)) for key in left_out}
        said = [words(story, warning) for warning in decided.warnings]
        return "\n".join([self.say("app_plan", **numbers, **others), *said])

    def refused(self, error: Exception) -> None:
        self.said.text = self.say("app_refused", why=words(self.page.story, error))


def _member(edition: Edition, language: str, card: str, conditions: Conditions) -> None:
    story = edition.stories[language]
    say = story.say
    _head(story, lambda: _member_page(_other(language), card, conditions))
    ui.link(say("app_back"), f"/{language}{_query(conditions)}")
    traits = state.portrait(edition, card, language)
    if not traits:
        ui.label(say("app_no_member", card=card))
        return
    _heading("h2", say("app_member", card=card))
    if traits.get("action", MISSING) != MISSING:
        with ui.element("div").classes("card"):
            ui.label(say("app_next_step")).classes("faint")
            ui.label(traits["action"]).classes("value")
            if traits.get("expected_value", MISSING) != MISSING:
                ui.label(say("app_next_step_value", days=traits["horizon_days"], value=traits["expected_value"],
                             purchases=traits["expected_purchases"]))  # fmt: skip
    _heading("h2", say("app_portrait"))
    labels = edition.labels(language)
    with ui.element("div").classes("traits"):
        for trait, text in traits.items():
            if text != MISSING:
                with ui.element("div"):
                    ui.label(labels[trait]).classes("faint")
                    ui.label(text)
    months = state.orders_by_month(edition, card)
    if months:
        names = [story.source.month(row["month_start"]) for row in months]
        with ui.element("div").classes("charts"):
            for column, unit in (("orders", "count"), ("amount", "money")):
                title = say(f"app_{column}_by_month")
                option = options.bars(
                    names, [Series(title, [row[column] for row in months], BAR)], unit,  # type: ignore[arg-type]
                    gaps=[row["is_gap"] for row in months], gap_name=say("gap"),
                )  # fmt: skip
                option["aria"]["label"] = {"description": title}
                with ui.element("div"):
                    _heading("h2", title)
                    ui.echart(option, renderer="svg").style("height: 260px")
    with ui.element("div").classes("charts"):
        for thing, key in (("counter", "app_counters"), ("product", "app_products")):
            if rows := state.favourites(edition, card, thing):
                with ui.element("div"):
                    _heading("h2", say(key))
                    _table(
                        {"name": "", "orders": say("app_orders"), "amount": say("app_amount")},
                        [{**row, "orders": story.count(row["orders"]), "amount": story.money(row["amount"])}
                         for row in rows],
                    )  # fmt: skip
    if rows := state.history(edition, card, language):
        _heading("h2", say("app_history"))
        columns = {"month_start": say("app_month"), "segment": labels["effective_segment"]} | {
            trait: labels[trait] for trait in ("rfm_group", "state")
        }
        _table(columns, [{**row, "month_start": story.source.month(row["month_start"])} for row in rows])


async def _frame(story: Story) -> bool:
    """Begin a page; return whether somebody sees it: what asks once, as a preview of a link, never connects."""
    ui.colors(primary=ACCENT)
    ui.add_css(STYLE.read_text(encoding="utf-8"))
    numbers = FORMATS.read_text(encoding="utf-8")
    locale = json.dumps(story.source.locale.replace("_", "-"))
    ui.add_head_html(
        f"<script>(() => {{ const currency = {json.dumps(story.source.currency)}, locale = () => {locale};\n"
        f"{numbers} Object.assign(window, formats); }})();</script>"
    )
    client = ui.context.client
    await client.connected()
    if not client.has_socket_connection:
        return False
    # Charts measure their texts once: in the font that they are drawn in.
    await ui.run_javascript("await document.fonts.load('12px report'); return true", timeout=10)
    return True


def _head(story: Story, other: Callable[[], str]) -> None:
    with ui.element("div").classes("line"):
        with ui.element("div").classes("grow"):
            _heading("h1", story.say("app_title"))
            ui.label(story.say("page_as_of", day=story.as_of)).classes("faint")
            ui.label(story.say("app_private")).classes("faint")
        language = ui.button(story.say("app_other_language"), on_click=lambda: ui.navigate.to(other()))
        language.props("outline rounded").classes("language")


def _heading(tag: str, text: str) -> None:
    with ui.element(tag):
        ui.label(text)


def _table(names: dict[str, str], rows: list[dict[str, Any]]) -> None:
    columns = [
        {"name": name, "field": name, "label": label, "align": "right" if name in ("orders", "amount") else "left"}
        for name, label in names.items()
    ]
    texts = [{name: row[name] if row[name] is not None else MISSING for name in names} for row in rows]
    ui.table(columns=columns, rows=texts).props("flat dense")


def _other(language: str) -> str:
    return next(other for other in LANGUAGES if other != language)


def _query(conditions: Conditions, **more: str) -> str:
    pairs = [*more.items(), *(("where", condition) for condition in conditions)]
    return f"?{urlencode(pairs)}" if pairs else ""


def _member_page(language: str, card: str, conditions: Conditions) -> str:
    return f"/{language}/member{_query(conditions, card=card)}"
