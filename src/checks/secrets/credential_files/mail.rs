//! `.msmtprc` and `.esmtprc`: `password WORD` lines of mail relays, quoted or not
//! (<https://marlam.de/msmtp/msmtp.html>).

use super::{ACCOUNT, Format, claim, lines};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::checks::secrets::value::trim;
use crate::model::Severity;
use std::ops::Range;

pub(super) const FORMAT: Format = Format {
    matches: |file| matches!(file.name, ".msmtprc" | "msmtprc" | ".esmtprc" | "esmtprc"),
    look,
};

static MAIL_LOGIN: Kind = Kind {
    id: "mail-login",
    provider: "mail relay",
    credential: "login",
    title: "Login of a mail relay",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing it at the mail server",
    },
};

fn look(scan: &mut Scan<'_>) {
    let mut accounts = Vec::new();
    let mut claimed = false;
    for line in lines(scan.bytes) {
        let Some((word, value)) = setting(scan, line) else {
            continue;
        };
        match scan.text(word) {
            b"password" => claimed |= claim(scan, value, &MAIL_LOGIN),
            b"user" | b"username" | b"host" | b"hostname" => accounts.push(value),
            _ => {}
        }
    }
    if claimed {
        for value in accounts {
            claim(scan, value, &ACCOUNT);
        }
    }
}

/// The first word of a line and what follows it.
fn setting(scan: &Scan<'_>, line: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let text = scan.text(line.clone());
    let indent = text.len() - text.trim_ascii_start().len();
    let rest = text.get(indent..)?;
    let length = rest.iter().position(u8::is_ascii_whitespace)?;
    let start = line.start + indent;
    let mut value = trim(scan.bytes, start + length..line.end);
    if let [b'"', .., b'"'] = scan.text(value.clone()) {
        value = value.start + 1..value.end - 1;
    }
    Some((start..start + length, value))
}
