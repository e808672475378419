//! The stable ids of the reasons why a signature does not count.

use crate::model::rules;

rules! {
    BAD_CERTIFICATE = "signing/bad-certificate", "unusable certificate",
        "The signing certificate cannot be read, or does not name exactly one signer.",
        "Sign again with a certificate of Sigstore's kind";
    BAD_CHECKPOINT = "signing/bad-checkpoint", "checkpoint not signed by the log",
        "The tree head beside the inclusion proof is not signed by the log that the entry names.",
        "Get the bundle again from its source; do not use the artifact";
    BAD_INCLUSION_PROMISE = "signing/bad-inclusion-promise", "forged promise of the log",
        "The log's signed promise (SET) does not cover this entry and its time.",
        "Get the bundle again from its source; do not use the artifact";
    BAD_INCLUSION_PROOF = "signing/bad-inclusion-proof", "entry is not in the log",
        "The inclusion proof does not lead from the entry to the tree head.",
        "Get the bundle again from its source; do not use the artifact";
    BAD_KEY = "signing/bad-key", "unusable public key",
        "The public key cannot be read, or is of a kind that is not allowed.",
        "Use ECDSA P-256 or P-384, Ed25519, or RSA of 2048 to 8192 bits";
    BAD_SCT = "signing/bad-sct", "certificate not promised to a trusted log",
        "The certificate's timestamp of a certificate transparency log does not verify.",
        "Check the trusted root; else do not use the artifact";
    BAD_SIGNATURE = "signing/bad-signature", "signature does not verify",
        "The signature does not fit the key or certificate and what was signed.",
        "Do not use the artifact: it or the bundle was tampered with";
    BAD_TIMESTAMP = "signing/bad-timestamp", "timestamp does not verify",
        "A timestamp cannot be read, or no authority of the trusted root has signed it.",
        "Check the trusted root; else do not use the artifact";
    BAD_TRUSTED_ROOT = "signing/bad-trusted-root", "unusable trusted root",
        "The trusted root is malformed, or names a key, log or authority twice.",
        "Get the trusted root again from the instance that it describes";
    CERTIFICATE_EXPIRED = "signing/certificate-expired", "signed after the certificate expired",
        "A verified signing time is later than the certificate's last moment.",
        "Sign again";
    CERTIFICATE_NOT_YET_VALID = "signing/certificate-not-yet-valid", "signed before the certificate was issued",
        "A verified signing time is earlier than the certificate's first moment.",
        "Sign again";
    KEY_OUTSIDE_TIME = "signing/key-outside-time", "key does not count at that time",
        "The file of trusted keys limits the time in which this key counts, and the signature was made outside of it, or nothing proves that it was made inside.",
        "Sign again with a current key, or with a timestamp";
    LOG_ENTRY_COUNT = "signing/log-entry-count", "other number of log entries",
        "The bundle does not have as many log entries as are asked for.",
        "Sign with a tool that logs the signature, or ask for another number with --log-entries";
    LOG_ENTRY_TWICE = "signing/log-entry-twice", "the same log entry twice",
        "Two log entries of the bundle are one, or are of one log where several logs are asked for.",
        "Get the bundle again from its source";
    MALFORMED_BUNDLE = "signing/malformed-bundle", "unreadable bundle",
        "The bundle cannot be read strictly: cut short, a key twice, unknown or missing parts.",
        "Get the bundle again from its source";
    MALFORMED_LOG_ENTRY = "signing/malformed-log-entry", "unreadable log entry",
        "The body of a log entry cannot be read, or is of a kind that does not fit the bundle.",
        "Get the bundle again from its source";
    MALFORMED_STATEMENT = "signing/malformed-statement", "unreadable statement",
        "The signed payload is no well-formed in-toto statement.",
        "Make the attestation again with a tool that writes in-toto statements";
    MISSING_CHECKPOINT = "signing/missing-checkpoint", "no tree head",
        "The inclusion proof comes without a signed tree head, so it proves nothing.",
        "Sign again with a tool that writes complete bundles";
    MISSING_INCLUSION_PROOF = "signing/missing-inclusion-proof", "no inclusion proof",
        "A log entry comes without a proof that the log holds it, whatever version the bundle claims.",
        "Sign again with a tool that writes complete bundles";
    MISSING_SCT = "signing/missing-sct", "certificate was never logged",
        "The certificate carries no timestamp of a certificate transparency log.",
        "Sign again, or say --without-sct for an instance that issues none";
    NEEDS_FILE = "signing/needs-file", "the digest is not enough",
        "Only the artifact's SHA-256 was given, and this bundle needs its bytes or another digest.",
        "Name the file instead of its digest";
    NO_BUNDLE = "signing/no-bundle", "nothing is attached",
        "No Sigstore bundle is attached to the image.",
        "Sign the image, or look with sealgate discover at what is there";
    NO_SIGNING_TIME = "signing/no-signing-time", "no trustworthy signing time",
        "Nothing proves when the signature was made, so the certificate may have expired before.",
        "Sign again with a timestamp";
    NOT_BY_CERTIFICATE = "signing/not-by-certificate", "signed by a key",
        "The bundle is signed by a key, where a certificate identity is required.",
        "Name the key with --key, or get the keyless bundle";
    NOT_BY_KEY = "signing/not-by-key", "signed with a certificate",
        "The bundle is signed with a certificate, where a key is required.",
        "Name the signer with --certificate-identity and --certificate-oidc-issuer";
    OLD_BUNDLE = "signing/old-bundle", "old bundle version",
        "The bundle says that it has version 0.1 or 0.2.",
        "Sign again with bundle v0.3, or say --allow-old-bundles";
    OTHER_LOG_ENTRY = "signing/other-log-entry", "log entry of another signature",
        "The log entry does not describe this bundle's signature, signer and content.",
        "Do not use the artifact: the bundle was put together from others";
    OTHER_PREDICATE = "signing/other-predicate", "attestation of another type",
        "The bundle verifies, but it says something else about the image than what is asked for.",
        "Ask for its type with --type, or attach what is asked for";
    OTHER_SUBJECT = "signing/other-subject", "bundle of another artifact",
        "The bundle is genuine, but about other bytes than the artifact.",
        "Get the artifact that was signed, or the bundle of this one";
    SIGNATURE_COUNT = "signing/signature-count", "not exactly one signature",
        "The envelope has no signature, or several; which of them would count is unclear.",
        "Get the bundle again: one bundle for each signer";
    TIMESTAMP_OF_OTHER_SIGNATURE = "signing/timestamp-of-other-signature", "timestamp of another signature",
        "The timestamp is about another signature than the bundle's.",
        "Do not use the artifact: the bundle was put together from others";
    TIMESTAMP_OUTSIDE_AUTHORITY = "signing/timestamp-outside-authority", "timestamp outside its authority's time",
        "The timestamp's time is outside the time in which the trusted root trusts its authority.",
        "Get a current trusted root; else do not use the artifact";
    UNKNOWN_LOG = "signing/unknown-log", "log is not trusted",
        "The log entry is of a log that the trusted root does not name.",
        "Name the trusted root of the instance that was signed with: --trusted-root, --staging";
    UNSUPPORTED_ALGORITHM = "signing/unsupported-algorithm", "algorithm is not allowed",
        "The bundle uses a hash, key or signature algorithm that is not on the list.",
        "Sign again with ECDSA P-256 or P-384, Ed25519 or RSA, and SHA-256 or SHA-384";
    UNTRUSTED_CERTIFICATE = "signing/untrusted-certificate", "certificate is not from the trusted root",
        "No authority of the trusted root has issued the certificate for signing code at that time.",
        "Name the trusted root of the instance that was signed with; else do not use the artifact";
    UNUSABLE_SUBJECT = "signing/unusable-subject", "statement about nothing that can be compared",
        "The statement has no subjects, or one without a strong digest in lower-case hex.",
        "Make the attestation again with SHA-256 digests of the artifacts";
    WRONG_CLAIM = "signing/wrong-claim", "certificate claims something else",
        "A claim of the certificate that is required is missing, or has another value.",
        "Get the artifact from the build that is required, or correct the condition";
    WRONG_CONTENT = "signing/wrong-content", "bundle of another kind",
        "The bundle signs a file where a statement is expected, or the reverse.",
        "Name the other bundle";
    WRONG_IDENTITY = "signing/wrong-identity", "signed by somebody else",
        "The certificate names another signer than the one that is required.",
        "Get the artifact from the signer that is required, or correct the identity";
    WRONG_ISSUER = "signing/wrong-issuer", "signer known to another issuer",
        "Another issuer than the required one has vouched for the signer.",
        "Get the artifact from the signer that is required, or correct the issuer";
    WRONG_KEY = "signing/wrong-key", "signed by another key",
        "The bundle names another key than the one that is required.",
        "Verify with the public key of the signer that you expect";
    WRONG_LOG_TIME = "signing/wrong-log-time", "log time does not fit",
        "The time at which the log took the entry is in the future, or outside the certificate's validity.",
        "Check this machine's clock; else do not use the artifact";
    WRONG_PAYLOAD_TYPE = "signing/wrong-payload-type", "envelope of another kind",
        "The envelope's payload type is not that of an in-toto statement.",
        "Name a bundle that holds an in-toto statement";
}
