//! Firefox's `logins.json`: user names and passwords under a key that lies beside it in
//! `key4.db`, so without a primary password anyone can decrypt them.

use super::{Format, claim_logins};
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| matches!(file.name, "logins.json" | "logins-backup.json"),
    look: |scan| {
        claim_logins(
            scan,
            &["encryptedUsername", "encryptedPassword"],
            &FIREFOX_LOGIN,
            &["hostname"],
        );
    },
};

static FIREFOX_LOGIN: Kind = Kind {
    id: "firefox-login",
    provider: "Firefox",
    credential: "stored login",
    title: "Login stored by Firefox",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing the password of every site in the file",
    },
};
