"""boto3 and sealgate ask the same stub of CodeArtifact: the facts that both got have to be equal,
and both have to act as the same identity. Then what sealgate makes of each fact.

    python check.py SEALGATE

Ends with 1 where anything differs.
"""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

# botocore looks for the home once, when it is loaded.
HOME = tempfile.TemporaryDirectory()
os.environ["HOME"] = HOME.name

import boto3
import botocore.exceptions
import stub

SEALGATE = sys.argv[1]
ROLE = "arn:aws:iam::123456789012:role/release"
failed = False


def told(is_ok, what, more=""):
    global failed
    failed |= not is_ok
    print(f"{'ok' if is_ok else 'FAILED'}: codeartifact: {what}{'' if is_ok else ': ' + more}", flush=True)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


class Scene:
    """A tree with locks, a policy, a home, and the stub."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.directory.name)
        self.home = pathlib.Path(HOME.name)
        self.server = stub.Server()
        self.url = self.server.start()
        place = f'domain = "{stub.DOMAIN}"\nowner = "{stub.OWNER}"\nregion = "{stub.REGION}"\nrepository = "{stub.REPOSITORY}"\n'
        entries = "".join(
            f'[[registry.codeartifact]]\nregistry = "{self.url}/{path}"\napi = "{self.url}/api/"\n{place}'
            for path in ["npm/shared/", "pypi/shared/simple/"]
        )
        write(self.root / "policy.toml", (
            'schema = 1\nname = "t"\nversion = 1\nextends = "baseline"\n[registry]\ninternal = ["@acme/*", "acme-*"]\n'
            f'[registry.approved]\nnpm = ["{self.url}/npm/shared/"]\npypi = ["{self.url}/pypi/shared/simple/"]\n{entries}'
        ))
        self.lock()

    def lock(self):
        packages = self.server.state.packages.values()
        entries, requirements = {"": {"name": "app", "version": "1.0.0", "dependencies": {}}}, ""
        for package in packages:
            if package.form == "pypi":
                digest = hashlib.sha256(package.content).hexdigest()
                requirements += f"{package.name}=={package.version} --hash=sha256:{digest}\n"
                continue
            name = f"@{package.namespace}/{package.name}" if package.namespace else package.name
            entries[""]["dependencies"][name] = package.version
            entries[f"node_modules/{name}"] = {
                "version": package.version,
                "resolved": f"{self.url}/npm/shared/{name}/-/{package.name}-{package.version}.tgz",
                "integrity": "sha512-" + base64.b64encode(hashlib.sha512(package.content).digest()).decode(),
            }
        lock = {"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": entries}
        write(self.root / "app/package-lock.json", json.dumps(lock))
        manifest = {"name": "app", "version": "1.0.0", "dependencies": entries[""]["dependencies"]}
        write(self.root / "app/package.json", json.dumps(manifest))
        write(self.root / "app/requirements.txt", f"--index-url {self.url}/pypi/shared/simple/\n{requirements}")

    def environment(self, variables):
        plain = {name: value for name, value in os.environ.items()
                 if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
        return plain | {"HOME": str(self.home), "AWS_REGION": stub.REGION, "AWS_DEFAULT_REGION": stub.REGION,
                        "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "3"} | variables

    def sealgate(self, *arguments, variables):
        return subprocess.run(
            [SEALGATE, *arguments], cwd=self.root, env=self.environment(variables), capture_output=True, text=True)

    def judged(self, variables):
        """Exit code, answers by name, ids of findings, and the whole report."""
        ran = self.sealgate("registry", "app", "--policy", "policy.toml", "--online", "--format", "json",
                            variables=variables)
        report = json.loads(ran.stdout) if ran.stdout else {"registry": {"components": []}, "findings": [], "gaps": []}
        answers = {c["purl"].split("/", 1)[1]: "+".join(c["answers"]) for c in report["registry"]["components"]}
        findings = sorted({f["rule"] for f in report["findings"]} - {"registry/no-cool-down"})
        return ran.returncode, answers, findings, report

    def facts_of_sealgate(self, variables):
        ran = self.sealgate("registry", "snapshot", "app", "--policy", "policy.toml", "-o", "answers.json",
                            variables=variables)
        facts = {}
        path = self.root / "answers.json"
        if not path.exists():
            raise RuntimeError(ran.stderr)
        for answer in json.loads(path.read_text())["answers"]:
            reply = answer["reply"]
            if reply["state"] != "present":
                facts[answer["name"]] = reply["state"]
                continue
            (version, said), = reply["versions"].items()
            facts[answer["name"]] = {
                "origin": said["came-from"],
                "status": said.get("yanked"),
                "assets": sorted(sorted(asset["checksums"]) for asset in said["assets"]),
                "outside": said.get("outside"),
            }
        path.unlink()
        return facts

    def client(self, variables):
        """A client of boto3 in an environment of its own."""
        os.environ.clear()
        os.environ.update(self.environment(variables))
        return boto3.session.Session().client("codeartifact", endpoint_url=f"{self.url}/api")

    def facts_of_boto3(self, variables):
        client = self.client(variables)
        return {
            (f"@{package.namespace}/{package.name}" if package.namespace else package.name): of_boto3(client, package)
            for package in self.server.state.packages.values()
        }


def of_boto3(client, package):
    group = {"domain": stub.DOMAIN, "domainOwner": stub.OWNER, "format": package.form, "package": package.name}
    if package.namespace:
        group["namespace"] = package.namespace
    of = group | {"repository": stub.REPOSITORY}
    try:
        version = client.describe_package_version(**of, packageVersion=package.version)["packageVersion"]
        pages = client.get_paginator("list_package_version_assets").paginate(**of, packageVersion=package.version)
        assets = [asset["hashes"] for page in pages for asset in page["assets"]]
        outside = None
        if package.namespace == "acme" or package.name.startswith("acme-"):
            outside = outside_of_boto3(client, of, group)
    except botocore.exceptions.ClientError:
        return "unreachable"
    origin = version["origin"]
    came_from = {"origin": origin["originType"].lower()}
    if origin["originType"] == "EXTERNAL":
        came_from["connection"] = origin["domainEntryPoint"]["externalConnectionName"]
    status = version["status"]
    return {
        "origin": came_from,
        "status": None if status == "Published" else f"its status in CodeArtifact is {status}",
        "assets": sorted(
            sorted(f"{name.lower().replace('-', '')}:{value}" for name, value in hashes.items()) for hashes in assets),
        "outside": outside,
    }


def outside_of_boto3(client, of, group):
    if client.describe_package(**of)["package"]["originConfiguration"]["restrictions"]["upstream"] == "BLOCK":
        return {"outside": "blocked"}
    associated = client.get_associated_package_group(**group)["packageGroup"]
    restriction = associated["originConfiguration"]["restrictions"]["EXTERNAL_UPSTREAM"]
    pattern = restriction.get("inheritedFrom", associated)["pattern"]
    if restriction["effectiveMode"] == "BLOCK":
        return {"outside": "blocked"}
    found = {"outside": "allowed", "group": pattern}
    if restriction["effectiveMode"] == "ALLOW_SPECIFIC_REPOSITORIES":
        pages = client.get_paginator("list_allowed_repositories_for_group").paginate(
            domain=stub.DOMAIN, domainOwner=stub.OWNER, packageGroup=pattern, originRestrictionType="EXTERNAL_UPSTREAM")
        found["repositories"] = sorted(name for page in pages for name in page["allowedRepositories"])
    return found


KEYS = {"AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": stub.secret_of("ENVIRONMENT")}
LEFT, RIGHT, PYTHON = "%40acme/left@1.2.3", "right@2.0.0", "acme-left@1.2.3"
GOOD = {LEFT: "approved", RIGHT: "approved", PYTHON: "approved"}


def change(**values):
    def apply(state):
        package = state.packages[("npm", "acme", "left")]
        for name, value in values.items():
            setattr(package, name, value)
    return apply


def fail(path, *errors):
    def apply(state):
        state.errors[path] = list(errors)
    return apply


OUTSIDE = {"originType": "EXTERNAL", "domainEntryPoint": {"externalConnectionName": "public:npm"}}
OTHER = {"SHA-512": "00" * 64, "SHA-256": "00" * 32}
DENIED = (403, "AccessDeniedException")
# What is changed, how, the exit code, the answers, the findings.
FACTS = [
    ("as published", change(), 0, GOOD, []),
    ("an internal name from outside", change(origin=OUTSIDE), 1, GOOD | {LEFT: "origin-external"}, ["registry/origin-external"]),
    ("status Archived", change(status="Archived"), 0, GOOD | {LEFT: "yanked"}, ["registry/yanked"]),
    ("status Unlisted", change(status="Unlisted"), 0, GOOD | {LEFT: "yanked"}, ["registry/yanked"]),
    ("other hashes of the asset", change(asset_hashes=OTHER), 1, GOOD | {LEFT: "checksum-mismatch"}, ["registry/checksum-mismatch"]),
    ("five more assets, over pages", change(more_assets=5), 0, GOOD, []),
    ("a group that lets names in", change(external="ALLOW", inherited="/*"), 0, GOOD, ["registry/origin-open"]),
    ("a group with three repositories, over pages",
     change(external="ALLOW_SPECIFIC_REPOSITORIES", repositories=["b", "a", "c"]), 0, GOOD, ["registry/origin-open"]),
    ("an open group, closed by the package", change(external="ALLOW", upstream="BLOCK"), 0, GOOD, []),
    ("no right to describe versions", fail("/v1/package/version", DENIED), 3, dict.fromkeys(GOOD, "unreachable"), []),
    ("no right to list assets", fail("/v1/package/version/assets", DENIED), 3, dict.fromkeys(GOOD, "unreachable"), []),
    ("no right to see groups", fail("/v1/get-associated-package-group", DENIED), 3,
     dict.fromkeys(GOOD, "unreachable") | {RIGHT: "approved"}, []),
    ("a version that the API does not have", fail("/v1/package/version", (404, "ResourceNotFoundException")), 3,
     dict.fromkeys(GOOD, "unreachable"), []),
    ("throttled once", fail("/v1/package/version", (429, "ThrottlingException")), 0, GOOD, []),
]


def facts(scene):
    for what, apply, code, answers, findings in FACTS:
        scene.server.state = stub.State()
        apply(scene.server.state)
        of_boto3 = scene.facts_of_boto3(KEYS)
        apply(scene.server.state)
        of_sealgate = scene.facts_of_sealgate(KEYS)
        told(of_boto3 == of_sealgate, f"{what}: boto3 and sealgate got the same facts", f"{of_boto3} / {of_sealgate}")
        apply(scene.server.state)
        got = scene.judged(KEYS)
        wanted = (code, answers, findings)
        told(got[:3] == wanted, f"{what}: exit {code}, {', '.join(sorted(set(answers.values())))}",
             f"{got[:3]}, wanted {wanted}: {[g['message'] for g in got[3]['gaps']]}")


def expired_login(home):
    """An expired login of a session, which can be renewed once."""
    name = hashlib.sha1(b"over").hexdigest()
    write(home / f".aws/sso/cache/{name}.json", json.dumps({
        "accessToken": "made-up-old", "expiresAt": "2001-02-03T04:05:06Z", "region": stub.REGION,
        "startUrl": "https://team.example/start", "clientId": "client", "clientSecret": "made-up-client",
        "registrationExpiresAt": stub.FUTURE, "refreshToken": "made-up-refresh"}))


def sources(scene):
    """Environments with one source of credentials each, and the identity that has to act."""
    home, url = scene.home, scene.url
    token = write(home / "token", "made.up.token")
    printed = {"Version": 1, "AccessKeyId": "PROCESS", "SecretAccessKey": stub.secret_of("PROCESS"),
               "SessionToken": stub.token_of("PROCESS"), "Expiration": stub.FUTURE}
    program = write(home / "keys.sh", f"#!/bin/sh\necho '{json.dumps(printed)}'\n")
    os.chmod(program, 0o755)
    login = hashlib.sha1(b"team").hexdigest()
    write(home / f".aws/sso/cache/{login}.json", json.dumps({
        "accessToken": "made-up-login", "expiresAt": stub.FUTURE, "region": stub.REGION, "startUrl": "https://team.example/start"}))
    write(home / ".aws/credentials",
          f"[base]\naws_access_key_id = PROFILE\naws_secret_access_key = {stub.secret_of('PROFILE')}\n")
    write(home / ".aws/config", (
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n"
        f"[profile of-container]\nrole_arn = {ROLE}\ncredential_source = EcsContainer\n"
        f"[profile token]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n"
        f"[profile process]\ncredential_process = {program}\n"
        f"[profile login]\nsso_session = team\nsso_account_id = {stub.OWNER}\nsso_role_name = release\n"
        f"[sso-session team]\nsso_region = {stub.REGION}\nsso_start_url = https://team.example/start\n"
        f"[profile renewed]\nsso_session = over\nsso_account_id = {stub.OWNER}\nsso_role_name = release\n"
        f"[sso-session over]\nsso_region = {stub.REGION}\nsso_start_url = https://team.example/start\n"
        f"[profile lost]\nrole_arn = {ROLE}\nsource_profile = nobody\n"
    ))
    # Files of their own, so that the other cases have no profile `default`.
    of_keys = write(home / "of-keys", f"[default]\naws_access_key_id = PROFILE\naws_secret_access_key = {stub.secret_of('PROFILE')}\n")
    of_program = write(home / "of-program", f"[default]\ncredential_process = {program}\n")
    sts = {"AWS_ENDPOINT_URL_STS": f"{url}/sts"}
    container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-token"}
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": ROLE} | sts
    sso = {"AWS_ENDPOINT_URL_SSO": f"{url}/sso", "AWS_ENDPOINT_URL_SSO_OIDC": f"{url}/oidc"}
    instance = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{url}/imds/"}
    return [
        ("environment", KEYS, "ENVIRONMENT"),
        ("environment before all others", KEYS | web | container | instance, "ENVIRONMENT"),
        ("profile with keys", {"AWS_PROFILE": "base"}, "PROFILE"),
        ("profile before a container", {"AWS_PROFILE": "base"} | container | instance, "PROFILE"),
        ("profile with a role", {"AWS_PROFILE": "role"} | sts, "ROLE"),
        ("profile with a role for the container's keys", {"AWS_PROFILE": "of-container"} | sts | container, "ROLE"),
        ("profile with a token", {"AWS_PROFILE": "token"} | sts, "TOKEN"),
        ("profile with a program", {"AWS_PROFILE": "process"}, "PROCESS"),
        ("profile with single sign-on", {"AWS_PROFILE": "login", "AWS_ENDPOINT_URL_SSO": f"{url}/sso"}, "LOGIN"),
        ("profile with an expired login, which is renewed", {"AWS_PROFILE": "renewed"} | sso, "LOGIN"),
        ("AWS_DEFAULT_PROFILE", {"AWS_DEFAULT_PROFILE": "base"}, "PROFILE"),
        # With both set AWS's tools do not agree: boto3 and the CLI 1 take AWS_DEFAULT_PROFILE, the CLI 2
        # (whose botocore has the two in the other order) and the SDK for Go AWS_PROFILE. So does sealgate.
        ("AWS_PROFILE before AWS_DEFAULT_PROFILE, other than boto3",
         {"AWS_DEFAULT_PROFILE": "base", "AWS_PROFILE": "process"}, "PROCESS", "PROFILE"),
        ("web identity", web, "TOKEN"),
        ("web identity before a container", web | container | instance, "TOKEN"),
        ("web identity before the default profile's keys", web | {"AWS_CONFIG_FILE": of_keys}, "TOKEN"),
        ("web identity before the default profile's program", web | {"AWS_CONFIG_FILE": of_program}, "TOKEN"),
        ("the default profile's program", {"AWS_CONFIG_FILE": of_program}, "PROCESS"),
        ("container", container, "CONTAINER"),
        ("container before the instance", container | instance, "CONTAINER"),
        ("instance", instance, "INSTANCE"),
        ("none", {}, None),
        ("half of a pair", {"AWS_ACCESS_KEY_ID": "ENVIRONMENT"} | container, None),
        ("a profile that is not there", {"AWS_PROFILE": "nobody"} | container, None),
        ("a role whose source is not there", {"AWS_PROFILE": "lost"} | sts | container, None),
        ("a container that refuses", container | {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "other"} | instance, None),
        ("a container elsewhere", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://keys.example/"}, None),
        ("a wrong secret", KEYS | {"AWS_SECRET_ACCESS_KEY": "another"}, None),
    ]


def identities(scene):
    for what, variables, wanted, *of_boto3 in sources(scene):
        acted = []
        for ask in (scene.facts_of_boto3, scene.facts_of_sealgate):
            scene.server.state = stub.State()
            expired_login(scene.home)
            try:
                ask(variables)
            except (botocore.exceptions.BotoCoreError, ValueError):
                pass
            acted.append(scene.server.state.signed_by[0] if scene.server.state.signed_by else None)
        expected = [*of_boto3, wanted] if of_boto3 else [wanted, wanted]
        who = "each acts" if of_boto3 else "both act"
        told(acted == expected, f"credentials: {what}: {who} as {' and '.join(name or 'nobody' for name in dict.fromkeys(expected))}", f"{acted}")
        scene.server.state = stub.State()
        expired_login(scene.home)
        code = scene.judged(variables)[0]
        told(code == (0 if wanted else 3), f"credentials: {what}: exit {0 if wanted else 3}", str(code))


scene = Scene()
facts(scene)
identities(scene)
sys.exit(failed)
