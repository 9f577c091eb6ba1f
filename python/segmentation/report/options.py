"""ECharts options as plain dictionaries, for the report and for any page that shows the same charts.

A key that begins with a colon holds the name of a function of the page instead of a value (`format_count`,
`format_money`, `format_percent`, `format_number`: the page knows the language and the currency).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from segmentation.text_width import text_width

Option = dict[str, Any]
Unit = Literal["count", "money", "percent", "number"]

GAP_COLOR = "#eceff1"
# Patterns that tell series apart without colours, light enough to leave the colours as they are; the first is plain.
STRIPES = [{"symbol": "none"}] + [
    {"color": "rgba(255, 255, 255, 0.4)", "dashArrayX": [1, 0], "dashArrayY": gaps, "rotation": turn}
    for gaps, turn in (([2, 6], 0.8), ([2, 3], -0.8), ([3, 9], 0), ([2, 5], 1.6), ([1, 2], 0.4), ([4, 8], -0.4))
]
DASHES = ("solid", "dashed", "dotted")
INK, FAINT_INK, RULE = "#37474f", "#546e7a", "#dfe5e8"
# So few labels of an axis are all drawn where they fit.
FEW_LABELS = 12
MOST_LETTERS = 60  # that half the width of the page has room for, blanks between them included
NAME_WIDTH, SIGNS_OF_A_LINE = 190, 28  # pixels beside lying bars, and about so many small letters in them
AXIS_TEXT = {"color": FAINT_INK, "fontSize": 12}


@dataclass(frozen=True)
class Series:
    """One quantity over the categories of a chart; None where nothing is known or shown."""

    name: str
    values: Sequence[float | None]
    color: str


def bars(
    categories: Sequence[str],
    series: Sequence[Series],
    unit: Unit,
    *,
    is_stacked: bool = False,
    is_whole: bool = False,
    is_horizontal: bool = False,
    gaps: Sequence[bool] = (),
    gap_name: str = "",
) -> Option:
    """Upright bars, or lying ones with the first category on top; `gaps` are categories to shade.

    `is_whole` says that stacked shares add up to 1.
    """
    names = _category_axis(categories, is_horizontal)
    values = _value_axis(unit)
    if is_whole:
        values |= {"max": 1, "interval": 0.25}
    elif not is_stacked:
        values |= _end_of_shares(series, unit)
    # Of the parts of a whole, one alone has a name too.
    option = _frame(series, unit, has_names=len(series) > 1 or is_whole)
    option["xAxis"], option["yAxis"] = ([values], [names]) if is_horizontal else ([names], [values])
    option["series"] = [
        {
            "type": "bar",
            "name": line.name,
            "data": list(line.values),
            "itemStyle": {"color": line.color},
            "barMaxWidth": 28,
            **({"stack": "all"} if is_stacked else {}),
        }
        for line in series
    ]
    return _with_gaps(option, gaps, gap_name)


def lines(
    categories: Sequence[str],
    series: Sequence[Series],
    unit: Unit,
    *,
    gaps: Sequence[bool] = (),
    gap_name: str = "",
) -> Option:
    """Lines that break where nothing is known."""
    option = _frame(series, unit, has_names=len(series) > 1)
    values = _value_axis(unit) | _end_of_shares(series, unit)
    option["xAxis"], option["yAxis"] = [_category_axis(categories, False)], [values]
    option["series"] = [
        {
            "type": "line",
            "name": line.name,
            "data": list(line.values),
            "itemStyle": {"color": line.color},
            "lineStyle": {"color": line.color, "width": 2.5, "type": DASHES[place % len(DASHES)]},
            "showSymbol": len(categories) <= 40,
            "symbolSize": 5,
            "connectNulls": False,
        }
        for place, line in enumerate(series)
    ]
    return _with_gaps(option, gaps, gap_name)


def _end_of_shares(series: Sequence[Series], unit: Unit) -> Option:
    """Let an axis of shares of nearly all end at all: it would go on to 120 %."""
    most = max((value for line in series for value in line.values if value is not None), default=0)
    return {"max": 1} if unit == "percent" and 0.8 < most <= 1 else {}


def _frame(series: Sequence[Series], unit: Unit, *, has_names: bool) -> Option:
    return {
        "animation": False,
        # What is said of a chart is the title of its block; a list of all numbers would take its place.
        "aria": {"enabled": True, "label": {"enabled": False}, "decal": {"show": len(series) > 1, "decals": STRIPES}},
        "textStyle": {"fontFamily": "report, 'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"},
        "grid": {"left": 8, "right": 20, "top": 44 if has_names else 16, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, ":valueFormatter": f"format_{unit}"},
        "legend": {
            "show": has_names,
            "type": "scroll",
            "top": 0,
            "left": 0,
            "textStyle": {"color": INK},
            "data": [line.name for line in series],
        },
    }


def height_of_bars(names: Sequence[str]) -> int:
    """Room for lying bars, in pixels: the longest name is broken into lines beside its own."""
    signs = max(map(text_width, names), default=0)
    return len(names) * max(34, 14 * math.ceil(signs / SIGNS_OF_A_LINE) + 8)


def _category_axis(categories: Sequence[str], is_upright: bool) -> Option:
    return {
        "type": "category",
        "data": list(categories),
        "inverse": is_upright,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": RULE}},
        "axisLabel": AXIS_TEXT
        | (
            {"width": NAME_WIDTH, "overflow": "break", "lineHeight": 14, "interval": 0}
            if is_upright
            else {"hideOverlap": True} | (_few_labels(categories) if len(categories) <= FEW_LABELS else {})
        ),
    }


def _few_labels(categories: Sequence[str]) -> Option:
    """All of them are shown; where they would not stand beside each other, they stand aslant."""
    letters = len(categories) * (max(map(len, categories), default=0) + 2)
    return {"interval": 0, "rotate": 30 if letters > MOST_LETTERS else 0}


def _value_axis(unit: Unit) -> Option:
    return {
        "type": "value",
        "splitNumber": 4,
        # There is no half of a member.
        **({"minInterval": 1} if unit == "count" else {}),
        "splitLine": {"lineStyle": {"color": RULE}},
        "axisLabel": AXIS_TEXT | {":formatter": f"format_{unit}", "hideOverlap": True},
    }


def _with_gaps(option: Option, gaps: Sequence[bool], name: str) -> Option:
    """Shade categories by bars on axes of their own, which fill the height."""
    if not any(gaps):
        return option
    hidden = {"show": False, "type": "category", "data": option["xAxis"][0]["data"]}
    option["xAxis"].append(hidden)
    option["yAxis"].append({"show": False, "type": "value", "min": 0, "max": 1})
    option["series"].append(
        {
            "type": "bar",
            "name": name,
            "data": [1 if is_gap else None for is_gap in gaps],
            "xAxisIndex": 1,
            "yAxisIndex": 1,
            "barWidth": "100%",
            "itemStyle": {"color": GAP_COLOR, "decal": {"symbol": "none"}},
            "silent": True,
            "z": 0,
            "tooltip": {"show": False},
        }
    )
    option["legend"] |= {"show": True, "data": [*option["legend"]["data"], name]}
    option["grid"]["top"] = 44
    return option
