"""uv: a workspace with links, extras and groups, extras that exclude each other, an
override, a directory that is no member. Oracle: `uv tree`."""

import json
import re
import tomllib

from case import Case, Listing
from client.python_project import DATABASE, DEPENDENCIES, DEVELOPMENT, LINT, PLOT, array
from harness import TARGET, pypi_program, run
from reading import reached, shuffled_blocks

ROOT = f"""[project]
name = "service"
version = "0.4.0"
requires-python = ">=3.10"
dependencies = {array(["core", *DEPENDENCIES])}

[project.optional-dependencies]
db = {array([*DATABASE, "cli"])}
plot = {array(PLOT)}
older = ["packaging==23.2"]
newer = ["packaging==24.2", "local"]

[dependency-groups]
dev = [{array(DEVELOPMENT)[1:-1]}, {{ include-group = "lint" }}]
lint = {array(LINT)}

[tool.uv]
override-dependencies = ["markupsafe==2.1.5"]
conflicts = [
    [{{ extra = "older" }}, {{ extra = "newer" }}],
    [{{ extra = "older" }}, {{ group = "dev" }}],
    [{{ extra = "newer" }}, {{ group = "dev" }}],
]

[tool.uv.workspace]
members = ["packages/*"]

[tool.uv.sources]
core = {{ workspace = true }}
cli = {{ workspace = true }}
local = {{ path = "libs/local" }}
"""

LOCAL = """[project]
name = "local"
version = "0.0.3"
requires-python = ">=3.10"
dependencies = ["idna"]
"""

CORE = """[project]
name = "core"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["pydantic[email]==2.9.2"]

[dependency-groups]
dev = ["hypothesis==6.115.3"]

[build-system]
requires = ["uv_build>=0.5"]
build-backend = "uv_build"
"""

CLI = """[project]
name = "cli"
version = "0.2.0"
requires-python = ">=3.10"
dependencies = ["core", "click==8.1.7"]

[build-system]
requires = ["uv_build>=0.5"]
build-backend = "uv_build"

[tool.uv.sources]
core = { workspace = true }
"""


class Uv(Case):
    client = "uv"
    name = "workspace"
    lockfile = "uv.lock"

    def uv(self, directory, *arguments):
        env = {"UV_CACHE_DIR": str(TARGET / "cache" / "uv"), "UV_PYTHON_DOWNLOADS": "never"}
        return run([pypi_program("uv==0.13.9", "uv"), *arguments], cwd=directory, env=env)

    def version(self):
        return self.uv(TARGET, "--version").split()[1]

    def files(self):
        return {
            "pyproject.toml": ROOT,
            "packages/core/pyproject.toml": CORE,
            "packages/cli/pyproject.toml": CLI,
            "libs/local/pyproject.toml": LOCAL,
        }

    def lock(self, directory):
        self.uv(directory, "lock")

    def listing(self, directory):
        out = self.uv(
            directory, "tree", "--frozen", "--universal", "--all-groups", "--format", "json",
            "--preview-features", "json-output",
        )  # fmt: skip
        tree = json.loads(out)
        # A package has a node of its own for each extra and each group, too.
        nodes = tree["resolution"]
        at = {
            key: (node["name"], node["version"])
            for key, node in nodes.items()
            if node["kind"] != "workspace"
        }
        arrows = [(key, below["id"]) for key in at for below in nodes[key]["dependencies"]]
        # From the node of an extra to that of its package is no dependency.
        edges = {(at[key], at[to]) for key, to in arrows if at[key] != at[to]}
        packages = set(at.values())
        # Members, and directories beside them.
        own = {at[key] for key in at if "registry" not in nodes[key]["source"]}
        roots = [root["id"] for root in tree["roots"]]
        roots = [root for root in roots if "group" not in nodes[root]["kind"]]
        widely = {at[key] for key in reached(roots, arrows)}
        return Listing(packages - own, edges, own, packages - widely - own)

    def recorded(self, directory):
        lock = tomllib.loads((directory / self.lockfile).read_text())
        found = {}
        for entry in lock["package"]:
            files = [*entry.get("wheels", []), *([entry["sdist"]] if "sdist" in entry else [])]
            for file in files:
                checksum = tuple(file["hash"].split(":"))
                found.setdefault((entry["name"], entry["version"]), set()).add(checksum)
        return found

    def shuffled(self, text, random):
        return shuffled_blocks(text, re.compile(r"^\[\[package\]\]$"), random)


CASES = [Uv()]
