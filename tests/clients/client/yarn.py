"""Yarn 1 and Yarn 2 or later ("berry"): one file name, two formats. Oracles: `yarn list`
for the first, `yarn info` for the others."""

import json
import re

from case import Case, Listing
from client import node_project
from client.node_project import OVERRIDDEN, OWN
from harness import TARGET, npm_package, run
from reading import reached, shuffled_blocks, sri

ENTRY = re.compile(r"^[^\s#]")
KINDS = ("dependencies", "optionalDependencies", "devDependencies")


def manifests(files):
    """`(name, version)` of each own package with its manifest."""
    made = [json.loads(text) for path, text in files.items() if path.endswith("package.json")]
    named = {(manifest["name"], manifest["version"]): manifest for manifest in made}
    return {package: manifest for package, manifest in named.items() if package in OWN}


class Classic(Case):
    client = "yarn"
    name = "yarn-1"
    lockfile = "yarn.lock"

    def yarn(self, directory, *arguments):
        cache = TARGET / "cache" / "yarn-1"
        program = npm_package("yarn@1.22.22") / ".bin" / "yarn"
        return run([program, "--cache-folder", cache, *arguments], cwd=directory)

    def version(self):
        return self.yarn(TARGET, "--version").strip()

    def files(self):
        return node_project.files("0.2.0", {"resolutions": OVERRIDDEN})

    def lock(self, directory):
        # There is no way to write the lock alone; what is installed is removed again.
        self.yarn(
            directory, "install", "--ignore-scripts", "--ignore-platform", "--ignore-engines",
            "--non-interactive", "--no-progress", "--no-bin-links",
        )  # fmt: skip

    def entries(self, directory):
        """What each pattern (`debug@^4.3.5`) of the lock stands for, and its entry."""
        text = (directory / self.lockfile).read_text()
        blocks = re.split(r"^(?=[^\s#])", text, flags=re.MULTILINE)[1:]
        found = {}
        for block in blocks:
            patterns = block.partition(":\n")[0].replace('"', "").split(", ")
            version = re.search(r'^  version "(.+)"$', block, re.MULTILINE)[1]
            for pattern in patterns:
                # An alias: `left@npm:left-pad@1.3.0`.
                alias = re.match(r".+@npm:(.+)@", pattern)
                name = alias[1] if alias else pattern.rpartition("@")[0]
                found[pattern] = ((name, version), block)
        return found

    def listing(self, directory):
        lock = self.entries(directory)
        out = self.yarn(directory, "list", "--json", "--no-progress")
        trees = json.loads(out.splitlines()[-1])["data"]["trees"]
        made = manifests(self.files())
        by_name = {name: (name, version) for name, version in made}
        # The name in the tree is the one under `node_modules`, which an alias chooses.
        aliases = {(pattern.split("@npm:")[0], to[1]): to for pattern, (to, _) in lock.items()
                   if "@npm:" in pattern}  # fmt: skip

        def package(text):
            name, _, version = text.rpartition("@")
            return aliases.get((name, version), (name, version))

        def target(pattern):
            """What a range of a package here asks for: an override, an entry, a workspace."""
            name = pattern.rpartition("@")[0]
            if name in OVERRIDDEN:
                return name, OVERRIDDEN[name]
            return lock[pattern][0] if pattern in lock else by_name[name]

        packages, edges, narrow = set(), set(), set()

        def walk(node):
            me = package(node["name"])
            packages.add(me)
            for below in node.get("children", []):
                # A "shadow" is a dependency with its range, the rest is what is nested.
                if below.get("shadow"):
                    edges.add((me, target(below["name"])))
                else:
                    walk(below)

        for tree in trees:
            walk(tree)
        # What the own packages ask for is not in the tree.
        for me, manifest in made.items():
            for kind in KINDS:
                for name, wanted in manifest.get(kind, {}).items():
                    edge = (me, target(f"{name}@{wanted}"))
                    edges.add(edge)
                    if kind == "devDependencies":
                        narrow.add(edge)
        dev = packages - reached(OWN, edges - narrow) - OWN
        return Listing(packages - OWN, edges, OWN, dev)

    def recorded(self, directory):
        found = {}
        for package, block in self.entries(directory).values():
            integrity = re.search(r"^  integrity (.+)$", block, re.MULTILINE)
            checksums = sri(integrity[1]) if integrity else set()
            # The fragment of the address is the SHA-1 of the same file.
            fragment = re.search(r'^  resolved ".+#([0-9a-f]{40})"$', block, re.MULTILINE)
            if fragment:
                checksums.add(("sha1", fragment[1]))
            if checksums:
                found.setdefault(package, set()).update(checksums)
        return found

    def shuffled(self, text, random):
        return shuffled_blocks(text, ENTRY, random)


