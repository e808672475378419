//! Asking: a few threads, each name once, until everything is asked or the time is over.

use super::super::settings::RegistrySettings;
use super::answers::{Answers, Failure, FailureKind, PackageAnswer, Reply};
use super::cache::Cache;
use super::codeartifact::{Api, CodeArtifactApi};
use super::credentials::Credentials;
use super::protocols::{self, Protocol};
use super::question::{Question, questions};
use super::session::{Endpoint, NoDocument, Session};
use crate::model::{Ecosystem, Hint, Inventory};
use crate::support::aws::{self, CredentialsError};
use crate::support::files::FileError;
use crate::support::http::{Client, HttpError, Limits, Network, SystemTimer};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Requests at one time.
const THREADS: usize = 6;

/// How to ask.
pub struct AskOptions<'a> {
    /// Proxies and certificates.
    pub network: &'a Network,
    /// Credentials of the user's clients.
    pub credentials: &'a Credentials,
    /// Where documents are kept between runs.
    pub cache: Option<&'a Path>,
    /// Most time for everything.
    pub budget: Duration,
    /// When it is asked, RFC 3339; for the answers.
    pub asked: String,
    /// APIs of CodeArtifact that the policy names.
    pub codeartifact: &'a [CodeArtifactApi],
    /// What their requests are signed with, or why there is nothing.
    pub aws: Option<&'a Result<aws::Keys, CredentialsError>>,
}

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The proxy or the certificates cannot be used.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The cache cannot be written.
    #[error("cannot keep answers of registries: {0}")]
    Cache(FileError),
}

impl Hint for AskError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Http(error) => error.hint(),
            Self::Cache(error) => error.hint(),
        }
    }
}

/// Asks the approved registries about every name of the inventory. Only addresses of the
/// policy are contacted. A registry that cannot be asked is an answer too.
///
/// # Errors
/// Every variant of [`AskError`]; these are settings, not registries.
pub fn ask(
    inventory: &Inventory,
    settings: &RegistrySettings,
    options: &AskOptions<'_>,
) -> Result<Answers, AskError> {
    let questions: Vec<Question> = questions(inventory)
        .into_iter()
        .filter(|question| protocols::of(question.ecosystem).is_some())
        .collect();
    let cache = options
        .cache
        .map(Cache::open)
        .transpose()
        .map_err(AskError::Cache)?;
    let endpoints = endpoints(&questions, settings, options);
    let timer = SystemTimer::default();
    let limits = Limits {
        connect: Duration::from_secs(10),
        idle: Duration::from_secs(20),
        total: options.budget,
        attempts: 3,
        first_wait: Duration::from_millis(250),
        redirects: 3,
    };
    // A client stays in its thread, so each makes its own; what is wrong with the settings
    // is told before.
    options.network.client(&limits)?;
    let run = Run {
        questions: &questions,
        endpoints: &endpoints,
        settings,
        aws: options.aws,
        next: AtomicUsize::new(0),
        answers: Mutex::new(Vec::with_capacity(questions.len())),
    };
    let made = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS.min(questions.len()))
            .map(|_| {
                scope.spawn(|| {
                    let session = Session {
                        client: Client::new(options.network, limits, SystemTimer::default())?,
                        timer: &timer,
                        budget: options.budget,
                        cache: cache.as_ref(),
                    };
                    run.work(&session);
                    Ok(())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or(Ok(())))
            .collect::<Result<Vec<()>, HttpError>>()
    });
    made?;
    let answers = run
        .answers
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    Ok(Answers::new(options.asked.clone(), answers))
}

/// The registries to ask, by ecosystem and address.
type Endpoints = BTreeMap<(Ecosystem, String), Endpoint>;

fn endpoints(
    questions: &[Question],
    settings: &RegistrySettings,
    options: &AskOptions<'_>,
) -> Endpoints {
    let mut found = Endpoints::new();
    for ecosystem in questions.iter().map(|question| question.ecosystem) {
        let approved = settings.approved_for(ecosystem);
        for entry in approved {
            let key = (ecosystem, entry.to_string());
            if found.contains_key(&key) {
                continue;
            }
            let endpoint = Endpoint::of(ecosystem, entry, approved, options.credentials);
            if let Some(mut endpoint) = endpoint {
                endpoint.api = Api::of(entry, options.codeartifact);
                found.insert(key, endpoint);
            }
        }
    }
    found
}

struct Run<'a> {
    questions: &'a [Question],
    endpoints: &'a Endpoints,
    settings: &'a RegistrySettings,
    aws: Option<&'a Result<aws::Keys, CredentialsError>>,
    next: AtomicUsize,
    answers: Mutex<Vec<PackageAnswer>>,
}

impl Run<'_> {
    fn work(&self, session: &Session<'_>) {
        while let Some(question) = self.questions.get(self.next.fetch_add(1, Ordering::SeqCst)) {
            let answers = self.ask(session, question);
            self.answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(answers);
        }
    }

    /// Asks one registry after the other until one has every version.
    fn ask(&self, session: &Session<'_>, question: &Question) -> Vec<PackageAnswer> {
        let mut answers = Vec::new();
        let Some(protocol) = protocols::of(question.ecosystem) else {
            return answers;
        };
        for entry in question.registries(self.settings) {
            let key = (question.ecosystem, entry.to_string());
            let Some(endpoint) = self.endpoints.get(&key) else {
                continue;
            };
            let mut reply = ask_one(session, protocol, endpoint, question);
            if let Err(failure) = self.enrich(session, endpoint, question, &mut reply) {
                reply = Reply::Unreachable(failure);
            }
            let is_complete = matches!(&reply, Reply::Present { versions, .. }
                if question.versions.iter().all(|version| versions.contains_key(version)));
            answers.push(PackageAnswer {
                ecosystem: question.ecosystem.purl_type().to_owned(),
                name: question.name.clone(),
                registry: endpoint.registry.clone(),
                reply,
            });
            if is_complete {
                break;
            }
        }
        answers
    }
}

impl Run<'_> {
    /// Adds what the registry's API says of the versions that it has.
    fn enrich(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        question: &Question,
        reply: &mut Reply,
    ) -> Result<(), Failure> {
        let (Some(api), Reply::Present { versions, .. }) = (&endpoint.api, reply) else {
            return Ok(());
        };
        let api = api.as_ref().map_err(Clone::clone)?;
        let (ecosystem, name) = (question.ecosystem, question.name.as_str());
        let internal = self.settings.is_internal(ecosystem, name);
        let about = (ecosystem, name, internal);
        api.describe((session, endpoint), self.aws, about, versions)
    }
}

fn ask_one(
    session: &Session<'_>,
    protocol: &dyn Protocol,
    endpoint: &Endpoint,
    question: &Question,
) -> Reply {
    if !is_askable(&question.name) {
        return Reply::Unreachable(Failure {
            kind: FailureKind::BadName,
            reason: "its name cannot be part of an address".to_owned(),
            remedy: "look at the lockfile entry: no registry has such a name".to_owned(),
        });
    }
    let prepared = endpoint
        .prepared
        .get_or_init(|| protocol.prepare(session, endpoint));
    let reply = match prepared {
        Err(failure) => Err(NoDocument::Failed(failure.clone())),
        Ok(prepared) => protocol.ask(session, endpoint, prepared, question),
    };
    match reply {
        Ok(reply) => reply,
        Err(NoDocument::Absent) => Reply::Absent,
        Err(NoDocument::Failed(failure)) => Reply::Unreachable(failure),
    }
}

/// Whether a name stays one path below the registry.
fn is_askable(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 1024
        && !name
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
