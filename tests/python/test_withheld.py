"""What is not shown cannot be computed from what is."""

import duckdb
import numpy as np
import pytest
from scipy.optimize import linprog

from segmentation.charts.look import Source
from segmentation.report.options import Series, bars
from segmentation.report.page import in_words
from segmentation.report.story import Block, Story

TEXTS = {"fewer_people": "< {small}", "people": "members"}


def story(small: int = 30) -> Story:
    return Story(Source(duckdb.connect(), "en", {}, None), TEXTS, small, 0.05)


@pytest.mark.parametrize(("small", "step"), [(0, 1), (1, 1), (5, 1), (6, 2), (15, 5), (30, 10), (59, 10), (100, 20)])
def test_people_are_rounded_to_a_step_of_a_third_of_the_smallest_group(small: int, step: int) -> None:
    assert story(small).step == step


@pytest.mark.parametrize(
    ("people", "said", "drawn"),
    [
        (0, "0", 0),
        (1, "< 30", None),
        (29, "< 30", None),
        (30, "30", 30),
        (44, "40", 40),
        (45, "50", 50),
        (1_234, "1,230", 1_230),
    ],
)
def test_people_are_few_or_rounded(people: int, said: str, drawn: int | None) -> None:
    assert (story().members(people), story().shown(people)) == (said, drawn)


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        (0, 400, "0%"), (29, 400, None), (34, 396, "8%"), (390, 396, "98%"), (10, 20, None), (0, 0, None),
        (1_234, 10_000, "12.3%"),
    ],
)  # fmt: skip
def test_shares_are_those_of_rounded_people(part: int, whole: int, share: str | None) -> None:
    assert story().share(part, whole) == share


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ({"a": 100, "b": 40, "c": 0}, ""),
        # Alone its amount would be the total less the others; nobody is no person.
        ({"a": 100, "b": 40, "c": 3, "d": 0}, "bc"),
        ({"a": 100, "b": 3}, "ab"),
        ({"a": 100, "b": 40, "c": 3, "d": 4}, "bcd"),
        # They may be the same people, as those of two months.
        ({"a": 100, "b": 40, "c": 20, "d": 15}, "bcd"),
        ({"a": 3}, "a"),
    ],
)
def test_the_amounts_of_few_are_never_left_out_alone(people: dict[str, int], hidden: str) -> None:
    assert story().hidden(people) == set(hidden)


def test_each_group_with_a_total_of_its_own_leaves_out_enough() -> None:
    people = {("a", 1): 3, ("a", 2): 50, ("a", 3): 60, ("b", 1): 40, ("b", 2): 45}
    assert story().hidden(people, lambda cell: cell[0]) == {("a", 1), ("a", 2)}


@pytest.mark.parametrize("seed", range(8))
def test_rounded_numbers_tell_no_small_one(seed: int) -> None:
    # Segments by states with all totals, as the page tells them. A table of whole totals has whole corners, so that
    # linear programs find the least and the most that a cell may be.
    random = np.random.default_rng(seed)
    cells = random.choice([0, 2, 8, 20, 45, 120, 400], (3, 6)) + random.integers(0, 6, (3, 6))
    each = np.eye(18).reshape(18, 3, 6)
    sums = [*each, *each.reshape(3, 6, 3, 6).sum(axis=1), *each.reshape(3, 6, 3, 6).sum(axis=0), np.ones((3, 6))]
    parts = np.array(sums).reshape(len(sums), 18)
    low, high = np.array([alike(int(people)) for people in parts @ cells.ravel()]).T
    for place in np.flatnonzero((cells.ravel() > 0) & (cells.ravel() < 30)):
        bounds = [
            linprog(sign * parts[place], np.vstack([parts, -parts]), np.hstack([high, -low])).fun for sign in (1, -1)
        ]
        assert -bounds[1] - bounds[0] >= 3


def alike(people: int) -> tuple[int, int]:
    """The numbers of people that the page tells by the same text."""
    page = story()
    same = [
        number for number in range(max(people - 30, 0), people + 30) if page.members(number) == page.members(people)
    ]
    return min(same), max(same)


@pytest.mark.parametrize(
    ("values", "left_out", "said", "is_drawn"),
    [
        ([None, 40], ["a"], ["Gaps below 30"], True),
        ([None, 40], [], [], True),
        ([None, None], ["a", "b"], ["Fewer than 30"], False),
        ([None, 0], [], ["Fewer than 30"], False),
        ([0, 0], [], [], True),
    ],
)
def test_a_chart_says_what_it_leaves_out(
    values: list[float | None], left_out: list[str], said: list[str], is_drawn: bool
) -> None:
    texts = {"all_withheld": "fewer than {small}", "some_withheld": "gaps below {small}", "people": "members"}
    story = Story(Source(duckdb.connect(), "en", {}, None), texts, 30, 0.05)
    story.left_out.extend(left_out)
    option = bars(["a", "b"], [Series("members", values, "#fff")], "count", gaps=[True, False], gap_name="gap")
    block = in_words(story, Block("key", "title", ["first"], option))
    assert (block.option is not None) == is_drawn
    assert block.sentences == ["first", *said]
