//! Where metadata comes from: the library asks, the HTTP client here answers.

use crate::signing::json::parse_json;
use crate::signing::services::ServiceConnection;
use crate::support::http::{
    Address, Answer, Client, HttpError, Limits, Request, SystemTimer, Timer as _,
};
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error as TufError, Repository};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Most attempts for one file.
const ATTEMPTS: u32 = 3;

/// A TUF repository at an address, metadata below it and targets below `targets`.
pub(super) struct Mirror {
    address: Address,
    /// The library wants something that threads can share.
    asking: Mutex<Asking>,
}

struct Asking {
    client: Client,
    timer: SystemTimer,
    /// For everything that is ever asked here.
    within: Duration,
}

impl Mirror {
    /// Prepares to ask. Nothing is sent yet.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub(super) fn new(address: Address, connection: &ServiceConnection) -> Result<Self, HttpError> {
        let limits = Limits {
            connect: connection.within.min(Duration::from_secs(10)),
            idle: connection.within.min(Duration::from_secs(30)),
            total: connection.within,
            attempts: ATTEMPTS,
            first_wait: Duration::from_millis(200),
            ..Limits::default()
        };
        let client = Client::new(&connection.network, limits, SystemTimer::default())?;
        Ok(Self {
            address,
            asking: Mutex::new(Asking {
                client,
                timer: SystemTimer::default(),
                within: connection.within,
            }),
        })
    }

    /// A file, or `None` where the mirror says that it has none: also by 403, as stores of
    /// objects say it of what is missing.
    fn fetch(&self, names: &[&str], max_bytes: u64) -> Result<Option<Vec<u8>>, TufError> {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut request = Request::new(self.address.join(names), max_bytes);
        request.within = Some(asking.within.saturating_sub(asking.timer.elapsed()));
        match asking.client.read(&request) {
            Ok(Answer::Fetched { content, .. }) => Ok(Some(content)),
            Ok(Answer::NotModified)
            | Err(HttpError::NotFound { .. } | HttpError::Denied { status: 403, .. }) => Ok(None),
            Err(error) => Err(TufError::transport_with_source("no answer", error)),
        }
    }

    /// A metadata file, in which no key appears twice: which of them was signed would be
    /// unclear.
    fn metadata(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, TufError> {
        // The library has encoded the names of roles; the address encodes them, too.
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        let Some(bytes) = self.fetch(&[&name], max_bytes)? else {
            return Ok(None);
        };
        let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        match parse_json(&bytes, limit) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) => Err(TufError::Malformed(format!("{name}: {error}"))),
        }
    }
}

/// The answers are there when the futures are: asking blocks.
impl Repository for Mirror {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(std::future::ready(self.metadata(name, max_length)))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        let names: Vec<_> = ["targets"].into_iter().chain(path.split('/')).collect();
        Box::pin(std::future::ready(self.fetch(&names, max_length)))
    }
}
