"""Rules that all charts keep: units, words for what is there, months without data, signs that a font lacks."""

import csv
import datetime
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import duckdb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT, Job
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.colors import to_hex
from PIL import Image

from segmentation.charts import (
    _paths,
    baskets,
    comparisons,
    drawing,
    exploration,
    kept,
    lettering,
    lifecycle,
    look,
    segments,
)
from segmentation.charts.drawing import CHARTS, SPECIALIST, Drawing, draw_language
from segmentation.charts.look import MONEY, SMALL, Source, Units, legend_below, segment_color, set_look
from segmentation.digests import mart_digests
from segmentation.errors import InputError
from segmentation.exports import open_warehouse

SEEDS = ROOT / "seeds"
# What a text is about, and the words by which it shows.
ABOUT = {
    "has_points": r"\bpoints?\b|积分",
    "has_counters": r"\bcounters?\b|柜组|\badvisers?\b|顾问",
    "has_member_table": r"\bmembers?\b|\bregistered\b|\btier\b|会员",
    "has_registered_at": r"registration time|登记时间",
    "has_quantity": r"\bquantity\b|数量",
}
# These are there only where the other is.
IMPLIED = {"require_points": "has_points", "has_registered_at": "has_member_table"}


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def source(language: str = "en", currency: str | None = "CNY") -> Source:
    texts = {row["text_key"]: row[f"text_{language}"] for row in rows("texts")}
    return Source(duckdb.connect(), language, texts, currency)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No figure stays open."""
    yield
    plt.close("all")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("days", [40, 400, 1_095, 1_400, 1_600, 3_000])
def test_an_axis_of_months_has_some_marks_whatever_its_length(days: int) -> None:
    _, axes = plt.subplots()
    axes.plot([datetime.date(2011, 5, 16), datetime.date(2011, 5, 16) + datetime.timedelta(days)], [0, 1])
    look.label_months(axes, source())
    first, last = axes.get_xlim()
    assert 1 <= sum(first <= tick <= last for tick in axes.get_xticks()) <= 9


@pytest.mark.parametrize(
    ("language", "currency", "values", "labels"),
    [
        ("en", "CNY", [0, 500, 1000, 1500], ["CN¥0", "CN¥500", "CN¥1K", "CN¥1.5K"]),
        ("zh", "CNY", [0, 5000, 10_000, 12_500], ["¥0", "¥5000", "¥1万", "¥1.25万"]),
        ("zh", "EUR", [0, 2e8], ["€0", "€2亿"]),
        ("en", None, [0, 2.5e6, 5e6], ["0", "2.5M", "5M"]),
        ("en", None, [0, 0.2, 0.1 + 0.2], ["0", "0.2", "0.3"]),
        ("zh", None, [0, 2.5, 5], ["0", "2.5", "5"]),
        ("en", None, [-2500, 0, 250], ["-2.5K", "0", "250"]),
    ],
)
def test_ticks_are_in_the_units_of_the_language_and_never_rounded(
    language: str, currency: str | None, values: list[float], labels: list[str]
) -> None:
    assert Units(source(language, currency), is_money=currency is not None).format_ticks(values) == labels


def test_amounts_and_dates_are_written_as_the_language_does() -> None:
    day = datetime.date(2015, 8, 1)
    assert [source(language).month(day) for language in ("zh", "en")] == ["2015年8月", "Aug 2015"]
    assert [source(language).day(day) for language in ("zh", "en")] == ["2015年8月1日", "August 1, 2015"]
    assert source("zh").quarter_names[0] == "1季度"
    assert [source("en").money(value) for value in (9.5, 123.4, 1234.5, 183_300)] == [
        "CN¥9.5", "CN¥123", "CN¥1,234", "CN¥183.3K",
    ]  # fmt: skip
    assert source("zh", None).money(183_300) == "18.3万"


def test_no_text_names_a_currency_or_a_scale() -> None:
    scale = re.compile(r"元|万|亿|yuan|thousand|[¥￥$€£]", re.IGNORECASE)
    texts = {f"{row['text_key']} {key}": text for row in rows("texts") for key, text in row.items()}
    assert not [key for key, text in texts.items() if scale.search(text)]
    assert {*MONEY} <= {row["text_key"] for row in rows("texts")}
    assert "10000" not in "".join(path.read_text() for path in (ROOT / "python/segmentation/charts").glob("*.py"))


@pytest.mark.parametrize("seed", ["cleaning_steps", "customer_types", "recommended_actions", "report_texts"])
def test_texts_require_what_they_are_about(seed: str) -> None:
    for row in rows(seed):
        required = set(row["requires"].split())
        required |= {IMPLIED[name] for name in required & {*IMPLIED}}
        texts = " ".join(text for column, text in row.items() if column.endswith(("_zh", "_en")))
        about = {name for name, words in ABOUT.items() if re.search(words, texts, re.IGNORECASE)}
        assert about <= required, row


def test_requirements_are_columns_of_the_retailer_and_every_state_has_an_action_without_any() -> None:
    for seed in ("cleaning_steps", "customer_types", "recommended_actions", "report_texts"):
        of_report = seed == "report_texts"
        asked = ROOT / ("models/marts/core/retailer.sql" if of_report else "macros/fitting_texts.sql")
        known = set(re.findall(r"\b(?:has|require)_\w+", asked.read_text()))
        other = {"net_returns", "thresholds"} if of_report else set()
        assert {name for row in rows(seed) for name in row["requires"].split()} <= known | other
    general = {(row["segment_code"], row["state"]) for row in rows("recommended_actions") if not row["requires"]}
    assert {("any", row["state"]) for row in rows("life_cycle_states")} <= general
    assert general == {(row["segment_code"], row["state"]) for row in rows("recommended_actions")}


def test_texts_that_somebody_broke_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for broken in ("{", "{0}", "{month}"):
        with pytest.raises(InputError, match="The text small_segment of the seeds has braces"):
            replace(source(), texts={"small_segment": broken}).text("small_segment", name="a")
    connection = duckdb.connect()
    connection.execute("create schema seeds; create table seeds.texts (text_key varchar, text_en varchar)")
    monkeypatch.setattr(look, "TEXTS", tmp_path / "texts.csv")
    for content in (b"text_key,text\na,b\n", "text_key,text_en\na,客群\n".encode("gb18030")):
        look.TEXTS.write_bytes(content)
        with pytest.raises(InputError, match="is no csv in UTF-8 with text_key"):
            look.open_source(connection, "en")


def test_every_chart_has_a_file_name_and_every_file_name_a_chart() -> None:
    keys = {row["text_key"].removeprefix("file_") for row in rows("texts") if row["text_key"].startswith("file_")}
    assert keys == {*CHARTS, *SPECIALIST, "portrait"}


def test_actions_are_for_segments_that_there_can_be() -> None:
    codes = {row["segment_code"] for row in rows("segment_names")}
    assert {row["segment_code"] for row in rows("recommended_actions")} <= codes | {"any"}
    last = rows("segment_names")[-1]
    assert not any(last[column] for column in last if column.endswith(("_from", "_below")) or column.startswith("is_"))


def test_a_segment_with_few_members_is_grey_and_says_so() -> None:
    shop = replace(source(), small_segments=frozenset({2}))
    shop.connection.execute(
        """create schema marts; create table marts.segment_summary as from (values
            (1, 'Top', 100, 0.7, 0.9, 9.0, 1.0, 8.0, 70.0, 6.0), (2, 'Few', 3, 0.3, 0.1, 8.0, 2.0, 7.0, 60.0, 5.0))
            as s (segment, segment_name_en, members, member_share, amount_share, l, r, f, m, p)"""
    )
    for chart in (segments.segment_means, segments.segment_sizes):
        figure = chart(shop)
        legend = figure.legends[0]
        assert [text.get_text() for text in legend.get_texts()] == ["Top", "Few (too few to say much)"]
        colors = [to_hex(patch.get_facecolor()) for patch in legend.get_patches()]
        assert colors == [segment_color(1), SMALL]
    profiles = segments.segment_profiles(shop)
    assert "too few to say much" in profiles.axes[0].get_yticklabels()[1].get_text()
    nobody = replace(shop, small_segments=frozenset({1, 2}))
    assert [chart(nobody) for chart in (segments.segment_means, segments.segment_sizes, segments.segment_profiles)] == [
        *[None] * 3
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_solution_is_valid_from_the_setting_on(language: str) -> None:
    shop = source(language)
    shop.connection.execute(
        """create schema marts;
        create table marts.settings_used as select 'cluster_valid_jaccard' as setting, '0.625' as value;
        create table marts.cluster_scores as from (values ('standard', 2, 0.5, 1.0, 9.0, 0.3, 0.9, 0.2, true))
            as s (scaling, n_clusters, silhouette, davies_bouldin, calinski_harabasz, gap, smallest_jaccard,
                smallest_share, is_selected)"""
    )
    figure = segments.witnesses(shop)
    stability = figure.axes[4]
    assert "0.625" in stability.get_title()
    assert stability.lines[-1].get_ydata() == [0.625, 0.625]


def test_a_legend_fits_its_figure_whatever_its_labels_are() -> None:
    set_look()
    for label in ("Base-value group 2 (too few to say much)", "基础价值客户群（人数太少，仅供参考）", "a"):
        figure, axes = plt.subplots(figsize=(9, 3.4))
        handles = [axes.bar([number], [1]) for number in range(5)]
        legend_below(figure, handles, [label] * 5)
        figure.canvas.draw()
        box = figure.legends[0].get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width, label


def test_orders_of_one_line_have_no_attach_rate() -> None:
    shop = source()
    shop.connection.execute(
        """create schema marts; create table marts.basket_attach_rates as from (values
            ('all', 'all', 'All', 9, 1.0, 1.0, 0.0, 0.0, false))
            as r (scope, code, name_en, orders, attach_rate, lines_per_order, several_lines_share,
                several_counters_share, is_small)"""
    )
    assert baskets.attach_rates(shop) is None


def test_a_segment_with_few_members_says_so_beside_its_attach_rate() -> None:
    shop = replace(source(), small_segments=frozenset({2}))
    shop.connection.execute(
        """create schema marts; create table marts.basket_attach_rates as from (values
            ('all', 'all', 'All', 99, 2.0, 1.5, 0.5, 0.2, false),
            ('segment', '1', 'Top', 60, 2.0, 1.5, 0.5, 0.2, false),
            ('segment', '2', 'Few', 39, 2.0, 1.5, 0.5, 0.2, false))
            as r (scope, code, name_en, orders, attach_rate, lines_per_order, several_lines_share,
                several_counters_share, is_small)"""
    )
    figure = baskets.attach_rates(shop)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Top", "Few (too few to say much)", "All"]


def test_groups_of_fewer_buyers_than_the_setting_are_left_out_and_that_is_said() -> None:
    shop = replace(source(), small=30)
    shop.connection.execute(
        """create schema marts; create schema seeds;
        create table marts.members (birth_date date);
        create table seeds.age_bands (age_band varchar, birth_year_from integer, birth_year_before integer);
        create table marts.member_group_comparison as from (values
            ('gender', 'female', 'Female', 30, 2.0, 9.0, 4.5, 0.1), ('gender', 'male', 'Male', 29, 3.0, 8.0, 2.5, 0.2))
            as g (dimension, group_code, name_en, buyers, orders_per_buyer, amount_per_buyer, amount_per_order,
                below_price_share)"""
    )
    figure = comparisons.member_groups(shop)
    assert {label.get_text() for label in figure.axes[0].get_xticklabels()} == {"Female"}
    assert figure.axes[0].get_xlabel() == "Groups of fewer than 30 buyers or orders are left out"


def test_of_one_month_no_rhythm_is_drawn_and_a_type_of_few_orders_is_left_out() -> None:
    shop = replace(source(), small=30)
    shop.connection.execute(
        """create schema marts; create schema seeds;
        create table seeds.customer_types as
        from (values ('member', 1), ('no_card', 3)) as t (customer_type, sort_order);
        create table marts.customer_type_comparison as from (values ('member', 'Members'), ('no_card', 'Others'))
            as c (customer_type, name_en);
        create table marts.customer_type_rhythm as from (values ('member', 'weekday', 1, 'Monday', 40, 0.8),
            ('member', 'weekday', 2, 'Tuesday', 10, 0.2), ('member', 'month', 1, '1', 50, 1.0),
            ('no_card', 'weekday', 1, 'Monday', 29, 1.0))
            as r (customer_type, rhythm, position, name_en, orders, share)"""
    )
    figure = comparisons.type_rhythm(shop)
    assert [axes.get_xlabel() for axes in figure.axes] == ["Weekday"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Members"]


@pytest.mark.parametrize(("low", "panes"), [("null", 1), ("0.0", 2)])
def test_the_rate_of_promotion_days_is_drawn_with_both_bounds_or_not_at_all(low: str, panes: int) -> None:
    shop = source()
    shop.connection.execute(
        f"""create schema marts;
        create table marts.promotion_days as from (values (date '2015-01-01', 9, 3.0, true, true),
            ('2015-01-02', 3, 3.0, false, true)) as d (day, other_orders, usual_orders, is_promotion_day, is_judged);
        create table marts.promotion_activation as from (values ('ordinary', 0.01, 0.005, 0.015, false),
            ('promotion', 0.01, {low}, 0.04, false))
            as a (day_kind, activation_rate, activation_rate_low, activation_rate_high, is_small)"""
    )
    figure = lifecycle.promotion_days(shop)
    assert len(figure.axes) == panes
    if panes == 2:
        [lines] = figure.axes[1].collections
        np.testing.assert_allclose(lines.get_segments()[1][:, 1], [0, 40])


def test_moves_count_the_months_in_which_every_state_can_be() -> None:
    shop = source()
    shop.connection.execute(
        """create schema marts; create schema seeds;
        create table seeds.life_cycle_states as from (values ('active', 2, 'Active'), ('silent', 4, 'Silent'),
            ('lost', 5, 'Lost')) as s (state, sort_order, name_en);
        create table marts.life_cycle_by_month as from (values (date '2015-01-01', false), ('2015-02-01', true))
            as b (month_start, is_settled);
        create table marts.life_cycle_transitions as
        select date '2015-01-01' + to_months(month) as month_start, 'active' as previous_state, state,
            if(month = 0, early, late) as members, false as is_small, 'complete' as month_status
        from range(2) as m (month), (values ('active', 100, 60), ('silent', 0, 40), ('lost', 0, 0))
            as t (state, early, late)"""
    )
    figure = lifecycle.transitions(shop)
    assert [text.get_text() for text in figure.axes[0].texts] == ["60.0%", "40.0%"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["Active", "Silent"]


def test_names_that_begin_alike_are_cut_where_they_differ() -> None:
    long = [f"Department of household goods no. {number}, second floor" for number in (1, 2)]
    assert look.short(pd.Series(["Shoes", *long])) == ["Shoes", "…no. 1, second f…", "…no. 2, second f…"]
    assert look.short(pd.Series(long[:1] * 2)) == ["Department of h…"] * 2
    variants = [f"{goods} of the autumn of last year, No. {no}" for goods in ("Pans", "Pots") for no in (1, 2)]
    assert look.short(pd.Series(variants)) == [
        "Pans of…, No. 1",
        "Pans of…, No. 2",
        "Pots of…, No. 1",
        "Pots of…, No. 2",
    ]
    pairs = look.short_pairs(pd.Series(long[:1]), pd.Series(long[1:]), "+")
    assert pairs == ["…no. 1, second f… + …no. 2, second f…"]


def test_the_numbers_above_the_bars_are_within_the_axes_whatever_lies_on_top() -> None:
    shop = source()
    shop.connection.execute(
        """create schema marts; create schema seeds;
        create table seeds.life_cycle_states as select 'new' as state, 1 as sort_order, 'New' as name_en
        union all select 'lost', 5, 'Lost';
        create table seeds.forecast_methods as select 'model' as method, 'Model' as name_en;
        create table marts.member_segments as
        from (values ('a', 1, 'Top'), ('b', 2, 'Base')) as s (card_id, segment, segment_name_en);
        create table marts.member_next_steps as from (values ('a', 'new', 90.0), ('b', 'lost', 5.0))
            as n (card_id, state, expected_value);
        alter table marts.member_next_steps add column horizon_days integer default 365;
        alter table marts.member_next_steps add column value_method varchar default 'model'"""
    )
    figure = lifecycle.next_steps(shop)
    assert figure.axes[0].get_ylim() == (0, pytest.approx(1.15 * 90))


def test_what_chance_explains_is_not_drawn() -> None:
    shop = source()
    shop.connection.execute(
        """create schema marts;
        create table marts.basket_pairs as from (values ('counter', 'a', 'b', 9, 1.2, 1.0, false, 1),
            ('product', 'c', 'd', 9, 3.0, 1.0, true, 1), ('product', 'c', 'e', 8, 1.1, 1.0, false, 2))
            as p (level, item_code, other_item_code, orders, lift, chance_lift, is_above_chance, pair_rank);
        alter table marts.basket_pairs add column item_name varchar;
        alter table marts.basket_pairs add column other_item_name varchar"""
    )
    figure = baskets.basket_pairs(shop)
    assert [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes] == [["c + d", "c + e"]]
    shop.connection.execute("update marts.basket_pairs set is_above_chance = false")
    assert baskets.basket_pairs(shop) is None


def test_a_month_without_data_is_a_gap_in_the_line_and_a_partial_one_a_hollow_point() -> None:
    shop = source()
    shop.connection.execute(
        """create schema marts;
        create table marts.eda_coverage as from (values (date '2015-01-01', 'complete'), ('2015-02-01', 'missing'),
            ('2015-03-01', 'partial'), ('2015-04-01', 'complete')) as c (month_start, status);
        create table marts.eda_orders_by_month as from (values (date '2015-01-01', 5, 50), ('2015-03-01', 1, 10),
            ('2015-04-01', 7, 70)) as o (period_start, orders, amount);
        create table marts.orders as select timestamp '2015-01-02 10:00:00' as purchased_at"""
    )
    set_look()
    figure = exploration.months(shop)
    line = figure.axes[0].lines[0].get_ydata()
    np.testing.assert_array_equal(line[:4], [5, np.nan, np.nan, 7])
    assert figure.axes[0].collections[0].get_offsets()[-1].tolist() == [3, 1]


def test_each_of_the_last_ten_years_has_a_colour_of_its_own() -> None:
    colors = look.year_colors(range(2012, 2026))
    assert len({colors[year] for year in range(2016, 2026)}) == 10
    assert {colors[year] for year in range(2012, 2016)} == {look.OLD_YEAR}
    assert look.year_colors([2016, 2015]) == {2015: look.YEAR_COLORS[0], 2016: look.YEAR_COLORS[1]}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_charts_of_all_sales_say_so_whatever_the_as_of_date(demo: Job, language: str) -> None:
    [(first, last)] = demo.query("select min(purchased_at), max(purchased_at) from marts.orders")
    with open_warehouse(demo.warehouse) as connection:
        shop = look.open_source(connection, language)
        said = shop.text("all_sales", first=shop.day(first), last=shop.day(last))
        for key, chart in (exploration.CHARTS | exploration.SPECIALIST).items():
            figure = chart(shop)
            assert (figure.get_supxlabel() == said) == (key not in ("birth_decades", "age_bands", "calendar")), key


@pytest.fixture
def font_with_a_rare_sign(tmp_path: Path) -> tuple[str, str]:
    """A font of the machine, as it were, with 喆 and nothing else."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 500))
    pen.lineTo((500, 0))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "zhe"])
    builder.setupCharacterMap({ord("喆"): "zhe"})
    builder.setupGlyf({".notdef": pen.glyph(), "zhe": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "zhe": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Rare Signs", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    path = tmp_path / "rare.ttf"
    builder.save(path)
    font_manager.fontManager.addfont(path)
    return "Rare Signs", str(path)


def test_a_sign_beyond_the_usual_fonts_is_taken_from_the_machine_or_named(
    font_with_a_rare_sign: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_look()
    figure, axes = plt.subplots()
    axes.set_xticks([0, 1], ["会员 € 喆", "한"])
    figure.canvas.draw()
    monkeypatch.setattr(lettering, "_machine_fonts", lambda: ())
    assert lettering.letter(figure) == ([], {"喆", "한"})
    monkeypatch.setattr(lettering, "_machine_fonts", lambda: (font_with_a_rare_sign,))
    assert lettering.letter(figure) == (["Rare Signs"], {"한"})
    assert axes.get_xticklabels()[0].get_fontfamily()[-1] == "Rare Signs"

    assert list(_paths([Drawing([Path("a.png")], "drawn", {"한"}), Drawing([], "", set())])) == [Path("a.png")]
    assert "No font of this machine has 한: boxes stand for them" in capsys.readouterr().out


def test_fonts_whose_every_sign_is_a_box_do_not_count() -> None:
    assert not lettering.fonts_with(frozenset("\U000f0001"), lettering._machine_fonts())


def test_the_exposures_name_what_the_code_reads() -> None:
    exposures = {
        exposure["name"]: {mart.removeprefix("ref('").removesuffix("')") for mart in exposure["depends_on"]}
        for exposure in yaml.safe_load((ROOT / "models/marts/_exposures.yml").read_text(encoding="utf-8"))["exposures"]
    }
    package = ROOT / "python" / "segmentation"
    with (SEEDS / "export_columns.csv").open(encoding="utf-8", newline="") as file:
        exported = {row["mart"] for row in csv.DictReader(file)}
    assert exposures == {
        "charts": marts_in(*(package / "charts").glob("*.py")),
        "exports": exported | marts_in(package / "workbook.py", package / "months.py"),
        "report": marts_in(*(package / "report").glob("*.py"), package / "months.py"),
        "live_page": marts_in(*(package / "app").glob("*.py"), package / "selection.py"),
        "audiences": marts_in(*(package / f"{name}.py" for name in ("audience", "campaign", "selection"))),
    }


def marts_in(*files: Path) -> set[str]:
    return {mart for file in files for mart in re.findall(r"\bmarts\.([a-z_]+)", file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    ("features", "points", "segments", "names"),
    [
        (
            "lrfmp", "1", 2,
            ["LRFMP Clustering Silhouette Coefficient Chart", "LRFMP Average Difference Between Two Customer Groups"],
        ),
        ("rmf", "null", 3, ["RFM Clustering Silhouette Coefficient Chart", "LRFM Averages of the Segments"]),
    ],
)  # fmt: skip
def test_charts_are_called_after_the_features_that_there_are(
    features: str, points: str, segments: int, names: list[str]
) -> None:
    shop = source()
    shop.connection.execute(
        f"""create schema marts;
        create table marts.cluster_centers as select unnest(string_split('{features}', '')) as feature from range(2);
        create table marts.segment_summary as
        select 1 as l, 2 as r, 3 as f, 4 as m, {points} as p from range({segments})"""
    )
    assert [*look._names_by_features(shop.connection, shop.texts).values()] == names


def test_a_card_is_no_part_of_a_file_name(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SimpleNamespace(connection=None, text=lambda key, **_: key)
    monkeypatch.setattr(drawing.segments, "typical_members", lambda _: [])
    names = list(drawing._charts(source, ["../a/b", "c"], False))
    assert [name for name in names if "portrait" in name] == ["file_portrait 1", "file_portrait 2"]


def test_one_chart_is_drawn_alone_with_the_texts_of_the_project(
    demo: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "texts.csv").write_text(
        "text_key,text_zh,text_en\nfile_months,月,By Month\n", encoding="utf-8-sig"
    )
    monkeypatch.chdir(tmp_path)
    for only in (["months"], ["months", "hours"]):
        drawn = draw_language(demo.warehouse, tmp_path, [], "en", only=only).paths
        assert sorted(drawn) == sorted((tmp_path / "charts").rglob("*.png"))
        assert len(drawn) == len(only)
        assert drawn[0] == tmp_path / "charts" / "only" / "en" / "By Month.png"
    with pytest.raises(InputError, match=r"There is no chart month; there are .*, months,"):
        draw_language(demo.warehouse, tmp_path, [], "en", only=["month"])


def test_pictures_of_marts_with_the_same_rows_stay(demo: Job, tmp_path: Path) -> None:
    reports = shutil.copytree(demo.out / "reports", tmp_path / "reports")
    for path in reports.rglob("*.png"):
        with path.open("ab") as picture:
            picture.write(b"of the build before")
    digests = mart_digests(demo.warehouse) | {"segment_migration": "other rows"}
    drawing = draw_language(demo.warehouse, reports, [], "en", digests=digests)
    anew = [path.name for path in drawing.paths if not path.read_bytes().endswith(b"of the build before")]
    assert anew == ["Monthly Migration Between RFM Groups.png"]
    assert f"{len(drawing.paths)}, {len(drawing.paths) - 1} of them unchanged" in drawing.said
    # Whoever asks for charts alone gets them anew.
    [alone] = draw_language(demo.warehouse, reports, [], "en", only=["months"]).paths
    assert kept.MADE_OF not in Image.open(alone).info
