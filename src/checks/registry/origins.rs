//! Rules about the recorded origin.

use super::address::{Credential, addresses, credential, describe_reference, plain_scheme, shown};
use super::approvals;
use super::case::{Case, Hit, Sink};
use super::effective::{self, End, Way};
use super::rules;
use super::settings::{Standing, standing};
use crate::model::{Checksum, Ecosystem, GitReference, Origin, Severity, terminal_safe};

/// Adds what the origin of one entry breaks.
pub(super) fn check(case: &Case<'_>, sink: &mut Sink<'_>) {
    let way = effective::way(case);
    if let Some(hit) = unapproved(case, way.as_ref()) {
        let configuration = way.as_ref().map(Way::places).unwrap_or_default();
        let approvals = match hit.rule.id == rules::UNAPPROVED_ORIGIN.id {
            true => approvals::of(case, way.as_ref()),
            false => Vec::new(),
        };
        sink.add_unapproved(hit, case.occurrence, configuration, approvals);
    }
    if let Some(hit) = internal_outside(case, way.as_ref()) {
        let configuration = way.as_ref().map(Way::places).unwrap_or_default();
        sink.add_configured(hit, case.occurrence, configuration);
    }
    if let Some(hit) = local_directory(case, way.as_ref()) {
        let configuration = way.as_ref().map(Way::places).unwrap_or_default();
        sink.add_configured(hit, case.occurrence, configuration);
    }
    for check in [
        plain_http,
        url_credentials,
        bypasses_registries,
        mutable_git_reference,
    ] {
        if let Some(hit) = check(case) {
            sink.add(hit, case.occurrence);
        }
    }
}

/// The origin in words, without credentials.
pub(super) fn describe(origin: &Origin) -> String {
    match origin {
        Origin::Registry { default: true, .. } | Origin::ImpliedDefault => {
            "the ecosystem's default registry".to_owned()
        }
        Origin::Registry {
            index: Some(index),
            file: Some(file),
            ..
        } => format!("`{}` with its file at `{}`", shown(index), shown(file)),
        Origin::Registry { index, file, .. } => match index.as_ref().or(file.as_ref()) {
            Some(address) => format!("`{}`", shown(address)),
            None => "a registry without an address".to_owned(),
        },
        Origin::Git { url, .. } => format!("the git repository `{}`", shown(url)),
        Origin::Url { url } => format!("`{}`", shown(url)),
        Origin::Path { path } => format!("the path `{}`", shown(path)),
        Origin::Bundled { inside } => format!("the package file of `{}`", shown(inside)),
        Origin::Unrecorded => "an origin that the lockfile does not record".to_owned(),
    }
}

/// `registry/unapproved-origin` and `registry/source-unknown`.
fn unapproved(case: &Case<'_>, way: Option<&Way<'_>>) -> Option<Hit> {
    if case.approved.is_empty() {
        return None;
    }
    match way {
        Some(way) => unapproved_way(case, way),
        None => unapproved_record(case),
    }
}

/// The same where the client's configuration decides.
fn unapproved_way(case: &Case<'_>, way: &Way<'_>) -> Option<Hit> {
    let (label, client) = (case.label(), way.client);
    let approved = case.approved_words();
    let ecosystem = case.component.ecosystem;
    let locked = match &case.occurrence.origin {
        Origin::Unrecorded => format!("the lockfile does not record where `{label}` comes from"),
        origin => format!("`{label}` is locked from {}", describe(origin)),
    };
    match &way.end {
        End::Outside(target) => Some(Hit {
            rule: &rules::UNAPPROVED_ORIGIN,
            severity: Severity::High,
            message: format!(
                "{locked}, and {client} {} it from {target}, which is not approved for {ecosystem}",
                way.verb()
            ),
            remedy: format!(
                "configure an approved registry ({approved}) for {client} instead, or approve that one for `{ecosystem}` in the policy"
            ),
        }),
        End::Unsettled(why) => Some(Hit {
            rule: &rules::SOURCE_UNKNOWN,
            severity: Severity::Medium,
            message: match case.occurrence.origin {
                Origin::Unrecorded if way.places().is_empty() => locked,
                _ => format!("{locked}, and where {client} takes it from cannot be told: {why}"),
            },
            remedy: format!(
                "lock it so that its origin is recorded, or name an approved registry ({approved}) in the configuration of {client} in the tree"
            ),
        }),
        End::Settled(_) | End::Local(_) => None,
    }
}

