"""What several readers of listings and locks need."""

import base64


def sri(text):
    """The digests of an integrity field: `sha512-<base64> sha1-<base64>`."""
    found = set()
    for part in text.split():
        algorithm, _, value = part.partition("-")
        found.add((algorithm, base64.b64decode(value).hex()))
    return found


def reached(roots, edges):
    """What the roots reach, themselves included."""
    below = {}
    for source, target in edges:
        below.setdefault(source, []).append(target)
    found, waiting = set(roots), list(roots)
    while waiting:
        for target in below.get(waiting.pop(), []):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def shuffled_blocks(text, start, random):
    """The text with its blocks in another order. A block begins with a line that `start`
    matches; what stands before the first one stays."""
    head, blocks = [], []
    for line in text.splitlines():
        if start.match(line):
            blocks.append([line])
        else:
            (blocks[-1] if blocks else head).append(line)
    random.shuffle(blocks)
    whole = ["\n".join(block).rstrip("\n") + "\n" for block in blocks]
    return "\n".join(head) + "\n" + "\n".join(whole)
