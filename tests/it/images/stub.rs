//! A registry of images as far as signing needs it, with and without the referrers API; it
//! asks for credentials as it is told, and can be made to lie.

use crate::http::server::{ANY, Reply, Seen, Server, Stream};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealgate::support::hash::sha256;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The repository of these tests.
pub const REPOSITORY: &str = "team/app";

/// The caller's credentials; invented.
pub const USER: &str = "builder";

pub fn password() -> String {
    ["pass-made-up", "-for-images"].concat()
}

pub fn token() -> String {
    ["token-made-up", "-for-images"].concat()
}

/// How the registry wants to be asked.
#[derive(Debug, Clone)]
pub enum Wants {
    Nothing,
    Basic,
    /// A token of the service at this address.
    Bearer(String),
}

/// Everything that was written.
#[derive(Default)]
pub struct State {
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// By digest and by tag: media type and bytes.
    pub manifests: BTreeMap<String, (String, Vec<u8>)>,
}

impl State {
    /// Writes a blob; its descriptor.
    pub fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes).to_string();
        self.blobs.insert(digest.clone(), bytes.to_vec());
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    /// Writes a manifest under its digest and perhaps a tag; its descriptor.
    pub fn manifest(&mut self, value: &Value, tag: Option<&str>) -> Value {
        let media_type = value["mediaType"].as_str().unwrap().to_owned();
        let bytes = value.to_string().into_bytes();
        let digest = sha256(&bytes).to_string();
        for name in [Some(digest.as_str()), tag].into_iter().flatten() {
            let entry = (media_type.clone(), bytes.clone());
            self.manifests.insert(name.to_owned(), entry);
        }
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    /// An image for a platform with a layer of its own.
    pub fn image(&mut self, architecture: &str, content: &str, tag: Option<&str>) -> Value {
        let config = json!({"architecture": architecture, "os": "linux"}).to_string();
        let config = self.blob(
            "application/vnd.oci.image.config.v1+json",
            config.as_bytes(),
        );
        let layer = self.blob("application/vnd.oci.image.layer.v1.tar", content.as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer],
        });
        self.manifest(&manifest, tag)
    }

    /// What names a subject, as a registry lists it.
    pub fn referrers(&self, subject: &str) -> Vec<Value> {
        let mut listed = Vec::new();
        for (name, (media_type, bytes)) in &self.manifests {
            let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
                continue;
            };
            if !name.starts_with("sha256:") || value["subject"]["digest"] != subject {
                continue;
            }
            listed.push(json!({
                "mediaType": media_type, "digest": name, "size": bytes.len(),
                "artifactType": value["artifactType"], "annotations": value["annotations"],
            }));
        }
        listed
    }
}

/// A request with its body.
pub struct Asked<'a> {
    pub seen: &'a Seen,
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    pub body: &'a [u8],
    pub state: &'a Arc<Mutex<State>>,
}

/// What is answered in the place of the honest answer.
type Instead = dyn Fn(&Asked<'_>) -> Option<Reply> + Send + Sync;

/// A registry.
pub struct Registry {
    pub server: Server,
    pub state: Arc<Mutex<State>>,
}

/// How a registry is made.
pub struct Settings {
    pub referrers_api: bool,
    pub wants: Wants,
    pub instead: Box<Instead>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            referrers_api: true,
            wants: Wants::Nothing,
            instead: Box::new(|_| None),
        }
    }
}

impl Registry {
    pub fn honest() -> Self {
        Self::start(Settings::default())
    }

    pub fn start(settings: Settings) -> Self {
        let (routes, state) = routes(settings);
        Self {
            server: Server::start(routes),
            state,
        }
    }

    pub fn start_tls(settings: Settings, tls: rustls::ServerConfig) -> Self {
        let (routes, state) = routes(settings);
        Self {
            server: Server::start_tls(routes, tls),
            state,
        }
    }

    /// One that answers otherwise where `instead` says so.
    pub fn lying(instead: impl Fn(&Asked<'_>) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::start(Settings {
            instead: Box::new(instead),
            ..Settings::default()
        })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// An image with a tag; its digest.
    pub fn image(&self, content: &str, tag: &str) -> String {
        let descriptor = self.state().image("amd64", content, Some(tag));
        descriptor["digest"].as_str().unwrap().to_owned()
    }

    /// The name of an image: `:tag` or `@digest` after it.
    pub fn name(&self, version: &str) -> String {
        format!("oci://{}/{REPOSITORY}{version}", self.server.address)
    }
}

fn routes(settings: Settings) -> (crate::http::server::Routes, Arc<Mutex<State>>) {
    let state = Arc::new(Mutex::new(State::default()));
    let own = Arc::clone(&state);
    let settings = Arc::new(settings);
    let reply = Reply::new(move |seen, stream| {
        let body = read_body(seen, stream)?;
        let (method, target) = seen.line.split_once(' ').unwrap();
        let asked = Asked {
            seen,
            method,
            target,
            body: &body,
            state: &own,
        };
        let answer = match (settings.instead)(&asked) {
            Some(answer) => answer,
            None => honest(&asked, &settings),
        };
        answer.send(seen, stream)
    });
    (vec![(ANY, vec![reply])], state)
}

