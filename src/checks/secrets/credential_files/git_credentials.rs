//! `.git-credentials`: one URL with user and password per line
//! (<https://git-scm.com/docs/git-credential-store#_storage_format>). Unlike in URLs
//! elsewhere, the password may hold any character here.

use super::{Format, claim, lines};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| matches!(file.name, ".git-credentials" | "git-credentials"),
    look,
};

static GIT_PASSWORD: Kind = Kind {
    id: "git-credentials-password",
    provider: "Git",
    credential: "password or token",
    title: "Git password or token of a `.git-credentials` file",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "at the Git host",
    },
};

fn look(scan: &mut Scan<'_>) {
    for line in lines(scan.bytes) {
        let text = scan.text(line.clone());
        let Some(authority) = memchr::memmem::find(text, b"://").map(|i| i + 3) else {
            continue;
        };
        let rest = text.get(authority..).unwrap_or_default();
        if let (Some(colon), Some(at)) = (memchr::memchr(b':', rest), memchr::memrchr(b'@', rest))
            && colon < at
        {
            let start = line.start + authority;
            claim(scan, start + colon + 1..start + at, &GIT_PASSWORD);
        }
    }
}
