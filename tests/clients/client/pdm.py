"""PDM: extras, groups, markers. Oracles: `pdm export` for the set, `pdm list --tree` for
the edges."""

import json
import re
import tomllib

from case import Case, Listing
from client.python_project import (
    DATABASE, DEPENDENCIES, DEVELOPMENT, LINT, PLOT, array,
)  # fmt: skip
from harness import TARGET, pypi_program, run
from reading import shuffled_blocks

# Without the packages of hundreds of files each, which PDM takes half a minute for.
WANTED = [each for each in DEPENDENCIES if not each.startswith(("numpy", "uvicorn"))]

MANIFEST = f"""[project]
name = "service"
version = "0.4.0"
requires-python = ">=3.10"
dependencies = {array(WANTED)}

[project.optional-dependencies]
db = {array(DATABASE)}
plot = {array(PLOT)}

[dependency-groups]
dev = [{array(DEVELOPMENT)[1:-1]}, {{ include-group = "lint" }}]
lint = {array(LINT)}
"""

PINNED = re.compile(r"^([a-z0-9-]+)(?:\[.*?\])?==([^;\s]+)")
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)[^;]*(?:;\s*(.+))?$")


class Pdm(Case):
    client = "pdm"
    name = "groups"
    lockfile = "pdm.lock"

    def program(self):
        # PDM 2.29.4 does not start with the second version of this dependency.
        return pypi_program("pdm==2.29.4", "pdm", "hishel[httpx2]<2")

    def pdm(self, directory, *arguments):
        env = {
            "PDM_CACHE_DIR": str(TARGET / "cache" / "pdm"),
            "PDM_CHECK_UPDATE": "0",
            "PDM_IGNORE_SAVED_PYTHON": "1",
        }
        return run([self.program(), *arguments], cwd=directory, env=env)

    def version(self):
        return self.pdm(TARGET, "--version").split()[-1]

    def files(self):
        return {"pyproject.toml": MANIFEST}

    def lock(self, directory):
        self.pdm(directory, "lock", "-G", ":all")

    def exported(self, directory, *options):
        out = self.pdm(directory, "export", "--no-hashes", "--format", "requirements", *options)
        return {match.groups() for match in map(PINNED.match, out.splitlines()) if match}

    def listing(self, directory):
        packages = self.exported(directory, "-G", ":all")
        widely = self.exported(directory, "--prod", "-G", "db", "-G", "plot")
        product = ("service", "0.4.0")
        edges = set()

        def walk(above, node):
            me = (node["package"], node["version"])
            edges.add((above, me))
            for below in node["dependencies"]:
                walk(me, below)

        for node in json.loads(self.pdm(directory, "list", "--tree", "--json", "--resolve")):
            walk(product, node)
        shown = {package for edge in edges for package in edge}
        elsewhere = self.for_other_machines(directory, product, shown)
        note = f"pdm list leaves out {len(elsewhere)} edges for other interpreters and platforms"
        return Listing(packages, edges | elsewhere, {product}, packages - widely, notes=[note])

    def for_other_machines(self, directory, product, shown):
        """The edges that `pdm list` leaves out, since it resolves for this interpreter and
        platform: those whose marker is false here, and those of packages that are only
        used where such a marker is true."""
        lock = tomllib.loads((directory / self.lockfile).read_text())
        versions = {entry["name"]: entry["version"] for entry in lock["package"]}
        asked = [(product, text) for text in WANTED]
        for entry in lock["package"]:
            package = (entry["name"], entry["version"])
            asked += [(package, text) for text in entry.get("dependencies", [])]
        parsed = [(source, *REQUIREMENT.match(text).groups()) for source, text in asked]
        elsewhere = self.markers_of_others({marker for *_, marker in parsed if marker})
        return {
            (source, (name, versions[name]))
            for source, name, marker in parsed
            # The entry of an extra names its own package.
            if name in versions and name != source[0] and (marker in elsewhere or source not in shown)
        }

    def markers_of_others(self, markers):
        """Those that are false here but true for another interpreter or platform that the
        project is for, by the library that PDM decides it with."""
        code = (
            "import json, sys; from dep_logic.markers import parse_marker\n"
            "ours = parse_marker('python_version >= \"3.10\"')\n"
            "print(json.dumps([m for m in json.loads(sys.argv[1])"
            " if not parse_marker(m).evaluate()"
            " and not (parse_marker(m) & ours).is_empty()]))"
        )
        python = self.program().parent / "python"
        return set(json.loads(run([python, "-c", code, json.dumps(sorted(markers))], cwd=TARGET)))

    def recorded(self, directory):
        lock = tomllib.loads((directory / self.lockfile).read_text())
        found = {}
        for entry in lock["package"]:
            checksums = {tuple(file["hash"].split(":")) for file in entry["files"]}
            found.setdefault((entry["name"], entry["version"]), set()).update(checksums)
        return found

    def shuffled(self, text, random):
        return shuffled_blocks(text, re.compile(r"^\[\[package\]\]$"), random)


CASES = [Pdm()]
