//! Tests of where credentials are found.

use super::*;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

type Asked = Rc<RefCell<Vec<(String, String)>>>;

struct Helpers(Asked, Result<Option<Vec<u8>>, String>);

impl HelperProgram for Helpers {
    fn get(&self, program: &str, server: &str) -> Result<Option<Vec<u8>>, String> {
        let asked = (program.to_owned(), server.to_owned());
        self.0.borrow_mut().push(asked);
        self.1.clone()
    }
}

fn file(value: &Value) -> ConfigFile {
    ConfigFile {
        path: PathBuf::from("config.json"),
        bytes: value.to_string().into_bytes(),
    }
}

fn with(
    value: &Value,
    says: Result<Option<Vec<u8>>, String>,
) -> (Result<Credentials, OciError>, Asked) {
    let asked = Asked::default();
    let helpers = Helpers(Rc::clone(&asked), says);
    (Credentials::new(vec![file(value)], helpers), asked)
}

fn shown(credential: Option<Credential>) -> String {
    match credential {
        None => "none".to_owned(),
        Some(Credential::Basic { user, password }) => format!("{user}:{}", password.expose()),
        Some(Credential::Identity(token)) => format!("identity {}", token.expose()),
        Some(Credential::Bearer(token)) => format!("bearer {}", token.expose()),
    }
}

#[test]
fn entries_are_found_by_host_and_the_longest_name_wins() {
    let auth = |pair: &str| json!({ "auth": STANDARD.encode(pair) });
    let value = json!({"auths": {
        "r.example": auth("u:host"),
        "r.example/team": auth("u:team"),
        "https://old.example/v1/": auth("u:p:with:colons"),
        "id.example": {"auth": STANDARD.encode("<token>:"), "identitytoken": "made-up"},
        "fields.example:5000": {"username": "a", "password": "b"},
        "direct.example": {"registrytoken": "made-up"},
        "empty.example": {}
    }});
    let (credentials, _) = with(&value, Ok(None));
    let credentials = credentials.unwrap();
    for (host, repository, expected) in [
        ("r.example", "app", "u:host"),
        ("r.example", "team/app", "u:team"),
        ("r.example", "teams/app", "u:host"),
        ("old.example", "app", "u:p:with:colons"),
        ("id.example", "app", "identity made-up"),
        ("fields.example:5000", "app", "a:b"),
        ("fields.example", "app", "none"),
        ("direct.example", "app", "bearer made-up"),
        ("empty.example", "app", "none"),
        ("evil-r.example", "app", "none"),
        ("r.example.evil", "app", "none"),
    ] {
        let found = credentials.find(host, repository).unwrap();
        assert_eq!(shown(found), expected, "{host}/{repository}");
    }
}

#[test]
fn a_version_is_taken_off_a_host_and_never_off_a_repository() {
    let auth = |pair: &str| json!({ "auth": STANDARD.encode(pair) });
    let value = json!({"auths": {
        "r.example/team/v2": auth("u:v2"),
        "r.example/team": auth("u:team"),
        "old.example/v2/": auth("u:old"),
    }});
    let credentials = with(&value, Ok(None)).0.unwrap();
    for (host, repository, expected) in [
        ("r.example", "team/app", "u:team"),
        ("r.example", "team/v2", "u:v2"),
        ("r.example", "team/v2/app", "u:v2"),
        ("r.example", "other", "none"),
        ("old.example", "app", "u:old"),
    ] {
        let found = credentials.find(host, repository).unwrap();
        assert_eq!(shown(found), expected, "{host}/{repository}");
    }
}

#[test]
fn a_login_at_docker_hub_counts_under_each_of_its_names() {
    let auth = json!({ "auth": STANDARD.encode("u:hub") });
    let key = hub_key(HUB).unwrap();
    let registry = format!("registry-1.{HUB}");
    for stored in [key, HUB, &registry] {
        let value = json!({"auths": {(stored): auth}});
        let credentials = with(&value, Ok(None)).0.unwrap();
        for host in [HUB, &registry] {
            let found = credentials.find(host, "team/app").unwrap();
            assert_eq!(shown(found), "u:hub", "{stored}: {host}");
        }
        let evil = format!("evil.{HUB}");
        for host in ["r.example", &evil] {
            let found = credentials.find(host, "team/app").unwrap();
            assert_eq!(shown(found), "none", "{stored}: {host}");
        }
    }
    let says = json!({"Username": "u", "Secret": "made-up"}).to_string();
    for value in [
        json!({"credsStore": "desktop"}),
        json!({"credHelpers": {(key): "desktop"}}),
    ] {
        let (credentials, asked) = with(&value, Ok(Some(says.clone().into_bytes())));
        let found = credentials.unwrap().find(&registry, "team/app").unwrap();
        assert_eq!(shown(found), "u:made-up");
        let asked = asked.borrow();
        assert_eq!(asked[0].1, key);
    }
}

