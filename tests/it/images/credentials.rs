//! Whose credentials go where.

use super::stub::{
    REPOSITORY, Registry, Settings, USER, Wants, basic, password, token, token_service,
};
use super::{Scene, says};
use crate::http::server::{Reply, Server};
use crate::signing::{Ran, expect, key, write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn wanting(wants: Wants) -> Registry {
    Registry::start(Settings {
        wants,
        ..Settings::default()
    })
}

fn auth(user: &str, password: &str) -> Value {
    json!({"auth": STANDARD.encode(format!("{user}:{password}"))})
}

/// Writes docker's file for the registry.
fn docker(scene: &Scene, config: &Value) {
    let directory = scene.path().join(".docker");
    std::fs::create_dir_all(&directory).unwrap();
    write(
        &directory.join("config.json"),
        config.to_string().as_bytes(),
    );
}

fn host(registry: &Registry) -> String {
    registry.server.address.to_string()
}

fn shows_nothing(ran: &Ran) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    for secret in [password(), token(), basic()] {
        assert!(!all.contains(&secret), "{all}");
    }
}

#[test]
fn a_password_goes_to_the_registry_that_asks_for_it() {
    let registry = wanting(Wants::Basic);
    let scene = Scene::new();
    registry.image("one", "1.0");
    let image = registry.name(":1.0");
    let ran = scene.sign(2, &image);
    says(&ran, &["HTTP 401", "who are you", "docker login"]);
    docker(
        &scene,
        &json!({"auths": {host(&registry): auth(USER, "wrong")}}),
    );
    let ran = scene.sign(2, &image);
    says(&ran, &["HTTP 401", "do not have the right"]);
    docker(
        &scene,
        &json!({"auths": {host(&registry): auth(USER, &password())}}),
    );
    shows_nothing(&scene.sign(0, &image));
    scene.verify(0, &image);
    // Nothing is sent before it is asked for.
    assert_eq!(registry.server.seen()[0].header("authorization"), None);
}

#[test]
fn a_token_is_fetched_for_this_repository_and_the_password_goes_to_its_service_alone() {
    let service = token_service();
    let registry = wanting(Wants::Bearer(service.url("/token?account=made-up")));
    let scene = Scene::new();
    registry.image("one", "1.0");
    let image = registry.name(":1.0");
    let ran = scene.sign(2, &image);
    says(&ran, &["HTTP 401", "wrong password", "docker login"]);
    docker(
        &scene,
        &json!({"auths": {host(&registry): auth(USER, &password())}}),
    );
    shows_nothing(&scene.sign(0, &image));
    scene.verify(0, &image);
    let encoded = REPOSITORY.replace('/', "%2F");
    let lines = service.lines();
    let scope = |actions: &str| {
        format!(
            "GET /token?account=made-up&scope=repository%3A{encoded}%3A{actions}&service=images"
        )
    };
    assert_eq!(lines[1], scope("pull%2Cpush"));
    assert_eq!(lines[2], scope("pull"));
    let seen = registry.server.seen();
    assert!(
        seen.iter()
            .all(|seen| seen.header("authorization") != Some(&basic()))
    );
}

#[test]
fn a_public_image_is_read_with_a_token_for_nobody() {
    let open = json!({"access_token": token()}).to_string();
    let service = Server::start(vec![(crate::http::server::ANY, vec![Reply::ok(open)])]);
    let registry = wanting(Wants::Bearer(service.url("/token")));
    let scene = Scene::new();
    registry.image("one", "1.0");
    scene.verify(1, &registry.name(":1.0"));
    let seen = service.seen();
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|s| s.header("authorization").is_none()));
    // The token is not good for writing: it is for nobody, and the hint says so.
    let refusing = Registry::start(Settings {
        wants: Wants::Bearer(service.url("/token")),
        instead: Box::new(|asked| {
            let writes = asked.method == "POST";
            writes.then(|| super::stub::error(403, "DENIED"))
        }),
        ..Settings::default()
    });
    refusing.image("one", "1.0");
    says(
        &scene.sign(2, &refusing.name(":1.0")),
        &["DENIED", "docker login"],
    );
}

