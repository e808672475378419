//! What `verify` tells.

use super::artifacts::{ArtifactResult, Enough};
use super::bundle::{OTHER_PREDICATE, Outcome, Proof};
use crate::cli::exit::{CliError, Exit};
use crate::cli::forms::ResultFormat;
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::sigstore::VerifiedSigner;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Serialize)]
struct WireReport {
    schema: &'static str,
    artifact: WireArtifact,
    verified: bool,
    bundles: Vec<WireBundle>,
}

/// Several artifacts, in the order of the command line.
#[derive(Serialize)]
struct WireReports {
    schema: &'static str,
    verified: bool,
    results: Vec<WireReport>,
}

#[derive(Serialize)]
struct WireArtifact {
    name: String,
    /// None where no bundle got so far that the file was hashed.
    digest: Option<String>,
}

#[derive(Serialize)]
struct WireBundle {
    source: String,
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<WireSigner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_times: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_entries: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// An id that `sealgate explain` knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct WireSigner {
    identity: String,
    kind: &'static str,
    issuer: Option<String>,
    claims: BTreeMap<&'static str, String>,
}

/// Writes the result.
///
/// # Errors
/// Exit 2 where stdout cannot be written.
pub fn render(format: ResultFormat, results: &[ArtifactResult]) -> Result<(), CliError> {
    match format {
        ResultFormat::Json => render_json(results),
        ResultFormat::Human => render_human(results),
    }
}

fn render_json(results: &[ArtifactResult]) -> Result<(), CliError> {
    let mut reports: Vec<WireReport> = results.iter().map(report).collect();
    let text = if reports.len() == 1
        && let Some(only) = reports.pop()
    {
        serde_json::to_string_pretty(&only)
    } else {
        serde_json::to_string_pretty(&WireReports {
            schema: "sealgate/verify-set/v1",
            verified: reports.iter().all(|report| report.verified),
            results: reports,
        })
    };
    let mut text =
        text.map_err(|e| CliError::new(Exit::Usage, format!("cannot write JSON: {e}")))?;
    text.push('\n');
    terminal::result(&text)
}

fn report(result: &ArtifactResult) -> WireReport {
    WireReport {
        schema: "sealgate/verify/v1",
        artifact: WireArtifact {
            name: result.name.clone(),
            digest: result.digest.as_ref().map(ToString::to_string),
        },
        verified: result.exit() == Exit::Pass,
        bundles: result.outcomes.iter().map(wire_bundle).collect(),
    }
}

fn wire_bundle(outcome: &Outcome) -> WireBundle {
    let proof = outcome.result.as_ref().ok();
    let failure = outcome.result.as_ref().err();
    WireBundle {
        source: outcome.source.clone(),
        verified: proof.is_some(),
        content: proof.map(|proof| proof.what.clone()),
        key: proof.and_then(|proof| proof.key.clone()),
        signer: proof.and_then(signer),
        signing_times: proof.map(|proof| {
            let times = proof.verified.times.iter();
            times.map(ToString::to_string).collect()
        }),
        log_entries: proof.map(|proof| proof.verified.log_entries),
        error: failure.map(|failure| failure.error.message.clone()),
        reason: failure.and_then(|failure| failure.rule).map(|rule| rule.id),
    }
}

fn signer(proof: &Proof) -> Option<WireSigner> {
    let VerifiedSigner::Certificate {
        identity,
        issuer,
        claims,
    } = &proof.verified.signer
    else {
        return None;
    };
    Some(WireSigner {
        identity: identity.text.clone(),
        kind: identity.kind.as_str(),
        issuer: issuer.clone(),
        claims: claims
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect(),
    })
}

fn render_human(results: &[ArtifactResult]) -> Result<(), CliError> {
    let mut text = String::new();
    for result in results {
        for outcome in &result.outcomes {
            match &outcome.result {
                Ok(proof) => {
                    let _ = writeln!(text, "{}", told(&outcome.source, proof));
                }
                Err(failure) if result.enough == Enough::One && result.exit() == Exit::Pass => {
                    // What is of another type was not asked for, and nothing is wrong with it.
                    if failure.rule.is_some_and(|rule| rule.id == OTHER_PREDICATE) {
                        continue;
                    }
                    terminal::note(&format!("does not count: {}", failure.error.message));
                }
                Err(failure) => {
                    terminal::error(&match failure.rule {
                        Some(rule) => format!("{} [{}]", failure.error.message, rule.id),
                        None => failure.error.message.clone(),
                    });
                    if let Some(hint) = &failure.error.hint {
                        terminal::hint(hint);
                    }
                }
            }
        }
        if result.exit() == Exit::Pass
            && let Some(digest) = &result.digest
        {
            let _ = match result.name.ends_with(&digest.to_string()) {
                true => writeln!(text, "{}: verified", terminal_safe(&result.name)),
                false => writeln!(text, "{}: {digest}", terminal_safe(&result.name)),
            };
        }
    }
    terminal::result(&text)
}

fn told(source: &str, proof: &Proof) -> String {
    let mut line = format!(
        "{}: verified, {}",
        terminal_safe(source),
        terminal_safe(&proof.what)
    );
    if let Some(key) = &proof.key {
        let _ = write!(line, ", key {key}");
    }
    if let VerifiedSigner::Certificate {
        identity, issuer, ..
    } = &proof.verified.signer
    {
        let _ = write!(
            line,
            ", signed by {}, vouched for by {}",
            terminal_safe(&identity.to_string()),
            terminal_safe(issuer.as_deref().unwrap_or("no issuer"))
        );
    }
    if let Some(first) = proof.verified.times.first() {
        let _ = write!(line, ", at {first}");
    }
    match proof.verified.log_entries {
        0 => {}
        1 => line.push_str(", in 1 log"),
        more => {
            let _ = write!(line, ", in {more} logs");
        }
    }
    line
}
