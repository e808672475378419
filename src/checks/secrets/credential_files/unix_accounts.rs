//! Password files of Unix and of web servers: `user:hash` lines of `.htpasswd`
//! (<https://httpd.apache.org/docs/current/misc/password_encryptions.html>) and of
//! `/etc/shadow` (shadow(5)). Hashes that name their method are found everywhere; the old
//! ones of 13 characters, and passwords in clear, only here.

use super::{Format, claim, lines};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| {
        matches!(
            file.name,
            "htpasswd" | "shadow" | "shadow-" | "gshadow" | "master.passwd"
        ) || file.name.ends_with(".htpasswd")
    },
    look,
};

static ENTRY: Kind = Kind {
    id: "password-file-entry",
    provider: "password file",
    credential: "password or its hash",
    title: "Entry of a password file",
    rule: &CREDENTIAL_FILE,
    severity: Severity::Medium,
    remedy: Remedy::Rotate {
        revoke: "by changing the password, since it can be guessed offline",
    },
};

fn look(scan: &mut Scan<'_>) {
    for line in lines(scan.bytes) {
        let text = scan.text(line.clone());
        scan.work.add(text.len());
        let Some(first) = memchr::memchr(b':', text) else {
            continue;
        };
        let rest = text.get(first + 1..).unwrap_or_default();
        let length = memchr::memchr(b':', rest).unwrap_or(rest.len());
        let hash = rest.get(..length).unwrap_or_default();
        // `!`, `*` and `x` lock an account or point elsewhere; a user has no blanks.
        let is_user = first > 0 && !text.starts_with(b"#") && !text.contains(&b' ');
        let is_locked = hash.len() < 4 || hash.starts_with(b"*") || hash.starts_with(b"!!");
        if is_user && !is_locked {
            let start = line.start + first + 1;
            claim(scan, start..start + length, &ENTRY);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::secrets::testing::expand;
    use crate::checks::secrets::{Rules, check_bytes};
    use crate::model::Detail;

    fn lines_of(path: &str, template: &str) -> Vec<Option<u32>> {
        let rules = Rules::load().unwrap();
        check_bytes(path, expand(template).as_bytes(), &rules)
            .into_iter()
            .map(|finding| {
                assert!(matches!(finding.detail, Detail::Secret(_)));
                finding.location.line
            })
            .collect()
    }

    #[test]
    fn every_account_with_a_hash_or_a_password_is_found() {
        let web = "jo:$apr1${alnum:8}${alnum:22}\nold:{alnum:13}\nclear:{weak}\n";
        for name in [".htpasswd", "conf/site.htpasswd"] {
            assert_eq!(lines_of(name, web), [Some(1), Some(2), Some(3)], "{name}");
        }
        let shadow = "root:$6${alnum:12}${alnum:86}:19000:0:99999:7:::\nold:{alnum:13}:1::::::\n";
        assert_eq!(lines_of("etc/shadow", shadow), [Some(1), Some(2)]);
    }

    #[test]
    fn locked_accounts_and_comments_are_left_alone() {
        let shadow = "# root:{alnum:13}\ndaemon:*:19000:0:99999:7:::\nbin:!:1::::::\nx:!!:1::::::\nlp:x:7:7\n\nnone\n";
        assert_eq!(lines_of("etc/shadow", shadow), []);
        assert_eq!(lines_of("notes.yml", "old:{alnum:13}\n"), []);
    }
}
