"""Every document that the validators look at: made by the program, one file each."""

import json
import os
import shutil
import struct
import subprocess
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "testdata" / "inventory"
CONFORMANCE = ROOT.parent / "shared" / "conformance"

FORMATS = [
    "cyclonedx-json@1.4",
    "cyclonedx-json@1.5",
    "cyclonedx-json@1.6",
    "cyclonedx-json@1.7",
    "spdx-json@2.3",
    "spdx-json@3.0.1",
]
# Those that are read back.
SOURCES = ["cyclonedx-json@1.6", "spdx-json@2.3"]
TIME = "1767323045"

# Names, addresses and licences that no registry would take.
HOSTILE = r"""{"lockfileVersion": 3, "packages": {
 "": {"name": "\u001b[2J\u202e", "dependencies": {"a b": "1"}},
 "node_modules/a b": {"version": "1 <0>", "resolved": "https://u:p@h.example/a b\"<>|.tgz", "license": "\u0007"},
 "node_modules/@@/..": {"version": "@?#%", "resolved": "git+ssh://h .example/x#", "license": {"type": ""}},
 "node_modules/\u00e9\n": {"version": "1", "resolved": "::", "license": ["MIT", "x\ny"]},
 "node_modules/nul\u0000": {"version": "1\u0000", "resolved": "https://h.example/\u0000", "license": "LicenseRef-a OR b"},
 "node_modules/pkg:npm/a@1": {"version": "1", "resolved": "file:\u0000"}
}}"""


@dataclass
class Document:
    """A document: how it was made, where it is, in what format."""

    name: str
    path: Path
    format: str


class Failed(Exception):
    """The program did not do what it was asked for."""


class Program:
    """The program under test, without anything of the caller's environment."""

    def __init__(self, binary, work):
        self.binary = binary
        self.work = work

    def run(self, *arguments, codes=(0,), timed=True):
        """Standard output, where the exit code is one of `codes`."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.work)}
        if timed:
            environment["SOURCE_DATE_EPOCH"] = TIME
        done = subprocess.run(
            [self.binary, *map(str, arguments)],
            cwd=self.work,
            env=environment,
            capture_output=True,
            timeout=300,
        )
        if done.returncode not in codes:
            message = done.stderr.decode(errors="replace").strip()
            shown = " ".join(map(str, arguments))
            raise Failed(f"`sealgate {shown}` ended with {done.returncode}: {message}")
        return done


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def elf(section, data):
    """A 64-bit ELF file with one section, which is a segment as well."""
    names = b"\0" + section.encode() + b"\0.shstrtab\0"
    start = 128
    names_at = start + len(data)
    headers_at = names_at + len(names)
    address = 0x400000 + start
    file = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    file += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, address, 64, headers_at, 0, 64, 56, 1, 64, 3, 2)
    file += struct.pack("<IIQQQQQQ", 1, 6, start, address, address, len(data), len(data), 16)
    file = file.ljust(start, b"\0") + data + names + bytes(64)
    header = "<IIQQQQIIQQ"
    file += struct.pack(header, 1, 1, 3, address, start, len(data), 0, 0, 16, 0)
    file += struct.pack(header, len(section) + 2, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
    return file


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def binaries(work):
    """A Rust program with cargo-auditable's list and a Go program, as far as their lists go."""
    auditable = (INVENTORY / "binary" / "cargo-auditable.json").read_bytes()
    modules = (INVENTORY / "binary" / "go-build-info.txt").read_bytes()
    modules = bytes(16) + modules + bytes(16)
    release = b"go1.26.0"
    info = b"\xff Go buildinf:\x08\x02".ljust(32, b"\0")
    info += varint(len(release)) + release + varint(len(modules)) + modules
    yield "binary/rust", put(work / "rust-program", elf(".dep-v0", zlib.compress(auditable)))
    yield "binary/go", put(work / "go-program", elf(".go.buildinfo", info))


def inputs(work):
    """Name and path of everything that is read."""
    for directory in sorted(INVENTORY.glob("*/*")):
        if directory.is_dir():
            yield f"{directory.parent.name}/{directory.name}", directory
    # Both generations of yarn name their lock alike.
    classic = work / "yarn-1"
    classic.mkdir()
    shutil.copy(INVENTORY / "yarn-lock" / "typical" / "yarn-1.lock", classic / "yarn.lock")
    shutil.copy(INVENTORY / "yarn-lock" / "typical" / "package.json", classic)
    yield "yarn-lock/classic", classic
    yield from binaries(work)
    yield "hostile", put(work / "hostile" / "package-lock.json", HOSTILE).parent
    yield "demo", ROOT / "testdata" / "demo" / "shop"
    yield "repository", ROOT


def file_of(work, name, format):
    """A file name from which spdx-tools knows the syntax."""
    end = ".spdx.json" if format.startswith("spdx") else ".cdx.json"
    return work / (f"{name}@{format}".replace("/", "-") + end)


def generated(program, work):
    """What `sbom generate` writes, in every format; incomplete inputs included."""
    for name, path in inputs(work):
        plain = [file_of(work, name, format) for format in FORMATS]
        outputs = [f"--output={format}={file}" for format, file in zip(FORMATS, plain)]
        program.run("sbom", "generate", path, "--lenient", *outputs, timed=False)
        for format, file in zip(FORMATS, plain):
            yield Document(f"{name} as {format}", file, format)


def converted(program, work, sources):
    """What `sbom convert` makes of documents, in every format."""
    for source in sources:
        for format in FORMATS:
            name = f"{source.path.name}-to"
            file = file_of(work, name, format)
            program.run("sbom", "convert", source.path, "--to", format, "--output", file)
            yield Document(f"{source.name}, converted to {format}", file, format)


def merged(program, work, sources):
    """What `sbom merge` makes of several documents, in every format."""
    for name, chosen in [
        ("all CycloneDX", [one for one in sources if one.format == SOURCES[0]]),
        ("all SPDX", [one for one in sources if one.format == SOURCES[1]]),
        ("all of both", sources),
        ("one with itself", [sources[0], sources[0]]),
    ]:
        paths = [one.path for one in chosen]
        for format in FORMATS:
            file = file_of(work, f"merged-{name}", format)
            arguments = ["--name", "everything", "--format", format, "--output", file]
            program.run("sbom", "merge", *paths, *arguments)
            yield Document(f"{name}, merged as {format}", file, format)


def examples(work):
    """The published examples of CycloneDX 1.4 to 1.6, where they are beside the project."""
    archive = CONFORMANCE / "cyclonedx.tar.gz"
    if not archive.is_file():
        return
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            name = Path(member.name).name
            if not name.startswith("valid-") or name.endswith("-1.6.xml"):
                continue
            if name.endswith((".json", ".xml")):
                yield name, put(work / "examples" / name, tar.extractfile(member).read())


def of_examples(program, work, refused):
    """The examples in every format. Those that are not read are added to `refused`."""
    for name, path in examples(work):
        for format in FORMATS:
            file = file_of(work, f"example-{name}", format)
            arguments = ["sbom", "convert", path, "--to", format, "--output", file]
            # 3: a part of it could not be read, which XML has.
            done = program.run(*arguments, codes=(0, 3))
            if done.returncode == 3 and not file.exists():
                refused.append(f"{name}: {done.stderr.decode().strip().splitlines()[0]}")
                break
            yield Document(f"{name} as {format}", file, format)


def load(path):
    return json.loads(Path(path).read_text())
