"""What a client says of a project, and the shape of one comparison."""

from dataclasses import dataclass, field


@dataclass
class Listing:
    """The client's own word on its lock. A package is `(name, version)`.

    `has_graph` is false where the lock does not hold what depends on what: then `edges`
    are only those of the own packages. `dev` is `None` where the client does not tell it,
    and then not compared.
    """

    packages: set
    edges: set
    own: set = field(default_factory=set)
    dev: set | None = None
    has_graph: bool = True
    notes: list = field(default_factory=list)


class Case:
    """One project, locked by one client. A client's file derives from this."""

    client = ""
    name = ""
    lockfile = ""
    # The home directory that `sealgate sbom generate` reads caches from, if it is to.
    home = None
    # Options of `sealgate sbom generate` for this project.
    options = ()

    def version(self):
        """Installs the client; its version. Raises `Skip`."""
        raise NotImplementedError

    def files(self):
        """The manifests, by path in the project."""
        raise NotImplementedError

    def lock(self, directory):
        """Lets the client write its lock."""
        raise NotImplementedError

    def listing(self, directory):
        """The client's `Listing`."""
        raise NotImplementedError

    def recorded(self, directory):
        """Checksums that the lock holds: package to a set of `(algorithm, hex or text)`."""
        raise NotImplementedError

    def shuffled(self, text, random):
        """The lock with its entries in another order, or `None` where order is meaning."""
        return None
