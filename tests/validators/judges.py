"""What others say of a document: a list of what is wrong with it, empty if nothing is."""

import io
import json

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from ntia_conformance_checker.spdx3_utils import validate_spdx3_data
from spdx_python_model import v3_0_1
from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

# Messages of one document; more say nothing more.
MOST = 5

# Individuals by the short names that the model writes for them.
INDIVIDUALS = {
    **v3_0_1.IndividualElement.NAMED_INDIVIDUALS,
    **{
        f"expandedlicensing_{name}": iri
        for name, iri in v3_0_1.expandedlicensing_IndividualLicensingInfo.NAMED_INDIVIDUALS.items()
    },
}

VALIDATORS = {
    f"cyclonedx-json@{version.to_version()}": JsonStrictValidator(version)
    for version in (
        SchemaVersion.V1_4,
        SchemaVersion.V1_5,
        SchemaVersion.V1_6,
        SchemaVersion.V1_7,
    )
}


def cyclonedx(path, format):
    errors = VALIDATORS[format].validate_str(path.read_text(), all_errors=True)
    return [str(error) for error in errors or []]


def spdx2(path, _format):
    # The validator takes no top-level domain of more than five letters for one.
    shorter = path.with_suffix(".shorter.spdx.json")
    shorter.write_text(path.read_text().replace(".example", ".org"))
    try:
        document = parse_file(str(shorter))
    except SPDXParsingError as error:
        return error.get_messages()
    finally:
        shorter.unlink()
    return [
        f"{message.context.spdx_id or message.context.parent_id}: {message.validation_message}"
        for message in validate_full_spdx_document(document)
        # It counts digits where the specification counts bits.
        if "BLAKE3 must consist of at least 256" not in message.validation_message
        or "(length: 64 digits)" not in message.validation_message
    ]


def spdx3(path, _format):
    objects = v3_0_1.SHACLObjectSet()
    with path.open("rb") as file:
        v3_0_1.JSONLDDeserializer().read(file, objects)
    problems = [f"`{missing}` is not in the document" for missing in sorted(objects.link())]
    _, messages = validate_spdx3_data(objects)
    problems += [message.validation_message for message in messages]
    # The serialiser insists on required properties and on how often each may stand.
    written = io.BytesIO()
    v3_0_1.JSONLDSerializer().write(objects, written)
    before, after = elements(json.loads(path.read_text())), elements(json.loads(written.getvalue()))
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            problems.append(f"`{key}` is read as something else: {before.get(key)} {after.get(key)}")
    return problems


def elements(document):
    """The elements by their ids, without what does not matter: order and names of blanks."""
    graph = document.get("@graph", [])
    same = {one["@id"]: "_:" for one in graph if one.get("@id", "").startswith("_:")}
    same.update(INDIVIDUALS)

    def plain(value):
        match value:
            case dict():
                return {key: plain(inner) for key, inner in value.items()}
            case list():
                return sorted((plain(inner) for inner in value), key=json.dumps)
            case str():
                return same.get(value, value)
        return value

    return {one.get("spdxId", "_:"): plain(one) for one in graph}


def judge(path, format):
    """What is wrong, in at most a few lines."""
    if format == "spdx-json@2.3":
        of = spdx2
    elif format == "spdx-json@3.0.1":
        of = spdx3
    else:
        of = cyclonedx
    try:
        problems = of(path, format)
    except Exception as error:  # a validator that gives up does not take the document
        problems = [f"{type(error).__name__}: {error}"]
    more = len(problems) - MOST
    return problems[:MOST] + ([f"and {more} more"] if more > 0 else [])
