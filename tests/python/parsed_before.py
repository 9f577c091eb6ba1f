"""Run a dbt command on the project as dbt parsed it once: `python parsed_before.py FOLDER build ...`.

dbt would parse all of it again for other settings or another warehouse, which takes a third of a small build. Nothing
depends on them but what YAML files say to models in Python.
"""

import os
import sys
from pathlib import Path

import yaml
from dbt.cli.main import dbtRunner
from dbt.config.renderer import DbtProjectYamlRenderer
from dbt.contracts.files import SchemaSourceFile
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import PARTIAL_PARSE_FILE_NAME, extended_mashumuro_decoder
from dbt_common.context import set_invocation_context

from segmentation.settings import project_settings


def parsed_project(folder: Path, settings: dict[str, object]) -> Manifest:
    """Read what dbt left in its folder, as it is with these settings and the warehouse of the environment."""
    project = Manifest.from_msgpack((folder / PARTIAL_PARSE_FILE_NAME).read_bytes(), decoder=extended_mashumuro_decoder)
    set_invocation_context(os.environ)
    renderer = DbtProjectYamlRenderer(cli_vars=project_settings() | settings)
    for file in project.files.values():
        if isinstance(file, SchemaSourceFile) and "var(" in (text := Path(file.path.full_path).read_text("utf-8")):
            for model in yaml.safe_load(text)["models"]:
                if said := model.get("config", {}).get("meta"):
                    node = project.nodes[f"model.{file.project_name}.{model['name']}"]
                    node.meta = node.config.meta = renderer.render_data(said)
    project.build_flat_graph()
    return project


if __name__ == "__main__":
    parsed, *command = sys.argv[1:]
    settings = command[command.index("--vars") + 1] if "--vars" in command else "{}"
    project = parsed_project(Path(parsed), yaml.safe_load(settings))
    # Two threads of a small build wait for each other most of the time.
    sys.exit(not dbtRunner(project).invoke([*command, "--threads", "1"]).success)
