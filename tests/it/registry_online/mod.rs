//! `sealgate registry --online` against real servers that answer well, badly and not at all.

mod cargo;
mod codeartifact;
mod failures;
mod files;
mod npm;
mod others;
mod policy;
mod pypi;
mod snapshot;
mod yarn;

use crate::cli::{sealgate, text, write};
use crate::http::server::{Reply, Server};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// The time of every verdict here.
const NOW: &str = "2026-11-20T00:00:00Z";

/// A tree `app` and a policy that approves registries: `cargo = ["https://…"]` lines.
fn project(approved: &str, files: &[(&str, String)]) -> TempDir {
    project_with(approved, "", files)
}

/// The same with more of a policy, after its `[registry.approved]`.
fn project_with(approved: &str, more: &str, files: &[(&str, String)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let policy = format!(
        "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[registry.approved]\n{approved}\n{more}\n"
    );
    write(dir.path(), "policy.toml", policy);
    for (name, content) in files {
        write(dir.path(), &format!("app/{name}"), content);
    }
    dir
}

/// One run with variables; insists on the exit code and gives the JSON report.
fn ask_with(dir: &Path, variables: &[(&str, &str)], more: &[&str], code: i32) -> Value {
    let output = sealgate(dir)
        .envs(variables.iter().copied())
        .args(["--at", NOW, "registry", "app", "--policy", "policy.toml"])
        .args(["--format", "json"])
        .args(more)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ask(dir: &Path, code: i32) -> Value {
    ask_with(dir, &[], &["--online"], code)
}

/// The ids under a key of the report, findings or gaps, without doubles.
fn ids(report: &Value, key: &str) -> Vec<String> {
    let id = |item: &Value| {
        let id = item["rule"].as_str().or(item["id"].as_str());
        id.unwrap().to_owned()
    };
    let mut ids: Vec<String> = report[key].as_array().unwrap().iter().map(id).collect();
    // The projects of these tests have no configuration of a client.
    ids.retain(|id| id != "registry/no-cool-down");
    ids.sort();
    ids.dedup();
    ids
}

/// Messages of findings and gaps.
fn messages(report: &Value) -> String {
    ["findings", "gaps"]
        .iter()
        .flat_map(|key| report[*key].as_array().unwrap())
        .map(|item| {
            format!(
                "{} | {}\n",
                item["message"].as_str().unwrap(),
                item["remedy"].as_str().unwrap()
            )
        })
        .collect()
}

/// The answers of all components, in the report's order.
fn answers(report: &Value) -> Vec<String> {
    let components = report["registry"]["components"].as_array().unwrap();
    components
        .iter()
        .map(|component| {
            let words = component["answers"].as_array().unwrap();
            let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
            words.join("+")
        })
        .collect()
}

/// A checksum of 64 hex digits.
fn sum(digit: char) -> String {
    std::iter::repeat_n(digit, 64).collect()
}

/// A reply of JSON.
fn json(value: &Value) -> Reply {
    Reply::status(
        200,
        &[("Content-Type", "application/json")],
        value.to_string(),
    )
}

/// A port without a server.
pub fn closed_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

/// A server that answers nothing but 404.
fn empty() -> Server {
    Server::start(vec![])
}
