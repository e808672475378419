"""The project that pnpm, Yarn and Bun lock: aliases, two versions of one package, peers
that two workspaces resolve differently, platform packages, a link between workspaces."""

import json


def files(link, **more):
    """The manifests; `link` is how the client writes a link to a workspace."""
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
        },
        "optionalDependencies": {"esbuild": "0.21.5", "fsevents": "2.3.3"},
        "devDependencies": {
            "mocha": "10.8.2",
            "debug-two": "npm:debug@2.6.9",
            "@types/react": "18.3.12",
        },
        **more,
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
    return {
        "package.json": json.dumps(root, indent=2) + "\n",
        "packages/a/package.json": json.dumps(a, indent=2) + "\n",
        "packages/b/package.json": json.dumps(b, indent=2) + "\n",
    }


OWN = {("web", "1.2.3"), ("@web/a", "0.1.0"), ("@web/b", "0.2.0")}
# What the manifests call packages: an alias, and the package.
ALIASES = {"left": "left-pad", "debug-two": "debug"}
