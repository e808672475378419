//! Lines of configuration without what they say under the name of a credential. A password
//! of words is none that a rule for secrets knows: its name tells.

use crate::checks::registry::rules::STALE_LOCKFILE;
use crate::model::{Detail, Finding};

/// Parts of names that hold a credential, in lower case.
const NAMES: [&str; 17] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "_auth",
    "authident",
    "authorization",
    "bearer",
    "apikey",
    "api_key",
    "api-key",
    "privatekey",
    "private_key",
    "accesskey",
    "access_key",
];

/// What opens a block or a list of them; whatever follows is hidden.
const BLOCK: &str = "credential";

/// Whether a finding lies in a client's configuration.
pub fn is_configuration(finding: &Finding) -> bool {
    let Detail::Registry(detail) = &finding.detail else {
        return false;
    };
    let mut places = detail.configuration.iter();
    finding.rule.id != STALE_LOCKFILE.id && places.any(|place| place.location == finding.location)
}

/// The line up to the value of the first name of a credential, and `***` in the place of all
/// that follows: where a value ends depends on the client.
pub fn without_named(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let ends = NAMES.iter().flat_map(|name| {
        let found = lower.match_indices(name);
        found.filter_map(|(at, name)| value_at(line, at + name.len()))
    });
    let blocks = lower.match_indices(BLOCK);
    let blocks = blocks.filter_map(|(at, name)| {
        let end = at + name.len();
        let rest = line.get(end..)?;
        // `credentials {` and `credentials(`, not `packageSourceCredentials>`.
        let open = rest.find(['{', '('])?;
        let is_block = rest
            .get(..open)?
            .chars()
            .all(|c| c == 's' || c.is_whitespace());
        is_block.then_some(end + open + 1)
    });
    // `value` may stand before the name in an element of XML.
    let is_named = NAMES.iter().any(|name| lower.contains(name));
    let attribute = lower
        .find("value")
        .filter(|_| is_named && line.contains('<'));
    let attribute = attribute.and_then(|at| value_at(line, at + "value".len()));
    let first = ends.chain(blocks).chain(attribute).min();
    match first.and_then(|at| line.split_at_checked(at)) {
        Some((before, after)) if !after.trim().is_empty() => format!("{before}***"),
        _ => line.to_owned(),
    }
}

/// Where the value of a name begins whose part ends at `end`: behind the rest of the name, a
/// quote, and `=`, `:`, `>`, `(`, a comma or blanks.
fn value_at(line: &str, end: usize) -> Option<usize> {
    let rest = line.get(end..)?;
    let named = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let bare = named.trim_start_matches(['"', '\'', ']']);
    let value = bare.trim_start_matches(|c: char| c.is_whitespace() || "=:>(,".contains(c));
    (value.len() < bare.len()).then_some(line.len() - value.len())
}

#[cfg(test)]
mod tests {
    use super::without_named;

    #[test]
    fn what_stands_under_the_name_of_a_credential_is_not_shown() {
        let word = ["correct-horse", "-battery"].concat();
        for (line, shown) in [
            (
                "acme = { username = \"bob\", password = \"W\", url = \"https://a.example/\" }",
                "acme = { username = \"bob\", password = ***",
            ),
            (
                "x = { index = \"sparse+https://a.example/\", token = 'W' }",
                "x = { index = \"sparse+https://a.example/\", token = ***",
            ),
            (
                "    credentials { username 'bob'; password 'W' }",
                "    credentials {***",
            ),
            ("password(\"W\")", "password(***"),
            (
                "<add key=\"ClearTextPassword\" value=\"W\" />",
                "<add key=\"ClearTextPassword\" ***",
            ),
            (
                "<add value=\"W\" key=\"ClearTextPassword\" />",
                "<add value=***",
            ),
            ("<password>W</password>", "<password>***"),
            ("//a.example/:_authToken=W", "//a.example/:_authToken=***"),
            (
                "\"//a.example/:_authToken\" \"W\"",
                "\"//a.example/:_authToken\" ***",
            ),
            (
                "//a.example/:_auth = W and more",
                "//a.example/:_auth = ***",
            ),
            ("npmAuthToken: W", "npmAuthToken: ***"),
            ("password = \"\"\"W\"\"\"", "password = ***"),
            ("API_KEY=W", "API_KEY=***"),
        ] {
            assert_eq!(without_named(&line.replace('W', &word)), shown);
        }
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        for line in [
            "registry = \"https://tokens.example/password/\"",
            "<packageSourceCredentials>",
            "strict-ssl=false",
            "password =",
            "always-auth=true",
            "",
        ] {
            assert_eq!(without_named(line), line);
        }
    }
}
