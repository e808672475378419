"""The project that pnpm, Yarn and Bun lock: aliases, two versions of one package, peers
that two workspaces resolve differently, platform packages, a link between workspaces, a
directory that is no workspace, a version that the project overrides."""

import json


# Its manifest is part of the project, but it is a dependency like any other.
TOOLS = ("tools", "0.0.5")


def files(link, overrides):
    """The manifests; `link` is how the client writes a link to a workspace, `overrides`
    the member of the manifest that overrides versions."""
    root = {
        "name": "web",
        "version": "1.2.3",
        "private": True,
        "workspaces": ["packages/*"],
        "dependencies": {
            "left": "npm:left-pad@1.3.0",
            "express": "4.21.2",
            "react": "18.3.1",
            "react-dom": "18.3.1",
            "zustand": "4.5.5",
            "odd-three": "npm:is-odd@3.0.1",
            "odd-two": "npm:is-odd@2.0.0",
            "async": "2.6.3",
            "tools": "file:./tools",
        },
        "optionalDependencies": {"esbuild": "0.21.5", "fsevents": "2.3.3"},
        "devDependencies": {
            "mocha": "10.8.2",
            "debug-two": "npm:debug@2.6.9",
            "@types/react": "18.3.12",
        },
        **overrides,
    }
    a = {
        "name": "@web/a",
        "version": "0.1.0",
        "dependencies": {"@web/b": link, "lodash": "4.17.21", "ms": "2.0.0"},
        "devDependencies": {"chalk": "4.1.2"},
    }
    b = {
        "name": "@web/b",
        "version": "0.2.0",
        "dependencies": {"ms": "2.1.3", "react": "17.0.2", "zustand": "4.5.5"},
    }
    tools = {"name": "tools", "version": "0.0.5", "dependencies": {"ms": "2.0.0"}}
    return {
        "package.json": json.dumps(root, indent=2) + "\n",
        "packages/a/package.json": json.dumps(a, indent=2) + "\n",
        "packages/b/package.json": json.dumps(b, indent=2) + "\n",
        "tools/package.json": json.dumps(tools, indent=2) + "\n",
        "tools/index.js": "",
    }


OWN = {("web", "1.2.3"), ("@web/a", "0.1.0"), ("@web/b", "0.2.0")}
# What the manifests call packages: an alias, and the package.
ALIASES = {"left": "left-pad", "debug-two": "debug", "odd-two": "is-odd", "odd-three": "is-odd"}
# async asks for ^4.17.14, one of the workspaces for 4.17.21.
OVERRIDDEN = {"lodash": "4.17.20"}
