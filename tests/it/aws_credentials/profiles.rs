//! Roles in profiles, and profiles that lead to one another.

use super::{FUTURE, Posted, ROLE, assumed, chain, given, keeping, key_id, secret, told};
use crate::http::server::{Reply, Server};
use sealgate::support::aws::CredentialsError;

fn keys(id: &str) -> String {
    format!(
        "aws_access_key_id = {id}\naws_secret_access_key = {}\n",
        secret()
    )
}

fn sts(posted: &Posted) -> Server {
    let one = keeping(posted, Reply::ok(assumed("AssumeRole", "OF-ROLE", FUTURE)));
    let two = keeping(
        posted,
        Reply::ok(assumed("AssumeRole", "OF-SECOND", FUTURE)),
    );
    Server::start(vec![
        ("POST /", vec![one, two]),
        ("/container", vec![Reply::ok(given("OF-CONTAINER", FUTURE))]),
    ])
}

#[test]
fn a_role_is_asked_for_with_the_keys_of_its_source_profile() {
    let posted = Posted::default();
    let server = sts(&posted);
    let config = format!(
        "[profile base]\n{}[profile release]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = e/1\nrole_session_name = nightly\nduration_seconds = 900\nregion = eu-central-1\n",
        keys("OF-BASE")
    );
    let endpoint = server.url("/");
    let variables = [
        ("AWS_PROFILE", "release"),
        ("AWS_ENDPOINT_URL_STS", endpoint.as_str()),
        ("AWS_REGION", "us-west-2"),
    ];
    let found = chain(&variables, &config).find().unwrap();
    assert_eq!(found.key_id.expose(), "OF-ROLE");
    assert_eq!(found.token.unwrap().expose(), super::session());
    assert_eq!(
        *posted.lock().unwrap(),
        [
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Frelease&RoleSessionName=nightly&ExternalId=e%2F1&DurationSeconds=900"
        ]
    );
    let seen = server.seen();
    let signature = seen[0].header("authorization").unwrap();
    assert!(signature.contains("Credential=OF-BASE/"), "{signature}");
    assert!(
        signature.contains("/eu-central-1/sts/aws4_request"),
        "{signature}"
    );
}

#[test]
fn roles_may_lead_to_roles_and_a_source_with_keys_is_not_asked_for_its_role() {
    let posted = Posted::default();
    let server = sts(&posted);
    let config = format!(
        "[profile base]\nrole_arn = arn:aws:iam::1:role/never\nsource_profile = nobody\n{}[profile middle]\nrole_arn = arn:aws:iam::1:role/middle\nsource_profile = base\n[profile release]\nrole_arn = {ROLE}\nsource_profile = middle\n",
        keys("OF-BASE")
    );
    let endpoint = server.url("/");
    let variables = [
        ("AWS_PROFILE", "release"),
        ("AWS_ENDPOINT_URL_STS", endpoint.as_str()),
    ];
    assert_eq!(key_id(chain(&variables, &config).find()), "OF-SECOND");
    let posted = posted.lock().unwrap();
    assert!(posted[0].contains("role%2Fmiddle"), "{posted:?}");
    assert!(posted[1].contains("role%2Frelease"), "{posted:?}");
    let seen = server.seen();
    assert!(
        seen[1]
            .header("authorization")
            .unwrap()
            .contains("OF-ROLE/")
    );
    assert_eq!(
        seen[1].header("x-amz-security-token"),
        Some(super::session().as_str())
    );
}

#[test]
fn a_profile_may_be_its_own_source_if_it_has_keys() {
    let server = sts(&Posted::default());
    let role = format!("[default]\nrole_arn = {ROLE}\nsource_profile = default\n");
    let endpoint = server.url("/");
    let variables = [("AWS_ENDPOINT_URL_STS", endpoint.as_str())];
    let with_keys = format!("{role}{}", keys("OF-SELF"));
    assert_eq!(key_id(chain(&variables, &with_keys).find()), "OF-ROLE");
    let (_, text) = told(chain(&variables, &role).find());
    assert!(text.contains("circle"), "{text}");
}

#[test]
fn a_source_may_be_the_environment_or_the_container() {
    let secret = secret();
    for (source, more, expected) in [
        ("Environment", false, "OF-VARIABLES/"),
        ("EcsContainer", true, "OF-CONTAINER/"),
    ] {
        let server = sts(&Posted::default());
        let config = format!("[default]\nrole_arn = {ROLE}\ncredential_source = {source}\n");
        let (endpoint, container) = (server.url("/"), server.url("/container"));
        let mut variables = vec![("AWS_ENDPOINT_URL_STS", endpoint.as_str())];
        if more {
            variables.push(("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container));
            assert_eq!(key_id(chain(&variables, &config).find()), "OF-ROLE");
            let asked = server.seen();
            assert!(asked[1].header("authorization").unwrap().contains(expected));
        } else {
            // The environment itself comes before the profile; without it, it is no source.
            let (_, text) = told(chain(&variables, &config).find());
            assert!(text.contains("AWS_ACCESS_KEY_ID is not set"), "{text}");
            variables.push(("AWS_ACCESS_KEY_ID", "OF-VARIABLES"));
            variables.push(("AWS_SECRET_ACCESS_KEY", &secret));
            assert_eq!(key_id(chain(&variables, &config).find()), "OF-VARIABLES");
        }
    }
}

#[test]
fn profiles_that_cannot_be_used_say_why_and_nobody_is_asked() {
    let base = format!("[profile base]\n{}", keys("OF-BASE"));
    let role = format!("[default]\nrole_arn = {ROLE}\n");
    for (config, expected) in [
        (role.clone(), "no `source_profile`"),
        (
            format!("{role}source_profile = none\n"),
            "the profile `none`: there is no such profile",
        ),
        (
            format!("{role}source_profile = base\n[profile base]\nregion = x\n"),
            "names no credentials",
        ),
        (
            format!("{role}source_profile = base\ncredential_source = Environment\n{base}"),
            "both",
        ),
        (
            format!("{role}source_profile = base\nmfa_serial = arn:mfa\n{base}"),
            "mfa_serial",
        ),
        (
            format!("{role}credential_source = Keyring\n"),
            "`Keyring` is no",
        ),
        (
            format!("{role}credential_source = Ec2InstanceMetadata\n"),
            "off by",
        ),
        (
            format!(
                "{role}source_profile = a\n[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n"
            ),
            "circle",
        ),
        (
            format!("{role}source_profile = base\nregion = evil.example/#\n{base}"),
            "no region with a known server",
        ),
        (
            format!("{role}source_profile = base\nendpoint_url = http://sts.example/\n{base}"),
            "is not encrypted",
        ),
        (
            "[default]\nlogin_session = arn:aws:iam::1:user/a\n".to_owned(),
            "`login_session` is not read",
        ),
    ] {
        let (error, text) = told(chain(&[], &config).find());
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{text}"
        );
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let mut environment = super::environment(&[], "");
    environment.unreadable = Some("cannot read `~/.aws/config`".to_owned());
    let found = sealgate::support::aws::Chain::new(environment, Default::default()).find();
    let (error, text) = told(found);
    assert!(
        matches!(error, CredentialsError::Configuration { .. }),
        "{text}"
    );
    assert!(text.contains("cannot read `~/.aws/config`"), "{text}");
}
