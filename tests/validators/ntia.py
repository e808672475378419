"""`sealgate sbom check --profile ntia` beside the conformance checker of the SPDX project:
the same verdict, element by element, or a difference that is named here with its reason."""

import copy
import json

from ntia_conformance_checker import SbomChecker

import documents

# Of components: what each lacks it in.
OF_COMPONENTS = {
    "name": "components_without_names",
    "version": "components_without_versions",
    "supplier": "components_without_suppliers",
}
# Of the document.
OF_DOCUMENT = {
    "author": "doc_author",
    "timestamp": "doc_timestamp",
    "dependency-relationship": "dependency_relationships",
}


def theirs(path, spec="spdx2"):
    checker = SbomChecker(str(path), sbom_spec=spec)
    if checker.parsing_errors:
        raise documents.Failed(f"{path.name}: {checker.parsing_errors}")
    labels = {}
    if spec == "spdx2":
        for package in checker.doc.packages:
            version = f"@{package.version}" if package.version else ""
            labels[package.spdx_id] = f"{package.name.strip()}{version}"
    found = {element: getattr(checker, name) for element, name in OF_DOCUMENT.items()}
    for element, name in OF_COMPONENTS.items():
        lacking = getattr(checker, name)
        found[element] = sorted(labels.get(id, name) for name, id in lacking) if labels else len(lacking)
    found["verdict"] = "pass" if checker.compliant else "fail"
    return found


def ours(program, path):
    arguments = ["sbom", "check", path, "--profile", "ntia", "--format", "json", "--all"]
    result = json.loads(program.run(*arguments, codes=(0, 1)).stdout)
    fields = {field["id"]: field for field in result["fields"]}
    found = {element: fields[element]["met"] for element in OF_DOCUMENT}
    for element in OF_COMPONENTS:
        found[element] = sorted(one["component"] for one in fields[element]["lacking"])
    found["verdict"] = result["verdict"]
    return found


def problems(ours, theirs, named):
    """Differences that are not named, and names without a difference."""
    differing = {element for element in theirs if ours[element] != theirs[element]}
    found = [
        f"{element}: {ours[element]} here, {theirs[element]} there"
        for element in sorted(differing - named.keys())
    ]
    found += [f"{element}: no difference, but one is named" for element in sorted(named.keys() - differing)]
    return found


# Each takes a document in which nothing lacks. What the checker sees otherwise is named
# beside it; docs/sbom.md tells users the same.
DESCRIBES_ONLY = "it passes a document of which no package is related to the product"
UNREACHED = "it leaves out packages that no relationship leads to"
PLACEHOLDER = "it takes the time that stands where none was given for one"
STATED = "it takes a version of `NOASSERTION` for one"


def whole(document):
    return {}


def supplier_not_asserted(document):
    document["packages"][1]["supplier"] = "NOASSERTION"
    return {}


def supplier_missing(document):
    del document["packages"][1]["supplier"]
    return {}


def no_supplier_at_all(document):
    for package in document["packages"]:
        package.pop("supplier")
    return {}


def version_missing(document):
    del document["packages"][2]["versionInfo"]
    return {}


def version_not_asserted(document):
    document["packages"][2]["versionInfo"] = "NOASSERTION"
    return {"version": STATED, "verdict": STATED}


def a_person_as_the_author(document):
    document["creationInfo"]["creators"] = ["Person: Jo Doe"]
    return {}


def a_tool_as_the_author(document):
    document["creationInfo"]["creators"] = ["Tool: maker-1"]
    return {}


def no_time(document):
    comment = "No time was given: `created` is a placeholder"
    document["creationInfo"] |= {"created": "1970-01-01T00:00:00Z", "comment": comment}
    return {"timestamp": PLACEHOLDER, "verdict": PLACEHOLDER}


def no_relationships(document):
    document["relationships"] = []
    # It then looks at no package, so that it finds none without a value either.
    return {}


def describes_only(document):
    kept = [one for one in document["relationships"] if one["relationshipType"] == "DESCRIBES"]
    document["relationships"] = kept
    return {"dependency-relationship": DESCRIBES_ONLY, "verdict": DESCRIBES_ONLY}


def unreached_without_a_supplier(document):
    package = copy.deepcopy(document["packages"][3])
    package |= {"SPDXID": "SPDXRef-alone", "name": "alone", "supplier": "NOASSERTION"}
    document["packages"].append(package)
    return {"supplier": UNREACHED, "verdict": UNREACHED}


VARIANTS = [
    whole,
    supplier_not_asserted,
    supplier_missing,
    no_supplier_at_all,
    version_missing,
    version_not_asserted,
    a_person_as_the_author,
    a_tool_as_the_author,
    no_time,
    no_relationships,
    describes_only,
    unreached_without_a_supplier,
]


def generated(program, work):
    """SPDX 2.3 of every input, with a time, an author and a supplier of the product."""
    for name, path in documents.inputs(work):
        file = documents.file_of(work, f"ntia-{name}", "spdx-json@2.3")
        program.run(
            *("sbom", "generate", path, "--lenient", f"--output=spdx-json@2.3={file}"),
            *("--author", "Release team", "--supplier", "Acme"),
        )
        yield name, file


def in_spdx3(program, path):
    """The same in SPDX 3.0.1, which the program writes and does not read."""
    file = path.with_name(path.name.replace("spdx-json@2.3", "spdx-json@3.0.1"))
    program.run("sbom", "convert", path, "--to", "spdx-json@3.0.1", "--output", file)
    return theirs(file, "spdx3")


def counted(found):
    return {element: len(value) if isinstance(value, list) else value for element, value in found.items()}


def compared(program, work):
    """Name and problems of each comparison."""
    inner = work / "ntia"
    inner.mkdir()
    base = None
    for name, path in generated(program, inner):
        here = ours(program, path)
        yield f"ntia: {name}", problems(here, theirs(path), {})
        yield f"ntia: {name} as SPDX 3", problems(counted(here), in_spdx3(program, path), {})
        base = path if name == "repository" else base
    full = documents.load(base)
    for package in full["packages"]:
        package["supplier"] = "Organization: Acme"
    for variant in VARIANTS:
        changed = copy.deepcopy(full)
        named = variant(changed)
        path = documents.file_of(inner, variant.__name__, "spdx-json@2.3")
        documents.put(path, json.dumps(changed))
        yield f"ntia: {variant.__name__}", problems(ours(program, path), theirs(path), named)
