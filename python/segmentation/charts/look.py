"""The look all charts share: colours that keep their meaning, axes, numbers and dates as a language writes them."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
import seaborn as sns
from babel.dates import format_date, format_skeleton, get_month_names, get_quarter_names
from babel.numbers import format_compact_currency, format_compact_decimal, format_currency, format_decimal
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import Formatter, FuncFormatter

from segmentation.charts.kept import Connection
from segmentation.charts.lettering import font_families
from segmentation.errors import InputError
from segmentation.text_width import text_width

TEXTS = Path("seeds") / "texts.csv"
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
SEGMENT_COLORS = [
    "#c0392b", "#2471a3", "#d68910", "#1e8449", "#7d3c98", "#5d6d7e", "#d81b60", "#00acc1", "#6d4c41", "#9e9d24",
]  # fmt: skip
YEAR_COLORS = [
    "#85929e", "#2e86c1", "#ca6f1e", "#229954", "#884ea0", "#34495e", "#c0392b", "#17a589", "#b7950b", "#6e2c00",
]  # fmt: skip
# The last years each have their own; those before them are one past.
OLD_YEAR = "#d0d3d4"
GENDER_COLORS = {"female": "#d98880", "male": "#5dade2"}
TYPE_COLORS = {"member": "#2471a3", "unregistered_card": "#85c1e9", "no_card": "#bfc9ca"}
BAR, FAINT_BAR, GAP, MARK, PLAIN = "#2e86c1", "#aed6f1", "#eaeded", "#c0392b", "#85929e"
# A segment with too few members to say much.
SMALL = "#d0d3d4"
# Room of a letter and of what stands before a label in a legend.
LETTER_INCHES, HANDLE_INCHES, LEGEND_COLUMNS = 0.085, 0.6, 4
LOOK = {
    "figure.dpi": 110, "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.1, "figure.constrained_layout.w_pad": 0.1,
    "axes.grid.axis": "y", "axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": False,
    "legend.frameon": False,
    # A dollar sign in a name is one. Titles stay above their axes: seeking their place costs a fifth of the drawing.
    "text.parse_math": False, "axes.titley": 1,
}  # fmt: skip

LONGEST_NAME = 16  # of a product or counter beside an axis
LETTERS_BEFORE = 4  # that stay before the place where names differ
LONGEST_LEVEL_NAME = 3  # letters of a name that has room below an axis
LONGEST_LABEL = 28  # letters of a line of the upright label of an axis
MONEY = {"m", "amount", "amount_per_order", "amount_per_customer", "amount_per_buyer", "median_piece_price"}
# The types of customers that there are, with the names that the retailer's member list gives them.
TYPES = """(
    select customer_type, sort_order, name_{lang} as type_label
    from marts.customer_type_comparison
    join (select distinct customer_type, sort_order from seeds.customer_types) using (customer_type)
)"""
# One row per RFM group or class, each of which may have several rules.
RULES = """(
    select rule_set, code, min(sort_order) as rule_no,
        min(r_from) >= (select max(r_from) from seeds.rfm_rules where rule_set = 'rfm_class') as is_recent,
        any_value(name_zh) as name_zh, any_value(name_en) as name_en
    from seeds.rfm_rules group by rule_set, code
)"""


@dataclass(frozen=True)
class Source:
    """The published marts in one language, and how it writes texts, numbers and dates.

    Attributes
    ----------
    currency : ISO code of all amounts; None where the retailer names none, and amounts are then plain numbers.
    small_segments : numbers of the segments whose means say little.
    small : fewest members, buyers or orders whose means and rates are shown (setting small_group).
    """

    connection: Connection
    language: str
    texts: dict[str, str]
    currency: str | None
    small_segments: frozenset[int] = frozenset()
    small: int = 0

    @property
    def locale(self) -> str:
        return LOCALES[self.language]

    def text(self, key: str, **values: str | int) -> str:
        if key not in self.texts:
            raise InputError(f"The warehouse has no text {key} (seeds.texts); run `segmentation build` again.")
        return filled(key, self.texts[key], values) if values else self.texts[key]

    def setting(self, name: str) -> str:
        """The value that a setting had in the build."""
        return setting(self.connection, name)

    def mart(self, query: str) -> pd.DataFrame:
        return self.connection.execute(query.replace("{lang}", self.language)).df()

    def segment_color(self, segment: int | str) -> str:
        return SMALL if int(segment) in self.small_segments else segment_color(segment)

    def are_all_small(self, segments: pd.Series) -> bool:
        """Tell whether no segment has enough members to be drawn."""
        return {int(segment) for segment in segments} <= self.small_segments

    def segment_label(self, segment: int | str, name: str) -> str:
        return self.text("small_segment", name=name) if int(segment) in self.small_segments else name

    def number(self, value: float, digits: int = 0, *, is_money: bool = False, is_in_column: bool = False) -> str:
        """All of a number, to at most so many decimals; in a column to all of them."""
        pattern = "#,##0." + ("0" if is_in_column else "#") * digits
        if is_money and self.currency:
            return format_currency(value, self.currency, f"¤{pattern}", locale=self.locale, currency_digits=False)
        return format_decimal(value, pattern, locale=self.locale)

    def compact(self, value: float, digits: int = 1, *, is_money: bool = False) -> str:
        """A number in the units of the language (K and M, 万 and 亿), to at most so many decimals of the unit."""
        if abs(value) < 1000:
            return self.number(value, digits, is_money=is_money)
        if is_money and self.currency:
            return format_compact_currency(value, self.currency, locale=self.locale, fraction_digits=digits)
        return format_compact_decimal(value, locale=self.locale, fraction_digits=digits)

    def money(self, value: float) -> str:
        """An amount as it is read beside a bar: to three digits or more."""
        if abs(value) < 10_000:
            return self.number(value, 2 if abs(value) < 100 else 0, is_money=True)
        digits_of_unit = len(str(int(abs(value)))) % (4 if self.language == "zh" else 3)
        return self.compact(value, 2 if digits_of_unit == 1 else 1, is_money=True)

    def day(self, day: date) -> str:
        return str(format_date(day, "long", locale=self.locale))

    def month(self, day: date) -> str:
        return format_skeleton("yMMM", day, locale=self.locale)

    def quarter(self, day: date) -> str:
        return format_skeleton("yQQQ", day, locale=self.locale)

    @property
    def month_names(self) -> list[str]:
        names = get_month_names("abbreviated", locale=self.locale)
        return [names[month] for month in range(1, 13)]

    @property
    def quarter_names(self) -> list[str]:
        names = get_quarter_names("abbreviated", locale=self.locale)
        return [names[quarter] for quarter in range(1, 5)]


Chart = Callable[[Source], Figure | None]


def filled(key: str, text: str, values: Mapping[str, object]) -> str:
    """Return a text with its values; InputError where somebody has written names that it does not have."""
    try:
        return text.format(**values)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(
            f"The text {key} of the seeds has braces around something else than {', '.join(values)}: {text[:80]!r}."
        ) from error


def open_source(connection: Connection, language: str) -> Source:
    """Return the marts of a published warehouse in one language.

    In the project's folder the texts are those of the seed as it stands there, so that a new one needs no build.
    """
    texts = dict(connection.execute(f"select text_key, text_{language} from seeds.texts").fetchall())
    if TEXTS.exists():
        try:
            # A spreadsheet begins it with a byte-order mark.
            with TEXTS.open(encoding="utf-8-sig", newline="") as file:
                texts |= {row["text_key"]: row[f"text_{language}"] for row in csv.DictReader(file)}
        except (UnicodeDecodeError, KeyError) as error:
            raise InputError(f"{TEXTS} is no csv in UTF-8 with text_key, text_zh and text_en: save it so.") from error
    members = f"select type_label from {TYPES} where customer_type = 'member'".replace("{lang}", language)
    for (label,) in connection.execute(members).fetchall():
        texts["members_only"] = filled("members_only", texts["members_only"], {"members": label})
    texts |= _names_by_features(connection, texts)
    [(currency,)] = connection.execute("select currency from marts.retailer").fetchall()
    small = connection.execute("select segment from marts.segment_summary where is_small").fetchall()
    few = int(setting(connection, "small_group"))
    return Source(connection, language, texts, currency, frozenset(segment for (segment,) in small), few)


def setting(connection: Connection, name: str) -> str:
    [(value,)] = connection.execute("select value from marts.settings_used where setting = ?", [name]).fetchall()
    return str(value)


def _names_by_features(connection: Connection, texts: dict[str, str]) -> dict[str, str]:
    """Return the names of the charts that are called after the letters of the features which there are."""
    fitted = {name for (name,) in connection.execute("select distinct feature from marts.cluster_centers").fetchall()}
    [(*values, segments)] = connection.execute(
        "select count(l), count(r), count(f), count(m), count(p), count(*) from marts.segment_summary"
    ).fetchall()
    means = [name for name, found in zip("lrfmp", values, strict=True) if found]
    # The original's name of it speaks of two groups.
    name_of_means = texts["file_segment_means" if segments == 2 else "title_segment_means"]
    names = {
        "file_silhouette": (texts["file_silhouette"], sorted(fitted, key="lrfmp".index)),
        "file_segment_means": (name_of_means, means),
    }
    return {key: filled(key, text, {"letters": "".join(letters).upper()}) for key, (text, letters) in names.items()}


class Units(Formatter):
    """Ticks in the units of the language, each with the decimals that one of them needs: 0.5 is never labelled 0."""

    MOST_DIGITS = 6

    def __init__(self, source: Source, *, is_money: bool = False) -> None:
        self.source, self.is_money, self.digits = source, is_money, 0

    def __call__(self, value: float, position: int | None = None) -> str:
        return self._label(value, self.digits)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        exact = [self._label(value, self.MOST_DIGITS) for value in values]
        for digits in range(self.MOST_DIGITS + 1):
            self.digits = digits
            labels = [self._label(value, digits) for value in values]
            if labels == exact:
                break
        return labels

    def _label(self, value: float, digits: int) -> str:
        # A tick such as 0.30000000000000004 is 0.3.
        return self.source.compact(round(value, 9), digits, is_money=self.is_money)


def set_look() -> None:
    """One look for all charts, with the vendored font, so that Chinese renders on a machine without fonts."""
    sns.set_theme(style="whitegrid", rc=LOOK | {"font.family": font_families()})


def segment_color(number: int | str) -> str:
    """The colour of a segment or cluster by its number, from 1."""
    return SEGMENT_COLORS[(int(number) - 1) % len(SEGMENT_COLORS)]


def measure_bars(axes: Axes, table: pd.DataFrame, colors: list[str], source: Source) -> list[int]:
    """One bar per row for every measure (column), each measure on its own scale, so with values instead of an axis.

    What is not recorded has no bar. Returns where the bars are.
    """

    def label(measure: str, value: float, digits: int) -> str:
        if pd.isna(value):
            return "–"
        if measure.endswith("_share"):
            return f"{value:.1%}"
        return source.money(value) if measure in MONEY else source.number(value, digits, is_in_column=True)

    step = len(table) + 1
    for start, (measure, values) in enumerate(table.astype(float).items()):
        title = source.text(str(measure))
        digits = 2 if values.max() < 100 else 0
        heights = (values / values.abs().max()).fillna(0)
        bars = axes.bar(range(start * step, start * step + len(table)), heights, color=colors)
        axes.bar_label(bars, [label(str(measure), value, digits) for value in values], fontsize=8)
        axes.text(start * step + len(table) / 2 - 0.5, 1.14, title, ha="center", fontsize=10)
    axes.set_xlim(-0.8, step * len(table.columns) - 1.2)
    axes.set_xticks([])
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    return [position for position in range(step * len(table.columns)) if (position + 1) % step]


def legend_below(
    figure: Figure, handles: Sequence[Artist | str], labels: Sequence[str], title: str | None = None
) -> None:
    """Draw a legend below the axes, in as many columns as the longest label leaves room for, small print above it.

    A colour stands for bars of that colour.
    """
    drawn = [Patch(color=handle) if isinstance(handle, str) else handle for handle in handles]
    longest = max(map(text_width, labels))
    columns = int(figure.get_figwidth() / (LETTER_INCHES * longest + HANDLE_INCHES))
    columns = max(1, min(columns, LEGEND_COLUMNS))
    figure.legend(drawn, labels, title=title, title_fontsize=9, loc="outside lower center", ncols=columns)


def year_colors(years: Iterable[Any]) -> dict[Any, str]:
    """A colour for each year; those before the last ten have one in common."""
    last = sorted(set(years))
    return dict.fromkeys(last, OLD_YEAR) | dict(zip(last[-len(YEAR_COLORS) :], YEAR_COLORS, strict=False))


def short(names: pd.Series) -> list[str]:
    """Names as they fit beside an axis; of those that begin alike, what comes before the difference is left out too."""
    alike: dict[str, set[str]] = {}
    for name in names:
        alike.setdefault(name[: LONGEST_NAME - 1], set()).add(name)

    def cut(name: str) -> str:
        if len(name) <= LONGEST_NAME:
            return name
        others = alike[name[: LONGEST_NAME - 1]]
        signs = enumerate(zip(min(others), max(others), strict=False))
        # All that lies between two texts in their order begins as both do.
        same = next((place for place, (one, other) in signs if one != other), len(min(others)))
        start = same - LETTERS_BEFORE if len(others) > 1 else 0
        end = start + LONGEST_NAME - 1
        return ("…" if start else "") + name[start:end].strip() + ("…" if end < len(name) else "")

    told: dict[str, set[str]] = {}
    for name in names:
        told.setdefault(cut(name), set()).add(name)

    def unmistaken(name: str) -> str:
        half = LONGEST_NAME // 2
        return cut(name) if len(told[cut(name)]) == 1 else f"{name[:half].strip()}…{name[1 - half :].strip()}"

    return [unmistaken(name) for name in names]


def short_pairs(first: pd.Series, second: pd.Series, sign: str) -> list[str]:
    """Two names each, with a sign between them."""
    names = short(pd.concat([first, second]))
    return [f"{one} {sign} {other}" for one, other in zip(names[: len(first)], names[len(first) :], strict=True)]


def label_axes(axes: Axes, source: Source, x: str, y: str) -> None:
    """Label both axes with texts (an empty key is no label); the upright one counts in units or is money."""
    axes.set_xlabel(source.text(x) if x else "")
    axes.set_ylabel(fill(source.text(y), LONGEST_LABEL) if y else "")
    axes.locator_params(axis="y", nbins=6)
    label_ticks(axes.yaxis, source, is_money=y in MONEY)


def label_ticks(axis: Axis, source: Source, *, is_money: bool = False) -> None:
    axis.set_major_formatter(Units(source, is_money=is_money))


def name_ticks(axes: Axes, places: Iterable[float], names: Iterable[str]) -> None:
    """Write names below an axis: level where all are short, else aslant."""
    names = list(names)
    aslant: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(list(places), names, **(aslant if max(map(len, names)) > LONGEST_LEVEL_NAME else {}))


def label_months(axes: Axes, source: Source) -> None:
    """Write the months of a time axis as the language does."""

    def label(number: float, _position: int | None) -> str:
        # Ticks within a month, of a short time, would repeat its name.
        day = num2date(number)
        return source.month(day) if day.day == 1 else ""

    axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=9))
    axes.xaxis.set_major_formatter(FuncFormatter(label))


def left_out(source: Source, few: pd.Series) -> str:
    """Say that groups are too small to be shown, where there are such."""
    return source.text("small_left_out", small=source.small) if few.any() else ""


def note(axes: Axes, *texts: str) -> None:
    """Small print above the axes."""
    axes.set_title("    ".join(texts), fontsize=9, loc="left")


def shade_gaps(axes: Axes, data: pd.DataFrame) -> None:
    """Shade the months (month_start) that are not complete (month_status)."""
    half = pd.Timedelta(days=15.5)
    for month in data.loc[data["month_status"] != "complete", "month_start"].unique():
        axes.axvspan(month - half, month + half, color=GAP, alpha=0.7, linewidth=0, zorder=2)


def pie(axes: Axes, sizes: pd.Series, labels: pd.Series, colors: list[str]) -> None:
    shares = sizes / sizes.sum()
    axes.pie(
        sizes, colors=colors, startangle=90, labeldistance=1.3, counterclock=False, wedgeprops={"edgecolor": "white"},
        labels=[
            "\n".join([*(fill(line, 16) for line in label.splitlines()), f"{share:.1%}"])
            for label, share in zip(labels, shares, strict=True)
        ],
    )  # fmt: skip


def heat(
    axes: Axes,
    table: pd.DataFrame,
    texts: list[list[str]],
    colors: str = "Blues",
    low: float = 0,
    high: float | None = None,
    text_size: int = 8,
) -> Collection:
    """A table as coloured cells with their texts, the first row on top."""
    # What is clipped to the axes need not be looked at to find room for the axes.
    sns.heatmap(
        table.astype(float), ax=axes, cmap=colors, vmin=low, vmax=high, cbar=False, linewidths=1, annot=np.array(texts),
        fmt="", annot_kws={"fontsize": text_size, "clip_on": True}, xticklabels=True, yticklabels=True,
    )  # fmt: skip
    axes.tick_params(axis="y", labelrotation=0)
    axes.grid(visible=False)
    axes.set(xlabel=None, ylabel=None)
    return axes.collections[0]
