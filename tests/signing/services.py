"""What services.sh needs besides the services: an identity provider, and the files that name
and trust the services. Only the standard library and the program openssl.

    services.py issuer PORT                         serves until it is ended
    services.py token PORT email|workflow [FLAW]    prints a token; FLAW: expired, audience, forged
    services.py wait URL                            until it answers 200, at most 30 seconds
    services.py configure FULCIO REKOR TSA ISSUER   writes root.json, signing.json and both as trust.json
"""

import base64
import hashlib
import http.server
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def issuer(port):
    text = openssl("rsa", "-in", "issuer.key", "-noout", "-modulus").decode()
    modulus = bytes.fromhex(text.strip().split("=")[1])
    key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "e": "AQAB", "n": b64url(modulus)}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            base = "http://" + self.headers["Host"]
            pages = {
                "/.well-known/openid-configuration": {
                    "issuer": base,
                    "jwks_uri": base + "/keys",
                    "authorization_endpoint": base + "/auth",
                    "token_endpoint": base + "/token",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
                "/keys": {"keys": [key]},
            }
            body = json.dumps(pages.get(self.path)).encode()
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def token(port, kind, flaw=None):
    now = int(time.time())
    claims = {"aud": "sigstore", "iat": now, "nbf": now, "exp": now + 600}
    if kind == "email":
        claims |= {
            "iss": f"http://127.0.0.1:{port}",
            "sub": "4711",
            "email": "release@acme.example",
            "email_verified": True,
        }
    else:
        claims |= {
            "iss": f"http://localhost:{port}",
            "sub": "repo:acme/app:ref:refs/tags/v1",
            "repository": "acme/app",
            "repository_id": "1",
            "repository_owner": "acme",
            "repository_owner_id": "2",
            "repository_visibility": "public",
            "workflow": "release",
            "workflow_ref": "acme/app/.github/workflows/release.yml@refs/tags/v1",
            "workflow_sha": "0" * 40,
            "job_workflow_ref": "acme/app/.github/workflows/release.yml@refs/tags/v1",
            "job_workflow_sha": "0" * 40,
            "sha": "0" * 40,
            "ref": "refs/tags/v1",
            "event_name": "push",
            "runner_environment": "github-hosted",
            "run_id": "3",
            "run_attempt": "1",
        }
    if flaw == "expired":
        claims |= {"iat": now - 7200, "nbf": now - 7200, "exp": now - 3600}
    if flaw == "audience":
        claims["aud"] = "somebody-else"
    head = {"alg": "RS256", "typ": "JWT", "kid": "1"}
    signed = ".".join(b64url(json.dumps(part).encode()) for part in (head, claims))
    signature = openssl("dgst", "-sha256", "-sign", "issuer.key", data=signed.encode())
    if flaw == "forged":
        signature = bytes([signature[0] ^ 1]) + signature[1:]
    print(signed + "." + b64url(signature))


def wait(url):
    for _ in range(150):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.2)
    sys.exit(f"{url} does not answer")


def certificates(pem):
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", pem, re.S)
    return [{"rawBytes": "".join(block.split())} for block in blocks]


def configure(fulcio, rekor, tsa, issuer_port):
    window = {"start": "2020-01-01T00:00:00Z"}
    local = "http://127.0.0.1:"
    with urllib.request.urlopen(f"{local}{tsa}/api/v1/timestamp/certchain") as answer:
        chain = certificates(answer.read().decode())
    with open("ca.pem", encoding="ascii") as file:
        authority = certificates(file.read())
    ct = openssl("ec", "-in", "ct.key", "-pubout", "-outform", "DER")
    log = openssl("pkey", "-in", "rekor.key", "-pubout", "-outform", "DER")
    # C2SP signed-note: the name, a line break, the kind of key, the key.
    log_id = hashlib.sha256(b"rekor.acme.example\n\x01" + log[-32:]).digest()

    def instance(url, details, key, key_id):
        return {
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {"rawBytes": b64(key), "keyDetails": details, "validFor": window},
            "logId": {"keyId": b64(key_id)},
        }

    root = {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [instance("https://rekor.acme.example", "PKIX_ED25519", log, log_id)],
        "certificateAuthorities": [
            {
                "subject": {"organization": "acme", "commonName": "fulcio"},
                "uri": f"{local}{fulcio}",
                "certChain": {"certificates": authority},
                "validFor": window,
            }
        ],
        "ctlogs": [
            instance(f"{local}ct", "PKIX_ECDSA_P256_SHA_256", ct, hashlib.sha256(ct).digest())
        ],
        "timestampAuthorities": [
            {
                "subject": {"organization": "acme", "commonName": "tsa"},
                "uri": f"{local}{tsa}/api/v1/timestamp",
                "certChain": {"certificates": chain},
                "validFor": window,
            }
        ],
    }

    def service(url, version):
        return [{"url": url, "majorApiVersion": version, "validFor": window, "operator": "acme"}]

    signing = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(f"{local}{fulcio}", 1),
        "oidcUrls": service(f"{local}{issuer_port}", 1),
        "rekorTlogUrls": service(f"{local}{rekor}", 2),
        "tsaUrls": service(f"{local}{tsa}/api/v1/timestamp", 1),
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "ANY"},
    }
    trust = {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": root,
        "signingConfig": signing,
    }
    files = {"root.json": root, "signing.json": signing, "trust.json": trust}
    for name, content in files.items():
        with open(name, "w", encoding="ascii") as file:
            json.dump(content, file)


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    numbers = [int(one) if one.isdigit() else one for one in rest]
    {"issuer": issuer, "token": token, "wait": wait, "configure": configure}[command](*numbers)
