"""A stub of AWS CodeArtifact, with what stands before it: STS, single sign-on, a container's
credentials and an instance's metadata. On loopback, over plain HTTP.

Every signed request is verified with botocore's own implementation of Signature Version 4, so
that a client that signs wrongly is refused. What it answers is in `State`, which tests change.

    python stub.py PORT        serves the state of a fresh stub, to look at by hand
"""

import base64
import datetime
import hashlib
import json
import re
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

DOMAIN, OWNER, REGION, REPOSITORY = "my-team", "123456789012", "eu-central-1", "shared"
FUTURE = "2099-01-01T00:00:00Z"
#: Invented keys by their ids: who signs is the id.
IDS = ["ENVIRONMENT", "PROFILE", "ROLE", "TOKEN", "CONTAINER", "INSTANCE", "PROCESS", "LOGIN"]


def secret_of(key_id):
    return "made-up-secret-of-" + key_id.lower()


def token_of(key_id):
    return "made-up-session-of-" + key_id.lower()


class Package:
    """One version of a package: file, origin, status, what its group says."""

    def __init__(self, form, namespace, name, version):
        self.form, self.namespace, self.name, self.version = form, namespace, name, version
        self.content = f"the file of {name}".encode()
        self.status = "Published"
        self.origin = {"originType": "INTERNAL", "domainEntryPoint": {"repositoryName": REPOSITORY}}
        self.upstream = "ALLOW"
        self.external = "BLOCK"
        self.inherited = None
        self.repositories = []
        self.asset_hashes = {
            label: hashlib.new(algorithm, self.content).hexdigest()
            for label, algorithm in [("MD5", "md5"), ("SHA-1", "sha1"), ("SHA-256", "sha256"), ("SHA-512", "sha512")]
        }
        self.more_assets = 0


class State:
    def __init__(self):
        self.packages = {
            ("npm", "acme", "left"): Package("npm", "acme", "left", "1.2.3"),
            ("npm", None, "right"): Package("npm", None, "right", "2.0.0"),
            ("pypi", None, "acme-left"): Package("pypi", None, "acme-left", "1.2.3"),
        }
        outside = self.packages[("npm", None, "right")]
        outside.origin = {
            "originType": "EXTERNAL",
            "domainEntryPoint": {"externalConnectionName": "public:npm"},
        }
        #: Errors by path, (status, code): the list is used up from its front; a refusal at its end stays.
        self.errors = {}
        #: Key ids of the requests to CodeArtifact.
        self.signed_by = []
        self.refuse_roles = False


def canonical(handler, body):
    """What botocore would have signed, and the id of the key that did."""
    header = handler.headers.get("Authorization", "")
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
        r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
        header,
    )
    if not match:
        raise PermissionError("MissingAuthenticationTokenException")
    key_id, _, region, service, signed, signature = match.groups()
    if key_id not in IDS:
        raise PermissionError("UnrecognizedClientException")
    token = handler.headers.get("X-Amz-Security-Token")
    wants_token = key_id not in ("ENVIRONMENT", "PROFILE")
    if wants_token and token != token_of(key_id):
        raise PermissionError("UnrecognizedClientException")
    if region != REGION:
        raise PermissionError("SignatureDoesNotMatch")
    auth = SigV4Auth(Credentials(key_id, secret_of(key_id), token if wants_token else None), service, region)
    url = f"http://{handler.headers['Host']}{handler.path}"
    headers = {name: handler.headers[name] for name in signed.split(";")}
    request = AWSRequest(method=handler.command, url=url, data=body, headers=headers)
    request.context["timestamp"] = handler.headers["X-Amz-Date"]
    wanted = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    if wanted != signature:
        raise PermissionError("SignatureDoesNotMatch")
    return key_id, service


