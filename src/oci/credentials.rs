//! Credentials for registries: docker's `config.json`, podman's `auth.json`, and credential
//! helpers.
//!
//! Sources: `docs/reference/commandline/cli.md` of github.com/docker/cli,
//! `containers-auth.json.5.md` of github.com/containers/image, and `README.md` of
//! github.com/docker/docker-credential-helpers for the helpers' protocol. No variable and no
//! file is looked for here; `cli` gives them.

use super::error::OciError;
use crate::model::{JsonLimits, Redacted, parse_strict_json};
use crate::support::process::{self, Invocation};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LIMITS: JsonLimits = JsonLimits {
    depth: 16,
    values: 20_000,
};
const MAX_HELPER_BYTES: u64 = 64 * 1024;
const HELPER_TIME: Duration = Duration::from_secs(30);
/// Longer names of servers would not fit into a pipe at once.
const MAX_SERVER_BYTES: usize = 2048;
/// The user by which a helper says that its secret is an identity token.
const TOKEN_USER: &str = "<token>";

/// What is sent to a registry or its token service.
#[derive(Debug, Clone)]
pub enum Credential {
    /// User and password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Redacted,
    },
    /// A refresh token, for the token service alone.
    Identity(Redacted),
    /// A token for the registry itself.
    Bearer(Redacted),
}

/// A file of credentials.
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Runs credential helpers.
pub trait HelperProgram {
    /// The output of `docker-credential-NAME get` for a server; `None` where it has nothing for
    /// it.
    ///
    /// # Errors
    /// What is wrong; nothing of the output.
    fn get(&self, program: &str, server: &str) -> Result<Option<Vec<u8>>, String>;
}

/// The helpers in the directories of a `PATH`.
#[derive(Debug, Clone)]
pub struct SystemHelpers {
    /// The `PATH`; relative directories in it do not count.
    pub path: Option<OsString>,
}

impl HelperProgram for SystemHelpers {
    fn get(&self, program: &str, server: &str) -> Result<Option<Vec<u8>>, String> {
        let found = process::find_program(program, self.path.clone())
            .ok_or_else(|| "it is not in an absolute directory of PATH".to_owned())?;
        let directory = found.parent().unwrap_or(Path::new("/")).to_owned();
        let invocation = Invocation {
            program: &found,
            arguments: &["get"],
            directory: &directory,
            variables: &[],
            output_limit: MAX_HELPER_BYTES,
            time_limit: HELPER_TIME,
        };
        let finished =
            process::run_with_input(&invocation, server).map_err(|error| error.to_string())?;
        if finished.code == Some(0) {
            return Ok(Some(finished.stdout));
        }
        // The helpers' own word for "nothing here", on standard output.
        let said = String::from_utf8_lossy(&finished.stdout);
        if said.trim() == "credentials not found in native keychain" {
            return Ok(None);
        }
        Err(match finished.code {
            Some(code) => format!("it ended with {code}"),
            None => "a signal ended it".to_owned(),
        })
    }
}

struct Config {
    path: PathBuf,
    auths: Map<String, Value>,
    helpers: Map<String, Value>,
    store: Option<String>,
}

/// Where credentials are looked for, in this order.
pub struct Credentials {
    configs: Vec<Config>,
    helpers: Box<dyn HelperProgram>,
}

impl Credentials {
    /// Reads the files.
    ///
    /// # Errors
    /// [`OciError::BadCredentials`].
    pub fn new(
        files: Vec<ConfigFile>,
        helpers: impl HelperProgram + 'static,
    ) -> Result<Self, OciError> {
        Ok(Self {
            configs: files.into_iter().map(config).collect::<Result<_, _>>()?,
            helpers: Box::new(helpers),
        })
    }

    /// What is to be sent for a repository; `None` where nothing is known. The entry of the
    /// longest name counts, as podman has it: `host/team` before `host`.
    ///
    /// # Errors
    /// [`OciError::BadCredentials`], [`OciError::Helper`].
    pub fn find(&self, host: &str, repository: &str) -> Result<Option<Credential>, OciError> {
        for config in &self.configs {
            if let Some(credential) = self.of_config(config, host, repository)? {
                return Ok(Some(credential));
            }
        }
        Ok(None)
    }

