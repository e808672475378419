//! What was sent to a registry or its token service, and must not be shown where a server
//! repeats it.

use crate::model::Redacted;
use crate::oci::credentials::Credential;
use crate::support::http::reason_of_body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::cell::RefCell;
use std::cmp::Reverse;
use url::form_urlencoded;

/// Every secret of a run, in each form that is sent or that a server may repeat.
#[derive(Default)]
pub(super) struct Secrets(RefCell<Vec<Redacted>>);

impl Secrets {
    /// What a credential consists of.
    pub(super) fn add_credential(&self, credential: &Credential) {
        match credential {
            Credential::Basic { user, password } => {
                self.add(password.expose());
                let pair = format!("{user}:{}", password.expose());
                self.add(&STANDARD.encode(&pair));
                self.add(&pair);
            }
            Credential::Identity(token) | Credential::Bearer(token) => self.add(token.expose()),
        }
    }

    /// A secret, or the value of a header with one.
    pub(super) fn add(&self, secret: &str) {
        let forms = [
            secret.to_owned(),
            // A reason is shown with single spaces.
            secret.split_whitespace().collect::<Vec<_>>().join(" "),
            form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            serde_json::Value::from(secret)
                .to_string()
                .trim_matches('"')
                .to_owned(),
        ];
        let mut known = self.0.borrow_mut();
        for form in forms {
            if !form.is_empty() && !known.iter().any(|other| other.expose() == form) {
                known.push(Redacted::new(form));
            }
        }
        // A secret within another one leaves nothing of that one behind.
        known.sort_by_key(|secret| Reverse(secret.expose().len()));
    }

    /// What a server says with a refusal, one line without any of the secrets.
    pub(super) fn reason(&self, body: &[u8]) -> Option<String> {
        reason_of_body(body, &Vec::from_iter(self.0.borrow().iter()))
    }

    /// A text with something of a server in it, without any of the secrets.
    pub(super) fn hide(&self, text: &str) -> String {
        self.reason(text.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_credential_is_hidden_and_the_rest_is_shown() {
        let password = ["p+ss  wo", "rd&made-\"up"].concat();
        let secrets = Secrets::default();
        secrets.add_credential(&Credential::Basic {
            user: "builder".to_owned(),
            password: Redacted::new(password.as_str()),
        });
        let encoded: String = form_urlencoded::byte_serialize(password.as_bytes()).collect();
        for form in [
            password.clone(),
            encoded,
            password.replace("  ", " "),
            password.replace('"', "\\\""),
            STANDARD.encode(format!("builder:{password}")),
            format!("Basic {}", STANDARD.encode(format!("builder:{password}"))),
        ] {
            let shown = secrets.hide(&format!("not with {form}, no"));
            assert!(shown.starts_with("not with "), "{shown}");
            assert!(shown.ends_with("***, no"), "{shown}");
            for part in ["wo", "rd&", "rd%26", "YnVpbGRlcj"] {
                assert!(!shown.contains(part), "{shown}");
            }
        }
        assert_eq!(secrets.hide("builder may not"), "builder may not");
    }
}