def given(key_id, **more):
    return {
        "Code": "Success",
        "AccessKeyId": key_id,
        "SecretAccessKey": secret_of(key_id),
        "Token": token_of(key_id),
        "Expiration": FUTURE,
        **more,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    @property
    def state(self):
        return self.server.state

    def reply(self, status, body, kind="application/json", **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def json(self, value, status=200, **headers):
        self.reply(status, json.dumps(value), **headers)

    def refuse(self, status, code):
        self.json({"message": f"{code} of the stub"}, status, x_amzn_ErrorType=code)

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/imds/latest/api/token":
            return self.reply(200, "metadata-token", "text/plain")
        self.reply(404, "")

    def do_GET(self):
        self.handle_any(b"")

    def do_POST(self):
        self.handle_any(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def handle_any(self, body):
        parts = urllib.parse.urlsplit(self.path)
        query = {name: values[0] for name, values in urllib.parse.parse_qs(parts.query).items()}
        path = parts.path
        if path.startswith("/api/"):
            return self.api(path[len("/api"):], query, body)
        if path.startswith("/sts"):
            return self.sts(body)
        if path == "/container":
            if self.headers.get("Authorization") != "container-token":
                return self.reply(403, "")
            return self.json(given("CONTAINER"))
        if path.startswith("/imds/latest/meta-data/iam/security-credentials"):
            if self.headers.get("X-aws-ec2-metadata-token") != "metadata-token":
                return self.reply(401, "")
            role = path.rsplit("/", 1)[1]
            return self.json(given("INSTANCE")) if role == "release" else self.reply(200, "release", "text/plain")
        if path == "/oidc/token":
            wanted = {"grantType": "refresh_token", "refreshToken": "made-up-refresh", "clientId": "client", "clientSecret": "made-up-client"}
            if json.loads(body) != wanted:
                return self.json({"error": "invalid_grant"}, 400)
            return self.json({"accessToken": "made-up-login", "expiresIn": 3600, "refreshToken": "made-up-next", "tokenType": "Bearer"})
        if path == "/sso/federation/credentials":
            wanted = {"account_id": OWNER, "role_name": "release"}
            if self.headers.get("x-amz-sso_bearer_token") != "made-up-login" or query != wanted:
                return self.refuse(401, "UnauthorizedException")
            return self.json({
                "roleCredentials": {
                    "accessKeyId": "LOGIN",
                    "secretAccessKey": secret_of("LOGIN"),
                    "sessionToken": token_of("LOGIN"),
                    "expiration": 4070908800000,
                }
            })
        if path.startswith("/npm/shared/"):
            return self.npm(urllib.parse.unquote(path[len("/npm/shared/"):]))
        if path.startswith("/pypi/shared/simple/"):
            return self.pypi(path.split("/")[4])
        self.reply(404, "")

    # The package protocols.

    def npm(self, name):
        namespace, _, bare = name.rpartition("/")
        package = self.state.packages.get(("npm", namespace.removeprefix("@") or None, bare))
        if package is None:
            return self.reply(404, "{}")
        sri = "sha512-" + base64.b64encode(hashlib.sha512(package.content).digest()).decode()
        tarball = f"http://{self.headers['Host']}/npm/shared/{name}/-/{bare}-{package.version}.tgz"
        self.json({
            "name": name,
            "versions": {package.version: {"name": name, "version": package.version,
                                           "dist": {"integrity": sri, "tarball": tarball}}},
            "time": {package.version: "2020-01-02T00:00:00.000Z"},
        })

    def pypi(self, name):
        package = self.state.packages.get(("pypi", None, name))
        if package is None:
            return self.reply(404, "")
        file = f"{name.replace('-', '_')}-{package.version}-py3-none-any.whl"
        digest = hashlib.sha256(package.content).hexdigest()
        self.reply(200, json.dumps({
            "meta": {"api-version": "1.1"}, "name": name, "versions": [package.version],
            "files": [{"filename": file, "url": f"../../{name}/{file}", "hashes": {"sha256": digest},
                       "size": len(package.content), "upload-time": "2020-01-02T00:00:00Z"}],
        }), "application/vnd.pypi.simple.v1+json")

    # CodeArtifact.

    def api(self, path, query, body):
        try:
            key_id, service = canonical(self, body)
        except PermissionError as error:
            return self.refuse(403, str(error))
        if service != "codeartifact":
            return self.refuse(403, "SignatureDoesNotMatch")
        self.state.signed_by.append(key_id)
        errors = self.state.errors.get(path)
        if errors:
            status, code = errors[0] if len(errors) == 1 and errors[0][0] in (403, 404) else errors.pop(0)
            return self.refuse(status, code)
        if query.get("domain") != DOMAIN or query.get("domain-owner") != OWNER:
            return self.refuse(404, "ResourceNotFoundException")
        if path == "/v1/package-group-allowed-repositories":
            return self.repositories(query)
        package = self.state.packages.get((query.get("format"), query.get("namespace"), query.get("package")))
        needs_repository = path != "/v1/get-associated-package-group"
        if package is None or (needs_repository and query.get("repository") != REPOSITORY):
            return self.refuse(404, "ResourceNotFoundException")
        answer = {
            ("GET", "/v1/package"): self.package,
            ("GET", "/v1/get-associated-package-group"): self.group,
            ("GET", "/v1/package/version"): self.version,
            ("POST", "/v1/package/version/assets"): self.assets,
        }.get((self.command, path))
        if answer is None:
            return self.refuse(404, "UnknownOperationException")
        if "/version" in path and query.get("version") != package.version:
            return self.refuse(404, "ResourceNotFoundException")
        answer(package, query)

    def package(self, package, _):
        self.json({"package": {
            "format": package.form, "namespace": package.namespace, "name": package.name,
            "originConfiguration": {"restrictions": {"publish": "ALLOW", "upstream": package.upstream}},
        }})

    def group(self, package, _):
        inherited = package.inherited and {"pattern": package.inherited, "arn": "arn:aws:codeartifact:::x"}
        restriction = {
            "mode": "INHERIT" if inherited else package.external,
            "effectiveMode": package.external,
            "repositoriesCount": len(package.repositories),
        }
        if inherited:
            restriction["inheritedFrom"] = inherited
        self.json({"associationType": "STRONG", "packageGroup": {
            "arn": "arn:aws:codeartifact:::group", "pattern": f"/{package.form}/acme*", "domainName": DOMAIN,
            "domainOwner": OWNER, "createdTime": 1577923200.0,
            "originConfiguration": {"restrictions": {"EXTERNAL_UPSTREAM": restriction}},
        }})

    def repositories(self, query):
        if query.get("originRestrictionType") != "EXTERNAL_UPSTREAM":
            return self.refuse(400, "ValidationException")
        names = [name for package in self.state.packages.values()
                 if query.get("package-group") in (package.inherited, f"/{package.form}/acme*")
                 for name in package.repositories]
        self.page("allowedRepositories", names, query)

    def version(self, package, _):
        self.json({"packageVersion": {
            "format": package.form, "namespace": package.namespace, "packageName": package.name,
            "version": package.version, "status": package.status, "origin": package.origin,
            "publishedTime": 1577923200.0, "revision": "r1",
        }})

    def assets(self, package, query):
        files = [{"name": f"more-{n}", "size": 1, "hashes": {"SHA-256": f"{n:064x}"}}
                 for n in range(package.more_assets)]
        files.append({"name": "package", "size": len(package.content), "hashes": package.asset_hashes})
        self.page("assets", files, query)

    def page(self, name, items, query):
        """Two items a page, so that pages are read."""
        start = int(query.get("next-token") or 0)
        answer = {name: items[start:start + 2]}
        if start + 2 < len(items):
            answer["nextToken"] = str(start + 2)
        self.json(answer)

    # STS.

    def sts(self, body):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body.decode()).items()}
        action = form.get("Action")
        key_id = {"AssumeRole": "ROLE", "AssumeRoleWithWebIdentity": "TOKEN"}.get(action)
        code = None
        if action == "AssumeRole":
            try:
                _, service = canonical(self, body)
                code = None if service == "sts" else "SignatureDoesNotMatch"
            except PermissionError as error:
                code = str(error)
        elif form.get("WebIdentityToken") != "made.up.token":
            code = "InvalidIdentityToken"
        if self.state.refuse_roles or key_id is None:
            code = "AccessDenied"
        if code:
            xml = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(code)} of the stub</Message></Error></ErrorResponse>"
            return self.reply(403, xml, "text/xml")
        self.reply(200, (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
            f"<AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{secret_of(key_id)}</SecretAccessKey>"
            f"<SessionToken>{token_of(key_id)}</SessionToken><Expiration>{FUTURE}</Expiration></Credentials>"
            f"<AssumedRoleUser><Arn>{escape(form['RoleArn'])}</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>"
            f"</{action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
        ), "text/xml")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.state = State()

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server_address[1]}"


if __name__ == "__main__":
    server = Server(int(sys.argv[1]))
    print(f"{datetime.datetime.now():%H:%M:%S} http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