    fn of_config(
        &self,
        config: &Config,
        host: &str,
        repository: &str,
    ) -> Result<Option<Credential>, OciError> {
        if let Some(helper) = config.helpers.get(host) {
            let helper = helper
                .as_str()
                .ok_or_else(|| bad(config, "a helper's name is no text"))?;
            return self.ask(config, helper, host, host);
        }
        let full = format!("{host}/{repository}");
        let mut fitting: Vec<(&str, &Value, usize)> = config
            .auths
            .iter()
            .filter_map(|(key, entry)| {
                let name = plain_name(key);
                let rest = full.strip_prefix(name)?;
                let fits = rest.is_empty() || rest.starts_with('/');
                fits.then_some((key.as_str(), entry, name.len()))
            })
            .collect();
        fitting.sort_by_key(|(_, _, length)| std::cmp::Reverse(*length));
        for (_, entry, _) in &fitting {
            if let Some(credential) = of_entry(config, entry)? {
                return Ok(Some(credential));
            }
        }
        let Some(store) = &config.store else {
            return Ok(None);
        };
        // The store knows a server by the name under which docker logged in.
        let server = fitting.first().map_or(host, |(key, _, _)| key);
        self.ask(config, store, server, host)
    }

    fn ask(
        &self,
        config: &Config,
        helper: &str,
        server: &str,
        host: &str,
    ) -> Result<Option<Credential>, OciError> {
        let is_name = !helper.is_empty()
            && helper.len() <= 100
            && helper
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !is_name {
            return Err(bad(config, "a helper's name is no file name"));
        }
        if server.len() > MAX_SERVER_BYTES {
            return Err(bad(config, "a server's name is too long"));
        }
        let program = format!("docker-credential-{helper}");
        let failed = |reason: &str| OciError::Helper {
            program: program.clone(),
            host: host.to_owned(),
            reason: reason.to_owned(),
        };
        let Some(output) = self
            .helpers
            .get(&program, server)
            .map_err(|reason| failed(&reason))?
        else {
            return Ok(None);
        };
        let value = parse_strict_json(&output, LIMITS).map_err(|_| failed("it is no JSON"))?;
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        match (text("Username"), text("Secret")) {
            (Some(TOKEN_USER), Some(secret)) if !secret.is_empty() => {
                Ok(Some(Credential::Identity(Redacted::new(secret))))
            }
            (Some(user), Some(secret)) if !user.is_empty() => Ok(Some(Credential::Basic {
                user: user.to_owned(),
                password: Redacted::new(secret),
            })),
            _ => Err(failed("it names no `Username` and `Secret`")),
        }
    }
}

fn bad(config: &Config, reason: &str) -> OciError {
    OciError::BadCredentials {
        path: config.path.clone(),
        reason: reason.to_owned(),
    }
}

fn config(file: ConfigFile) -> Result<Config, OciError> {
    let wrong = |reason: String| OciError::BadCredentials {
        path: file.path.clone(),
        reason,
    };
    // An empty file is what `docker logout` of some versions leaves.
    let bytes = match file.bytes.trim_ascii() {
        [] => b"{}",
        bytes => bytes,
    };
    let mut value = parse_strict_json(bytes, LIMITS).map_err(|e| wrong(e.to_string()))?;
    let mut object = |key: &str| match value.get_mut(key).map(Value::take) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(wrong(format!("`{key}` is no object"))),
    };
    let (auths, helpers) = (object("auths")?, object("credHelpers")?);
    let store = match value.get("credsStore") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()).filter(|name| !name.is_empty()),
        Some(_) => return Err(wrong("`credsStore` is no text".to_owned())),
    };
    Ok(Config {
        path: file.path,
        auths,
        helpers,
        store,
    })
}

/// `https://host/v1/` as docker writes it, without what is around the name.
fn plain_name(key: &str) -> &str {
    let rest = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    let rest = rest.trim_end_matches('/');
    rest.strip_suffix("/v1")
        .or_else(|| rest.strip_suffix("/v2"))
        .unwrap_or(rest)
}

fn of_entry(config: &Config, entry: &Value) -> Result<Option<Credential>, OciError> {
    let text = |key: &str| {
        let value = entry.get(key).and_then(Value::as_str);
        value.filter(|text| !text.is_empty())
    };
    if let Some(token) = text("identitytoken") {
        return Ok(Some(Credential::Identity(Redacted::new(token))));
    }
    if let Some(token) = text("registrytoken") {
        return Ok(Some(Credential::Bearer(Redacted::new(token))));
    }
    let (user, password) = match (text("auth"), text("username"), text("password")) {
        (Some(auth), _, _) => {
            let decoded = STANDARD
                .decode(auth.trim())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| bad(config, "an `auth` is not base64 of text"))?;
            let (user, password) = decoded
                .split_once(':')
                .ok_or_else(|| bad(config, "an `auth` has no colon between user and password"))?;
            // Some versions of docker pad with NUL.
            (user.to_owned(), password.trim_end_matches('\0').to_owned())
        }
        (None, Some(user), Some(password)) => (user.to_owned(), password.to_owned()),
        _ => return Ok(None),
    };
    if user == TOKEN_USER {
        return Ok(Some(Credential::Identity(Redacted::new(password))));
    }
    Ok(Some(Credential::Basic {
        user,
        password: Redacted::new(password),
    }))
}

#[cfg(test)]
mod tests {
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
}
