//! The shared files `~/.aws/credentials` and `~/.aws/config`: sections of `name = value`.
//!
//! Source: docs.aws.amazon.com/sdkref/latest/guide/file-format.html. In `credentials` a
//! profile's section is `[NAME]`, in `config` it is `[profile NAME]`, and `[default]` for
//! the profile `default`. `config` also has `[sso-session NAME]` and `[services NAME]`.

use crate::model::Redacted;
use std::collections::BTreeMap;

/// The values of one section; those of an indented block have the name of the line that it
/// follows before their own: `sts.endpoint_url`.
#[derive(Debug, Clone, Default)]
pub struct Profile(BTreeMap<String, Redacted>);

impl Profile {
    /// A value that is not empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Redacted> {
        self.0.get(name).filter(|value| !value.expose().is_empty())
    }

    /// The same as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).map(Redacted::expose)
    }
}

/// All sections of both files.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    profiles: BTreeMap<String, Profile>,
    sso_sessions: BTreeMap<String, Profile>,
    services: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Of the texts of the two files; values of `credentials` win.
    #[must_use]
    pub fn of(credentials: Option<&str>, config: Option<&str>) -> Self {
        let mut all = Self::default();
        let config: Vec<(Vec<String>, _)> = sections(config.unwrap_or_default());
        // `[default]` first, so that `[profile default]` wins.
        for plain in [true, false] {
            for (header, values) in &config {
                let header: Vec<&str> = header.iter().map(String::as_str).collect();
                let (map, name) = match header.as_slice() {
                    ["default"] if plain => (&mut all.profiles, "default"),
                    ["profile", name] if !plain => (&mut all.profiles, *name),
                    ["sso-session", name] if !plain => (&mut all.sso_sessions, *name),
                    ["services", name] if !plain => (&mut all.services, *name),
                    _ => continue,
                };
                let section = map.entry(name.to_owned()).or_default();
                section.0.extend(values.clone());
            }
        }
        for (header, values) in sections(credentials.unwrap_or_default()) {
            let section = all.profiles.entry(header.join(" ")).or_default();
            section.0.extend(values);
        }
        all
    }

    /// The profile of a name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// The single sign-on session of a name.
    #[must_use]
    pub fn sso_session(&self, name: &str) -> Option<&Profile> {
        self.sso_sessions.get(name)
    }

    /// The services' own settings of a name.
    #[must_use]
    pub fn services(&self, name: &str) -> Option<&Profile> {
        self.services.get(name)
    }
}

/// The sections of a text: the words of the header, and the values.
fn sections(text: &str) -> Vec<(Vec<String>, BTreeMap<String, Redacted>)> {
    let mut found: Vec<(Vec<String>, BTreeMap<String, Redacted>)> = Vec::new();
    // The line that an indented block belongs to.
    let mut above = String::new();
    for line in text.lines() {
        let is_indented = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let (Some(header), false) = (line.strip_prefix('['), is_indented) {
            let header = header.split(']').next().unwrap_or_default();
            found.push((words(header), BTreeMap::new()));
            above.clear();
            continue;
        }
        let (Some((_, values)), Some((name, value))) = (found.last_mut(), line.split_once('='))
        else {
            continue;
        };
        let mut name = name.trim().to_ascii_lowercase();
        match is_indented {
            true => name = format!("{above}.{name}"),
            false => above.clone_from(&name),
        }
        values.insert(name, Redacted::new(without_comment(value).trim()));
    }
    found
}

/// The words of a header: the kind, and a name that may be quoted.
fn words(header: &str) -> Vec<String> {
    let header = header.trim();
    match header.split_once(char::is_whitespace) {
        Some((kind, name)) => {
            let name = name.trim();
            let bare = ['"', '\''].into_iter().find_map(|quote| {
                let inside = name.strip_prefix(quote)?.strip_suffix(quote)?;
                Some(inside.to_owned())
            });
            vec![kind.to_owned(), bare.unwrap_or_else(|| name.to_owned())]
        }
        None => vec![header.to_owned()],
    }
}

/// A value ends where white space and then `#` or `;` begins.
fn without_comment(value: &str) -> &str {
    let ends = [" #", " ;", "\t#", "\t;"];
    let end = ends.iter().filter_map(|mark| value.find(mark)).min();
    end.and_then(|end| value.get(..end)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "# a comment\n[default]\naws_access_key_id = of-default\naws_secret_access_key=x=y\n\n[release]\naws_access_key_id=of-release # a comment\naws_secret_access_key = s#s\naws_session_token = t\n";
    const CONFIG: &str = "[default]\nregion = eu-central-1\ns3 =\n  region = nested\n[profile  release]\r\nregion = us-west-2\r\naws_access_key_id = loses\n[release]\nregion = no-profile\n[sso-session \"my team\"]\nsso_region = eu-west-1\n[services local]\nsts =\n  endpoint_url = http://127.0.0.1:1\nkms =\n  endpoint_url = http://127.0.0.1:2\n[profile default]\noutput = json\n";

    fn shown(profile: &str, name: &str) -> Option<String> {
        let profiles = Profiles::of(Some(CREDENTIALS), Some(CONFIG));
        let profile = profiles.profile(profile).unwrap();
        profile.text(name).map(str::to_owned)
    }

    #[test]
    fn a_profile_has_the_values_of_both_files_and_of_no_other_profile() {
        for (profile, name, expected) in [
            ("release", "aws_access_key_id", Some("of-release")),
            ("release", "aws_secret_access_key", Some("s#s")),
            ("release", "aws_session_token", Some("t")),
            ("release", "region", Some("us-west-2")),
            ("default", "aws_secret_access_key", Some("x=y")),
            ("default", "aws_session_token", None),
            ("default", "region", Some("eu-central-1")),
            ("default", "output", Some("json")),
            ("default", "s3.region", Some("nested")),
        ] {
            assert_eq!(
                shown(profile, name).as_deref(),
                expected,
                "{profile} {name}"
            );
        }
    }

    #[test]
    fn sessions_and_services_are_sections_of_their_own() {
        let profiles = Profiles::of(Some(CREDENTIALS), Some(CONFIG));
        let session = profiles.sso_session("my team").unwrap();
        assert_eq!(session.text("sso_region"), Some("eu-west-1"));
        let services = profiles.services("local").unwrap();
        assert_eq!(
            services.text("sts.endpoint_url"),
            Some("http://127.0.0.1:1")
        );
        assert_eq!(
            services.text("kms.endpoint_url"),
            Some("http://127.0.0.1:2")
        );
        assert!(profiles.profile("my team").is_none());
        assert!(profiles.profile("local").is_none());
    }

    #[test]
    fn what_is_not_there_is_not_made_up() {
        for (credentials, config) in [
            (None, None),
            (Some(""), Some("[")),
            (Some("aws_access_key_id = outside\n"), None),
            (Some("[release]\naws_access_key_id =\n"), None),
            (None, Some("[release]\naws_access_key_id = a\n")),
        ] {
            let profiles = Profiles::of(credentials, config);
            let value = profiles
                .profile("release")
                .and_then(|profile| profile.value("aws_access_key_id"));
            assert!(value.is_none(), "{credentials:?}");
        }
        let profiles = Profiles::of(Some(CREDENTIALS), Some(CONFIG));
        assert!(profiles.profile("other").is_none());
    }
}
