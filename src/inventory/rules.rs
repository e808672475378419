//! The gaps that an inventory can have: ids and texts. Each has a page in `docs/rules/`.

use crate::model::{Gap, Location, Rule, fold_url_credentials, terminal_safe};

/// An inventory makes no findings.
pub const RULES: &[Rule] = &[];

/// Every gap of this room, sorted by id.
pub const GAPS: &[Rule] = &[
    CARGO_FAILED,
    INCOMPLETE_BINARY,
    INCOMPLETE_ENTRY,
    INCOMPLETE_LOCKFILE,
    INCOMPLETE_SBOM,
    LEFT_OUT,
    MISSING_LOCKFILE,
    NOTHING_TO_CHECK,
    TOO_LARGE,
    UNIDENTIFIED_COMPONENT,
    UNPINNED_REQUIREMENT,
    UNREADABLE_LOCKFILE,
    UNREADABLE_PATH,
    UNRESOLVED_DEPENDENCY,
    UNSUPPORTED_LOCK_VERSION,
    UNSUPPORTED_LOCKFILE,
];

/// Cargo was asked and did not answer.
pub const CARGO_FAILED: Rule = Rule {
    id: "inventory/cargo-failed",
    title: "Cargo could not say more about a lockfile",
    description: "The caller asked for cargo's own word on kinds, features and build scripts, and cargo gave none; the packages themselves are those of the lockfile.",
    remedy: "Run `cargo fetch --locked`, then check again",
};

/// A binary whose record could be read in part only.
pub const INCOMPLETE_BINARY: Rule = Rule {
    id: "inventory/incomplete-binary",
    title: "A binary does not say all of what it is made of",
    description: "The binary records its dependencies, but a part of the record is missing, damaged or not known, so it was not checked in full.",
    remedy: "Build the binary with a released toolchain that records its dependencies",
};

/// An entry could not be read, or only in part.
pub const INCOMPLETE_ENTRY: Rule = Rule {
    id: "inventory/incomplete-entry",
    title: "A lockfile entry could not be read in full",
    description: "An entry lacks its name or version, or a field of it holds something else than it should; what it stands for was not checked in full.",
    remedy: "let the package manager write the lockfile anew",
};

/// The lockfile format does not list everything that is built.
pub const INCOMPLETE_LOCKFILE: Rule = Rule {
    id: "inventory/incomplete-lockfile",
    title: "The lockfile does not list every dependency",
    description: "The file follows an old form that names direct dependencies only, so indirect ones were not checked.",
    remedy: "move the project to a form that lists every dependency",
};

/// An SBOM that is not complete.
pub const INCOMPLETE_SBOM: Rule = Rule {
    id: "inventory/incomplete-sbom",
    title: "An SBOM does not hold every component",
    description: "The SBOM says so itself, refers to components that it does not hold, or has parts that cannot be read, so something was not checked.",
    remedy: "make the SBOM anew, with every lockfile in reach of the tool that makes it",
};

/// A project below the product that may be a part of it.
pub const LEFT_OUT: Rule = Rule {
    id: "inventory/left-out",
    title: "A project inside the product was left out",
    description: "A lockfile or a manifest lies below a lockfile of the same kind that knows nothing of it. It is no part of the inventory, so what it brings was not checked; it may be delivered all the same.",
    remedy: "add it with `--include`, or let the policy say that it does not count",
};

/// A manifest with dependencies and no lockfile for it.
pub const MISSING_LOCKFILE: Rule = Rule {
    id: "inventory/missing-lockfile",
    title: "A manifest has no lockfile",
    description: "The manifest names dependencies, but no lockfile says which versions are built, so they were not checked.",
    remedy: "create the lockfile with the package manager and commit it",
};

/// The tree holds nothing that is known.
pub const NOTHING_TO_CHECK: Rule = Rule {
    id: "inventory/nothing-to-check",
    title: "No lockfile was found",
    description: "The tree holds no lockfile and no manifest that is known, so no dependency was checked.",
    remedy: "check the path, or commit a lockfile",
};

/// A limit was reached.
pub const TOO_LARGE: Rule = Rule {
    id: "inventory/too-large",
    title: "A lockfile is over a limit",
    description: "The file is larger, or holds more packages, than sealgate reads from untrusted input, so it was not checked in full.",
    remedy: "check that the file is a lockfile; split the project if it is one",
};

