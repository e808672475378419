//! Registries that repeat what they were sent.

use super::stub::{Registry, list, password};
use super::{Scene, says};
use crate::http::server::{ANY, Reply, Server};
use crate::signing::write;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

#[test]
fn what_a_registry_says_steers_no_terminal_and_repeats_no_secret() {
    let registry = Registry::lying(|asked| {
        let auth = asked.seen.header("authorization");
        match auth {
            None => Some(Reply::status(
                401,
                &[("WWW-Authenticate", "Basic realm=\"x\"")],
                "",
            )),
            Some(auth) => {
                let word = auth.trim_start_matches("Basic ").to_owned();
                let body = json!({"message": format!("\u{1b}[2J no: {word} \u{202e}")});
                Some(Reply::status(403, &[], body.to_string()))
            }
        }
    });
    let scene = Scene::new();
    let auth = STANDARD.encode(format!("builder:{}", password()));
    let config = json!({"auths": {registry.server.address.to_string(): {"auth": auth}}});
    std::fs::create_dir_all(scene.path().join(".docker")).unwrap();
    write(
        &scene.path().join(".docker/config.json"),
        config.to_string().as_bytes(),
    );
    let ran = scene.verify(2, &registry.name(":1.0"));
    says(&ran, &["HTTP 403", "no: ***"]);
    for bad in ["\u{1b}[2J", "\u{202e}", &auth] {
        assert!(!ran.stderr.contains(bad), "{}", ran.stderr);
    }
}

/// In every place where a text of the server is shown, each form of the credentials.
#[test]
fn no_form_of_a_secret_is_shown_wherever_a_server_repeats_it() {
    let secret = ["p+ss made", "-up&hidden"].concat();
    let encoded = secret
        .replace('+', "%2B")
        .replace(' ', "+")
        .replace('&', "%26");
    let pair = STANDARD.encode(format!("builder:{secret}"));
    let service = Server::start(vec![(ANY, vec![Reply::ok("{}")])]);
    let realm = service.url("/token");
    let answers = |form: &str| {
        let message = json!({"message": format!("no: {form}")}).to_string();
        let page = format!("<html>no: {form}</html>");
        let named = [("Docker-Content-Digest", form)];
        let kind = json!({"schemaVersion": 2, "mediaType": form}).to_string();
        [
            (2, Reply::status(403, &[], &message)),
            (3, Reply::status(418, &[], &message)),
            (3, Reply::ok(page)),
            (3, Reply::ok(format!("no: {form}"))),
            (3, Reply::status(200, &named, "{}")),
            (2, Reply::ok(kind)),
            (3, list(&[json!({"digest": form, "size": 1})])),
        ]
    };
    let check = |challenge: &str, code: i32, reply: Reply, name: &str| {
        let challenge = challenge.to_owned();
        let registry = Registry::lying(move |asked| {
            let headers = [("WWW-Authenticate", challenge.as_str())];
            Some(match asked.seen.header("authorization") {
                None => Reply::status(401, &headers, ""),
                Some(_) => reply.clone(),
            })
        });
        let scene = Scene::new();
        let host = registry.server.address.to_string();
        let config = json!({"auths": {host: {"auth": pair}}}).to_string();
        std::fs::create_dir_all(scene.path().join(".docker")).unwrap();
        write(&scene.path().join(".docker/config.json"), config.as_bytes());
        let ran = scene.verify(code, &registry.name(":1.0"));
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains("***"), "{name}: {all}");
        for bad in [&secret, &encoded, &pair] {
            assert!(!all.contains(bad.as_str()), "{name}: {all}");
        }
    };
    for form in [&secret, &encoded, &pair, &format!("Basic {pair}")] {
        for (nth, (code, reply)) in answers(form).into_iter().enumerate() {
            let name = format!("{form}, {nth}");
            // The first two are refusals, which a token service may send as well.
            if nth < 2 {
                service.set(vec![(ANY, vec![reply.clone()])]);
                check(
                    &format!("Bearer realm=\"{realm}\""),
                    code,
                    reply.clone(),
                    &name,
                );
            }
            check("Basic realm=\"x\"", code, reply, &name);
        }
    }
}
