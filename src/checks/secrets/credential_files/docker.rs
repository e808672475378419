//! Docker's `config.json` and `.dockercfg`: `auth` is base64 of `user:password`
//! (<https://docs.docker.com/reference/cli/docker/login/#credential-stores>).

use super::{Format, claim_logins};
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| {
        matches!(file.name, ".dockercfg" | ".dockerconfigjson")
            || file.path == ".docker/config.json"
            || file.path.ends_with("/.docker/config.json")
    },
    look: |scan| {
        claim_logins(
            scan,
            &["auth", "identitytoken", "registrytoken"],
            &DOCKER_LOGIN,
            &["email"],
        );
    },
};

static DOCKER_LOGIN: Kind = Kind {
    id: "docker-login",
    provider: "Docker",
    credential: "registry login",
    title: "Docker registry login",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Replace {
        revoke: "at the container registry",
        instead: "a credential helper, or a role of the build (Amazon ECR credential helper)",
    },
};