class Berry(Case):
    client = "yarn"
    lockfile = "yarn.lock"

    def __init__(self, version):
        self.spec = f"@yarnpkg/cli-dist@{version}"
        self.name = f"yarn-{version.split('.')[0]}"

    def yarn(self, directory, *arguments):
        env = {
            "YARN_GLOBAL_FOLDER": str(TARGET / "cache" / "yarn-berry"),
            "YARN_ENABLE_GLOBAL_CACHE": "1",
            "YARN_ENABLE_TELEMETRY": "0",
        }
        program = npm_package(self.spec) / ".bin" / "yarn"
        return run([program, *arguments], cwd=directory, env=env)

    def version(self):
        return self.yarn(TARGET, "--version").strip()

    def files(self):
        # The empty lock makes this directory a project of its own.
        return {**node_project.files("workspace:^", {"resolutions": OVERRIDDEN}), "yarn.lock": ""}

    def lock(self, directory):
        self.yarn(directory, "install", "--mode=update-lockfile")

    def listing(self, directory):
        out = self.yarn(directory, "info", "--all", "--recursive", "--virtuals", "--json")
        nodes = {
            plain(node["value"]): node["children"] for node in map(json.loads, out.splitlines())
        }
        at = {locator: (name_of(locator), node["Version"]) for locator, node in nodes.items()}
        made = manifests(self.files())
        edges, narrow = set(), set()
        declared = self.peers(directory)
        for line in map(json.loads, out.splitlines()):
            me = at[plain(line["value"])]
            # What an instance gets for its peers. Yarn adds an optional peer `@types/x` to
            # every peer `x`, which neither the package nor the lock names.
            for peer in line["children"].get("Peer dependencies", []):
                if peer["locator"] and name_of(peer["descriptor"]) in declared.get(me, ()):
                    edges.add((me, at[plain(peer["locator"])]))
            for dependency in line["children"].get("Dependencies", []):
                edge = (me, at[plain(dependency["locator"])])
                edges.add(edge)
                alias = name_of(dependency["descriptor"])
                if alias in made.get(me, {}).get("devDependencies", {}):
                    narrow.add(edge)
        packages = set(at.values())
        own = {package for locator, package in at.items() if "@workspace:" in locator}
        dev = packages - reached(own, edges - narrow) - own
        return Listing(packages - own, edges, own, dev)

    def entries(self, directory):
        """The package and the text of each entry of the lock."""
        text = (directory / self.lockfile).read_text()
        for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE):
            locator = re.search(r'^  resolution: "(.+)"$', block, re.MULTILINE)
            if locator:
                version = re.search(r'^  version: "?([^"\n]+)"?$', block, re.MULTILINE)[1]
                yield (name_of(locator[1]), version), block

    def peers(self, directory):
        """The names of the peers that each package declares."""
        found = {}
        for package, block in self.entries(directory):
            names = re.search(r"^  peerDependencies:\n((?:    .+\n)+)", block, re.MULTILINE)
            if names:
                keys = re.findall(r'^    "?(@?[^":]+)"?:', names[1], re.MULTILINE)
                found.setdefault(package, set()).update(keys)
        return found

    def recorded(self, directory):
        found = {}
        # Earlier versions wrote the key once for the whole lock.
        text = (directory / self.lockfile).read_text()
        key = re.search(r"^  cacheKey: (\S+)$", text, re.MULTILINE)[1]
        for package, block in self.entries(directory):
            checksum = re.search(r"^  checksum: (\S+)$", block, re.MULTILINE)
            if checksum:
                is_patched = re.search(r'^  resolution: "?@?[^@"]+@patch:', block, re.MULTILINE)
                scheme = "yarn-patch" if is_patched else "yarn-berry"
                found.setdefault(package, set()).add((scheme, checksum[1] if "/" in checksum[1] else f"{key}/{checksum[1]}"))
        return found

    def shuffled(self, text, random):
        return shuffled_blocks(text, re.compile(r'^"'), random)


def name_of(locator):
    """`@scope/name` of `@scope/name@npm:1.0.0`."""
    return re.match(r"@?[^@]+", locator)[0]


def plain(locator):
    """The package of an instance for certain peers: `a@virtual:0123#npm:1.0.0`."""
    return re.sub(r"@virtual:[0-9a-f]+#", "@", locator)


CASES = [Berry("4.18.1"), Berry("3.8.7"), Classic()]
