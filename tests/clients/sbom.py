"""Runs sealgate and reads its CycloneDX, without any code that the clients' readers use."""

import json
import os
import subprocess
from dataclasses import dataclass
from urllib.parse import unquote

FORMATS = {
    "cyclonedx-json@1.6": "cdx.json",
    "spdx-json@2.3": "spdx2.json",
    "spdx-json@3.0.1": "spdx3.json",
}


class SealgateFailed(Exception):
    """sealgate did not call its SBOM complete, or made one that cannot be right."""


@dataclass
class Sbom:
    packages: set
    own: set
    edges: set
    dev: set
    hashes: dict
    # What the document is about: a package, or the directory where no package stands for all.
    product: tuple


def generate(sealgate, project, out, case, env):
    """The bytes of every format, by its name, made in one run."""
    out.mkdir(parents=True, exist_ok=True)
    command = [str(sealgate), "sbom", "generate", str(project), *case.options]
    for name, file in FORMATS.items():
        command += ["--output", f"{name}={out / file}"]
    done = subprocess.run(
        command,
        cwd=out,
        env={"PATH": os.environ["PATH"], **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SealgateFailed(f"sealgate ended with {done.returncode}\n{done.stderr.strip()}")
    return {name: (out / file).read_bytes() for name, file in FORMATS.items()}


def package_of(purl):
    """`(name, version)` of a purl."""
    plain = purl.split("?")[0].split("#")[0]
    kind, _, rest = plain.removeprefix("pkg:").partition("/")
    name, at, version = rest.rpartition("@")
    if not at:
        name, version = rest, ""
    separator = ":" if kind == "maven" else "/"
    return separator.join(unquote(part) for part in name.split("/")), unquote(version)


def read(data):
    """What the CycloneDX document says, in the clients' terms."""
    document = json.loads(data)
    root = document["metadata"]["component"]
    packages, own, dev, hashes, by_ref = set(), set(), set(), {}, {}
    for component in [root, *document["components"]]:
        properties = [(p["name"], p["value"]) for p in component.get("properties", [])]
        if "purl" not in component:
            # The directory, where no single package is the product.
            package = (component["name"], component.get("version", ""))
        else:
            package = package_of(component["purl"])
        if package in packages or package in own:
            raise SealgateFailed(f"two components for {package}")
        by_ref[component["bom-ref"]] = package
        if component is root or ("sealgate:kind", "own") in properties:
            own.add(package)
            continue
        packages.add(package)
        if ("sealgate:scope", "dev") in properties:
            dev.add(package)
        found = {
            (entry["alg"].lower().replace("-", ""), entry["content"])
            for entry in component.get("hashes", [])
        }
        for name, value in properties:
            # Several files of one package, and checksums that are no digest of a file.
            for prefix in ("sealgate:distribution:", "sealgate:checksum:"):
                if name.startswith(prefix):
                    found.add((name.removeprefix(prefix), value))
        if found:
            hashes[package] = found
    edges = {
        (by_ref[entry["ref"]], by_ref[to])
        for entry in document["dependencies"]
        for to in entry.get("dependsOn", [])
    }
    return Sbom(packages, own, edges, dev, hashes, by_ref[root["bom-ref"]])