/// A component of an SBOM that cannot be identified.
pub const UNIDENTIFIED_COMPONENT: Rule = Rule {
    id: "inventory/unidentified-component",
    title: "A component of an SBOM cannot be identified",
    description: "The component has no package URL, one that is malformed, or one that contradicts what else is said of it, so nothing could be looked up for it, or only in part.",
    remedy: "make the SBOM with a tool that gives each component a package URL, or add it",
};

/// A requirement without an exact version.
pub const UNPINNED_REQUIREMENT: Rule = Rule {
    id: "inventory/unpinned-requirement",
    title: "A requirement has no exact version",
    description: "The line names a package without `==`, so the version that will be installed is not known and was not checked.",
    remedy: "pin every requirement with `==`, for example with `pip-compile` or `uv pip compile`",
};

/// A lockfile that could not be read.
pub const UNREADABLE_LOCKFILE: Rule = Rule {
    id: "inventory/unreadable-lockfile",
    title: "A lockfile could not be read",
    description: "The file is damaged, is a link, or does not look like what its name says; its packages were not checked, or only a part of them.",
    remedy: "let the package manager write the lockfile anew",
};

/// A path of the tree that could not be read.
pub const UNREADABLE_PATH: Rule = Rule {
    id: "inventory/unreadable-path",
    title: "A part of the tree could not be read",
    description: "A directory or file could not be opened, so lockfiles below it may be missing from the inventory.",
    remedy: "give the user who runs sealgate the right to read it",
};

/// A dependency that leads nowhere.
pub const UNRESOLVED_DEPENDENCY: Rule = Rule {
    id: "inventory/unresolved-dependency",
    title: "A dependency is not in its own lockfile",
    description: "An entry depends on a package that the lockfile does not hold, so the lockfile does not list everything that is built.",
    remedy: "let the package manager write the lockfile anew",
};

/// A lock version that is not known.
pub const UNSUPPORTED_LOCK_VERSION: Rule = Rule {
    id: "inventory/unsupported-lock-version",
    title: "A lockfile has a version that is not known",
    description: "The format is known, but not this version of it, so its packages were not checked.",
    remedy: "update sealgate, or write the lockfile in a version that it reads",
};

/// A lockfile of a format that is not read.
pub const UNSUPPORTED_LOCKFILE: Rule = Rule {
    id: "inventory/unsupported-lockfile",
    title: "A lockfile has a format that is not read",
    description: "The file is known as a lockfile, but its format is not read, so its packages were not checked.",
    remedy: "use a lockfile that is read, or accept the gap in the policy",
};

/// Characters of a message; it may quote a line of any length.
const MESSAGE_LIMIT: usize = 400;

/// A gap of this room; control characters of scanned files are shown, not passed on, and
/// credentials in addresses are masked.
#[must_use]
pub fn gap(rule: &Rule, location: Option<Location>, message: &str, remedy: Option<&str>) -> Gap {
    // Folded first: a cut could leave a password without the `@` that gives it away.
    let message = fold_url_credentials(message);
    let mut short: String = message.chars().take(MESSAGE_LIMIT).collect();
    if short.len() < message.len() {
        short.push('…');
    }
    Gap {
        id: rule.id,
        message: terminal_safe(&short).into_owned(),
        location,
        remedy: terminal_safe(remedy.unwrap_or(rule.remedy)).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::read_bounded;
    use std::path::Path;

    #[test]
    fn a_message_is_short_and_safe_to_show() {
        let text = format!("\u{1b}[2J https://u:p@h.example/ {}", "x".repeat(10_000));
        let gap = gap(&TOO_LARGE, None, &text, None);
        assert!(gap.message.starts_with("\\u{1b}[2J https://***@h.example/"));
        assert!(gap.message.chars().count() < 500);
        assert_eq!(gap.remedy, TOO_LARGE.remedy);
    }

    #[test]
    fn every_gap_has_a_page_that_starts_with_its_id() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
        let mut pages: Vec<String> = std::fs::read_dir(docs.join("inventory"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .map(|name| format!("inventory/{}", name.trim_end_matches(".md")))
            .collect();
        pages.sort();
        let ids: Vec<&str> = GAPS.iter().map(|rule| rule.id).collect();
        assert_eq!(ids, pages);
        for id in ids {
            let page = read_bounded(&docs.join(format!("{id}.md")), 100_000).unwrap();
            assert!(page.starts_with(format!("# {id}\n").as_bytes()), "{id}");
        }
    }
}
