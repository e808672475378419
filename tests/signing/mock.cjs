// Fulcio with certificate transparency, and Rekor 1, of npm's @sigstore/mock behind a real
// port: for services.sh on machines without Go. Its timestamp authority does not speak RFC
// 3161's questions, and its log takes files alone.
//
//   node mock.cjs PORT FILE     FILE: the trusted root, written before the port opens

const crypto = require("crypto");
const fs = require("fs");
const http = require("http");
const mock = require(require.resolve("@sigstore/mock", { paths: [process.cwd()] }));

const pair = () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
const digest = (bytes) => crypto.createHash("sha256").update(bytes).digest();
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

async function main(port, file) {
  const log = pair();
  const certificates = pair();
  const ctlog = await mock.initializeCTLog(certificates);
  const authority = await mock.initializeCA(pair(), ctlog);
  const tlog = await mock.initializeTLog("https://rekor.acme.example", log);
  const window = { start: "2020-01-01T00:00:00Z" };
  const instance = (key, details) => {
    const der = key.publicKey.export({ format: "der", type: "spki" });
    return {
      baseUrl: "https://log.acme.example",
      hashAlgorithm: "SHA2_256",
      publicKey: { rawBytes: base64(der), keyDetails: details, validFor: window },
      logId: { keyId: base64(digest(der)) },
    };
  };
  const root = {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [instance(log, "PKIX_ECDSA_P256_SHA_256")],
    certificateAuthorities: [
      {
        uri: "https://fulcio.acme.example",
        certChain: { certificates: [{ rawBytes: base64(authority.rootCertificate) }] },
        validFor: window,
      },
    ],
    ctlogs: [instance(certificates, "PKIX_ECDSA_P256_SHA_256")],
    timestampAuthorities: [],
  };
  fs.writeFileSync(file, JSON.stringify(root));
  const handlers = [mock.fulcioHandler(authority), mock.rekorHandler(tlog)];
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const handler = handlers.find((one) => one.path === request.url);
    if (!handler) {
      response.writeHead(request.url === "/ready" ? 200 : 404).end();
      return;
    }
    const answer = await handler.fn(Buffer.concat(pieces).toString());
    response.writeHead(answer.statusCode, { "Content-Type": answer.contentType ?? "text/plain" });
    response.end(answer.response);
  });
  server.listen(Number(port), "127.0.0.1");
}

main(process.argv[2], process.argv[3]);
