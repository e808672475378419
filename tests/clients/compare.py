"""Every difference between a client's listing and an SBOM, in words."""


def text(package):
    return "@".join(package)


def arrow(edge):
    return f"{text(edge[0])} -> {text(edge[1])}"


def sets(what, client, sbom, show):
    """What one side has and the other lacks."""
    lost = [f"{what} only in the client's listing: {show(x)}" for x in sorted(client - sbom)]
    extra = [f"{what} only in the SBOM: {show(x)}" for x in sorted(sbom - client)]
    return lost + extra


def differences(listing, sbom, recorded):
    """Empty where the SBOM says exactly what the client and the lock say."""
    own, edges = listing.own, listing.edges
    # The product holds every package that is made here, whether or not one of them depends
    # on another; no client has an edge for that.
    edges = edges | {(sbom.product, member) for member in own - {sbom.product}}
    if not listing.has_graph:
        # What nothing is known to depend on, the product does.
        known = {target for _, target in edges}
        edges |= {(sbom.product, package) for package in listing.packages - known}
    found = sets("package", listing.packages, sbom.packages, text)
    found += sets("own package", own | {sbom.product}, sbom.own, text)
    found += sets("edge", edges, sbom.edges, arrow)
    if listing.dev is not None:
        found += sets("for development only,", listing.dev, sbom.dev, text)
    # A lock may hold checksums of what it does not use (go.sum).
    for package in sorted(listing.packages | sbom.hashes.keys()):
        lock, document = recorded.get(package, set()), sbom.hashes.get(package, set())
        show = lambda checksum, package=package: f"{text(package)} {checksum[0]} {checksum[1]}"
        found += [
            line.replace("the client's listing", "the lock")
            for line in sets("checksum", lock, document, show)
        ]
    return found
