//! The keys of Rails' encrypted credentials: `config/master.key` and
//! `config/credentials/*.key`, 32 hex digits
//! (<https://guides.rubyonrails.org/security.html#custom-credentials>).

use super::{Format, claim};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::checks::secrets::value::trim;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| {
        file.name == "master.key"
            || (file.name.ends_with(".key") && file.path.contains("config/credentials/"))
    },
    look,
};

static RAILS_KEY: Kind = Kind {
    id: "rails-master-key",
    provider: "Ruby on Rails",
    credential: "credentials key",
    title: "Ruby on Rails credentials key",
    rule: &CREDENTIAL_FILE,
    severity: Severity::Critical,
    remedy: Remedy::Rotate {
        revoke: "by encrypting the credentials under a new key (`rails credentials:edit`) and changing each of them",
    },
};

fn look(scan: &mut Scan<'_>) {
    let value = trim(scan.bytes, 0..scan.bytes.len());
    let text = scan.text(value.clone());
    if matches!(text.len(), 32 | 64) && text.iter().all(u8::is_ascii_hexdigit) {
        claim(scan, value, &RAILS_KEY);
    }
}
