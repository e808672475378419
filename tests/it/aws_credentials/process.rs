//! `credential_process`: a program of the user's own.

use super::{FUTURE, PAST, key_id, secret, session, told};
use sealgate::support::aws::{Chain, CredentialsError, Keys};
use std::path::Path;

fn printed(version: u32, expires: &str) -> String {
    format!(
        r#"{{"Version":{version},"AccessKeyId":"OF-PROCESS","SecretAccessKey":"{}","SessionToken":"{}","Expiration":"{expires}"}}"#,
        secret(),
        session()
    )
}

/// Asks with a script that does something.
fn ask(script: &str, may_start: bool) -> Result<Keys, CredentialsError> {
    let dir = tempfile::tempdir().unwrap();
    super::file(dir.path(), "script", script);
    named(dir.path(), "/bin/sh \"script\" 'an argument'", may_start)
}

fn named(home: &Path, command: &str, may_start: bool) -> Result<Keys, CredentialsError> {
    let config = format!("[default]\ncredential_process = {command}\n");
    let mut environment = super::environment(&[("PATH", "bin:/nowhere")], &config);
    environment.home = Some(home.to_owned());
    environment.may_start_programs = may_start;
    Chain::new(environment, Default::default())
        .without_instance()
        .within(std::time::Duration::from_millis(700))
        .find()
}

#[test]
fn a_program_prints_the_keys() {
    let script = format!(
        "[ \"$1\" = 'an argument' ] && echo '{}'",
        printed(1, FUTURE)
    );
    let keys = ask(&script, true);
    assert_eq!(key_id(keys), "OF-PROCESS");
    // Keys without an end are taken as well.
    let script = format!(
        r#"echo '{{"Version":1,"AccessKeyId":"A","SecretAccessKey":"{}"}}'"#,
        secret()
    );
    assert!(ask(&script, true).unwrap().token.is_none());
}

#[test]
fn what_a_program_does_else_is_no_key() {
    for (script, is_configuration, expected) in [
        (
            "echo 'no login today' >&2; exit 7".to_owned(),
            true,
            "exit code 7: no login today",
        ),
        ("kill -9 $$".to_owned(), true, "a signal"),
        (
            format!("echo '{}'", printed(2, FUTURE)),
            false,
            "`Version` is 2",
        ),
        (
            format!("echo '{}'", printed(1, PAST)),
            true,
            "expired at 2001",
        ),
        ("echo hello".to_owned(), false, "no JSON"),
        (
            format!(
                r#"echo '{{"Version":1,"AccessKeyId":7,"SecretAccessKey":"{}"}}'"#,
                secret()
            ),
            false,
            "another type",
        ),
        ("exec sleep 1000".to_owned(), false, "longer than the limit"),
        (
            "head -c 1000000 /dev/zero".to_owned(),
            false,
            "more than the limit",
        ),
    ] {
        let (error, text) = told(ask(&script, true));
        assert!(text.contains(expected), "{expected} in {text}");
        assert!(
            text.contains("`credential_process` of the profile `default`"),
            "{text}"
        );
        assert_eq!(error.is_configuration(), is_configuration, "{text}");
    }
}

#[test]
fn a_program_that_is_not_there_or_not_the_users_is_not_started() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("started");
    super::file(
        dir.path(),
        "script",
        &format!("echo > {}", marker.display()),
    );
    for (command, expected) in [
        ("no-such-program", "is not found"),
        ("./script", "is not found"),
        ("bin/script", "is not found"),
        ("/nowhere/at/all", "cannot start"),
        ("'unfinished", "no command line"),
    ] {
        let (error, text) = told(named(dir.path(), command, true));
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{text}"
        );
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let (error, text) = told(named(dir.path(), "/bin/sh script", false));
    assert!(
        matches!(error, CredentialsError::Configuration { .. }),
        "{text}"
    );
    assert!(text.contains("part of the judged tree"), "{text}");
    assert!(!marker.exists());
}
