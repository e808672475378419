"""Locks projects with their real clients and compares sealgate's SBOMs; see run.sh."""

import argparse
import importlib
import shutil
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import again
import compare
import sbom
from harness import TARGET, ClientFailed, Skip, write_files

# The slowest first, so that nothing long is left at the end.
CLIENTS = [
    "yarn", "pdm", "npm", "poetry", "pnpm", "pipenv", "maven", "cargo", "uv", "bun", "go",
]  # fmt: skip


class Row:
    """One line of the table: what was compared and what came of it."""

    def __init__(self, case):
        self.case = case
        self.version = "-"
        self.counts = []
        self.differences = []
        self.skipped = None
        self.notes = []
        self.seconds = 0.0

    @property
    def failed(self):
        return bool(self.differences)


def compare_case(case, sealgate):
    """Locks, lists, generates and compares; never raises for what a client does."""
    row = Row(case)
    work = TARGET / "work" / f"{case.client}-{case.name}"
    shutil.rmtree(work, ignore_errors=True)
    project = work / case.name
    started = time.monotonic()
    try:
        row.version = case.version()
        write_files(project, case.files())
        case.lock(project)
        listing = case.listing(project)
        # What was installed for the listing is no part of the project.
        for name in again.INSTALLED:
            for installed in sorted(project.rglob(name)):
                shutil.rmtree(installed, ignore_errors=True)
        here = {**again.HERE, **({"HOME": str(case.home)} if case.home else {})}
        first = sbom.generate(sealgate, project, work / "first", case, here)
        found = sbom.read(first["cyclonedx-json@1.6"])
        recorded = case.recorded(project)
        row.notes = listing.notes
        row.counts = [
            len(listing.packages),
            len(listing.edges) if listing.has_graph else "no graph in the lock",
            "not listed" if listing.dev is None else len(listing.dev),
            sum(len(recorded.get(package, ())) for package in listing.packages),
        ]
        row.differences = compare.differences(listing, found, recorded)
        if not listing.packages:
            row.differences.append("the client lists nothing: nothing was compared")
        row.differences += again.differences(sealgate, case, project, first, work)
    except Skip as reason:
        row.skipped = str(reason)
    except (ClientFailed, sbom.SealgateFailed) as error:
        row.differences.append(str(error))
    except Exception:  # A listing in a form that the reader here does not know.
        row.differences.append(traceback.format_exc())
    row.seconds = time.monotonic() - started
    return row


def compare_client(name, sealgate):
    cases = importlib.import_module(f"client.{name}").CASES
    return [compare_case(case, sealgate) for case in cases]


def show(row):
    title = f"{row.case.client} {row.version}, {row.case.name}"
    if row.skipped is not None:
        print(f"skip  {title}: {row.skipped}")
        return
    if row.counts:
        packages, edges, dev, checksums = row.counts
        print(
            f"{'FAIL' if row.failed else 'ok  '}  {title}: {packages} packages, edges: {edges}, "
            f"for development only: {dev}, checksums: {checksums}; "
            f"{len(row.differences)} differences [{row.seconds:.1f} s]"
        )
    else:
        print(f"FAIL  {title} [{row.seconds:.1f} s]")
    for line in row.differences:
        print(f"      {line}")
    for note in row.notes:
        print(f"      note: {note}")


def main():
    parser = argparse.ArgumentParser(prog="tests/clients/run.sh")
    parser.add_argument("--sealgate", type=Path, default=TARGET.parent / "debug" / "sealgate")
    parser.add_argument("--only", action="append", choices=CLIENTS, metavar="CLIENT")
    options = parser.parse_args()
    sealgate = options.sealgate.resolve()
    if not sealgate.is_file():
        sys.exit(f"no build at {sealgate}: run `cargo build` first, or give --sealgate")
    (TARGET / "work").mkdir(parents=True, exist_ok=True)
    rows = []
    with ThreadPoolExecutor(max_workers=4) as pool:
        for made in pool.map(lambda name: compare_client(name, sealgate), options.only or CLIENTS):
            for row in made:
                show(row)
                sys.stdout.flush()
                rows.append(row)
    failed = sum(row.failed for row in rows)
    skipped = sum(row.skipped is not None for row in rows)
    if skipped == len(rows):
        print("no client was to be had: nothing was compared")
    print(f"{len(rows) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


main()
