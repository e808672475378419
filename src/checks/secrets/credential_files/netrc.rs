//! `.netrc` and the mail programs that copied its form: words, with the password behind
//! `password` (<https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html>).

use super::{Format, claim};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| {
        matches!(
            file.name,
            ".netrc" | "_netrc" | "netrc" | ".esmtprc" | ".msmtprc" | ".fetchmailrc" | ".authinfo"
        )
    },
    look,
};

static NETRC_PASSWORD: Kind = Kind {
    id: "netrc-password",
    provider: "netrc",
    credential: "login password",
    title: "Login password of a `.netrc` file",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing it at the machine it is for",
    },
};

fn look(scan: &mut Scan<'_>) {
    let mut expected = false;
    for line in super::lines(scan.bytes) {
        let mut at = line.start;
        for word in scan.text(line).split(u8::is_ascii_whitespace) {
            let start = at;
            at += word.len() + 1;
            if word.is_empty() {
                continue;
            }
            if word.starts_with(b"#") {
                break;
            }
            if expected {
                let quoted = word.len() > 2 && word.starts_with(b"\"") && word.ends_with(b"\"");
                let quote = usize::from(quoted);
                claim(
                    scan,
                    start + quote..start + word.len() - quote,
                    &NETRC_PASSWORD,
                );
            }
            expected = matches!(word, b"password" | b"passwd");
        }
    }
}
