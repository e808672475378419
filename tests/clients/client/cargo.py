"""Cargo: renamed and optional dependencies, kinds, targets, two versions of one crate, a
patched crate, a workspace; and sealgate's own lock. Oracles: `cargo metadata`, and
`cargo tree` beside it."""

import json
import re
import tomllib

from case import Case, Listing
from harness import HERE, TARGET, ClientFailed, run
from reading import reached

MEMBER_A = """[package]
name = "member-a"
version = "0.3.0"
edition = "2021"

[features]
extra = ["dep:serde_json"]

[dependencies]
member-b = { path = "../member-b" }
old-flags = { package = "bitflags", version = "=1.3.2" }
bitflags = "=2.6.0"
regex = "=1.11.1"
serde = { version = "=1.0.210", features = ["derive"] }
serde_json = { version = "=1.0.128", optional = true }

[target.'cfg(windows)'.dependencies]
winapi-util = "=0.1.9"

[build-dependencies]
cc = "=1.1.24"
version_check = "=0.9.5"

[dev-dependencies]
tempfile = "=3.13.0"
maplit = "=1.0.2"
"""

MEMBER_B = """[package]
name = "member-b"
version = "0.1.0"
edition = "2021"

[dependencies]
anyhow = "=1.0.89"
logging = { workspace = true }

[dev-dependencies]
member-c = { path = "../member-c" }
"""

MEMBER_C = """[package]
name = "member-c"
version = "0.0.1"
edition = "2021"

[dependencies]
rand = "=0.8.5"
"""

ROOT = """[workspace]
members = ["member-*"]
exclude = ["patched"]
resolver = "2"

[workspace.dependencies]
logging = { package = "log", version = "=0.4.22", features = ["std"] }

[patch.crates-io]
maplit = { path = "patched" }
"""

PATCHED = """[package]
name = "maplit"
version = "1.0.2"
edition = "2021"

[dependencies]
itoa = "=1.0.11"
"""

WORKSPACE = {
    "Cargo.toml": ROOT,
    "patched/Cargo.toml": PATCHED,
    "patched/src/lib.rs": "",
    "member-a/Cargo.toml": MEMBER_A,
    "member-a/src/lib.rs": "",
    "member-a/build.rs": "fn main() {}\n",
    "member-b/Cargo.toml": MEMBER_B,
    "member-b/src/lib.rs": "",
    "member-c/Cargo.toml": MEMBER_C,
    "member-c/src/lib.rs": "",
}

# `3serde v1.0.210 (proc-macro) (*)`
LINE = re.compile(r"^(\d+)(\S+) v(\S+)")


class Cargo(Case):
    client = "cargo"
    lockfile = "Cargo.lock"
    has_weak_features = False

    def version(self):
        return run(["cargo", "--version"], cwd=TARGET).split()[1]

    def lock(self, directory):
        run(["cargo", "generate-lockfile"], cwd=directory)

    def tree(self, directory):
        """Edges and packages of `cargo tree`, every kind and target."""
        out = run(
            ["cargo", "tree", "--workspace", "--locked", "--all-features", "--target", "all",
             "--edges", "normal,build,dev", "--prefix", "depth"],
            cwd=directory,
        )  # fmt: skip
        edges, packages, above = set(), set(), []
        for line in filter(str.strip, out.splitlines()):
            depth, name, version = LINE.match(line).groups()
            package = (name, version)
            del above[int(depth) :]
            if above:
                edges.add((above[-1], package))
            packages.add(package)
            above.append(package)
        return edges, packages

    def listing(self, directory):
        out = run(
            ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"],
            cwd=directory,
        )
        metadata = json.loads(out)
        named = {each["id"]: (each["name"], each["version"]) for each in metadata["packages"]}
        # Members, and what a path or a patch puts in place of a registry's crate.
        own = {named[each["id"]] for each in metadata["packages"] if each["source"] is None}
        edges, narrow = set(), set()
        for node in metadata["resolve"]["nodes"]:
            for dependency in node["deps"]:
                edge = (named[node["id"]], named[dependency["pkg"]])
                edges.add(edge)
                if all(kind["kind"] == "dev" for kind in dependency["dep_kinds"]):
                    narrow.add(edge)
        packages = {named[node["id"]] for node in metadata["resolve"]["nodes"]}
        members = {named[member] for member in metadata["workspace_members"]}
        widely = reached(members, edges - narrow)
        listing = Listing(packages - own, edges, own, packages - widely - own)
        self.hold_to_tree(directory, listing)
        return listing

    def hold_to_tree(self, directory, listing):
        """`cargo tree` shows what the chosen features build. That is everything where no
        feature is a weak one (`dependency?/feature`): the lock, and so `cargo metadata`,
        also hold what such a feature would need if its dependency were used."""
        edges, packages = self.tree(directory)
        lost = (listing.packages | listing.own) - packages, listing.edges - edges
        extra = packages - listing.packages - listing.own, edges - listing.edges
        if any(extra) or (any(lost) and not self.has_weak_features):
            raise ClientFailed(f"cargo tree and cargo metadata disagree: {lost} {extra}")
        if any(lost):
            listing.notes.append(
                f"cargo tree shows {len(lost[0])} packages and {len(lost[1])} edges fewer than "
                "cargo metadata and the lock: those behind weak features"
            )

    def recorded(self, directory):
        lock = tomllib.loads((directory / self.lockfile).read_text())
        return {
            (entry["name"], entry["version"]): {("sha256", entry["checksum"])}
            for entry in lock["package"]
            if "checksum" in entry
        }

    def shuffled(self, text, random):
        head, *entries = text.split("[[package]]\n")
        entries = [entry.rstrip("\n") + "\n" for entry in entries]
        random.shuffle(entries)
        return head + "\n".join("[[package]]\n" + entry for entry in entries)


class Workspace(Cargo):
    name = "workspace"

    def files(self):
        return WORKSPACE


class OwnLock(Cargo):
    """sealgate's manifest and lock as they are in the repository."""

    name = "sealgate"
    has_weak_features = True

    def files(self):
        root = HERE.parents[1]
        return {
            "Cargo.toml": (root / "Cargo.toml").read_text() + "\n[workspace]\n",
            "Cargo.lock": (root / "Cargo.lock").read_text(),
            "src/lib.rs": "",
            "src/main.rs": "fn main() {}\n",
            "build.rs": "fn main() {}\n",
        }

    def lock(self, directory):
        """Cargo takes the lock as it is, or says that it is not this manifest's."""
        run(["cargo", "fetch", "--locked"], cwd=directory)


CASES = [Workspace(), OwnLock()]
