//! HTTP for fetching: every request has time limits, a size limit, a bounded number of
//! retries and a redirect policy. A [`Client`] is made where a command needs the network
//! and nowhere else; nothing here reads the environment.
//!
//! What enters is a [`Request`]; what leaves is a complete body, "not modified" or an
//! [`HttpError`]. A body that is cut off, too large or compressed without being asked for
//! never leaves.

mod client;
mod error;
mod headers;
mod network;
mod reason;
mod request;
mod retry;

pub use client::{Client, Exchange, Exchanged, Method, Post, Redirects, Replied};
pub use error::HttpError;
pub use network::Network;
pub use reason::of_body as reason_of_body;
pub use request::{Address, Answer, Limits, Request, Stored, Validators};
pub use retry::{SystemTimer, Timer};

/// The innermost cause of an error, which is the one that says something.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
