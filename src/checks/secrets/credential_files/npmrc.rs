//! `.npmrc` and `.yarnrc`: `_authToken`, `_auth` and `_password` of a registry; and
//! Python's `.pypirc`.

use super::{Format, claim_fields};
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| {
        matches!(
            file.name,
            ".npmrc" | "npmrc" | ".yarnrc" | ".yarnrc.yml" | ".pypirc"
        )
    },
    look: |scan| {
        let fields = [
            "_authToken",
            "_auth",
            "_password",
            "npmAuthToken",
            "npmAuthIdent",
            "password",
        ];
        claim_fields(scan, &fields, &REGISTRY_LOGIN);
    },
};

static REGISTRY_LOGIN: Kind = Kind {
    id: "package-registry-login",
    provider: "package registry",
    credential: "login",
    title: "Package registry login",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Replace {
        revoke: "at the package registry",
        instead: "trusted publishing, or short-lived tokens that the build asks for (AWS CodeArtifact `login`)",
    },
};
