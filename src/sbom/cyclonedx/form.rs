//! The forms that texts of CycloneDX have (`format` and `pattern` of the published
//! schemas).

use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

/// A form that a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A reference by RFC 3987: an address, absolute or not.
    Iri,
    /// An absolute address.
    Uri,
    /// Hex digits of a known length.
    Digest,
    /// An e-mail address.
    Email,
    /// A time by RFC 3339.
    Time,
    /// A date by RFC 3339.
    Date,
    /// `en` or `en-US`.
    Locale,
    /// A media type.
    Mime,
    /// An id of the Common Requirements Enumeration.
    Cre,
    /// Two capital letters.
    Country,
    /// Number of a patent or of an application for one.
    PatentNumber,
}

impl Form {
    /// The form of a word of `fields.txt`.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "iri" => Self::Iri,
            "uri" => Self::Uri,
            "digest" => Self::Digest,
            "email" => Self::Email,
            "time" => Self::Time,
            "date" => Self::Date,
            "locale" => Self::Locale,
            "mime" => Self::Mime,
            "cre" => Self::Cre,
            "country" => Self::Country,
            "patent-number" => Self::PatentNumber,
            _ => return None,
        })
    }

    /// What a text of this form is.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iri => "reference by RFC 3987",
            Self::Uri => "absolute URI",
            Self::Digest => "hash in hexadecimal",
            Self::Email => "e-mail address",
            Self::Time => "RFC 3339 time",
            Self::Date => "RFC 3339 date",
            Self::Locale => "locale such as `en` or `en-US`",
            Self::Mime => "media type",
            Self::Cre => "id such as `CRE:764-507`",
            Self::Country => "code of a country in two letters",
            Self::PatentNumber => "number of a patent",
        }
    }

    /// Whether a text has this form.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Iri => is_iri_reference(text),
            Self::Uri => is_iri_reference(text) && url::Url::parse(text).is_ok(),
            Self::Digest => {
                matches!(text.len(), 32 | 40 | 64 | 96 | 128)
                    && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            }
            Self::Email => text.split_once('@').is_some_and(|(user, host)| {
                !user.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace)
            }),
            Self::Time => is_time(text),
            Self::Date => text.len() == 10 && text.parse::<Date>().is_ok(),
            Self::Locale => is_locale(text),
            Self::Mime => text.split_once('/').is_some_and(|(kind, rest)| {
                let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_of_media_type);
                is_part(kind) && is_part(rest)
            }),
            Self::Cre => text
                .strip_prefix("CRE:")
                .and_then(|numbers| numbers.split_once('-'))
                .is_some_and(|(one, other)| are_digits(one) && are_digits(other)),
            Self::Country => text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()),
            Self::PatentNumber => is_patent_number(text),
        }
    }
}

/// No character that RFC 3987 allows in none of its parts, no percent sign without its two
/// digits, one `#` at most.
fn is_iri_reference(text: &str) -> bool {
    text.chars().all(is_of_iri)
        && text.split('%').skip(1).all(begins_with_digits)
        && text.matches('#').count() <= 1
}

fn is_of_iri(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
        )
}

/// The two digits of an escape.
fn begins_with_digits(rest: &str) -> bool {
    let mut digits = rest.chars();
    let mut is_digit = || digits.next().is_some_and(|c| c.is_ascii_hexdigit());
    is_digit() && is_digit()
}

/// A text as a reference by RFC 3987: what may not stand in one is percent-encoded.
pub fn as_iri_reference(text: &str) -> String {
    let mut reference = String::with_capacity(text.len());
    let mut has_fragment = false;
    for (at, c) in text.char_indices() {
        let rest = text.get(at + 1..).unwrap_or_default();
        let stays = match c {
            '%' => begins_with_digits(rest),
            '#' => !std::mem::replace(&mut has_fragment, true),
            c => is_of_iri(c),
        };
        match stays {
            true => reference.push(c),
            false => {
                let mut bytes = [0; 4];
                let bytes = c.encode_utf8(&mut bytes).as_bytes();
                reference.push_str(&percent_encode(bytes, NON_ALPHANUMERIC).to_string());
            }
        }
    }
    reference
}

/// The parser alone takes other forms of ISO 8601 as well.
fn is_time(text: &str) -> bool {
    let marks = [(4, "-"), (7, "-"), (10, "Tt"), (13, ":"), (16, ":")];
    let is_mark = |(at, marks): (usize, &str)| {
        let byte = text.as_bytes().get(at);
        byte.is_some_and(|byte| marks.as_bytes().contains(byte))
    };
    marks.into_iter().all(is_mark) && text.parse::<Timestamp>().is_ok()
}

fn is_locale(text: &str) -> bool {
    let is = |part: &str, test: fn(&u8) -> bool| part.len() == 2 && part.bytes().all(|b| test(&b));
    match text.split_once('-') {
        Some((language, region)) => {
            is(language, u8::is_ascii_lowercase) && is(region, u8::is_ascii_uppercase)
        }
        None => is(text, u8::is_ascii_lowercase),
    }
}

fn is_of_media_type(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.')
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_patent_number(text: &str) -> bool {
    let is_outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_inner = |c: char| {
        c.is_ascii_alphanumeric() || c.is_whitespace() || matches!(c, '-' | '/' | '.' | '(' | ')')
    };
    (2..=30).contains(&text.chars().count())
        && is_outer(text.bytes().next())
        && is_outer(text.bytes().last())
        && text.chars().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_tells_what_has_it_from_what_has_not() {
        for (form, fitting, others) in [
            (
                Form::Iri,
                &["https://é.example/a?b#c", "../a%20b", "urn:x:1", "a", ""][..],
                &["no such", "a%2", "a%zz", "<a>", "a\n", "a#b#c", "{a}"][..],
            ),
            (
                Form::Digest,
                &["00112233445566778899AABBCCDDEEFF"],
                &["", "0011", "x0112233445566778899aabbccddeeff"],
            ),
            (Form::Uri, &["urn:a:b", "https://a.example"], &["a", "/a b"]),
            (Form::Email, &["a@b"], &["a", "@b", "a@", "a b@c"]),
            (
                Form::Time,
                &["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.5+01:00"],
                &["2026-01-02", "20260102T030405Z", "2026-01-02 03:04:05Z"],
            ),
            (Form::Date, &["2026-01-02"], &["2026-13-02", "20260102"]),
            (Form::Locale, &["en", "en-US"], &["EN", "en-us", "english"]),
            (Form::Mime, &["text/x.a+b"], &["text", "Text/plain", "a/"]),
            (Form::Cre, &["CRE:1-22"], &["CRE:1", "CRE:-1", "cre:1-2"]),
            (Form::Country, &["AT"], &["at", "AUT"]),
            (
                Form::PatentNumber,
                &["US 7.1/2(b)c", "A1"],
                &["A", "-A1", "A_1"],
            ),
        ] {
            for text in fitting {
                assert!(form.fits(text), "{form:?}: {text}");
            }
            for text in others {
                assert!(!form.fits(text), "{form:?}: {text}");
            }
        }
    }

    #[test]
    fn what_may_not_stand_in_a_reference_is_encoded() {
        for (text, reference) in [
            ("cpe:2.3:a:acme\\/x:1", "cpe:2.3:a:acme%5C/x:1"),
            ("a b%20c%zz#d#e", "a%20b%20c%25zz#d%23e"),
            ("\u{7f}\u{e9}", "%7F\u{e9}"),
            ("https://a.example/", "https://a.example/"),
        ] {
            assert_eq!(as_iri_reference(text), reference);
            assert!(Form::Iri.fits(reference));
        }
    }
}