/// The same where the lockfile alone tells.
fn unapproved_record(case: &Case<'_>) -> Option<Hit> {
    let label = case.label();
    let origin = &case.occurrence.origin;
    let approved = case.approved_words();
    if *origin == Origin::Unrecorded {
        return Some(Hit {
            rule: &rules::SOURCE_UNKNOWN,
            severity: Severity::Medium,
            message: format!("the lockfile does not record where `{label}` comes from"),
            remedy: format!(
                "lock it so that its origin is recorded and is one of the approved ones: {approved}"
            ),
        });
    }
    if standing(origin, case.approved)? != Standing::Outside {
        return None;
    }
    Some(Hit {
        rule: &rules::UNAPPROVED_ORIGIN,
        severity: Severity::High,
        message: format!(
            "`{label}` comes from {}, which is not approved for {}",
            describe(origin),
            case.component.ecosystem
        ),
        remedy: format!(
            "lock it from an approved registry ({approved}), or approve the origin for `{}` in the policy",
            case.component.ecosystem
        ),
    })
}

/// `registry/internal-name-outside`.
fn internal_outside(case: &Case<'_>, way: Option<&Way<'_>>) -> Option<Hit> {
    let component = case.component;
    if !case
        .settings
        .is_internal(component.ecosystem, &component.name)
    {
        return None;
    }
    let origin = &case.occurrence.origin;
    let label = case.label();
    let mut settled = false;
    let message = match origin {
        // A route of the configuration that is known decides over the record.
        _ if way.is_some_and(|way| {
            matches!(way.end, End::Local(_) | End::Settled(Standing::Internal))
        }) =>
        {
            return None;
        }
        _ if let Some(Way {
            end: End::Outside(_) | End::Settled(_),
            ..
        }) = way =>
        {
            settled = true;
            let way = way?;
            format!(
                "`{label}` has an internal name, but {} {} it from {}",
                way.client,
                way.verb(),
                way.foreign()
            )
        }
        // The code beside the project is inside by definition; a bundled package comes
        // with another one, which is judged itself.
        Origin::Path { .. } | Origin::Bundled { .. } => return None,
        // A Go module's name is its address: nobody else can claim it in a registry.
        Origin::Unrecorded if component.ecosystem == Ecosystem::Golang => return None,
        Origin::Unrecorded => format!(
            "`{label}` has an internal name, but the lockfile does not record that it comes from an internal registry"
        ),
        _ if standing(origin, case.approved) == Some(Standing::Internal) => return None,
        _ => format!(
            "`{label}` has an internal name, but comes from {}",
            describe(origin)
        ),
    };
    let severity = if *origin == Origin::Unrecorded && !settled {
        Severity::High
    } else {
        Severity::Critical
    };
    Some(Hit {
        rule: &rules::INTERNAL_NAME_OUTSIDE,
        severity,
        message,
        remedy: "do not build it before its content is understood; bind the name to the internal registry in the client configuration, lock it anew, and approve that registry by its address".to_owned(),
    })
}

/// `registry/path-dependency`, where a directory of the configuration stands in for a
/// registry.
fn local_directory(case: &Case<'_>, way: Option<&Way<'_>>) -> Option<Hit> {
    let Some(Way {
        end: End::Local(path),
        client,
        ..
    }) = way
    else {
        return None;
    };
    let outside = leaves_the_tree(path);
    let label = case.label();
    Some(Hit {
        rule: &rules::PATH_DEPENDENCY,
        severity: if outside {
            Severity::Medium
        } else {
            Severity::Low
        },
        message: format!(
            "`{label}` is locked from {}, and {client} takes it from the path `{}`{}",
            describe(&case.occurrence.origin),
            shown(path),
            if outside {
                ", outside of the checked tree"
            } else {
                ""
            }
        ),
        remedy: "compare the directory with the approved registry's files in review, or fetch from that registry".to_owned(),
    })
}

/// `registry/plain-http`.
fn plain_http(case: &Case<'_>) -> Option<Hit> {
    let origin = &case.occurrence.origin;
    let (address, scheme) = addresses(origin)
        .into_iter()
        .find_map(|text| plain_scheme(text).map(|scheme| (text, scheme)))?;
    // A strong checksum or a commit id still pins the bytes.
    let pinned = match origin {
        Origin::Git { commit, .. } => commit.as_deref().is_some_and(is_full_commit),
        _ => case
            .occurrence
            .checksums
            .iter()
            .any(|c| matches!(c, Checksum::File(digest) if digest.algorithm().is_strong())),
    };
    Some(Hit {
        rule: &rules::PLAIN_HTTP,
        severity: if pinned {
            Severity::Medium
        } else {
            Severity::High
        },
        message: format!(
            "`{}` is fetched without TLS: `{}`",
            case.label(),
            shown(address)
        ),
        remedy: if scheme == "http" {
            "serve the registry over https and lock the component from there".to_owned()
        } else {
            format!("use https or ssh instead of `{scheme}://` and lock the component anew")
        },
    })
}

