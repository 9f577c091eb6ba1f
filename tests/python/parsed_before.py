"""Commands of dbt on the project as dbt parsed it once: one by `python parsed_before.py FOLDER build ...`, or many.

dbt would parse all of it again for other settings or another warehouse, which takes a third of a small build. Nothing
depends on them but what YAML files say to models in Python. Where many commands follow, copies of a process that has
loaded dbt, the project and what its models compute with save a fifth of it.
"""

import gc
import importlib
import json
import os
import socketserver
import sys
import time
from pathlib import Path

import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.config.renderer import DbtProjectYamlRenderer
from dbt.contracts.files import SchemaSourceFile
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import PARTIAL_PARSE_FILE_NAME, extended_mashumuro_decoder
from dbt_common.context import set_invocation_context

from segmentation.settings import project_settings


def parsed_project(folder: Path) -> Manifest:
    """Read what dbt left in its folder."""
    return Manifest.from_msgpack((folder / PARTIAL_PARSE_FILE_NAME).read_bytes(), decoder=extended_mashumuro_decoder)


def with_settings(project: Manifest, settings: dict[str, object]) -> Manifest:
    """Change the project to what it is with these settings and the warehouse of the environment."""
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


def run(project: Manifest, command: list[str]) -> int:
    """Run a command; return its exit code."""
    settings = command[command.index("--vars") + 1] if "--vars" in command else "{}"
    project = with_settings(project, yaml.safe_load(settings))
    # Two threads of a small build wait for each other most of the time.
    return int(not dbtRunner(project).invoke([*command, "--threads", "1"]).success)


class Command(socketserver.StreamRequestHandler):
    """Runs a command in a process of its own, which is a copy of the server's."""

    project: Manifest

    def handle(self) -> None:
        """Take folder, environment, files for the output and arguments; answer with the exit code."""
        folder, environment, written, command = json.loads(self.rfile.readline())
        # The answer comes when what ran it has ended, and holds no file any more.
        if pid := os.fork():
            _, status = os.waitpid(pid, 0)
            self.wfile.write(b"%d" % os.waitstatus_to_exitcode(status))
            return
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        for number, path in enumerate(written, 1):
            os.dup2(os.open(path, os.O_WRONLY), number)
        code = run(self.project, command)
        # What an interpreter does that ends by itself: what is written is in the files of the database.
        DuckDBConnectionManager.close_all_connections()
        sys.stdout.flush()
        os._exit(code)


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """Answers at an address, a path, each question in a process of its own."""


def serve(folder: Path, address: str) -> None:
    """Load everything, and answer until the end."""
    for module in ("pandas", "scipy.optimize", "scipy.stats", "sklearn.cluster"):
        importlib.import_module(module)
    Command.project = parsed_project(folder)
    gc.freeze()
    with Server(address, Command) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    parsed, *command = sys.argv[1:]
    if command[0] == "serve":
        serve(Path(parsed), command[1])
    sys.exit(run(parsed_project(Path(parsed)), command))
