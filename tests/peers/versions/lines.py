"""What the Python snippets share: pairs in, lines `a < b` out.

A pair of which the tool refuses a text is left out; the refused text goes to the file that
the environment names, as a line that must not hold.
"""

import os
import sys


class NotAsked(Exception):
    """The tool cannot be asked about a text."""


def run(parse, compare):
    """`parse` raises ValueError for a refused text; `compare` gives -1, 0 or 1."""
    refused = set()
    for line in sys.stdin:
        texts = line.rstrip("\n").split("\t")
        versions = []
        for text in texts:
            try:
                versions.append(parse(text))
            except ValueError:
                refused.add(text)
            except NotAsked:
                pass
        if len(versions) == 2:
            print(texts[0], "<=>"[compare(*versions) + 1], texts[1])
    if path := os.environ.get("REFUSED"):
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{text} = {text}\n" for text in sorted(refused))
