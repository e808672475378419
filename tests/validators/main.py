"""Makes the documents, asks the validators, counts. Started by run.sh."""

import logging
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import controls
import documents
import judges
import ntia


class Count:
    """What passed and what failed; failures are printed as they come."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def add(self, name, problems):
        if not problems:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {name}")
        for problem in problems:
            print(f"    {problem}")

    def skip(self, reason):
        self.skipped += 1
        print(f"skipped: {reason}")


class Run:
    def __init__(self, program, pool):
        self.program = program
        self.pool = pool
        self.count = Count()

    def look(self, title, made):
        """Judges the documents of a generator; those that were made."""
        count, seen = self.count, []
        passed, failed = count.passed, count.failed
        try:
            seen.extend(made)
        except documents.Failed as error:
            count.add(title, [str(error)])
        verdicts = self.pool.map(judges.judge, [one.path for one in seen], [one.format for one in seen])
        for document, problems in zip(seen, verdicts):
            # What others take, the program's own validation has to take too.
            if document.format != "spdx-json@3.0.1":
                done = self.program.run("sbom", "validate", document.path, codes=(0, 1, 3))
                if done.returncode != 0:
                    problems.append(f"sbom validate: {done.stdout.decode().strip()}")
            count.add(document.name, problems)
        print(f"{title}: {count.passed - passed} valid, {count.failed - failed} not")
        return seen


def main():
    # The validators log what they return as well.
    logging.disable(logging.CRITICAL)
    work = Path(sys.argv[2])
    work.mkdir(parents=True)
    program = documents.Program(sys.argv[1], work)
    with ProcessPoolExecutor() as pool:
        run = Run(program, pool)
        count = run.count
        made = run.look("generated", documents.generated(program, work))
        # The largest says nothing here that the others do not.
        small = [one for one in made if not one.name.startswith("repository ")]
        sources = [one for one in small if one.format in documents.SOURCES]
        run.look("converted", documents.converted(program, work, sources))
        run.look("merged", documents.merged(program, work, sources))
        refused = []
        if not run.look("published examples", documents.of_examples(program, work, refused)):
            count.skip("the published examples are not beside the project")
        for reason in refused:
            count.skip(reason)
        for name, problems in controls.found(made, work):
            count.add(name, problems)
        for name, problems in ntia.compared(program, work):
            count.add(name, problems)
    print(f"{count.passed} passed, {count.failed} failed, {count.skipped} skipped")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
