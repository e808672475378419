"""What the projects that the Python clients lock ask for: extras, markers, several
versions for several interpreters, groups, names that need normalising."""

import re

from harness import TARGET, run

DEPENDENCIES = [
    "httpx[http2]==0.27.2",
    "uvicorn[standard]==0.32.0",
    "Jinja2==3.1.4",
    "colorama==0.4.6; sys_platform == 'win32'",
    "tomli==2.0.2; python_version < '3.11'",
    "numpy>=1.26",
    "ruamel.yaml==0.18.6",
]
DATABASE = ["sqlalchemy[asyncio]==2.0.36"]
PLOT = ["rich==13.9.2"]
DEVELOPMENT = ["pytest==8.3.3", "coverage[toml]==7.6.1"]
LINT = ["pylint==3.3.1"]


def array(items):
    """A TOML array."""
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"


def normal(name):
    """The name as an index spells it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def index():
    """Address of the package index that this machine's pip asks. It is looked up, since
    Poetry and Pipenv want it in their manifests and take no environment's word for it."""
    configured = run(["python3", "-m", "pip", "config", "list"], cwd=TARGET)
    found = re.search(r"^(?:global|user|site|:env:)\.index-url='(.+)'$", configured, re.MULTILINE)
    if found:
        return found[1]
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    return run(["python3", "-c", code], cwd=TARGET).strip()
