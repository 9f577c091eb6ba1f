"""The site of the docs: nothing without words, and words that are those of the code."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, WRITTEN, Job

PROJECT = "customer_segmentation"

pytestmark = pytest.mark.slow


def described(said: object, name: str) -> Iterator[tuple[str, str]]:
    """Everything in a part of the manifest that has a description, or a place for one."""
    if isinstance(said, dict):
        if "description" in said:
            yield f"{name} {said.get('name', '')}", said["description"] or ""
        for part in said.values():
            yield from described(part, name)
    elif isinstance(said, list):
        for part in said:
            yield from described(part, name)


def is_for_one_engine(node: dict[str, Any]) -> bool:
    """What a macro is for one engine stands below what it is for all, which has the words."""
    return re.match("duckdb__|spark__", node["name"]) is not None


def has_page(node: dict[str, Any]) -> bool:
    """Tests of columns and tables are named on the pages of those; hooks can have no words, and blocks are words."""
    has_none = "test_metadata" in node or node["resource_type"] in ("operation", "doc")
    return node["package_name"] == PROJECT and not has_none and not is_for_one_engine(node)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    job = Job(Path("data/raw"), tmp_path_factory.mktemp("parsed"), odd=WRITTEN)
    with pytest.MonkeyPatch.context() as environment:
        # As `make docs` does.
        environment.setenv("DOCS_SITE", "yes")
        assert job.dbt_anew("parse").returncode == 0
    return json.loads((job.out / "target" / "manifest.json").read_text(encoding="utf-8"))


def test_nothing_on_the_site_is_without_words(manifest: dict[str, Any]) -> None:
    parts = [part for part in manifest.values() if isinstance(part, dict)]
    nodes = {
        name: node for part in parts for name, node in part.items() if isinstance(node, dict) and "package_name" in node
    }
    pages = {name: node for name, node in nodes.items() if has_page(node)}
    assert {node["resource_type"] for node in pages.values()} == {
        *("analysis", "exposure", "group", "macro", "metric", "model", "seed", "semantic_model", "source", "test"),
    }
    texts = [text for name, node in pages.items() for text in described(node, name)]
    assert len(texts) > 1_000
    assert [name for name, text in texts if not text.strip()] == []
    assert all(group["owner"]["name"] for group in manifest["groups"].values())


def test_a_test_of_its_own_is_described_by_the_comment_at_its_head(manifest: dict[str, Any]) -> None:
    for node in manifest["nodes"].values():
        if node["package_name"] == PROJECT and node["resource_type"] == "test" and has_page(node):
            comment = re.search(r"(?:^-- .*\n)+", node["raw_code"], re.MULTILINE)
            assert comment, node["name"]
            assert " ".join(comment[0].replace("-- ", "").split()) == node["description"], (
                f"tests/singular/_singular.yml does not say of {node['name']} what the comment in its file does"
            )


def test_a_test_that_stops_the_build_reads_nothing_that_what_it_stops_does_not_come_after(
    manifest: dict[str, Any],
) -> None:
    def before(node: str) -> set[str]:
        return {node}.union(*(before(parent) for parent in manifest["parent_map"][node]))

    stops = [node for node in manifest["nodes"].values() if " error(" in node.get("raw_code", "")]
    assert len(stops) >= 3
    for test in stops:
        read = test["depends_on"]["nodes"]
        assert any(before(last).issuperset(read) for last in read), test["name"]


def test_a_macro_is_described_by_the_comment_at_its_head(manifest: dict[str, Any]) -> None:
    for macro in manifest["macros"].values():
        if macro["package_name"] == PROJECT and not is_for_one_engine(macro):
            code = (ROOT / macro["original_file_path"]).read_text(encoding="utf-8")
            name = re.sub("^test_|^materialization_(.*)_(?:duckdb|spark)$", r"\1", macro["name"])
            head = rf"(?:(?:macro|test) {name}\((.*?)\)|materialization {name}, .*?)"
            heads = re.findall(rf"\{{#-?((?:(?!#\}}).)*?)-?#\}}\s*\{{%-? {head} -?%\}}", code, re.DOTALL)
            assert heads, f"{macro['original_file_path']} has no comment before {macro['name']}"
            [(comment, given)] = heads
            arguments = [argument.partition("=")[0] for argument in re.sub(r"\[.*?\]|\{.*?\}", "", given).split(", ")]
            assert [argument["name"] for argument in macro["arguments"]] == [name for name in arguments if name]
            assert " ".join(comment.split()) == macro["description"], (
                f"macros/_macros.yml does not say of {macro['name']} what the comment in its file does"
            )


def test_every_column_that_a_table_has_is_described(demo: Job, tmp_path: Path) -> None:
    # dbt opens the files that it works in to write.
    job = replace(demo, out=Path(shutil.copytree(demo.out, tmp_path / "out")), odd=WRITTEN)
    done = job.dbt("docs", "generate", "--static")
    assert done.returncode == 0, done.stdout
    target = job.out / "target"
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
