"""That the validators tell wrong from right: documents with one thing wrong each."""

import copy
import json

import documents
import judges


def first(document, kind):
    return next(one for one in document["@graph"] if one["type"] == kind)


def wrong_word(document):
    document["components"][0]["type"] = "crate"


def unknown_field(document):
    document["components"][0]["colour"] = "red"


def wrong_licence(document):
    document["components"][0]["licenses"] = [{"license": {"id": "MIT-ish"}}]


def no_download_location(document):
    del document["packages"][0]["downloadLocation"]


def leads_nowhere(document):
    document["relationships"][0]["relatedSpdxElement"] = "SPDXRef-gone"


def short_checksum(document):
    document["packages"][0]["checksums"] = [{"algorithm": "SHA256", "checksumValue": "00"}]


def unknown_property(document):
    first(document, "software_Package")["colour"] = "red"


def no_creation_info(document):
    del first(document, "software_Package")["creationInfo"]


def element_is_gone(document):
    first(document, "software_Sbom")["element"].append("urn:uuid:0#gone")


def wrong_relationship(document):
    first(document, "Relationship")["relationshipType"] = "likes"


MUTATIONS = {
    "cyclonedx": [wrong_word, unknown_field, wrong_licence],
    "spdx-json@2.3": [no_download_location, leads_nowhere, short_checksum],
    "spdx-json@3.0.1": [unknown_property, no_creation_info, element_is_gone, wrong_relationship],
}


def found(made, work):
    """Name and problems of each control: that a validator took what is wrong."""
    for document in made:
        if not document.name.startswith("package-lock/typical "):
            continue
        kind = "cyclonedx" if document.format.startswith("cyclonedx") else document.format
        original = documents.load(document.path)
        for mutation in MUTATIONS[kind]:
            changed = copy.deepcopy(original)
            mutation(changed)
            name = f"control-{mutation.__name__}"
            path = documents.put(documents.file_of(work, name, document.format), json.dumps(changed))
            problems = [] if judges.judge(path, document.format) else ["nothing was found wrong with it"]
            yield f"control: {mutation.__name__} in {document.format}", problems