#[test]
fn an_identity_token_is_exchanged_and_never_sent_to_the_registry() {
    let service = token_service();
    let registry = wanting(Wants::Bearer(service.url("/token")));
    let scene = Scene::new();
    registry.image("one", "1.0");
    let entry = json!({"auth": STANDARD.encode("<token>:"), "identitytoken": token()});
    docker(&scene, &json!({"auths": {host(&registry): entry}}));
    shows_nothing(&scene.sign(0, &registry.name(":1.0")));
    assert_eq!(service.lines(), ["POST /token"]);
    let basic = wanting(Wants::Basic);
    basic.image("one", "1.0");
    let entry = json!({"identitytoken": token()});
    docker(&scene, &json!({"auths": {host(&basic): entry}}));
    let ran = scene.sign(3, &basic.name(":1.0"));
    says(&ran, &["identity token"]);
    shows_nothing(&ran);
    let seen = basic.server.seen();
    assert!(seen.iter().all(|s| s.header("authorization").is_none()));
}

#[test]
fn credentials_of_other_hosts_and_repositories_are_not_sent() {
    let registry = wanting(Wants::Basic);
    let scene = Scene::new();
    registry.image("one", "1.0");
    let own = host(&registry);
    let entry = auth(USER, &password());
    for name in [
        format!("{own}0"),
        "127.0.0.1".to_owned(),
        format!("{own}/team/app2"),
        "other.example".to_owned(),
    ] {
        docker(&scene, &json!({"auths": {name: entry}}));
        scene.sign(2, &registry.name(":1.0"));
    }
    let seen = registry.server.seen();
    assert!(seen.iter().all(|s| s.header("authorization").is_none()));
    docker(&scene, &json!({"auths": {format!("{own}/team"): entry}}));
    scene.sign(0, &registry.name(":1.0"));
}

#[test]
fn every_place_that_docker_and_podman_know_is_read() {
    let registry = wanting(Wants::Basic);
    let scene = Scene::new();
    registry.image("one", "1.0");
    let image = registry.name(":1.0");
    let config = json!({"auths": {host(&registry): auth(USER, &password())}}).to_string();
    let public = key("tester.pub");
    let verify = ["verify", &image, "--key", &public];
    let places = scene.path().join("places");
    std::fs::create_dir_all(places.join("containers")).unwrap();
    write(&places.join("config.json"), config.as_bytes());
    write(&places.join("containers/auth.json"), config.as_bytes());
    let places = places.display().to_string();
    let file = format!("{places}/config.json");
    // Without credentials it is exit 2; with them only the signature is missing.
    scene.run(2, &verify);
    for (variable, value) in [
        ("DOCKER_CONFIG", &places),
        ("REGISTRY_AUTH_FILE", &file),
        ("XDG_RUNTIME_DIR", &places),
        ("XDG_CONFIG_HOME", &places),
        ("DOCKER_AUTH_CONFIG", &config),
    ] {
        let mut command = scene.command();
        command.env(variable, value);
        let ran = expect(1, &mut command, &verify);
        says(&ran, &["signing/no-bundle"]);
    }
    let mut command = scene.command();
    command.env("REGISTRY_AUTH_FILE", format!("{places}/missing.json"));
    says(&expect(2, &mut command, &verify), &["missing.json"]);
    write(&scene.path().join("places/config.json"), b"{\"auths\": 7}");
    let mut command = scene.command();
    command.env("DOCKER_CONFIG", &places);
    says(
        &expect(2, &mut command, &verify),
        &["config.json", "`auths` is no object"],
    );
}

