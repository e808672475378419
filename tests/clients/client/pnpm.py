"""pnpm: lockfile versions 5.4, 6.0 and 9.0. Oracle: `pnpm list`."""

import json
import re

from case import Case, Listing
from client import node_project
from client.node_project import OVERRIDDEN, TOOLS
from harness import TARGET, npm_package, run
from reading import reached, shuffled_blocks, sri

KINDS = ("dependencies", "optionalDependencies", "devDependencies")
# A key of `packages`: `/@types/node/20.1.0_peer@1.0.0`, `/ms@2.0.0(peer@1.0.0)`, `ms@2.0.0`.
KEY = re.compile(r"^  '?/?((?:@[^/]+/)?[^/@]+)[/@]([^_('/@]+).*:$")


class Pnpm(Case):
    client = "pnpm"
    lockfile = "pnpm-lock.yaml"

    def __init__(self, version, lock_version):
        self.spec = f"pnpm@{version}"
        # Before version 10 `pnpm list` reads what was installed.
        self.major = int(version.split(".")[0])
        self.lists_lock = self.major >= 10
        self.name = f"lockfile-{lock_version}-pnpm-{self.major}"

    def pnpm(self, directory, *arguments):
        cache = TARGET / "cache" / "pnpm"
        env = {"npm_config_cache": str(cache), "XDG_CACHE_HOME": str(cache)}
        program = npm_package(self.spec) / ".bin" / "pnpm"
        return run([program, *arguments], cwd=directory, env=env)

    def version(self):
        return self.pnpm(TARGET, "--version").strip()

    def files(self):
        return {
            **node_project.files("workspace:^0.2.0", self.overrides()),
            "pnpm-workspace.yaml": "packages:\n  - packages/*\n" + (
                "overrides:\n" + "".join(f"  {name}: {v}\n" for name, v in OVERRIDDEN.items())
                if self.major >= 11
                else ""
            ),
        }

    def overrides(self):
        # Version 11 and later read them from `pnpm-workspace.yaml` only.
        return {} if self.major >= 11 else {"pnpm": {"overrides": OVERRIDDEN}}

    def lock(self, directory):
        options = ["--ignore-scripts", "--prefer-offline", "--store-dir", TARGET / "cache" / "pnpm-store"]
        if self.lists_lock:
            options.append("--lockfile-only")
        self.pnpm(directory, "install", *options)

    def listing(self, directory):
        options = ["--lockfile-only"] if self.lists_lock else []
        out = self.pnpm(directory, "list", "-r", "--depth", "Infinity", "--json", *options)
        own = {(project["name"], project["version"]) for project in json.loads(out)}
        by_name = {name: (name, version) for name, version in own}
        edges, narrow = set(), set()

        def walk(above, node):
            # `18.3.1(react@18.3.1)`, `link:../b` for a workspace, `file:tools` for a directory.
            version = node["version"].split("(")[0].split("_")[0]
            if version.startswith("link:"):
                package = by_name[node["from"]]
            elif version.startswith("file:"):
                package = TOOLS
            else:
                package = (node["from"], version)
            edges.add((above, package))
            for kind in KINDS:
                for below in node.get(kind, {}).values():
                    walk(package, below)
            return package

        for project in json.loads(out):
            me = (project["name"], project["version"])
            for kind in KINDS:
                for node in project.get(kind, {}).values():
                    package = walk(me, node)
                    if kind == "devDependencies":
                        narrow.add((me, package))
        packages = {package for edge in edges for package in edge} - own
        dev = packages - reached(own, edges - narrow)
        return Listing(packages, edges, own, dev)

    def recorded(self, directory):
        found, package = {}, None
        for line in (directory / self.lockfile).read_text().splitlines():
            key = KEY.match(line)
            if key:
                package = key.groups()
            integrity = re.search(r"\bintegrity: ([\w+/=-]+)", line)
            if integrity:
                found.setdefault(package, set()).update(sri(integrity[1]))
        return found

    def shuffled(self, text, random):
        sections = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
        return "".join(
            shuffled_blocks(section, re.compile(r"^  \S"), random) + "\n"
            if section.startswith(("packages:", "snapshots:"))
            else section
            for section in sections
        )


CASES = [
    Pnpm("12.4.2", "9.0"),
    Pnpm("10.34.8", "9.0"),
    Pnpm("8.15.9", "6.0"),
    Pnpm("7.33.7", "5.4"),
]
