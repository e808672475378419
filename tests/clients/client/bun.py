"""Bun: bun.lock. Oracles: `bun pm ls` for the set, `bun why` for the edges."""

import json
import re

from case import Case, Listing
from client import node_project
from client.node_project import ALIASES, OVERRIDDEN, OWN, TOOLS
from harness import TARGET, npm_package, run
from reading import sri

# `│   ├── @scope/name@1.0.0`, four columns for each level.
NODE = re.compile(r"^((?:[│ ]   )*)[├└]── (.+)$")
# `  ├─ optional peer zustand@4.5.5 (requires >=16.8)`; a workspace has no version.
DEPENDENT = re.compile(
    r"^  [├└]─ (?:(?:optional|peer|dev) )*(\S+?)(?:@workspace)?(?: \(requires (.*)\))?$"
)


class Bun(Case):
    client = "bun"
    name = "bun"
    lockfile = "bun.lock"

    def bun(self, directory, *arguments):
        env = {"BUN_INSTALL_CACHE_DIR": str(TARGET / "cache" / "bun")}
        program = npm_package("bun@1.4.5") / ".bin" / "bun"
        return run([program, *arguments], cwd=directory, env=env)

    def version(self):
        return self.bun(TARGET, "--version").strip()

    def files(self):
        return node_project.files("workspace:^0.2.0", {"overrides": OVERRIDDEN})

    def lock(self, directory):
        self.bun(directory, "install", "--lockfile-only", "--ignore-scripts")

    def placed(self, directory, *options):
        """Every place of `bun pm ls`, as the names on the way to it, with its package."""
        found, way = {}, []
        for line in self.bun(directory, "pm", "ls", "--all", *options).splitlines():
            node = NODE.match(line)
            if not node:
                continue
            name, _, version = node[2].rpartition("@")
            del way[len(node[1]) // 4 :]
            way.append(name)
            found[tuple(way)] = package(name, version)
        return found

    def listing(self, directory):
        places = self.placed(directory)
        packages = set(places.values()) - OWN
        widely = set(self.placed(directory, "--prod").values())
        edges = self.settled(self.edges(directory), places)
        return Listing(packages, edges, OWN, packages - widely)

    def edges(self, directory):
        """Dependent, the name under which it asks, and the package."""
        by_name = {name: (name, version) for name, version in OWN}
        found, target = set(), None
        for line in self.bun(directory, "why", "*", "--depth", "1").splitlines():
            dependent = DEPENDENT.match(line)
            if dependent:
                name, _, version = dependent[1].rpartition("@")
                source = by_name.get(dependent[1]) or package(name, version)
                # An alias: `requires left@npm:left-pad@1.3.0`.
                alias, is_alias, _ = (dependent[2] or "").partition("@npm:")
                found.add((source, alias if is_alias else target[0], target))
            elif line and not line.startswith(" "):
                name, _, version = line.rpartition("@")
                target = by_name.get(name) or by_name.get(name.partition("@workspace")[0])
                target = target or package(name, version)
        return found

    def settled(self, edges, places):
        """`bun why` names a package below every version that its range allows. Which one
        it gets follows from the places: the nearest on the way to the top."""
        kept = set()
        for source, name, target in edges:
            same = {to for dependent, asked, to in edges if (dependent, asked) == (source, name)}
            if len(same) == 1 or any(
                nearest(way, name, places) == target
                for way, at in [((), ("web", "1.2.3")), *places.items()]
                if at == source
            ):
                kept.add((source, target))
        return kept

    def recorded(self, directory):
        text = (directory / self.lockfile).read_text()
        # JSON but for the commas before closing brackets.
        lock = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))
        found = {}
        for entry in lock["packages"].values():
            name, _, version = entry[0].rpartition("@")
            if isinstance(entry[-1], str) and entry[-1].startswith("sha512-"):
                found.setdefault((name, version), set()).update(sri(entry[-1]))
        return found

    def shuffled(self, text, random):
        head, packages = text.split('  "packages": {\n')
        lines = [line for line in packages.splitlines() if line.startswith("    ")]
        random.shuffle(lines)
        return head + '  "packages": {\n' + "\n\n".join(lines) + "\n  }\n}\n"


def package(name, version):
    """What a place under `node_modules` holds."""
    if version.startswith("workspace:"):
        return next(own for own in OWN if own[0] == name)
    if name == TOOLS[0]:
        # Shown by its path, without a version.
        return TOOLS
    return ALIASES.get(name, name), version


def nearest(way, name, places):
    """The package that Node finds as `name` from a place."""
    for length in range(len(way), -1, -1):
        if (*way[:length], name) in places:
            return places[(*way[:length], name)]
    return None


CASES = [Bun()]
