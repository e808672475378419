"""Pipenv: Pipfile.lock, with a category of its own. Oracle: `pipenv requirements`."""

import json
import re

from case import Case, Listing
from client.python_project import index, normal
from harness import TARGET, pypi_program, run

PIPFILE = """[[source]]
name = "registry"
url = "{index}"
verify_ssl = true

[packages]
httpx = {{ version = "==0.27.2", extras = ["http2"] }}
Jinja2 = "==3.1.4"
colorama = {{ version = "==0.4.6", markers = "sys_platform == 'win32'" }}
"ruamel.yaml" = "==0.18.6"

[dev-packages]
pytest = "==8.3.3"
coverage = {{ version = "==7.6.1", extras = ["toml"] }}

[lint]
pylint = "==3.3.1"
"""

REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^;\s]+)")


class Pipenv(Case):
    client = "pipenv"
    name = "categories"
    lockfile = "Pipfile.lock"

    def pipenv(self, directory, *arguments):
        env = {
            "PIPENV_CACHE_DIR": str(TARGET / "cache" / "pipenv"),
            "PIP_CACHE_DIR": str(TARGET / "cache" / "pip"),
            "PIPENV_IGNORE_VIRTUALENVS": "1",
            "PIPENV_NOSPIN": "1",
            "PIPENV_VENV_IN_PROJECT": "1",
        }
        program = pypi_program("pipenv==2026.10.3", "pipenv")
        return run([program, *arguments], cwd=directory, env=env)

    def version(self):
        return self.pipenv(TARGET, "--version").split()[-1]

    def files(self):
        return {"Pipfile": PIPFILE.format(index=index())}

    def lock(self, directory):
        self.pipenv(directory, "lock", "--categories=packages dev-packages lint")

    def required(self, directory, *options):
        out = self.pipenv(directory, "requirements", *options)
        found = filter(None, map(REQUIREMENT.match, out.splitlines()))
        return {(normal(match[1]), match[2]) for match in found}

    def listing(self, directory):
        run_time = self.required(directory)
        development = self.required(directory, "--dev-only")
        lint = self.required(directory, "--categories=lint")
        packages = run_time | development | lint
        return Listing(packages, set(), dev=development - run_time - lint, has_graph=False)

    def recorded(self, directory):
        lock = json.loads((directory / self.lockfile).read_text())
        found = {}
        for category in lock.keys() - {"_meta"}:
            for name, entry in lock[category].items():
                package = (normal(name), entry["version"].removeprefix("=="))
                checksums = {tuple(checksum.split(":")) for checksum in entry["hashes"]}
                found.setdefault(package, set()).update(checksums)
        return found

    def shuffled(self, text, random):
        lock = json.loads(text)
        for category, entries in lock.items():
            entries = list(entries.items())
            random.shuffle(entries)
            lock[category] = dict(entries)
        return json.dumps(lock, indent=4) + "\n"


CASES = [Pipenv()]
