import lines
import subprocess


def asks(a, relation, b):
    done = subprocess.run(["dpkg", "--compare-versions", a, relation, b], capture_output=True, check=False)
    if done.returncode > 1 or b"error" in done.stderr:
        raise ValueError(done.stderr)
    return done.returncode == 0


def parse(text):
    if text.startswith("-"):
        raise lines.NotAsked("it would be an option")
    asks(text, "eq", text)
    return text


lines.run(parse, lambda a, b: -1 if asks(a, "lt", b) else 0 if asks(a, "eq", b) else 1)
