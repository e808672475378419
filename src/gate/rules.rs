//! The stable ids of the reasons that a gate gives.

use crate::model::rules;

rules! {
    BAD_SIGNATURE = "gate/bad-signature", "signature does not verify",
        "An attestation names the key of a role, but its signature does not verify with that key: it was changed after it was signed, or forged.",
        "Find out who changed the attestations, and seal the artifact again";
    FUTURE_TIME = "gate/future-time", "attestation from the future",
        "The attestation states a time after now; it could outlast its age limit and hide newer results.",
        "Correct the clock of the machine that signed it, and sign again";
    MALFORMED_BUNDLE = "gate/malformed-bundle", "unreadable bundle",
        "A bundle cannot be read strictly: cut short, a key twice, unknown parts. What it would have said is unknown.",
        "Get the attestations again from where they were made";
    MALFORMED_STATEMENT = "gate/malformed-statement", "unreadable statement",
        "A trusted key signed something that is no well-formed statement of its type.",
        "Make the attestation again with a tool that writes this predicate";
    MISSING_PREDICATE = "gate/missing-predicate", "required attestation is missing",
        "The environment requires an attestation of this kind, and there is none for this artifact.",
        "Run the step that makes it, seal the artifact, and hand the file over: --attestations, or --vsa-in for a summary";
    NO_TIME = "gate/no-time", "attestation without a time",
        "The policy limits the age of this attestation, and it does not say when it was made.",
        "Make it with a tool that records the time, or take `max-age` out of the policy";
    OTHER_SUBJECT = "gate/other-subject", "attestation of another artifact",
        "The attestation is genuine, but it is about other bytes than the artifact at the gate.",
        "Promote the artifact that was tested, or test and seal this one";
    SBOM_INCOMPLETE = "gate/sbom-incomplete", "incomplete SBOM",
        "The SBOM does not say that it is complete, or lists fewer components than the policy asks for.",
        "Resolve what the SBOM lists as incomplete, and seal again";
    SCAN_FAILED = "gate/scan-failed", "scan failed",
        "The newest scan of the artifact's sources ended with a failed verdict.",
        "Fix the findings, scan, build and seal again";
    SCAN_INCOMPLETE = "gate/scan-incomplete", "scan without a required check",
        "The scan did not run every check that the environment requires; what it left out is unknown.",
        "Scan without `--only`, or name the checks that are enough with `checks` in the policy";
    SCAN_INCONCLUSIVE = "gate/scan-inconclusive", "scan inconclusive",
        "The newest scan could not check something that its policy requires.",
        "Close the gaps that the scan lists, scan and seal again";
    SCAN_OTHER_POLICY = "gate/scan-other-policy", "scan under another policy",
        "The scan was judged by another policy than the one that this environment demands.",
        "Scan with the policy whose digest the environment names";
    TESTS_FAILED = "gate/tests-failed", "tests failed",
        "The newest test result of the artifact is not a pass. An older pass does not outweigh it.",
        "Fix the tests, build, test and seal again";
    TESTS_WARNED = "gate/tests-warned", "tests passed with warnings",
        "Some tests passed only on another try, and the policy does not accept that.",
        "Make the tests reliable, or set `allow-warned = true`";
    TOO_FEW_TESTS = "gate/too-few-tests", "too few tests",
        "Fewer tests passed than the environment demands.",
        "Run the whole suite, or lower `min-tests` in the policy";
    TOO_OLD = "gate/too-old", "attestation is too old",
        "The attestation is older than the environment allows.",
        "Test or scan the artifact again, and seal it";
    UNKNOWN_ENVIRONMENT = "gate/unknown-environment", "unknown environment",
        "The policy does not define the environment that was asked for; the gate ends with exit code 2.",
        "Name one of the environments of the policy";
    UNTRUSTED_SIGNER = "gate/untrusted-signer", "signer has no role",
        "The required attestation exists, but no role of the policy has the key that signed it.",
        "Have it signed by the role that the policy names, or add the key to a role";
    VSA_FAILED = "gate/vsa-failed", "not passed in the environment before",
        "The newest verification summary of the environment before says FAILED.",
        "Pass that environment's gate first";
    VSA_OTHER_POLICY = "gate/vsa-other-policy", "passed under another policy",
        "The environment before was passed under another policy file than this one demands.",
        "Pass that environment's gate again with the policy that is named";
    WRONG_PAYLOAD_TYPE = "gate/wrong-payload-type", "envelope of another kind",
        "The envelope's payload type is not that of an in-toto statement, so the signature says nothing about one.",
        "Get the attestation again from where it was made";
    WRONG_SIGNER_ROLE = "gate/wrong-signer-role", "signed by the wrong role",
        "The required attestation is signed by a key of the policy, but of another role than the one demanded.",
        "Have it signed by the role that the policy names";
    ZERO_TESTS = "gate/zero-tests", "no tests ran",
        "The test result records that not a single test ran. A test run that tests nothing proves nothing.",
        "Check the test command and its filters, and test again";
}
