//! A login by browser: authorization code with PKCE, answered on the loopback interface.
//!
//! Sources: OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 8252 (loopback).

use super::ambient::token_in;
use super::{IdentityToken, TokenError};
use crate::model::terminal_safe;
use crate::signing::error::SigningError;
use crate::signing::services::ask::{Question, malformed, strict_json};
use crate::signing::services::{Caller, Service, service_address};
use crate::support::http::Address;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use url::Url;
use url::form_urlencoded::Serializer;

/// Longest first line of a request that is read, in bytes.
const MAX_LINE: u64 = 16 * 1024;
/// Most connections that are looked at: browsers ask for icons, too.
const MAX_CONNECTIONS: usize = 32;
/// How long a connection may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the user may take.
const WAIT: Duration = Duration::from_mins(5);
const PATH: &str = "/auth/callback";

/// The address that the user has to open; it holds no secret.
#[derive(Debug)]
pub struct LoginAddress(pub String);

/// A login that has begun: it waits for the browser.
#[derive(Debug)]
pub struct BrowserLogin {
    listener: TcpListener,
    redirect: String,
    token_endpoint: Address,
    client_id: String,
    state: String,
    nonce: String,
    verifier: String,
}

impl BrowserLogin {
    /// Finds out where to log in, and listens.
    ///
    /// 1. The issuer's own description (`/.well-known/openid-configuration`) is of this
    ///    issuer.
    /// 2. State, nonce and the code's verifier are new random numbers.
    ///
    /// # Errors
    /// [`SigningError::Service`], [`SigningError::Token`], [`SigningError::Crypto`].
    pub fn start(
        caller: &Caller,
        issuer: &Address,
        client_id: &str,
    ) -> Result<(Self, LoginAddress), SigningError> {
        // 1. Description.
        let described = issuer.join(&[".well-known", "openid-configuration"]);
        let description = caller.get_json(Service::Identity, &described, Vec::new())?;
        let text = |name: &str| {
            let value = description.get(name).and_then(Value::as_str);
            value.ok_or_else(|| malformed(Service::Identity, format!("`{name}` is missing")))
        };
        let same = |text: &str| text.trim_end_matches('/') == issuer.as_str().trim_end_matches('/');
        if !same(text("issuer")?) {
            return Err(malformed(Service::Identity, "it is of another issuer").into());
        }
        let authorization = service_address(Service::Identity, text("authorization_endpoint")?)?;
        let token_endpoint = service_address(Service::Identity, text("token_endpoint")?)?;
        // 2. Random numbers.
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(login)?;
        let port = listener.local_addr().map_err(login)?.port();
        let redirect = format!("http://localhost:{port}{PATH}");
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let address = authorization.with_further_query(&[
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", &redirect),
            ("scope", "openid email"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let address = LoginAddress(address.as_str().to_owned());
        let started = Self {
            listener,
            redirect,
            token_endpoint,
            client_id: client_id.to_owned(),
            state,
            nonce,
            verifier,
        };
        Ok((started, address))
    }

    /// Waits for the browser, at most five minutes, and exchanges its code for a token.
    ///
    /// 1. The answer has our state.
    /// 2. The token has our nonce.
    ///
    /// # Errors
    /// [`SigningError::Token`] where the login was refused or the answer is not for us;
    /// [`SigningError::Service`].
    pub fn finish(&self, caller: &Caller) -> Result<IdentityToken, SigningError> {
        let code = self.code()?;
        let body = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &code)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("client_id", &self.client_id)
            .append_pair("code_verifier", &self.verifier)
            .finish();
        let mut question = Question::json(Service::Identity, &self.token_endpoint, body.as_bytes());
        question.content_type = "application/x-www-form-urlencoded";
        let answer = strict_json(Service::Identity, &caller.post(&question)?)?;
        let token = token_in(&answer, "id_token")?;
        // 2. Nonce.
        if token.nonce() != Some(&self.nonce) {
            return Err(login("the token is of another login").into());
        }
        Ok(token)
    }

    fn code(&self) -> Result<String, TokenError> {
        let until = Instant::now() + WAIT;
        let listener = self.listener.try_clone().map_err(login)?;
        let (sender, receiver) = channel();
        // It ends with the program: nothing else can end a listener that waits.
        std::thread::spawn(move || {
            for stream in listener.incoming().take(MAX_CONNECTIONS).flatten() {
                if sender.send(stream).is_err() {
                    return;
                }
            }
        });
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let stream = receiver.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => login("nobody logged in within five minutes"),
                RecvTimeoutError::Disconnected => {
                    login("something else keeps asking in the place of the browser")
                }
            })?;
            // Who connects and says nothing is not the browser.
            if let Some(answer) = self.read(&stream) {
                let page = match &answer {
                    Ok(_) => "Signed in. You can close this page.",
                    Err(_) => "The login did not succeed. The terminal says why.",
                };
                reply(&stream, "200 OK", page);
                return answer;
            }
            reply(&stream, "404 Not Found", "Nothing here.");
        }
    }

    /// The code, or the refusal; `None` where the request is about something else.
    fn read(&self, stream: &TcpStream) -> Option<Result<String, TokenError>> {
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        let mut line = String::new();
        let mut reader = BufReader::new(stream.take(MAX_LINE));
        reader.read_line(&mut line).ok()?;
        let target = line.strip_prefix("GET ")?.split(' ').next()?;
        let url = Url::parse("http://localhost/").ok()?.join(target).ok()?;
        if url.path() != PATH {
            return None;
        }
        let value = |name: &str| {
            let mut values = url.query_pairs().filter(|(key, _)| key == name);
            let first = values.next()?.1.into_owned();
            values.next().is_none().then_some(first)
        };
        // 1. State: else anybody's page could log us in as somebody else.
        if value("state").as_deref() != Some(self.state.as_str()) {
            return None;
        }
        if let Some(error) = value("error") {
            let more = value("error_description").unwrap_or_default();
            let text = format!("{error} {more}");
            let short: String = text.trim().chars().take(300).collect();
            return Some(Err(login(terminal_safe(&short))));
        }
        value("code").filter(|code| !code.is_empty()).map(Ok)
    }
}

fn reply(mut stream: &TcpStream, status: &str, text: &str) {
    let length = text.len();
    // A browser that is gone has nothing to be told.
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{text}"
    );
}

fn random() -> Result<String, SigningError> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| SigningError::Crypto {
        step: "drawing random bytes",
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn login(reason: impl ToString) -> TokenError {
    TokenError::Login {
        reason: reason.to_string(),
    }
}
