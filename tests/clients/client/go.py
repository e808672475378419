"""Go: `replace` by version and by directory, `exclude`, test dependencies, a workspace.
Oracle: `go list -m all`, held to what `go mod why` says is needed."""

import json

from case import Case, Listing
from harness import TARGET, run

MODULE = """module example.com/tool

go 1.22

require (
	example.com/local v0.0.0
	github.com/BurntSushi/toml v1.4.0
	github.com/spf13/cobra v1.8.1
	github.com/spf13/viper v1.19.0
	github.com/stretchr/testify v1.9.0
)

replace example.com/local => ./local

replace github.com/pmezard/go-difflib => github.com/pmezard/go-difflib v1.0.0

exclude github.com/fsnotify/fsnotify v1.6.0
"""


def source(package, *imports):
    return f"package {package}\n\nimport (\n" + "".join(f'\t_ "{i}"\n' for i in imports) + ")\n"


LOCAL = {
    "local/go.mod": "module example.com/local\n\ngo 1.22\n\nrequire github.com/google/uuid v1.6.0\n",
    "local/local.go": source("local", "github.com/google/uuid"),
}


class Go(Case):
    client = "go"
    name = "module"
    lockfile = "go.mod"
    # Directories of the modules that are built here.
    modules = (".",)

    def go(self, directory, *arguments):
        env = {
            "GOFLAGS": "-modcacherw",
            "GOMODCACHE": str(TARGET / "cache" / "go"),
            "GOTOOLCHAIN": "local",
        }
        return run(["go", *arguments], cwd=directory, env=env)

    def version(self):
        return self.go(TARGET, "env", "GOVERSION").strip().removeprefix("go")

    def files(self):
        return {
            "go.mod": MODULE,
            "main.go": source(
                "main", "example.com/local", "github.com/BurntSushi/toml",
                "github.com/spf13/cobra", "github.com/spf13/viper",
            ) + "\nfunc main() {}\n",
            "main_test.go": source("main", "github.com/stretchr/testify/assert"),
            **LOCAL,
        }  # fmt: skip

    def lock(self, directory):
        self.go(directory, "mod", "tidy")

    def listing(self, directory):
        decoder, text = json.JSONDecoder(), self.go(directory, "list", "-m", "-json", "all")
        modules = []
        while text.strip():
            module, end = decoder.raw_decode(text.lstrip())
            text = text.lstrip()[end:]
            modules.append(module)
        paths = [module["Path"] for module in modules if not module.get("Main")]
        # The list holds modules that no package comes from, and that go.mod therefore
        # does not name; go says of each that it is not needed.
        why = self.go(directory, "mod", "why", "-m", "-vendor", *paths)
        unneeded = {path for path in paths if f"does not need module {path})" in why}
        # One with "to vendor" in its place is only needed for tests of dependencies.
        unneeded |= {path for path in paths if f"does not need to vendor module {path})" in why}
        packages, own = set(), set()
        for module in modules:
            replacement = module.get("Replace", {})
            if module.get("Main"):
                own.add((named(module["Path"]), ""))
            elif module["Path"] in unneeded:
                continue
            elif replacement and "Version" not in replacement:
                # A directory of the project: made here.
                own.add((named(module["Path"]), module["Version"]))
            else:
                used = replacement or module
                packages.add((named(used["Path"]), used["Version"]))
        note = f"go list names {len(unneeded)} modules more, which go itself says are not needed"
        edges = self.direct(directory, {package[0]: package for package in packages | own})
        return Listing(packages, edges, own, has_graph=False, notes=[note])

    def direct(self, directory, by_path):
        """What the `go.mod` of each module asks for itself, in the versions chosen."""
        edges = set()
        for module in self.modules:
            manifest = json.loads(self.go(directory / module, "mod", "edit", "-json"))
            me = (named(manifest["Module"]["Path"]), "")
            edges |= {
                (me, by_path[named(wanted["Path"])])
                for wanted in manifest["Require"]
                if not wanted.get("Indirect")
            }
        return edges

    def recorded(self, directory):
        found = {}
        for file in ("go.sum", "go.work.sum"):
            if not (directory / file).exists():
                continue
            for line in (directory / file).read_text().splitlines():
                module, version, checksum = line.split()
                scheme = "go-mod-h1" if version.endswith("/go.mod") else "go-h1"
                package = (named(module), version.removesuffix("/go.mod"))
                found.setdefault(package, set()).add((scheme, checksum))
        return found

    def shuffled(self, text, random):
        head, *blocks = text.split("require (\n")
        done = []
        for block in blocks:
            lines, rest = block.split(")\n", 1)
            lines = lines.splitlines()
            random.shuffle(lines)
            done.append("\n".join(lines) + "\n)\n" + rest)
        return "require (\n".join([head, *done])


def named(path):
    """The module's name in a purl, which is in lower case by the rules of its type."""
    return path.lower()


class Workspace(Go):
    """Two modules that ask for different versions of one."""

    name = "workspace"
    lockfile = "go.work"
    modules = ("left", "right")

    def files(self):
        module = "module example.com/{0}\n\ngo 1.22\n\nrequire (\n\t{1}\n\t{2}\n)\n"
        return {
            "go.work": "go 1.22\n\nuse (\n\t./left\n\t./right\n)\n",
            "left/go.mod": module.format(
                "left", "github.com/BurntSushi/toml v1.3.2", "github.com/spf13/cobra v1.8.1"
            ),
            "left/left.go": source("left", "github.com/BurntSushi/toml", "github.com/spf13/cobra"),
            "right/go.mod": module.format(
                "right", "github.com/BurntSushi/toml v1.4.0", "golang.org/x/text v0.14.0"
            ),
            "right/right.go": source(
                "right", "github.com/BurntSushi/toml", "golang.org/x/text/language"
            ),
        }

    def lock(self, directory):
        for module in self.modules:
            self.go(directory / module, "mod", "tidy")
        self.go(directory, "work", "sync")

    def recorded(self, directory):
        found = super().recorded(directory)
        for module in self.modules:
            for package, checksums in super().recorded(directory / module).items():
                found.setdefault(package, set()).update(checksums)
        return found

    def shuffled(self, text, random):
        return None


CASES = [Go(), Workspace()]
