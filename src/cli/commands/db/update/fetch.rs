//! Getting one item: from the first mirror that has it.

use super::cache::{Cache, Cached, Entry};
use super::content::ContentError;
use super::source::{Item, Mirror};
use crate::cli::exit::{CliError, Exit};
use crate::model::Hint;
use crate::support::files::FileError;
use crate::support::http::{Address, Answer, Client, HttpError, Request};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// An item that is here.
#[derive(Debug)]
pub enum Got {
    /// On this machine anyway.
    Local(PathBuf),
    /// Just fetched.
    New(Entry),
    /// The newest already.
    Same(Entry),
}

/// What one mirror answered.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong, with the mirror's address.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    fn of(error: &dyn Hint) -> Self {
        let CliError { message, hint, .. } = CliError::of(Exit::Inconclusive, error);
        Self { message, hint }
    }
}

/// Fetches into the cache.
pub struct Fetcher<'a> {
    /// None where no mirror is a server.
    pub client: Option<&'a Client>,
    /// Where downloads are kept.
    pub cache: &'a Cache,
    /// The time of the run.
    pub now: Timestamp,
}

impl Fetcher<'_> {
    /// Gets an item from the first of its mirrors that has it. `Err` holds what each of
    /// them answered; the cache is then as it was.
    ///
    /// # Errors
    /// Exit 2 where the settings are wrong, exit 3 where the cache cannot be written.
    pub fn get(&self, item: &Item, cached: &Cached) -> Result<Result<Got, Vec<Failure>>, CliError> {
        let mut failures = Vec::new();
        for mirror in &item.mirrors {
            let got = match mirror {
                Mirror::Path(path) => local(path),
                Mirror::Web(address) => self.download(item, address, cached)?,
            };
            match got {
                Ok(got) => return Ok(Ok(got)),
                Err(failure) => failures.push(failure),
            }
        }
        Ok(Err(failures))
    }

    fn download(
        &self,
        item: &Item,
        address: &Address,
        cached: &Cached,
    ) -> Result<Result<Got, Failure>, CliError> {
        let url = address.to_string();
        let mut request = Request::new(address.clone(), item.content.max_bytes());
        request.redirect_hosts.clone_from(&item.redirect_hosts);
        // Some servers announce a compressed file as a compressed transport.
        let ends = [".gz", ".tgz"];
        request.keep_encoding = ends.iter().any(|end| address.path().ends_with(end));
        if let Cached::Usable(entry) = cached {
            request.unless = entry.validators_for(&url);
        }
        let client = self
            .client
            .ok_or_else(|| CliError::new(Exit::Usage, "there is no HTTP client"))?;
        let mut file = self.cache.receive(&item.key).map_err(|e| unwritten(&e))?;
        let path = file.path().to_owned();
        let answer = match client.store(&request, file.as_file_mut(), &path) {
            Ok(answer) => answer,
            Err(HttpError::Write(error)) => return Err(unwritten(&error)),
            Err(error) if error.is_configuration() => {
                return Err(CliError::of(Exit::Usage, &error));
            }
            Err(error) => return Ok(Err(Failure::of(&error))),
        };
        let (stored, validators) = match (answer, cached) {
            (
                Answer::Fetched {
                    content,
                    validators,
                },
                _,
            ) => (content, validators),
            (Answer::NotModified, Cached::Usable(entry)) => {
                let mut entry = Entry::clone(entry);
                self.cache
                    .confirm(&item.key, &mut entry, self.now)
                    .map_err(|e| unwritten(&e))?;
                return Ok(Ok(Got::Same(entry)));
            }
            // The client asks with a condition only where the cache has something.
            (Answer::NotModified, _) => {
                return Ok(Err(Failure {
                    message: format!("{url} was not sent"),
                    hint: None,
                }));
            }
        };
        let name = match item.content.check(file.as_file_mut(), last_part(address)) {
            Ok(name) => name,
            Err(error) => return Ok(Err(unusable(&url, &error))),
        };
        let entry = Entry::new(url, validators, &stored, name, self.now);
        self.cache
            .replace(&item.key, file, &entry)
            .map_err(|e| unwritten(&e))?;
        Ok(Ok(Got::New(entry)))
    }
}

fn local(path: &Path) -> Result<Got, Failure> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(Got::Local(path.to_owned())),
        Err(source) => Err(Failure::of(&FileError::Read {
            path: path.to_owned(),
            source,
        })),
    }
}

fn unusable(url: &str, error: &ContentError) -> Failure {
    Failure {
        message: format!("what {url} sent cannot be used: {error}"),
        hint: error.hint(),
    }
}

/// A disk that is full is no answer of a mirror: the next one would not help.
fn unwritten(error: &FileError) -> CliError {
    CliError::of(Exit::Inconclusive, error)
}

fn last_part(address: &Address) -> &str {
    address.path().rsplit('/').next().unwrap_or_default()
}
