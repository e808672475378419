//! The shared files `~/.aws/credentials` and `~/.aws/config`: sections of `name = value`.
//!
//! Source: docs.aws.amazon.com/sdkref/latest/guide/file-format.html. In `credentials` a
//! profile's section is `[NAME]`, in `config` it is `[profile NAME]`, and `[default]` for
//! the profile `default`.

use super::Keys;
use crate::model::Redacted;
use std::collections::BTreeMap;

/// The values of one profile.
#[derive(Debug, Clone, Default)]
pub struct Profile(BTreeMap<String, Redacted>);

impl Profile {
    /// The profile `name` of the two files; the one of credentials wins.
    #[must_use]
    pub fn of(name: &str, credentials: Option<&str>, config: Option<&str>) -> Self {
        let in_config = match name {
            "default" => vec!["default".to_owned(), "profile default".to_owned()],
            name => vec![format!("profile {name}")],
        };
        let mut values = BTreeMap::new();
        read(config.unwrap_or_default(), &in_config, &mut values);
        let in_credentials = [name.to_owned()];
        read(
            credentials.unwrap_or_default(),
            &in_credentials,
            &mut values,
        );
        Self(values)
    }

    /// A value that is not empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Redacted> {
        self.0.get(name).filter(|value| !value.expose().is_empty())
    }

    /// Its keys, if it has any. Roles, single sign-on and `credential_process` are none.
    #[must_use]
    pub fn keys(&self) -> Option<Keys> {
        Some(Keys {
            key_id: self.value("aws_access_key_id")?.clone(),
            secret: self.value("aws_secret_access_key")?.clone(),
            token: self.value("aws_session_token").cloned(),
        })
    }
}

fn read(text: &str, sections: &[String], values: &mut BTreeMap<String, Redacted>) {
    let mut inside = false;
    for line in text.lines() {
        // An indented line belongs to the value before it, a nested setting of one service.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            let header: Vec<&str> = header.split_whitespace().collect();
            inside = sections.contains(&header.join(" "));
        } else if let (true, Some((name, value))) = (inside, line.split_once('=')) {
            values.insert(
                name.trim().to_ascii_lowercase(),
                Redacted::new(value.trim()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "# a comment\n[default]\naws_access_key_id = of-default\naws_secret_access_key=x=y\n\n[release]\naws_access_key_id=of-release\naws_secret_access_key = s\naws_session_token = t\n";
    const CONFIG: &str = "[default]\nregion = eu-central-1\ns3 =\n  region = nested\n[profile  release]\r\nregion = us-west-2\r\naws_access_key_id = loses\n[release]\nregion = no-profile\n";

    fn shown(profile: &Profile, name: &str) -> Option<String> {
        profile.value(name).map(|value| value.expose().to_owned())
    }

    #[test]
    fn a_profile_has_the_values_of_both_files_and_of_no_other_profile() {
        let profile = Profile::of("release", Some(CREDENTIALS), Some(CONFIG));
        let keys = profile.keys().unwrap();
        assert_eq!(keys.key_id.expose(), "of-release");
        assert_eq!(keys.token.unwrap().expose(), "t");
        assert_eq!(shown(&profile, "region").as_deref(), Some("us-west-2"));
        let profile = Profile::of("default", Some(CREDENTIALS), Some(CONFIG));
        assert_eq!(profile.keys().unwrap().secret.expose(), "x=y");
        assert!(profile.keys().unwrap().token.is_none());
        assert_eq!(shown(&profile, "region").as_deref(), Some("eu-central-1"));
    }

    #[test]
    fn what_is_not_there_is_not_made_up() {
        for (credentials, config) in [
            (None, None),
            (Some(""), Some("[")),
            (
                Some("aws_access_key_id = outside\naws_secret_access_key = s\n"),
                None,
            ),
            (
                Some("[release]\naws_access_key_id =\naws_secret_access_key = s\n"),
                None,
            ),
        ] {
            assert!(
                Profile::of("release", credentials, config).keys().is_none(),
                "{credentials:?}"
            );
        }
        assert!(
            Profile::of("other", Some(CREDENTIALS), Some(CONFIG))
                .keys()
                .is_none()
        );
    }
}
