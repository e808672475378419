//! Names of keys behind PKCS#11: `pkcs11:token=release;object=signing`.
//!
//! Source: RFC 7512. What would be left out of account is refused: an attribute that nobody
//! compares would make two keys one.

use super::error::Pkcs11Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// What these names begin with.
pub const PKCS11_SCHEME: &str = "pkcs11:";

/// A name of a private key: which token, which key, and by which module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pkcs11Uri {
    text: String,
    pub(super) token: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) slot: Option<u64>,
    pub(super) object: Option<String>,
    pub(super) id: Option<Vec<u8>>,
    module: Option<PathBuf>,
}

impl Pkcs11Uri {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Pkcs11Error::BadName`]: no such name, an attribute that is unknown or there twice,
    /// neither `object` nor `id`, a PIN.
    pub fn parse(text: &str) -> Result<Self, Pkcs11Error> {
        let bad = |reason: String| Pkcs11Error::BadName { reason };
        let rest = text.strip_prefix(PKCS11_SCHEME);
        let rest = rest.ok_or_else(|| bad(format!("it does not begin with `{PKCS11_SCHEME}`")))?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let mut uri = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        let mut seen = Vec::new();
        let mut attribute = |part: &str| {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| bad("an attribute is not of the form `name=value`".to_owned()))?;
            if seen.iter().any(|other| other == name) {
                return Err(bad(format!("`{name}` is there twice")));
            }
            seen.push(name.to_owned());
            Ok((name.to_owned(), decode(name, value)?))
        };
        for part in path.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = attribute(part)?;
            uri.take(&name, value)?;
        }
        for part in query.into_iter().flat_map(|query| query.split('&')) {
            let (name, value) = attribute(part)?;
            match name.as_str() {
                "module-path" => uri.module = Some(PathBuf::from(text_of(&name, value)?)),
                "pin-value" | "pin-source" => {
                    return Err(bad(format!(
                        "`{name}`: the PIN comes from --passphrase-file, --passphrase-fd or \
                         SEALGATE_PASSPHRASE"
                    )));
                }
                _ => return Err(bad(format!("`{name}` is not known; `module-path` is"))),
            }
        }
        if uri.object.is_none() && uri.id.is_none() {
            return Err(bad("it names no key: add `object=…` or `id=…`".to_owned()));
        }
        Ok(uri)
    }

    fn take(&mut self, name: &str, value: Vec<u8>) -> Result<(), Pkcs11Error> {
        let bad = |reason: String| Pkcs11Error::BadName { reason };
        if name == "id" {
            if value.is_empty() {
                return Err(bad("`id` is empty".to_owned()));
            }
            self.id = Some(value);
            return Ok(());
        }
        let value = text_of(name, value)?;
        match name {
            "token" => self.token = Some(value),
            "serial" => self.serial = Some(value),
            "manufacturer" => self.manufacturer = Some(value),
            "model" => self.model = Some(value),
            "object" => self.object = Some(value),
            "slot-id" => {
                let slot = value.parse();
                let slot = slot.map_err(|_| bad("`slot-id` is not a number".to_owned()))?;
                self.slot = Some(slot);
            }
            "type" if value == "private" => {}
            "type" => return Err(bad("only keys of `type=private` sign".to_owned())),
            _ => return Err(bad(format!("`{name}` is not known"))),
        }
        Ok(())
    }

    /// The module that it names, to be loaded.
    #[must_use]
    pub fn module(&self) -> Option<&Path> {
        self.module.as_deref()
    }
}

/// As it was written: no secret can be in it.
impl fmt::Display for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The bytes of a value; each `%` must begin an encoded one.
fn decode(name: &str, value: &str) -> Result<Vec<u8>, Pkcs11Error> {
    let bad = |reason: &str| Pkcs11Error::BadName {
        reason: format!("the value of `{name}` {reason}"),
    };
    let mut parts = value.split('%');
    let is_plain = parts.next().is_some();
    let is_encoded = |part: &str| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !is_plain || !parts.all(is_encoded) {
        return Err(bad("is not percent-encoded"));
    }
    if value.chars().any(|c| c.is_control() || c == ' ') {
        return Err(bad("has a space or control character: encode it"));
    }
    Ok(percent_encoding::percent_decode_str(value).collect())
}

fn text_of(name: &str, value: Vec<u8>) -> Result<String, Pkcs11Error> {
    match String::from_utf8(value) {
        Ok(text) if text.contains('\0') => Err(format!("the value of `{name}` has a NUL")),
        Ok(text) if text.is_empty() => Err(format!("`{name}` is empty")),
        Ok(text) => Ok(text),
        Err(_) => Err(format!("the value of `{name}` is not UTF-8")),
    }
    .map_err(|reason| Pkcs11Error::BadName { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_token_key_and_module() {
        let text = "pkcs11:token=My%20token;serial=01ab;slot-id=7;id=%00%fF;object=a%3Bb;\
                    type=private?module-path=/usr/lib/m.so";
        let uri = Pkcs11Uri::parse(text).unwrap();
        assert_eq!(uri.token.as_deref(), Some("My token"));
        assert_eq!(uri.serial.as_deref(), Some("01ab"));
        assert_eq!(uri.slot, Some(7));
        assert_eq!(uri.id.as_deref(), Some(&[0, 255][..]));
        assert_eq!(uri.object.as_deref(), Some("a;b"));
        assert_eq!(uri.module(), Some(Path::new("/usr/lib/m.so")));
        assert_eq!(uri.to_string(), text);
    }

    #[test]
    fn what_would_be_left_out_of_account_is_refused() {
        for (text, word) in [
            ("pkcs11:", "names no key"),
            ("pkcs11:token=a", "names no key"),
            ("pkcs11:object=a;object=b", "`object` is there twice"),
            ("pkcs11:object=a;x-vendor=b", "`x-vendor` is not known"),
            (
                "pkcs11:object=a;library-version=3",
                "`library-version` is not known",
            ),
            ("pkcs11:object=a;type=cert", "only keys of `type=private`"),
            ("pkcs11:object=a;slot-id=-1", "`slot-id` is not a number"),
            ("pkcs11:object", "not of the form"),
            ("pkcs11:object=", "`object` is empty"),
            ("pkcs11:id=", "`id` is empty"),
            ("pkcs11:object=%4", "not percent-encoded"),
            ("pkcs11:object=%zz", "not percent-encoded"),
            ("pkcs11:object=%ff", "not UTF-8"),
            ("pkcs11:object=%00", "has a NUL"),
            ("pkcs11:object=a b", "encode it"),
            ("pkcs11:object=a?pin-value=1234", "--passphrase-file"),
            ("pkcs11:object=a?pin-source=file:/p", "--passphrase-file"),
            (
                "pkcs11:object=a?module-name=m",
                "`module-name` is not known",
            ),
            ("pkcs11:object=a?module-path=a&module-path=b", "there twice"),
            ("PKCS11:object=a", "does not begin with"),
        ] {
            let error = Pkcs11Uri::parse(text).unwrap_err();
            assert!(matches!(error, Pkcs11Error::BadName { .. }), "{text}");
            assert!(error.to_string().contains(word), "{text}: {error}");
            assert!(!error.to_string().contains("1234"), "{error}");
        }
    }
}
