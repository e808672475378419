"""npm: package-lock.json in its three versions, aliases, workspaces, a linked
directory, overrides, bundled and platform packages, peers. Oracles: `npm ls` for the set, `npm query` for the rest."""

import json

from case import Case, Listing
from harness import TARGET, ClientFailed, npm_package, run
from reading import sri

FILES = {
    "package.json": """{
  "name": "web", "version": "1.2.3", "private": true,
  "workspaces": ["packages/*"],
  "dependencies": {
    "left": "npm:left-pad@1.3.0", "express": "4.21.2", "react": "18.3.1",
    "react-dom": "18.3.1", "@tailwindcss/oxide": "4.1.13",
    "odd-three": "npm:is-odd@3.0.1", "odd-two": "npm:is-odd@2.0.0",
    "async": "2.6.3", "tools": "file:./tools"
  },
  "overrides": {"lodash": "4.17.20"},
  "optionalDependencies": {"esbuild": "0.21.5", "fsevents": "2.3.3"},
  "peerDependencies": {"typescript": "5.6.3"},
  "devDependencies": {
    "mocha": "10.8.2", "debug-two": "npm:debug@2.6.9",
    "use-sync-external-store": "1.2.2", "@vitejs/plugin-react": "4.3.4"
  }
}
""",
    "packages/a/package.json": """{
  "name": "@web/a", "version": "0.1.0",
  "dependencies": {"@web/b": "^0.2.0", "lodash": "4.17.20", "ms": "2.0.0"},
  "devDependencies": {"chalk": "4.1.2"}
}
""",
    "packages/b/package.json": """{
  "name": "@web/b", "version": "0.2.0",
  "dependencies": {"ms": "2.1.3", "zustand": "4.5.5"}
}
""",
    "tools/package.json": """{
  "name": "tools", "version": "0.0.5", "dependencies": {"ms": "2.0.0"}
}
""",
}


class Npm(Case):
    client = "npm"
    lockfile = "package-lock.json"

    def __init__(self, spec, lock_version):
        self.spec, self.lock_version = spec, lock_version
        self.name = f"lockfile-v{lock_version}"

    def npm(self, directory, *arguments):
        program = npm_package(self.spec) / "npm" / "bin" / "npm-cli.js"
        env = {"npm_config_cache": str(TARGET / "cache" / "npm")}
        return run(["node", program, *arguments], cwd=directory, env=env)

    def version(self):
        return self.npm(TARGET, "--version").strip()

    def files(self):
        return FILES

    def lock(self, directory):
        self.npm(
            directory, "install", "--package-lock-only", "--no-audit", "--prefer-offline",
            f"--lockfile-version={self.lock_version}",
        )  # fmt: skip

    def listing(self, directory):
        nodes = json.loads(self.npm(directory, "query", "*", "--package-lock-only"))
        name = lambda node: (node["name"], node["version"])
        at = {node["location"]: name(node) for node in nodes}
        own = {at[location] for location in ("", "packages/a", "packages/b", "tools")}
        # Edges to a workspace go to the link to it, which is no node of the answer.
        at |= {f"node_modules/{name}": (name, version) for name, version in own}
        edges = {(name(node), at[to]) for node in nodes for to in node["to"]}
        if self.lock_version == 1:
            # Version 1 records no peers, so npm calls what only a peer dependency brought
            # "extraneous" and prints it below the root; in an SBOM the root reaches all.
            edges |= {(at[""], name(node)) for node in nodes if node["location"] and not node["from"]}
        dev = {name(node) for node in nodes if node["dev"]}
        widely = {name(node) for node in nodes if not node["dev"]}
        listed = self.listed(directory)
        if listed != set(at.values()):
            raise ClientFailed(f"npm ls and npm query disagree: {listed ^ set(at.values())}")
        return Listing(listed - own, edges, own, dev - widely - own)

    def listed(self, directory):
        """Every `(name, version)` of the tree that `npm ls` prints."""
        found = set()

        def walk(key, node):
            if "version" in node:
                # A link has no id, and the name of its directory; an alias its real one.
                found.add((node["name"] if "_id" in node else key, node["version"]))
            for name, below in node.get("dependencies", {}).items():
                walk(name, below)

        options = ("--all", "--json", "--long", "--package-lock-only")
        walk("web", json.loads(self.npm(directory, "ls", *options)))
        return found

    def recorded(self, directory):
        lock = json.loads((directory / self.lockfile).read_text())
        found = {}

        def add(name, entry):
            if "integrity" in entry:
                found.setdefault((name, entry["version"]), set()).update(sri(entry["integrity"]))

        def tree(entries):
            for name, entry in entries.items():
                # An alias: `"version": "npm:left-pad@1.3.0"`.
                if entry["version"].startswith("npm:"):
                    name, _, version = entry["version"][4:].rpartition("@")
                    entry = {**entry, "version": version}
                add(name, entry)
                tree(entry.get("dependencies", {}))

        for path, entry in lock.get("packages", {}).items():
            add(entry.get("name") or path.rpartition("node_modules/")[2], entry)
        if "packages" not in lock:
            tree(lock["dependencies"])
        return found

    def shuffled(self, text, random):
        lock = json.loads(text)
        for key in ("packages", "dependencies"):
            if key in lock:
                entries = list(lock[key].items())
                random.shuffle(entries)
                lock[key] = dict(entries)
        return json.dumps(lock, indent=2) + "\n"


CASES = [Npm("npm@11.19.1", version) for version in (3, 2, 1)]
