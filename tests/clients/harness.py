"""Runs clients, and tells a registry that cannot be reached from a client that fails."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target" / "clients"

# What the clients and their HTTP libraries say where a registry is not to be had.
UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
    r"|getaddrinfo|dns error|DNSResolveFailed|name resolution|name or service not known"
    r"|no such host|could ?n.t resolve host|could not resolve host|unknown host"
    r"|network is unreachable|connection (?:refused|reset|timed out)|connection error"
    r"|failed to connect|couldn't connect|max retries exceeded|all attempts to connect"
    r"|error sending request|ConnectionRefused|FailedToOpenSocket|i/o timeout|ETIMEOUT"
    r"|spurious network error|all connection attempts failed|no matching distribution"
    r"|\b(?:403 forbidden|404 not found|429 too many|50[0234] (?:internal|bad|service|gateway))"
    r"|status code:? (?:403|404|429|50[0234])",
    re.IGNORECASE,
)

# The clients wait for minutes where a registry does not answer, each in its own way.
FEW_RETRIES = {
    "CARGO_NET_RETRY": "2",
    "PIP_RETRIES": "2",
    "UV_HTTP_RETRIES": "2",
    "YARN_HTTP_RETRY": "2",
    "npm_config_fetch_retries": "2",
    "npm_config_fetch_retry_mintimeout": "500",
    "npm_config_fetch_retry_maxtimeout": "1000",
}

# When no client is started any more: the whole must end where a network hangs.
BUDGET = 20 * 60
STARTED = time.monotonic()

# Set by a CI for every program; they make some clients refuse to write a lock.
CI_SWITCHES = ("CI", "CONTINUOUS_INTEGRATION", "GITHUB_ACTIONS", "GITLAB_CI", "BUILD_NUMBER")


class Skip(Exception):
    """The client, or a package that it should lock, is not to be had here."""


class ClientFailed(Exception):
    """The client ran and ended with an error that the network does not explain."""


def environment(extra=None):
    kept = {key: value for key, value in os.environ.items() if key not in CI_SWITCHES}
    return {**kept, **FEW_RETRIES, **(extra or {})}


def run(command, cwd, env=None, timeout=240):
    """Standard output of a client. Raises `Skip` where a registry does not answer."""
    command = [str(part) for part in command]
    shown = " ".join([os.path.basename(command[0]), *command[1:]])
    timeout = min(timeout, BUDGET - (time.monotonic() - STARTED))
    if timeout <= 0:
        raise Skip(f"`{shown}` was not started: {BUDGET // 60} minutes are over")
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise Skip(f"{command[0]} is not installed") from None
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        # With what it started: that would keep the pipes open.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Skip(f"`{shown}` did not end within {timeout:.0f} s") from None
    if process.returncode == 0:
        return out
    said = f"{err.strip()}\n{out.strip()}".strip()
    for line in said.splitlines():
        if UNREACHABLE.search(line):
            raise Skip(f"`{shown}`: {line.strip()[:200]}")
    raise ClientFailed(f"`{shown}` ended with {process.returncode}:\n{said[-2000:]}")


def install(prefix, product, *commands):
    """Runs the commands that install a client, once; `product` is what they make."""
    done = prefix / "installed"
    if done.exists() and product.exists():
        return
    shutil.rmtree(prefix, ignore_errors=True)
    prefix.mkdir(parents=True)
    for command in commands:
        try:
            run(command, cwd=prefix, env={"npm_config_cache": str(TARGET / "cache" / "npm")})
        except ClientFailed as error:
            raise Skip(f"it cannot be installed: {error}") from None
    done.touch()


def npm_package(spec):
    """Directory of `node_modules` that holds a pinned npm package."""
    prefix = TARGET / "npm" / spec.replace("/", "+")
    modules = prefix / "node_modules"
    install(
        prefix,
        modules,
        ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", prefix, spec],
    )
    return modules


def pypi_program(spec, program, *more):
    """Path of a program of a pinned PyPI package, in a virtual environment of its own."""
    prefix = TARGET / "pypi" / spec
    bin_directory = prefix / "venv" / "bin"
    install(
        prefix,
        bin_directory / program,
        ["python3", "-m", "venv", "venv"],
        [bin_directory / "pip", "install", "--quiet", spec, *more],
    )
    return bin_directory / program


def write_files(directory, files):
    """Makes the project anew: nothing of an earlier run stays."""
    shutil.rmtree(directory, ignore_errors=True)
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