/// `registry/url-credentials`.
fn url_credentials(case: &Case<'_>) -> Option<Hit> {
    let (address, kind) = addresses(&case.occurrence.origin)
        .into_iter()
        .find_map(|text| credential(text).map(|kind| (text, kind)))?;
    let what = match kind {
        Credential::Password => "a user and password".to_owned(),
        Credential::User => "a user or token".to_owned(),
        Credential::Query(name) => format!("a value of `{}`", shown(&name)),
    };
    Some(Hit {
        rule: &rules::URL_CREDENTIALS,
        severity: Severity::High,
        message: format!(
            "the address of `{}` holds {what}: `{}`",
            case.label(),
            shown(address)
        ),
        remedy: "revoke the credential, configure it in the client's credential store instead, and lock the component from the bare address; then remove it from the history".to_owned(),
    })
}

/// `registry/git-dependency`, `registry/url-dependency` and `registry/path-dependency`.
fn bypasses_registries(case: &Case<'_>) -> Option<Hit> {
    let origin = &case.occurrence.origin;
    let label = case.label();
    // An approved address is known to its owner, but it is still no registry.
    let approved = matches!(
        standing(origin, case.approved),
        Some(Standing::Internal | Standing::Default)
    );
    let remedy = format!("publish `{label}` to an approved registry and depend on that release");
    match origin {
        Origin::Git { url, .. } => Some(Hit {
            rule: &rules::GIT_DEPENDENCY,
            severity: if approved {
                Severity::Info
            } else {
                Severity::Medium
            },
            message: format!(
                "`{label}` comes from the git repository `{}` instead of a registry",
                shown(url)
            ),
            remedy,
        }),
        Origin::Url { url } => Some(Hit {
            rule: &rules::URL_DEPENDENCY,
            severity: if approved {
                Severity::Info
            } else {
                Severity::Medium
            },
            message: format!(
                "`{label}` comes from the file `{}` instead of a registry",
                shown(url)
            ),
            remedy,
        }),
        Origin::Path { path } => {
            let outside = leaves_the_tree(path);
            Some(Hit {
                rule: &rules::PATH_DEPENDENCY,
                severity: if outside {
                    Severity::Medium
                } else {
                    Severity::Low
                },
                message: format!(
                    "`{label}` is taken from the path `{}`{}",
                    shown(path),
                    if outside {
                        ", outside of the checked tree"
                    } else {
                        ""
                    }
                ),
                remedy: format!(
                    "make `{label}` a member of the workspace, or publish it to an approved registry"
                ),
            })
        }
        Origin::Registry { .. }
        | Origin::ImpliedDefault
        | Origin::Bundled { .. }
        | Origin::Unrecorded => None,
    }
}

/// Whether a recorded path cannot be shown to stay below its lockfile's directory.
fn leaves_the_tree(path: &str) -> bool {
    let bare = path.strip_prefix("file:").unwrap_or(path);
    if bare.starts_with(['/', '\\', '~']) || bare.chars().nth(1) == Some(':') {
        return true;
    }
    let mut depth = 0_i32;
    for part in bare.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth = depth.saturating_add(1),
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// `registry/mutable-git-reference`.
fn mutable_git_reference(case: &Case<'_>) -> Option<Hit> {
    let Origin::Git {
        url,
        reference,
        commit,
    } = &case.occurrence.origin
    else {
        return None;
    };
    let pinned = match (commit, reference) {
        (Some(commit), _) => is_full_commit(commit),
        (None, GitReference::Revision(revision)) => is_full_commit(revision),
        (None, _) => false,
    };
    if pinned {
        return None;
    }
    let found = match commit {
        // npm's own locks have the commit; what was written by hand may be any name.
        Some(name) if !is_short_commit(name) => {
            format!("the branch or tag `{}`", terminal_safe(name))
        }
        Some(commit) => format!("the shortened commit id `{}`", terminal_safe(commit)),
        None => describe_reference(reference),
    };
    Some(Hit {
        rule: &rules::MUTABLE_GIT_REFERENCE,
        severity: Severity::High,
        message: format!(
            "`{}` follows {found} of `{}`, which can move",
            case.label(),
            shown(url)
        ),
        remedy: "pin it to the full commit id (40 or 64 hexadecimal digits) that was reviewed"
            .to_owned(),
    })
}

/// What git takes for the beginning of an object name: four digits or more.
fn is_short_commit(text: &str) -> bool {
    (4..64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A SHA-1 or SHA-256 object name in full.
fn is_full_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}
