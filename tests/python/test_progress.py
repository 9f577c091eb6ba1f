from types import SimpleNamespace

import pytest

from segmentation.run import progress


def event(name: str, level: str = "info", **data: object) -> SimpleNamespace:
    return SimpleNamespace(
        info=SimpleNamespace(name=name, level=level, msg="what went wrong"), data=SimpleNamespace(**data)
    )


def test_models_are_numbered_as_they_finish_among_all_models(capsys: pytest.CaptureFixture[str]) -> None:
    told = progress(2)
    for index, name in [(40, "first"), (7, "second")]:
        told(event("LogModelResult", index=index, total=900, description=name, execution_time=1.25))
        told(event("LogTestResult", index=index + 1, total=900))
    told(event("LogTestResult", "warn"))
    assert capsys.readouterr().out.splitlines() == ["   1/2 first 1.2 s", "   2/2 second 1.2 s", "what went wrong"]
