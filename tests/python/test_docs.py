"""The site of the docs: nothing without words, and words that are those of the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Job

PROJECT = "customer_segmentation"
KINDS = ("model", "seed", "source", "analysis", "macro", "exposure", "metric", "semantic_model", "group")


def described(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything that has a place on the site, with what it says of it."""
    for part in ("nodes", "sources", "macros", "exposures", "metrics", "semantic_models", "groups"):
        for name, node in manifest[part].items():
            if node["package_name"] != PROJECT or node["resource_type"] not in KINDS:
                continue
            yield name, node["description"]
            yield from ((f"{name} {column}", said["description"]) for column, said in node.get("columns", {}).items())
            yield from ((f"{name} {given['name']}", given["description"]) for given in node.get("arguments", []))
            if "owner" in node:
                yield f"{name} owner", node["owner"]["name"]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    job = Job(Path("data/raw"), tmp_path_factory.mktemp("parsed"))
    assert job.dbt("parse").returncode == 0
    return json.loads((job.out / "target" / "manifest.json").read_text(encoding="utf-8"))


def test_nothing_on_the_site_is_without_words(manifest: dict[str, Any]) -> None:
    kinds = {name.split(".")[0] for name, _ in described(manifest)}
    assert kinds == {*KINDS}
    assert [name for name, text in described(manifest) if not text.strip()] == []


def test_a_macro_is_described_by_the_comment_at_its_head(manifest: dict[str, Any]) -> None:
    for macro in manifest["macros"].values():
        if macro["package_name"] == PROJECT:
            code = (ROOT / macro["original_file_path"]).read_text(encoding="utf-8")
            comment = re.match(r"\{#-?(.*?)-?#\}", code, re.DOTALL)
            assert comment, macro["name"]
            assert " ".join(comment[1].split()) == macro["description"], (
                f"macros/_macros.yml does not say of {macro['name']} what the comment in its file does"
            )


@pytest.mark.slow
def test_every_column_that_a_table_has_is_described(demo: Job) -> None:
    done = demo.dbt("docs", "generate", "--static")
    assert done.returncode == 0, done.stdout
    target = demo.out / "target"
    page = (target / "static_index.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img)\b[^>]*(?:src|href)=.?http[^>]*>", page)
    catalog, manifest = (json.loads((target / f"{name}.json").read_text()) for name in ("catalog", "manifest"))
    known = {**manifest["nodes"], **manifest["sources"]}
    tables = {**catalog["nodes"], **catalog["sources"]}
    assert len(tables) > 100
    assert [
        f"{name}.{column}"
        for name, table in tables.items()
        for column in table["columns"]
        if not known[name]["columns"].get(column, {}).get("description", "").strip()
    ] == []
