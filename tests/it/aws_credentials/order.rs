//! Which source comes first, and what is told where there is none.

use super::{FUTURE, ROLE, assumed, chain, file, given, key_id, secret, told};
use crate::http::server::{Reply, Server};
use sealgate::support::aws::CredentialsError;

#[test]
fn the_first_source_that_has_any_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![
        (
            "POST /",
            vec![Reply::ok(assumed(
                "AssumeRoleWithWebIdentity",
                "OF-TOKEN",
                FUTURE,
            ))],
        ),
        ("/container", vec![Reply::ok(given("OF-CONTAINER", FUTURE))]),
    ]);
    let (secret, token) = (secret(), file(dir.path(), "token", "t.o.k\n"));
    let (sts, container) = (server.url("/"), server.url("/container"));
    let variables = [
        ("AWS_ACCESS_KEY_ID", "OF-VARIABLES"),
        ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", &sts),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container),
    ];
    let config =
        format!("[default]\naws_access_key_id=OF-PROFILE\naws_secret_access_key={secret}\n");
    assert_eq!(key_id(chain(&variables, &config).find()), "OF-VARIABLES");
    assert_eq!(key_id(chain(&variables[4..], &config).find()), "OF-PROFILE");
    assert_eq!(server.lines(), [""; 0]);
    assert_eq!(key_id(chain(&variables[2..], "").find()), "OF-TOKEN");
    // Before what the profile says, as boto3, the CLI, Go and Java have it.
    let program = "[default]\ncredential_process = /bin/sh -c 'exit 1'\n";
    for config in [config.as_str(), program] {
        assert_eq!(key_id(chain(&variables[2..], config).find()), "OF-TOKEN");
    }
    assert_eq!(key_id(chain(&variables[4..], "").find()), "OF-CONTAINER");
    // A profile that has settings only is passed over.
    let region = "[default]\nregion = eu-west-1\n";
    assert_eq!(
        key_id(chain(&variables[4..], region).find()),
        "OF-CONTAINER"
    );
}

#[test]
fn where_there_is_none_every_source_is_named_with_its_reason() {
    let (error, text) = told(chain(&[], "").find());
    assert!(matches!(error, CredentialsError::NotFound { .. }), "{text}");
    assert!(error.is_configuration());
    for part in [
        "AWS_ACCESS_KEY_ID is not set",
        "the profile `default` (the shared files have none)",
        "AWS_WEB_IDENTITY_TOKEN_FILE is not set",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "the instance's metadata (off by AWS_EC2_METADATA_DISABLED)",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn half_of_a_key_pair_is_told_and_no_other_identity_takes_its_place() {
    let secret = secret();
    let whole = format!("[default]\naws_access_key_id=A\naws_secret_access_key={secret}\n");
    for (variables, config, expected) in [
        (
            &[("AWS_ACCESS_KEY_ID", "A")][..],
            whole.as_str(),
            "AWS_SECRET_ACCESS_KEY is not",
        ),
        (
            &[("AWS_SECRET_ACCESS_KEY", secret.as_str())],
            &whole,
            "AWS_ACCESS_KEY_ID is not",
        ),
        (
            &[],
            "[default]\naws_access_key_id=A\n",
            "no `aws_secret_access_key`",
        ),
        (
            &[("AWS_PROFILE", "other")],
            &whole,
            "there is no such profile",
        ),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere")],
            "",
            "AWS_ROLE_ARN is not",
        ),
    ] {
        let (error, text) = told(chain(variables, config).find());
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{text}"
        );
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_profile_is_the_one_that_the_aws_cli_takes() {
    let secret = secret();
    let keys = |name: &str| {
        format!(
            "[profile {name}]\naws_access_key_id = OF-{name}\naws_secret_access_key = {secret}\n"
        )
    };
    let config = [keys("one"), keys("two"), keys("default")].concat();
    let (one, two) = (("AWS_PROFILE", "one"), ("AWS_DEFAULT_PROFILE", "two"));
    for (variables, expected) in [
        (&[one, two][..], "OF-one"),
        (&[one], "OF-one"),
        (&[two], "OF-two"),
        (&[("AWS_PROFILE", ""), two], "OF-two"),
        (&[], "OF-default"),
    ] {
        assert_eq!(key_id(chain(variables, &config).find()), expected);
    }
    let (_, text) = told(chain(&[("AWS_PROFILE", "nobody"), two], &config).find());
    assert!(text.contains("there is no such profile"), "{text}");
}

#[test]
fn endpoints_come_from_variables_then_services_then_the_profile() {
    let config = "[default]\nservices = local\nendpoint_url = http://of-profile.example\n[services local]\nsts =\n  endpoint_url = http://of-services.example\n";
    let ask = |variables: &[(&str, &str)], service: &str| {
        let environment = super::environment(variables, config);
        environment.endpoint(service).map(str::to_owned)
    };
    let one = ("AWS_ENDPOINT_URL_STS", "http://one.example");
    let all = ("AWS_ENDPOINT_URL", "http://all.example");
    for (variables, service, expected) in [
        (&[one, all][..], "STS", Some("http://one.example")),
        (&[one, all], "KMS", Some("http://all.example")),
        (&[], "STS", Some("http://of-services.example")),
        (&[], "KMS", Some("http://of-profile.example")),
        (
            &[one, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
            "STS",
            None,
        ),
    ] {
        assert_eq!(ask(variables, service).as_deref(), expected);
    }
}
