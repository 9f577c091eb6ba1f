import os
import time

import pytest

from segmentation.processes import begin, call_apart, early_process, result


def test_what_has_begun_elsewhere_is_not_done_again() -> None:
    with early_process() as process:
        begin(process, os.getpid)
        assert result(os.getpid) not in (os.getpid(), None)
    assert result(os.path.basename, "a/b") == "b"


def test_a_function_is_called_here_where_no_process_has_its_module() -> None:
    assert call_apart("os.getpid") == os.getpid()


def test_the_early_process_ends_with_an_error_here() -> None:
    with pytest.raises(ValueError, match="no use"), early_process() as process:
        waiting = begin(process, time.sleep, 5)
        raise ValueError("no use")
    assert waiting.exception() is not None
