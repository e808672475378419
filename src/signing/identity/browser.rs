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
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use url::Url;
use url::form_urlencoded::Serializer;

/// Longest first line of a request that is read, in bytes.
const MAX_LINE: usize = 16 * 1024;
/// Most connections that are looked at: browsers ask for icons, too.
const MAX_CONNECTIONS: usize = 32;
/// How long a connection may take in all to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most ports that are tried.
const MAX_PORTS: usize = 16;
/// How long the user may take.
const WAIT: Duration = Duration::from_mins(5);
const PATH: &str = "/auth/callback";

/// The address that the user has to open. It is good for this one login, and for the user
/// alone: whoever else opens it first, or knows its state, could log this program in as
/// themselves. So the caller says who has logged in.
#[derive(Debug)]
pub struct LoginAddress(pub String);

/// A login that has begun: it waits for the browser.
#[derive(Debug)]
pub struct BrowserLogin {
    listeners: Vec<TcpListener>,
    redirect: String,
    issuer: String,
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
        let name = text("issuer")?;
        if !same(name) {
            return Err(malformed(Service::Identity, "it is of another issuer").into());
        }
        let authorization = service_address(Service::Identity, text("authorization_endpoint")?)?;
        let token_endpoint = service_address(Service::Identity, text("token_endpoint")?)?;
        // 2. Random numbers.
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let (listeners, port) = listen()?;
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
            listeners,
            redirect,
            issuer: name.to_owned(),
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
    /// 2. The token has our nonce, and is of the issuer that was asked.
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
        // A code counts once, and one that comes twice ends what it was exchanged for (RFC
        // 6749, section 4.1.2).
        let answer = strict_json(Service::Identity, &caller.post_once(&question)?)?;
        let token = token_in(&answer, "id_token")?;
        // 2. Nonce and issuer.
        if token.nonce() != Some(&self.nonce) {
            return Err(login("the token is of another login").into());
        }
        if token.issuer() != self.issuer {
            return Err(login("the token is of another issuer").into());
        }
        Ok(token)
    }

    fn code(&self) -> Result<String, TokenError> {
        let until = Instant::now() + WAIT;
        let (sender, receiver) = channel();
        for listener in &self.listeners {
            let listener = listener.try_clone().map_err(login)?;
            let sender = sender.clone();
            // It ends with the program: nothing else can end a listener that waits.
            std::thread::spawn(move || {
                for stream in listener.incoming().take(MAX_CONNECTIONS).flatten() {
                    if sender.send(stream).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let stream = receiver.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => login("nobody logged in within five minutes"),
                RecvTimeoutError::Disconnected => {
                    login("something else keeps asking in the place of the browser")
                }
            })?;
            if left.is_zero() {
                return Err(login("nobody logged in within five minutes"));
            }
            // Who connects and says nothing is not the browser.
            let until = until.min(Instant::now() + PATIENCE);
            if let Some(answer) = self.read(&stream, until) {
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
    fn read(&self, mut stream: &TcpStream, until: Instant) -> Option<Result<String, TokenError>> {
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        let line = first_line(
            |piece, left| {
                stream.set_read_timeout(Some(left))?;
                stream.read(piece)
            },
            || until.saturating_duration_since(Instant::now()),
        )?;
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

/// Listens on both addresses of `localhost`, on one port: whatever a browser takes the name
/// for, nobody else answers there. One is enough where the machine has no IPv6.
fn listen() -> Result<(Vec<TcpListener>, u16), TokenError> {
    for _ in 0..MAX_PORTS {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(login)?;
        let port = first.local_addr().map_err(login)?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(second) => return Ok((vec![first, second], port)),
            // Somebody else has it, who would get what is meant for us.
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(_) => return Ok((vec![first], port)),
        }
    }
    Err(login("no port is free on both addresses of localhost"))
}

/// The first line of what is read, without its end. `None` where it is too long, cut off, or
/// not there when no time is left, however much comes meanwhile.
fn first_line(
    mut read: impl FnMut(&mut [u8], Duration) -> std::io::Result<usize>,
    mut left: impl FnMut() -> Duration,
) -> Option<String> {
    let mut line = Vec::new();
    let mut piece = [0; 8 * 1024];
    while line.len() <= MAX_LINE {
        let left = left();
        if left.is_zero() {
            return None;
        }
        let count = read(&mut piece, left).ok().filter(|count| *count > 0)?;
        line.extend_from_slice(piece.get(..count)?);
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            line.truncate(end);
            let is_short = line.len() <= MAX_LINE;
            return String::from_utf8(line).ok().filter(|_| is_short);
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Reads pieces, each after a second.
    fn read(pieces: &[&[u8]]) -> Option<String> {
        let now = Cell::new(Duration::ZERO);
        let mut pieces = pieces.iter();
        first_line(
            |into, left| {
                assert!(left <= PATIENCE - now.get());
                now.set(now.get() + Duration::from_secs(1));
                let next = pieces.next().copied().unwrap_or_default();
                into[..next.len()].copy_from_slice(next);
                Ok(next.len())
            },
            || PATIENCE.saturating_sub(now.get()),
        )
    }

    #[test]
    fn a_connection_that_drips_ends_in_time() {
        let line = Some("GET / HTTP/1.1\r".to_owned());
        assert_eq!(read(&[b"GET / HTTP/1.1\r\nHost: x\r\n"]), line);
        assert_eq!(read(&[b"GET", b" /", b" HTTP", b"/1.1", b"\r\n"]), line);
        // The same in six seconds.
        let dripped: [&[u8]; 6] = [b"GET", b" /", b" HTTP", b"/1.1", b"\r", b"\n"];
        assert_eq!(read(&dripped), None);
        assert_eq!(read(&[b"GET / HTTP/1.1"]), None, "cut off");
    }

    #[test]
    fn a_line_is_not_longer_than_one_that_is_read() {
        let long = |length: usize| {
            let text = "x".repeat(length) + "\n";
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(8 * 1024).collect();
            read(&pieces)
        };
        assert_eq!(long(MAX_LINE).map(|line| line.len()), Some(MAX_LINE));
        assert_eq!(long(MAX_LINE + 1), None);
        assert_eq!(long(5 * 8 * 1024), None);
    }

    #[test]
    fn every_address_of_localhost_is_ours() {
        let (listeners, port) = listen().unwrap();
        for listener in &listeners {
            let address = listener.local_addr().unwrap();
            assert!(address.ip().is_loopback() && address.port() == port);
            assert!(TcpListener::bind(address).is_err());
        }
        let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        assert_eq!(listeners.len(), if has_ipv6 { 2 } else { 1 });
    }
}
