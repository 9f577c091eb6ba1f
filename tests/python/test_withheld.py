"""What is not shown cannot be computed from what is."""

from itertools import product

import duckdb
import numpy as np
import pytest

from segmentation.charts.look import Source
from segmentation.report.options import Series, bars
from segmentation.report.page import in_words
from segmentation.report.story import Block, Story, totals_of, withheld


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 100, "b": 40, "c": 0}, ""),
        # Alone it would be the total less the others; nobody is no person.
        ({"a": 100, "b": 40, "c": 3, "d": 0}, "bc"),
        ({"a": 100, "b": 3}, "ab"),
        # Two of together fewer than 30 are a group of fewer than 30.
        ({"a": 100, "b": 40, "c": 3, "d": 4}, "bcd"),
        ({"a": 100, "b": 40, "c": 20, "d": 15}, "cd"),
        ({"a": 3}, "a"),
    ],
)
def test_a_small_cell_is_never_left_out_alone(counts: dict[str, int], hidden: str) -> None:
    assert withheld(counts, [list(counts)], 30) == set(hidden)


def test_neither_rows_nor_columns_give_a_cell_away() -> None:
    rows = [[3, 50, 60, 70], [40, 45, 80, 90], [90, 0, 35, 60]]
    counts = {(row, column): rows[row][column] for row, column in product(range(3), range(4))}
    totals = [[cell for cell in counts if cell[0] == row] for row in range(3)]
    totals += [[cell for cell in counts if cell[1] == column] for column in range(4)]
    hidden = withheld(counts, totals, 30)
    assert (0, 0) in hidden
    assert len(hidden) == 4
    for cells in totals:
        left_out = [counts[cell] for cell in cells if cell in hidden]
        assert not left_out or (len(left_out) > 1 and sum(left_out) >= 30)


def test_several_totals_together_give_no_cell_away() -> None:
    # The first two rows less the first two columns would be the 5.
    rows = [[20, 20, 200, 200], [20, 20, 5, 200], [200, 200, 20, 20], [200, 200, 20, 20]]
    counts = {(row, column): rows[row][column] for row, column in product(range(4), range(4))}
    totals = totals_of(counts, lambda cell: cell[0], lambda cell: cell[1])
    hidden = withheld(counts, totals, 30)
    unknown = sorted(hidden)
    equations = np.array([[cell in group for cell in unknown] for group in totals], dtype=float)
    for place, cell in enumerate(unknown):
        alone = np.eye(len(unknown))[place]
        is_determined = np.linalg.matrix_rank(np.vstack([equations, alone])) == np.linalg.matrix_rank(equations)
        assert not is_determined or counts[cell] >= 30


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
    story = Story(Source(duckdb.connect(), "en", {}, None), texts, 30)
    story.left_out.extend(left_out)
    option = bars(["a", "b"], [Series("members", values, "#fff")], "count", gaps=[True, False], gap_name="gap")
    block = in_words(story, Block("key", "title", ["first"], option))
    assert (block.option is not None) == is_drawn
    assert block.sentences == ["first", *said]
