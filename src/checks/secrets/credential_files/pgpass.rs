//! `.pgpass`: `hostname:port:database:username:password`
//! (<https://www.postgresql.org/docs/current/libpq-pgpass.html>).

use super::{Format, claim, lines};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| matches!(file.name, ".pgpass" | "pgpass.conf"),
    look,
};

static PGPASS_PASSWORD: Kind = Kind {
    id: "pgpass-password",
    provider: "PostgreSQL",
    credential: "database password",
    title: "PostgreSQL password of a `.pgpass` file",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Replace {
        revoke: "by changing it in the database",
        instead: "IAM database authentication or the Secrets Manager integration",
    },
};

fn look(scan: &mut Scan<'_>) {
    for line in lines(scan.bytes) {
        let text = scan.text(line.clone());
        if text.starts_with(b"#") {
            continue;
        }
        let mut escaped = false;
        let mut colons = 0;
        let fourth = text.iter().position(|b| {
            let is_colon = *b == b':' && !escaped;
            escaped = *b == b'\\' && !escaped;
            colons += usize::from(is_colon);
            colons == 4
        });
        if let Some(fourth) = fourth {
            claim(scan, line.start + fourth + 1..line.end, &PGPASS_PASSWORD);
        }
    }
}