fn read_body(seen: &Seen, stream: &mut dyn Stream) -> std::io::Result<Vec<u8>> {
    let length = seen.header("content-length");
    let length = length.map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// The honest answer to what a registry is asked.
pub fn honest(asked: &Asked<'_>, settings: &Settings) -> Reply {
    if let Some(refusal) = refusal(asked.seen, &settings.wants) {
        return refusal;
    }
    let prefix = format!("/v2/{REPOSITORY}/");
    let Some(rest) = asked.target.strip_prefix(&prefix) else {
        return error(404, "NAME_UNKNOWN");
    };
    let mut state = asked.state.lock().unwrap();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts: Vec<&str> = path.split('/').collect();
    match (asked.method, parts.as_slice()) {
        ("GET" | "HEAD", ["manifests", name]) => match state.manifests.get(*name) {
            Some((media_type, bytes)) => {
                let digest = sha256(bytes).to_string();
                let headers = [
                    ("Content-Type", media_type.as_str()),
                    ("Docker-Content-Digest", digest.as_str()),
                ];
                Reply::status(200, &headers, bytes)
            }
            None => error(404, "MANIFEST_UNKNOWN"),
        },
        ("GET", ["blobs", digest]) => match state.blobs.get(*digest) {
            Some(bytes) => Reply::ok(bytes),
            None => error(404, "BLOB_UNKNOWN"),
        },
        ("HEAD", ["blobs", digest]) => match state.blobs.contains_key(*digest) {
            true => Reply::status(200, &[], ""),
            false => Reply::status(404, &[], ""),
        },
        ("POST", ["blobs", "uploads", ""]) => {
            let location = format!("{prefix}blobs/uploads/session?state=made-up");
            Reply::status(202, &[("Location", location.as_str())], "")
        }
        ("PUT", ["blobs", "uploads", "session"]) => {
            let digest = sha256(asked.body).to_string();
            if query.replace("%3A", ":") != format!("state=made-up&digest={digest}") {
                return error(400, "DIGEST_INVALID");
            }
            state.blobs.insert(digest, asked.body.to_vec());
            Reply::status(201, &[], "")
        }
        ("PUT", ["manifests", name]) => put(asked, settings, &mut state, name),
        ("GET", ["referrers", subject]) if settings.referrers_api => {
            list(&state.referrers(subject))
        }
        _ => error(404, "UNSUPPORTED"),
    }
}

fn put(asked: &Asked<'_>, settings: &Settings, state: &mut State, name: &str) -> Reply {
    let digest = sha256(asked.body).to_string();
    if name.starts_with("sha256:") && name != digest {
        return error(400, "DIGEST_INVALID");
    }
    let value: Value = serde_json::from_slice(asked.body).unwrap();
    let parts = value["layers"].as_array().into_iter().flatten();
    for part in parts.chain(value.get("config")) {
        if !state.blobs.contains_key(part["digest"].as_str().unwrap()) {
            return error(404, "MANIFEST_BLOB_UNKNOWN");
        }
    }
    let media_type = asked.seen.header("content-type").unwrap().to_owned();
    for name in [name, &digest] {
        let entry = (media_type.clone(), asked.body.to_vec());
        state.manifests.insert(name.to_owned(), entry);
    }
    let mut headers = vec![("Docker-Content-Digest", digest.as_str())];
    let subject = value["subject"]["digest"].as_str();
    if let Some(subject) = subject.filter(|_| settings.referrers_api) {
        headers.push(("OCI-Subject", subject));
    }
    Reply::status(201, &headers, "")
}

/// A list of referrers.
pub fn list(manifests: &[Value]) -> Reply {
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
    Reply::status(200, &[("Content-Type", OCI_INDEX)], index.to_string())
}

/// An error as registries write it.
pub fn error(status: u16, code: &str) -> Reply {
    let body = json!({"errors": [{"code": code, "message": format!("{code} says the registry")}]});
    Reply::status(
        status,
        &[("Content-Type", "application/json"), ("Retry-After", "0")],
        body.to_string(),
    )
}

/// What `Basic` is with the right credentials.
pub fn basic() -> String {
    let pair = format!("{USER}:{}", password());
    format!("Basic {}", STANDARD.encode(pair))
}

fn refusal(seen: &Seen, wants: &Wants) -> Option<Reply> {
    let (expected, challenge) = match wants {
        Wants::Nothing => return None,
        Wants::Basic => (basic(), "Basic realm=\"images\"".to_owned()),
        // The scope is another one than the caller needs.
        Wants::Bearer(realm) => (
            format!("Bearer {}", token()),
            format!("Bearer realm=\"{realm}\",service=\"images\",scope=\"repository:other:push\""),
        ),
    };
    if seen.header("authorization") == Some(&expected) {
        return None;
    }
    let body = json!({"errors": [{"code": "UNAUTHORIZED", "message": "who are you"}]});
    let headers = [("WWW-Authenticate", challenge.as_str())];
    Some(Reply::status(401, &headers, body.to_string()))
}

/// A token service that gives a token to who has the right credentials.
pub fn token_service() -> Server {
    let reply = Reply::new(|seen, stream| {
        let body = read_body(seen, stream)?;
        let body = String::from_utf8(body).unwrap();
        let knows = seen.header("authorization") == Some(&basic())
            || body.contains(&format!("refresh_token={}", token()));
        let answer = match knows {
            true => Reply::ok(json!({"token": token(), "expires_in": 60}).to_string()),
            false => Reply::status(401, &[], json!({"message": "wrong password"}).to_string()),
        };
        answer.send(seen, stream)
    });
    Server::start(vec![(ANY, vec![reply])])
}
