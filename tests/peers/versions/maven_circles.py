"""Takes the lines out of a list whose texts lie on circles of Maven's own order.

usage: maven_circles.py LINES CIRCLES

Three kinds of text have no fixed place in ComparableVersion's order:

- a part after a hyphen that means "release" or zero, with a part after it (`1-ga-1`,
  `1-0-rc`): its list stays behind empty, and a list in a list comes after every word;
- a word between a dot and a dot or hyphen (`1.jre.1`): it stays in the list of the
  numbers, where it comes before every word after a hyphen, so that
  1 < 1.jre.1 < 1-rc < 1;
- a word at the start: 0 < foo < 0-rc < 0.
"""

import re
import sys

NULL = {"ga", "final", "release"}


def in_circle(text):
    text = text.lower()
    if re.search(r"\.[^0-9.-]+[.-]|^[^0-9.-]", text):
        return True
    if text[0] in ".-":
        text = "0" + text
    parts = [[]]
    # An empty part counts as zero; a change between digits and letters is a hyphen.
    for joint, digits, word in re.findall(r"([.-]?)(?:(\d+)|([^0-9.-]+)|(?=[.-]))", text):
        if parts != [[]] and joint != "." or word:
            parts.append([])
        parts[-1].append(word in NULL if word else int(digits or 0) == 0)
    empty = [all(part) for part in parts]
    return any(is_empty and not all(empty[i:]) for i, is_empty in enumerate(empty) if i > 0)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.readlines()
    circles = [line for line in lines if any(in_circle(text) for text in line.split()[::2])]
    taken = set(circles)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.writelines(line for line in lines if line not in taken)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.writelines(circles)


main()
