"""Projects with a lock that is clean, and the same with one field changed.

Every address is an example. The one public name that is needed, cargo's default index, is put
together here.
"""

import base64
import copy
import json
from pathlib import Path

HOST = "npm.acme.example"
DEFAULT = "registry+https://github.com/rust-lang/" + "crates" + ".io-index"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

POLICY = f"""schema = 1
name = "peers"
version = 1
extends = "baseline"

[rules]
"registry/git-dependency" = "block"
"registry/missing-checksum" = "block"
"registry/plain-http" = "block"
"registry/url-dependency" = "block"
"registry/weak-checksum" = "block"

[registry.approved]
npm = ["https://{HOST}/"]
cargo = ["default"]
"""


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def sri(number: int, algorithm: str = "sha512", size: int = 64) -> str:
    body = base64.b64encode(number.to_bytes(4, "big").rjust(size, b"\1")).decode()
    return f"{algorithm}-{body}"


def npm_entry(name: str, number: int) -> dict:
    return {
        "version": "1.2.3",
        "resolved": f"https://{HOST}/{name}/-/{name}-1.2.3.tgz",
        "integrity": sri(number),
        "license": "MIT",
    }


# What is done to the entry of `left` in a package-lock.json or a yarn.lock.
NPM_CASES = {
    "clean": lambda e: e,
    "host changed": lambda e: e | {"resolved": "https://evil.example/left/-/left-1.2.3.tgz"},
    "http": lambda e: e | {"resolved": f"http://{HOST}/left/-/left-1.2.3.tgz"},
    "no integrity": lambda e: without(e, "integrity"),
    "no resolved": lambda e: without(e, "resolved"),
    "neither": lambda e: without(e, "resolved", "integrity"),
    "sha1 integrity": lambda e: e | {"integrity": sri(1, "sha1", 20)},
    "git source": lambda e: without(e, "integrity")
    | {"resolved": f"git+https://git.example/acme/left.git#{COMMIT}"},
    "file of another": lambda e: e | {"resolved": f"https://{HOST}/other/-/other-1.2.3.tgz"},
    "user before host": lambda e: e
    | {"resolved": f"https://{HOST}@evil.example/left/-/left-1.2.3.tgz"},
}


def without(entry: dict, *keys: str) -> dict:
    return {key: value for key, value in entry.items() if key not in keys}


def package_json(names: list[str]) -> str:
    needs = {name: "1.2.3" for name in names}
    return json.dumps({"name": "app", "version": "1.0.0", "dependencies": needs}, indent=2)


def package_lock(root: Path, case: str, names: list[str]) -> None:
    entries = {name: npm_entry(name, number) for number, name in enumerate(names, 1)}
    entries["left"] = NPM_CASES[case](copy.deepcopy(entries["left"]))
    packages = {"": json.loads(package_json(names))}
    packages |= {f"node_modules/{name}": entry for name, entry in entries.items()}
    lock = {"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    write(root, "package-lock.json", json.dumps(lock, indent=2))
    write(root, "package.json", package_json(names))


def yarn_lock(root: Path, case: str, names: list[str]) -> None:
    lines = ["# yarn lockfile v1", ""]
    for number, name in enumerate(names, 1):
        entry = npm_entry(name, number)
        if name == "left":
            entry = NPM_CASES[case](entry)
        lines += ["", f"{name}@1.2.3:", f'  version "{entry["version"]}"']
        if "resolved" in entry:
            lines.append(f'  resolved "{entry["resolved"]}"')
        if "integrity" in entry:
            lines.append(f"  integrity {entry['integrity']}")
    write(root, "yarn.lock", "\n".join(lines) + "\n")
    write(root, "package.json", package_json(names))


MIRROR = "https://mirror.example/index/"
# source, and whether a checksum is locked, of `left`; `replaced` writes a configuration.
CARGO_CASES = {
    "clean": (DEFAULT, True),
    "unknown registry": ("registry+https://evil.example/index", True),
    "host changed": (DEFAULT.replace("github.com", "git.example"), True),
    # Cargo takes its own index over http for the same source: another one here.
    "http": ("registry+http://cargo.example/index", True),
    "no integrity": (DEFAULT, False),
    "git source": (f"git+https://git.example/left?rev={COMMIT}#{COMMIT}", False),
    "mutable git": (f"git+https://git.example/left?branch=main#{COMMIT}", False),
    "replaced source": (DEFAULT, True),
}


def cargo_project(root: Path, home: Path, case: str, names: list[str]) -> None:
    """Cargo itself can read it without a network: `home` is a CARGO_HOME whose configuration
    lets a directory stand in for every source. It is no part of the project."""
    source, has_checksum = CARGO_CASES[case]
    lock = ["version = 4", ""]
    needs = []
    for name in sorted([*names, "app"]):
        if name == "app":
            lock += ["[[package]]", 'name = "app"', 'version = "0.1.0"', "dependencies = ["]
            lock += [f' "{name}",' for name in sorted(names)] + ["]", ""]
            continue
        changed = name == "left"
        checksum = f"{len(name):02x}" * 32
        lock += ["[[package]]", f'name = "{name}"', 'version = "1.2.3"']
        lock.append(f'source = "{source if changed else DEFAULT}"')
        if not changed or has_checksum:
            lock.append(f'checksum = "{checksum}"')
        lock.append("")
        needs.append(f"{name} = {dependency(source if changed else DEFAULT)}")
        is_git = changed and source.startswith("git+")
        crate = f'[package]\nname = "{name}"\nversion = "1.2.3"\nedition = "2021"\nlicense = "MIT"\n'
        write(home, f"vendor/{name}/Cargo.toml", crate)
        write(home, f"vendor/{name}/src/lib.rs", "")
        sums = {"files": {}, "package": None if is_git else checksum}
        write(home, f"vendor/{name}/.cargo-checksum.json", json.dumps(sums))
    write(root, "Cargo.lock", "\n".join(lock))
    manifest = '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\nlicense = "MIT"\n'
    write(root, "Cargo.toml", manifest + "\n[dependencies]\n" + "\n".join(needs) + "\n")
    write(root, "src/lib.rs", "")
    stand_in = ['[source.vendor]', f'directory = "{home}/vendor"', ""]
    stand_in += ["[source.crates-io]", 'replace-with = "vendor"', ""]
    if source != DEFAULT:
        stand_in += ["[source.other]", *described(source), 'replace-with = "vendor"', ""]
    if case == "replaced source":
        stand_in += ["[source.mirror]", 'replace-with = "vendor"', ""]
        write(
            root,
            ".cargo/config.toml",
            '[source.crates-io]\nreplace-with = "mirror"\n\n'
            f'[source.mirror]\nregistry = "sparse+{MIRROR}"\n',
        )
    write(home, "config.toml", "\n".join(stand_in))


def dependency(source: str) -> str:
    if source.startswith("git+"):
        url, _, rest = source.removeprefix("git+").partition("?")
        key, _, value = rest.partition("#")[0].partition("=")
        return f'{{ git = "{url}", {key} = "{value}" }}'
    if source == DEFAULT:
        return '"1.2.3"'
    return f'{{ version = "1.2.3", registry-index = "{source.removeprefix("registry+")}" }}'


def described(source: str) -> list[str]:
    if source.startswith("git+"):
        url, _, rest = source.removeprefix("git+").partition("?")
        key, _, value = rest.partition("#")[0].partition("=")
        return [f'git = "{url}"', f'{key} = "{value}"']
    return [f'registry = "{source.removeprefix("registry+")}"']