#[cfg(unix)]
#[test]
fn a_helper_is_run_from_the_path_and_never_from_the_tree() {
    use std::os::unix::fs::PermissionsExt as _;
    let registry = wanting(Wants::Basic);
    let scene = Scene::new();
    registry.image("one", "1.0");
    let image = registry.name(":1.0");
    let own = host(&registry);
    docker(&scene, &json!({"credHelpers": {&own: "made-up"}}));
    let says_so = json!({"ServerURL": own, "Username": USER, "Secret": password()});
    let helper = |directory: &std::path::Path, body: &str| {
        std::fs::create_dir_all(directory).unwrap();
        let path = directory.join("docker-credential-made-up");
        write(&path, format!("#!/bin/sh\n{body}\n").as_bytes());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let good = format!("[ \"$1\" = get ] && [ \"$(cat)\" = '{own}' ] && printf '%s' '{says_so}'");
    // In the directory where the program runs, and in relative entries of PATH.
    helper(scene.path(), &good);
    let tester = key("tester.key");
    let sign = ["sign", &image, "--key", &tester];
    let with_path = |path: &str| {
        let mut command = scene.command();
        command.env("PATH", path);
        command
    };
    for path in ["", ".", "bin:/usr/bin:/bin"] {
        let ran = expect(2, &mut with_path(path), &sign);
        says(&ran, &["docker-credential-made-up", "PATH"]);
    }
    let bin = scene.path().join("bin");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    helper(&bin, &good);
    shows_nothing(&expect(0, &mut with_path(&path), &sign));
    for (body, text) in [
        (
            format!("printf '%s' '{}'; exit 3", password()),
            "ended with 3",
        ),
        (format!("printf '%s' '{}'", password()), "no JSON"),
        ("printf '{}'".to_owned(), "names no `Username`"),
        ("head -c 100000 /dev/zero".to_owned(), "more than the limit"),
    ] {
        helper(&bin, &body);
        let ran = expect(2, &mut with_path(&path), &sign);
        says(&ran, &["docker-credential-made-up", text]);
        shows_nothing(&ran);
    }
    // It knows nothing of this registry: as if there were none.
    helper(
        &bin,
        "echo 'credentials not found in native keychain'; exit 1",
    );
    says(&expect(2, &mut with_path(&path), &sign), &["HTTP 401"]);
}

#[test]
fn a_challenge_that_leads_elsewhere_or_nowhere_gets_no_credentials() {
    let evil = Server::start(vec![("/token", vec![Reply::ok("{}")])]);
    let evil_token = evil.url("/token");
    for (challenge, text) in [
        (
            "Bearer realm=\"http://auth.example/token\"".to_owned(),
            "unencrypted",
        ),
        (
            "Bearer realm=\"https://u:p@auth.example/token\"".to_owned(),
            "credentials in its address",
        ),
        ("Bearer realm=\"/token\"".to_owned(), "not an address"),
        ("Negotiate".to_owned(), "neither"),
        ("Bearer".to_owned(), "no token service"),
        (format!("Bearer realm=\"{evil_token}\""), "no token"),
    ] {
        let registry = Registry::lying(move |_| {
            let headers = [("WWW-Authenticate", challenge.as_str())];
            Some(Reply::status(401, &headers, ""))
        });
        let scene = Scene::new();
        docker(
            &scene,
            &json!({"auths": {host(&registry): auth(USER, &password())}}),
        );
        let ran = scene.verify(3, &registry.name(":1.0"));
        says(&ran, &[text]);
        shows_nothing(&ran);
        let seen = registry.server.seen();
        assert!(seen.iter().all(|s| s.header("authorization").is_none()));
    }
}

#[test]
fn a_token_service_that_fails_or_lies_is_told_apart_from_wrong_credentials() {
    for (reply, code, text) in [
        (
            Reply::status(500, &[("Retry-After", "0")], ""),
            3,
            "HTTP 500",
        ),
        (Reply::status(404, &[], ""), 3, "HTTP 404"),
        (Reply::status(403, &[], "quota"), 2, "quota"),
        (Reply::ok("<html>log in</html>"), 3, "no JSON"),
        (
            Reply::ok(json!({"token": "a\nb"}).to_string()),
            3,
            "no token",
        ),
        (Reply::ok(json!({"token": 7}).to_string()), 3, "no token"),
        (Reply::ok("x".repeat(100_000)), 3, "larger than"),
        (
            Reply::redirect("http://127.0.0.2:9/token"),
            3,
            "another host",
        ),
    ] {
        let service = Server::start(vec![(crate::http::server::ANY, vec![reply])]);
        let registry = wanting(Wants::Bearer(service.url("/token")));
        let scene = Scene::new();
        docker(
            &scene,
            &json!({"auths": {host(&registry): auth(USER, &password())}}),
        );
        let ran = scene.verify(code, &registry.name(":1.0"));
        says(&ran, &[text]);
        shows_nothing(&ran);
    }
}
