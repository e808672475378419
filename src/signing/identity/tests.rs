use super::*;
use serde_json::{Value, json};

fn token(claims: &Value) -> String {
    let part = |value: &[u8]| URL_SAFE_NO_PAD.encode(value);
    let claims = part(claims.to_string().as_bytes());
    format!(
        "{}.{claims}.{}",
        part(br#"{"alg":"none"}"#),
        part(b"signature")
    )
}

fn good() -> Value {
    json!({"iss": "https://i.example", "sub": "s", "aud": "sigstore", "exp": 2_000_000_000})
}

fn with(edit: impl Fn(&mut Value)) -> Result<IdentityToken, TokenError> {
    let mut claims = good();
    edit(&mut claims);
    IdentityToken::parse(&token(&claims))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn a_token_is_read_and_never_shown() {
    let text = token(&good());
    let read = IdentityToken::parse(&format!(" {text}\n")).unwrap();
    assert_eq!((read.subject(), read.issuer()), ("s", "https://i.example"));
    assert_eq!(read.raw().expose(), text);
    assert!(!format!("{read:?}").contains(&text));
    assert!(read.check("sigstore", at(1_999_999_999)).is_ok());
    let email = with(|c| {
        c["email"] = json!("a@b.example");
        c["email_verified"] = json!(true);
        c["federated_claims"] = json!({"connector_id": "https://c.example", "user_id": "7"});
    })
    .unwrap();
    assert_eq!(email.subject(), "a@b.example");
    assert_eq!(email.connector(), Some("https://c.example"));
}

#[test]
fn what_is_no_token_is_refused_without_repeating_it() {
    let good = token(&good());
    let (head, rest) = good.split_once('.').unwrap();
    for text in [
        String::new(),
        "secret".to_owned(),
        format!("{head}.secret"),
        format!("{good}.x"),
        format!("{head}.***.x"),
        format!("{head}.{}.", rest.split_once('.').unwrap().0),
        token(&json!({"sub": "secret"})),
        token(&json!({"iss": "i", "sub": "", "exp": 1})),
        token(&json!({"iss": "i", "sub": "s", "exp": "secret"})),
        format!("{good}{}", "x".repeat(70_000)),
    ] {
        let error = IdentityToken::parse(&text).unwrap_err();
        assert!(matches!(error, TokenError::NotAToken { .. }), "{text}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let twice = URL_SAFE_NO_PAD.encode(r#"{"iss":"i","sub":"s","sub":"t","exp":1}"#);
    assert!(IdentityToken::parse(&format!("{head}.{twice}.x")).is_err());
    for (verified, good) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!("yes"), false),
    ] {
        let token = with(|c| {
            c["email"] = json!("a@b.example");
            c["email_verified"] = verified.clone();
        });
        assert_eq!(token.is_ok(), good, "{verified}");
    }
}

#[test]
fn audience_and_time_are_checked() {
    let list = with(|c| c["aud"] = json!(["other", "sigstore"])).unwrap();
    assert!(list.check("sigstore", at(0)).is_ok());
    for aud in [json!("other"), json!([]), json!("sigstore "), Value::Null] {
        let token = with(|c| c["aud"] = aud.clone()).unwrap();
        let error = token.check("sigstore", at(0)).unwrap_err();
        assert!(matches!(error, TokenError::WrongAudience { .. }), "{aud}");
    }
    let token = with(|c| c["nbf"] = json!(1_000_000_000)).unwrap();
    for (now, good) in [
        (999_999_939, false),
        (999_999_940, true),
        (1_999_999_999, true),
        (2_000_000_000, false),
    ] {
        assert_eq!(token.check("sigstore", at(now)).is_ok(), good, "{now}");
    }
}
