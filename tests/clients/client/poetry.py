"""Poetry: extras, groups, an optional group, several versions of one package. Oracle:
`poetry show`."""

import json
import re
import tomllib

from case import Case, Listing
from client.python_project import DATABASE, DEPENDENCIES, PLOT, array, index, normal
from harness import TARGET, ClientFailed, pypi_program, run
from reading import reached, shuffled_blocks

MANIFEST = """[project]
name = "service"
version = "0.4.0"
requires-python = ">=3.10,<4"
dependencies = {dependencies}

[project.optional-dependencies]
db = {database}
plot = {plot}

[tool.poetry.group.dev.dependencies]
pytest = "8.3.3"
coverage = {{ version = "7.6.1", extras = ["toml"] }}

[tool.poetry.group.lint]
optional = true

[tool.poetry.group.lint.dependencies]
pylint = "3.3.1"

[[tool.poetry.source]]
name = "registry"
url = "{index}/"
priority = "primary"
"""

# `numpy 2.2.6 Fundamental package`, and `│   ├── idna >=2.8` below it.
DIRECT = re.compile(r"^(\S+) (\S+)")
BELOW = re.compile(r"^((?:[│ ]   )*)[├└]── (\S+) (.*?)\s*$")


class Poetry(Case):
    client = "poetry"
    name = "groups"
    lockfile = "poetry.lock"

    def program(self):
        return pypi_program("poetry==2.5.1", "poetry")

    def poetry(self, directory, *arguments):
        env = {
            "POETRY_CACHE_DIR": str(TARGET / "cache" / "poetry"),
            "POETRY_VIRTUALENVS_CREATE": "false",
        }
        return run([self.program(), "--no-ansi", *arguments], cwd=directory, env=env)

    def version(self):
        return re.search(r"version ([^)]+)", self.poetry(TARGET, "--version"))[1]

    def files(self):
        text = MANIFEST.format(
            dependencies=array(DEPENDENCIES),
            database=array(DATABASE),
            plot=array(PLOT),
            index=index().rstrip("/"),
        )
        return {"pyproject.toml": text}

    def lock(self, directory):
        self.poetry(directory, "lock")

    def tree(self, directory, *options):
        """Direct packages, and edges as `(name, name, version constraint)`."""
        direct, edges, way = set(), set(), []
        for line in self.poetry(directory, "show", "--tree", *options).splitlines():
            below = BELOW.match(line)
            if below:
                depth = len(below[1]) // 4 + 1
                del way[depth:]
                edges.add((way[-1], below[2], below[3]))
                way.append(below[2])
            elif DIRECT.match(line):
                name, version = DIRECT.match(line).groups()
                direct.add((name, version))
                way = [name]
        return direct, edges

    def allowed(self, pairs):
        """Those `(constraint, version)` that Poetry's own library finds to go together."""
        code = (
            "import json, sys\n"
            "from poetry.core.constraints.version import Version, parse_constraint\n"
            "print(json.dumps([[c, v] for c, v in json.loads(sys.argv[1])"
            " if parse_constraint(c).allows(Version.parse(v))]))"
        )
        python = self.program().parent / "python"
        out = run([python, "-c", code, json.dumps(sorted(pairs))], cwd=TARGET)
        return {(constraint, version) for constraint, version in json.loads(out)}

    def listing(self, directory):
        out = self.poetry(directory, "show", "--all", "--format", "json")
        packages = {(each["name"], each["version"]) for each in json.loads(out)}
        versions = {}
        for package in packages:
            versions.setdefault(package[0], []).append(package)
        direct, by_name = self.tree(directory, "--with", "lint")
        pairs = {
            (constraint, version)
            for _, name, constraint in by_name
            for _, version in versions[name]
        }
        allowed = self.allowed(pairs)
        asks = self.asks(directory)
        below = {
            (source, target)
            for name, wanted, constraint in by_name
            for source in versions[name]
            for target in versions[wanted]
            # The tree does not say which of several versions of a package asks.
            if (constraint, target[1]) in allowed and wanted in asks[source]
        }
        run_time, _ = self.tree(directory, "--only", "main")
        if packages != reached(direct, below):
            raise ClientFailed(f"poetry show and its tree disagree: {packages ^ reached(direct, below)}")
        product = ("service", "0.4.0")
        edges = below | {(product, package) for package in direct}
        return Listing(packages, edges, {product}, packages - reached(run_time, below))

    def asks(self, directory):
        """The names that each entry of the lock depends on."""
        lock = tomllib.loads((directory / self.lockfile).read_text())
        return {
            (entry["name"], entry["version"]): set(map(normal, entry.get("dependencies", {})))
            for entry in lock["package"]
        }

    def recorded(self, directory):
        lock = tomllib.loads((directory / self.lockfile).read_text())
        return {
            (entry["name"], entry["version"]): {
                tuple(file["hash"].split(":")) for file in entry["files"]
            }
            for entry in lock["package"]
        }

    def shuffled(self, text, random):
        packages, metadata = text.split("[extras]\n")
        start = re.compile(r"^\[\[package\]\]$")
        return shuffled_blocks(packages, start, random) + "\n[extras]\n" + metadata


CASES = [Poetry()]
