"""Maven: a parent, modules that depend on each other, properties, an imported bom,
exclusions, a classifier, a version that two modules resolve differently. Oracle: `mvn dependency:tree`."""

import re

from case import Case, Listing
from harness import TARGET, run

HOME = TARGET / "cache" / "maven-home"
TREE = "org.apache.maven.plugins:maven-dependency-plugin:3.7.1:tree"


def dependency(group, artifact, version=None, more=""):
    version = f"<version>{version}</version>" if version else ""
    return (
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"{version}{more}</dependency>\n"
    )


def project(text):
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0">\n'
        f"<modelVersion>4.0.0</modelVersion>\n{text}</project>\n"
    )


def module(name, *dependencies):
    return project(
        "<parent><groupId>example.shop</groupId><artifactId>parent</artifactId>"
        f"<version>1.0.0</version></parent>\n<artifactId>{name}</artifactId>\n"
        f"<dependencies>\n{''.join(dependencies)}</dependencies>\n"
    )


TEST = "<scope>test</scope>"
WITHOUT_LANG = (
    "<exclusions><exclusion><groupId>org.apache.commons</groupId>"
    "<artifactId>commons-lang3</artifactId></exclusion></exclusions>"
)
FILES = {
    "pom.xml": project(
        "<groupId>example.shop</groupId><artifactId>parent</artifactId><version>1.0.0</version>\n"
        "<packaging>pom</packaging>\n<modules><module>api</module><module>app</module></modules>\n"
        "<properties><jackson.version>2.17.2</jackson.version></properties>\n"
        "<dependencyManagement><dependencies>\n"
        + dependency(
            "com.fasterxml.jackson", "jackson-bom", "${jackson.version}",
            "<type>pom</type><scope>import</scope>",
        )
        + dependency("org.slf4j", "slf4j-api", "2.0.13")
        + "</dependencies></dependencyManagement>\n"
    ),
    "api/pom.xml": module(
        "api",
        dependency("com.fasterxml.jackson.core", "jackson-databind"),
        dependency("com.google.guava", "guava", "33.2.1-jre"),
        dependency("org.projectlombok", "lombok", "1.18.34", "<scope>provided</scope>"),
    ),
    "app/pom.xml": module(
        "app",
        dependency("${project.groupId}", "api", "${project.version}"),
        dependency("org.apache.httpcomponents.client5", "httpclient5", "5.3.1"),
        # Nearer than guava, and with older versions of what both need.
        dependency("com.github.ben-manes.caffeine", "caffeine", "3.1.8"),
        dependency("ch.qos.logback", "logback-classic", "1.5.6", "<scope>runtime</scope>"),
        dependency("org.apache.commons", "commons-text", "1.12.0", WITHOUT_LANG),
        dependency(
            "io.netty", "netty-transport-native-epoll", "4.1.113.Final",
            "<classifier>linux-x86_64</classifier>",
        ),
        dependency("org.junit.jupiter", "junit-jupiter", "5.10.3", TEST),
        dependency("org.mockito", "mockito-core", "5.12.0", TEST),
    ),
}  # fmt: skip

# `12 g:a:jar:1.0:compile (version managed from 0.9)`, or one that gave way to another:
# `12 (g:a:jar:1.0:compile - omitted for conflict with 2.0)`. A classifier stands before the
# version.
NODE = re.compile(r"^(\d+) \(?([^ )]+)(.*)$")


class Maven(Case):
    client = "maven"
    name = "modules"
    lockfile = "pom.xml"
    options = ("--read-caches",)
    # Where the poms of the dependencies are: `.m2/repository` below it.
    home = HOME

    def version(self):
        return re.search(r"Apache Maven ([\d.]+)", run(["mvn", "--version"], cwd=TARGET))[1]

    def files(self):
        return FILES

    def lock(self, directory):
        """Maven has no lock; this brings the poms that decide the versions."""
        (HOME / ".m2").mkdir(parents=True, exist_ok=True)
        run(
            ["mvn", "-B", "-ntp", "-q", f"-Dmaven.repo.local={HOME / '.m2' / 'repository'}", TREE,
             "-Dverbose", "-DoutputType=tgf", f"-DoutputFile={directory.parent}/tree.tgf",
             "-DappendOutput=true"],
            cwd=directory,
        )  # fmt: skip

    def listing(self, directory):
        own = {("example.shop:" + name, "1.0.0") for name in ("parent", "api", "app")}
        packages, edges, widely = set(), set(), set()
        at, in_edges = {}, False
        for line in (directory.parent / "tree.tgf").read_text().splitlines():
            node = NODE.match(line)
            if line == "#":
                in_edges = True
            elif ":" in line:
                if in_edges:
                    at, in_edges = {}, False
                number, coordinates, more = node.groups()
                group, artifact, _, *rest = coordinates.split(":")
                # Only the project itself has no scope.
                version, scope = (rest[-2], rest[-1]) if len(rest) > 1 else (rest[0], None)
                # The version that a conflict was decided for is the one that is used.
                other = re.search(r"omitted for conflict with ([^);]+)", more)
                package = (f"{group}:{artifact}", other[1] if other else version)
                at[number] = package
                packages.add(package)
                if scope != "test":
                    widely.add(package)
            else:
                source, target, _ = line.split(" ")
                edges.add((at[source], at[target]))
        return Listing(packages - own, edges, own, packages - widely - own)

    def recorded(self, directory):
        return {}


CASES = [Maven()]
