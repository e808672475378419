//! Services that refuse, fail, stall or lie: each leaves no bundle.

use super::services::claims;
use super::services::{
    Asked, FULCIO, REKOR_1, REKOR_2, Sigstore, TSA, body_1, body_2, refusal, uuid,
};
use super::{sign, sign_for};
use crate::http::server::Reply;
use crate::signing_attacks::world::{Leaf, World};
use rcgen::SanType;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Words of the error, and what is changed in a log's answer.
type Edit = (&'static str, fn(&mut Value));

/// Signs with an instance that lies about one thing, and looks for words of the error.
fn lie(
    line: &'static str,
    version: &str,
    code: i32,
    text: &str,
    reply: impl Fn(&super::services::Inner, &Asked, Vec<u8>) -> Reply + Send + Sync + 'static,
) {
    let Some(sigstore) = Sigstore::lying(line, reply) else {
        return;
    };
    let ran = sign(&sigstore, code, version);
    assert!(
        ran.stderr.contains(text),
        "{line} `{text}`:\n{}",
        ran.stderr
    );
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn ok(value: &Value) -> Reply {
    Reply::status(201, &[], value.to_string())
}

/// The version of the log that is asked besides `line`.
fn version_of(line: &str) -> &'static str {
    if line == REKOR_1 { "1" } else { "2" }
}

#[test]
fn the_passing_twin_of_every_lie() {
    for version in ["1", "2"] {
        if let Some(sigstore) = Sigstore::honest() {
            sign(&sigstore, 0, version);
        }
    }
}

/// Runs something for every service at the same time: each waits for its own time limit.
fn for_each_service(run: impl Fn(&'static str) + Sync) {
    std::thread::scope(|scope| {
        for line in [FULCIO, REKOR_1, REKOR_2, TSA] {
            let run = &run;
            scope.spawn(move || run(line));
        }
    });
}

#[test]
fn what_a_service_refuses_is_told_in_its_own_words() {
    for_each_service(|line| {
        for (status, code, text) in [
            (400, 2, "refused (HTTP 400)"),
            (401, 2, "refused (HTTP 401)"),
            (403, 2, "refused (HTTP 403)"),
            (404, 2, "refused (HTTP 404)"),
            // Rekor 2 has the entry, and gives it to nobody who asks again.
            match line {
                REKOR_2 => (409, 3, "not available (HTTP 409)"),
                _ => (409, 2, "refused (HTTP 409)"),
            },
            (429, 3, "not available (HTTP 429)"),
            (500, 3, "not available (HTTP 500)"),
        ] {
            lie(line, version_of(line), code, text, move |_, asked, _| {
                // A service that repeats the token, and steers the terminal.
                let repeated = match line {
                    TSA => Value::Null,
                    _ => json_of(&asked.body)["credentials"]["oidcIdentityToken"].clone(),
                };
                let repeated = repeated.as_str().unwrap_or_default().to_owned();
                refusal(status, &format!("no \u{1b}[2J for {repeated}"))
            });
        }
    });
}

#[test]
fn what_is_no_answer_is_refused() {
    for line in [FULCIO, REKOR_1, REKOR_2, TSA] {
        for (reply, text) in [
            (Reply::ok("<html>Log in</html>"), "malformed"),
            (Reply::ok(""), "malformed"),
            (Reply::ok("{}"), "malformed"),
            (Reply::ok("{\"a\":1,\"a\":2}"), "malformed"),
            (Reply::ok([0x30, 0x80, 0, 0]), "malformed"),
            (
                Reply::redirect("https://elsewhere.example/"),
                "did not answer",
            ),
            (Reply::announced(1000, "{"), "broke off"),
            (Reply::ok("x".repeat(1_100_000)), "larger than the limit"),
        ] {
            lie(line, version_of(line), 3, text, move |_, _, _| {
                reply.clone()
            });
        }
    }
}

#[test]
fn a_service_that_stalls_ends_in_time() {
    for_each_service(|line| {
        lie(line, version_of(line), 3, "did not answer", |_, _, _| {
            Reply::stalled()
        });
    });
}

#[test]
fn a_service_that_is_busy_once_is_asked_again() {
    for_each_service(|line| {
        let Some(sigstore) = Sigstore::start(move |_, asked, nth, _| {
            (asked.line == line && nth == 0).then(|| refusal(503, "later"))
        }) else {
            return;
        };
        sign(&sigstore, 0, version_of(line));
        let lines = sigstore.lines();
        let count = lines.iter().filter(|one| *one == line).count();
        assert_eq!(count, 2, "{lines:?}");
    });
}

#[test]
fn a_certificate_that_is_not_ours_is_refused() {
    let certify = |edit: fn(&mut Leaf)| {
        move |inner: &super::services::Inner, asked: &Asked, _: Vec<u8>| {
            let mut leaf = Leaf::default();
            edit(&mut leaf);
            ok(&inner.certify(&json_of(&asked.body), &leaf).ok().unwrap())
        }
    };
    lie(FULCIO, "2", 3, "another key", |inner, _, _| {
        let other = rcgen::KeyPair::generate().unwrap();
        ok(&inner.chain(&Leaf::default(), &other))
    });
    lie(
        FULCIO,
        "2",
        3,
        "the token is of",
        certify(|leaf| {
            leaf.names = vec![SanType::Rfc822Name("evil@acme.example".try_into().unwrap())];
        }),
    );
    lie(
        FULCIO,
        "2",
        3,
        "the token is of",
        certify(|leaf| {
            leaf.issuer = Some("https://evil.example".to_owned());
        }),
    );
    lie(
        FULCIO,
        "2",
        3,
        "the token is of",
        certify(|leaf| leaf.issuer = None),
    );
    lie(
        FULCIO,
        "2",
        3,
        "does not verify",
        certify(|leaf| leaf.code_signing = false),
    );
    lie(
        FULCIO,
        "2",
        3,
        "certificate",
        certify(|leaf| leaf.years = (2020, 2021)),
    );
    lie(
        FULCIO,
        "2",
        3,
        "certificate",
        certify(|leaf| {
            leaf.names
                .push(SanType::Rfc822Name("evil@acme.example".try_into().unwrap()));
        }),
    );
    // An authority of the same name that nobody trusts: nothing is logged for it.
    let Some(sigstore) = Sigstore::lying(FULCIO, |inner, asked, _| {
        let impostor = inner.world.impostor();
        let question = json_of(&asked.body);
        let mut answer = inner.certify(&question, &Leaf::default()).ok().unwrap();
        let key = super::services::public_of(&question);
        let leaf = World::certificate(&Leaf::default(), &key, &impostor);
        answer["signedCertificateEmbeddedSct"]["chain"]["certificates"][0] = json!(leaf.pem());
        ok(&answer)
    }) else {
        return;
    };
    let ran = sign(&sigstore, 3, "2");
    assert!(
        ran.stderr.contains("not from the trusted root"),
        "{}",
        ran.stderr
    );
    assert_eq!(sigstore.lines(), [FULCIO, TSA]);
}

/// Claims of a build system's job, without an e-mail address.
fn job(issuer: &str, subject: &str) -> Value {
    let mut claims = claims();
    let fields = claims.as_object_mut().unwrap();
    fields.remove("email");
    fields.remove("email_verified");
    claims["iss"] = json!(issuer);
    claims["sub"] = json!(subject);
    claims
}

/// Signs as a job whose certificate has this name and subject.
fn certified(code: i32, claims: &Value, name: SanType, subject: Option<&str>) {
    let leaf = Leaf {
        names: vec![name],
        issuer: Some(claims["iss"].as_str().unwrap().to_owned()),
        token_subject: subject.map(str::to_owned),
        ..Leaf::default()
    };
    let Some(sigstore) = Sigstore::lying(FULCIO, move |inner, asked, _| {
        ok(&inner.certify(&json_of(&asked.body), &leaf).ok().unwrap())
    }) else {
        return;
    };
    let ran = sign_for(&sigstore, code, "2", claims);
    let says = ran.stderr.contains("the token is of");
    assert_eq!(says, code != 0, "{}", ran.stderr);
    // What is of somebody else is neither stamped nor logged.
    assert_eq!(sigstore.lines().len() == 1, code != 0);
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

#[test]
fn a_certificate_of_another_job_is_refused() {
    let claims = job("https://ci.acme.example", "project:acme/app:main");
    let name = || uri("https://ci.acme.example/acme/app/build");
    certified(0, &claims, name(), Some("project:acme/app:main"));
    certified(3, &claims, name(), Some("project:evil/app:main"));
    // Older authorities do not repeat the subject.
    certified(0, &claims, name(), None);
    // Nobody has told an e-mail address.
    let email = SanType::Rfc822Name("evil@acme.example".try_into().unwrap());
    certified(3, &claims, email, None);
}

#[test]
fn a_certificate_of_another_workflow_of_github_is_refused() {
    let workflow = "acme/app/.github/workflows/release.yml@refs/tags/v1";
    let subject = "repo:acme/app:ref:refs/tags/v1";
    for issuer in [
        "https://token.actions.githubusercontent.com",
        "https://token.actions.githubusercontent.com/acme",
    ] {
        let mut claims = job(issuer, subject);
        claims["job_workflow_ref"] = json!(workflow);
        let own = || uri(&format!("https://github.com/{workflow}"));
        certified(0, &claims, own(), Some(subject));
        certified(0, &claims, own(), None);
        certified(3, &claims, own(), Some("repo:evil/app:ref:refs/tags/v1"));
        for other in [
            "https://github.com/evil/app/.github/workflows/release.yml@refs/tags/v1",
            "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v2",
            "https://github.example/acme/app/.github/workflows/release.yml@refs/tags/v1",
        ] {
            certified(3, &claims, uri(other), Some(subject));
            certified(3, &claims, uri(other), None);
        }
        // A token that names no workflow says nothing of the name.
        certified(3, &job(issuer, subject), own(), Some(subject));
    }
}

#[test]
fn answers_of_another_shape_are_refused() {
    lie(FULCIO, "2", 3, "chain is empty", |_, _, _| {
        ok(&json!({"signedCertificateEmbeddedSct": {"chain": {"certificates": []}}}))
    });
    lie(FULCIO, "2", 3, "SCT stands beside", |_, _, honest| {
        let embedded = json_of(&honest)["signedCertificateEmbeddedSct"].clone();
        ok(&json!({"signedCertificateDetachedSct": embedded}))
    });
    lie(REKOR_1, "1", 3, "2 entries, not one", |_, _, honest| {
        let mut two = json_of(&honest);
        two["cd".repeat(40)] = two[uuid()].clone();
        ok(&two)
    });
    lie(REKOR_1, "1", 3, "(SET) is missing", |_, _, honest| {
        let mut entry = json_of(&honest);
        let verification = entry[uuid()]["verification"].as_object_mut().unwrap();
        verification.remove("signedEntryTimestamp");
        ok(&entry)
    });
    lie(REKOR_2, "2", 3, "another kind", |_, _, honest| {
        let mut entry = json_of(&honest);
        entry["kindVersion"] = json!({"kind": "dsse", "version": "0.0.1"});
        ok(&entry)
    });
}

#[test]
fn forged_log_entries_are_refused() {
    // An entry of another body, with a genuine proof.
    lie(
        REKOR_1,
        "1",
        3,
        "does not describe this bundle",
        |inner, asked, _| {
            let mut body = body_1(&json_of(&asked.body));
            body["spec"]["data"]["hash"]["value"] = json!("00".repeat(32));
            ok(&inner.entry_1(&body))
        },
    );
    lie(
        REKOR_2,
        "2",
        3,
        "does not describe this bundle",
        |inner, asked, _| {
            let mut body = body_2(&json_of(&asked.body));
            body["spec"]["hashedRekordV002"]["data"]["digest"] =
                json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
            ok(&inner.entry_2(&body))
        },
    );
    let edits: [Edit; 5] = [
        ("promise", |entry| {
            entry["integratedTime"] = json!(entry["integratedTime"].as_i64().unwrap() - 1);
        }),
        ("inclusion proof", |entry| {
            entry["verification"]["inclusionProof"]["hashes"] = json!(["00".repeat(32)]);
        }),
        ("inclusion proof", |entry| {
            entry["verification"]["inclusionProof"] = Value::Null;
        }),
        ("checkpoint", |entry| {
            let checkpoint = &mut entry["verification"]["inclusionProof"]["checkpoint"];
            *checkpoint = json!(checkpoint.as_str().unwrap().replace("\n2\n", "\n3\n"));
        }),
        ("does not name", |entry| {
            entry["logID"] = json!("00".repeat(32))
        }),
    ];
    for (text, edit) in edits {
        lie(REKOR_1, "1", 3, text, move |_, _, honest| {
            let mut entry = json_of(&honest);
            edit(&mut entry[uuid()]);
            ok(&entry)
        });
    }
    let edits: [Edit; 3] = [
        ("inclusion proof", |entry| {
            entry["inclusionProof"]["hashes"] =
                json!(["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]);
        }),
        ("inclusion proof", |entry| {
            entry["inclusionProof"] = Value::Null
        }),
        ("checkpoint", |entry| {
            let envelope = &mut entry["inclusionProof"]["checkpoint"]["envelope"];
            *envelope = json!(envelope.as_str().unwrap().replace("\n2\n", "\n3\n"));
        }),
    ];
    for (text, edit) in edits {
        lie(REKOR_2, "2", 3, text, move |_, _, honest| {
            let mut entry = json_of(&honest);
            edit(&mut entry);
            ok(&entry)
        });
    }
}

#[test]
fn timestamps_of_something_else_are_refused() {
    // Of another message, with our number: only the whole bundle shows it.
    lie(TSA, "2", 3, "timestamp is about", |inner, asked, _| {
        let mut query = asked.body.clone();
        // The digest ends where the number begins: 02 08 …, 01 01 ff.
        let place = query.len() - 13 - 1;
        query[place] ^= 1;
        Reply::ok(inner.world.answer(&query))
    });
    // With another number.
    lie(TSA, "2", 3, "another question", |inner, asked, _| {
        let mut query = asked.body.clone();
        let place = query.len() - 4;
        query[place] ^= 1;
        Reply::ok(inner.world.answer(&query))
    });
    lie(TSA, "2", 3, "does not verify", |_, _, mut honest| {
        let last = honest.len() - 1;
        honest[last] ^= 1;
        Reply::ok(honest)
    });
    lie(TSA, "2", 3, "not granted", |_, _, _| {
        Reply::ok([0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02])
    });
}

#[test]
fn an_entry_that_is_there_already_is_fetched_by_its_name() {
    let target = format!("/api/v1/log/entries/{}", uuid());
    let there = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&there);
    // The host of the address is not the log's: only the name in it is taken.
    let location = format!("https://elsewhere.example{target}");
    let Some(sigstore) = Sigstore::start(move |_, asked, _, honest| {
        (asked.line == REKOR_1).then(|| {
            *kept.lock().unwrap() = honest;
            Reply::status(409, &[("Location", &location)], "an equivalent entry")
        })
    }) else {
        return;
    };
    let line = format!("GET {target}");
    let entry =
        Reply::new(move |seen, stream| Reply::ok(there.lock().unwrap().clone()).send(seen, stream));
    sigstore.server.add(&line, entry);
    sign(&sigstore, 0, "1");
    assert_eq!(sigstore.server.lines().last(), Some(&line));
    // One that is not there after all.
    sigstore.server.add(&line, Reply::status(404, &[], ""));
    let ran = sign(&sigstore, 2, "1");
    assert!(ran.stderr.contains("HTTP 404"), "{}", ran.stderr);
}