#[test]
fn helpers_are_asked_for_their_hosts_and_the_store_for_the_rest() {
    let says = json!({"ServerURL": "x", "Username": "u", "Secret": "made-up"});
    let value = json!({
        "auths": {"https://stored.example/v1/": {}},
        "credHelpers": {"ecr.example": "ecr-login"},
        "credsStore": "desktop"
    });
    let (credentials, asked) = with(&value, Ok(Some(says.to_string().into_bytes())));
    let credentials = credentials.unwrap();
    for host in ["ecr.example", "stored.example", "other.example"] {
        let found = credentials.find(host, "app").unwrap();
        assert_eq!(shown(found), "u:made-up");
    }
    let pair = |program: &str, server: &str| (program.to_owned(), server.to_owned());
    assert_eq!(
        *asked.borrow(),
        [
            pair("docker-credential-ecr-login", "ecr.example"),
            pair("docker-credential-desktop", "https://stored.example/v1/"),
            pair("docker-credential-desktop", "other.example"),
        ]
    );
    let (nothing, _) = with(&value, Ok(None));
    let found = nothing.unwrap().find("ecr.example", "app").unwrap();
    assert!(found.is_none());
}

#[test]
fn helpers_that_fail_lie_or_are_paths_are_errors_without_their_output() {
    let value = json!({"credsStore": "desktop"});
    let secret = ["sec", "ret-of-a-helper"].concat();
    for says in [
        Err("it ended with 1".to_owned()),
        Ok(Some(secret.clone().into_bytes())),
        Ok(Some(json!({"Secret": secret}).to_string().into_bytes())),
        Ok(Some(
            json!({"Username": "", "Secret": secret})
                .to_string()
                .into_bytes(),
        )),
    ] {
        let error = with(&value, says).0.unwrap().find("r.example", "app");
        let error = error.unwrap_err();
        assert!(matches!(error, OciError::Helper { .. }), "{error}");
        assert!(!error.to_string().contains(&secret), "{error}");
    }
    for name in ["../../evil", "/bin/sh", "a b", ""] {
        let value = json!({"credHelpers": {"r.example": name}});
        let (credentials, asked) = with(&value, Ok(None));
        let error = credentials.unwrap().find("r.example", "app").unwrap_err();
        assert!(matches!(error, OciError::BadCredentials { .. }), "{error}");
        assert!(asked.borrow().is_empty());
    }
}

#[test]
fn a_file_that_is_none_is_an_error_that_tells_nothing_of_it() {
    let secret = ["sec", "ret-in-a-file"].concat();
    for value in [
        json!({ "auths": secret }),
        json!({ "credsStore": [secret] }),
        json!([secret]),
    ] {
        let made = with(&value, Ok(None)).0;
        if value.is_array() {
            assert!(made.unwrap().find("r.example", "a").unwrap().is_none());
            continue;
        }
        let error = made.err().unwrap();
        assert!(!error.to_string().contains(&secret), "{error}");
    }
    for auth in ["%%%", &STANDARD.encode("no-colon")] {
        let value = json!({"auths": {"r.example": {"auth": auth}}});
        let error = with(&value, Ok(None)).0.unwrap().find("r.example", "a");
        assert!(matches!(error, Err(OciError::BadCredentials { .. })));
    }
    let broken = ConfigFile {
        path: PathBuf::from("config.json"),
        bytes: format!("{{\"auths\": {{\"x\": \"{secret}").into_bytes(),
    };
    let error = Credentials::new(vec![broken], SystemHelpers { path: None });
    let error = error.err().unwrap();
    assert!(!error.to_string().contains(&secret), "{error}");
    let empty = ConfigFile {
        path: PathBuf::from("config.json"),
        bytes: Vec::new(),
    };
    assert!(Credentials::new(vec![empty], SystemHelpers { path: None }).is_ok());
}
