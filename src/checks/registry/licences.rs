//! Rules about licences: what the policy allows, evaluated as SPDX expressions
//! (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>).

use super::case::{Case, Hit, Sink};
use super::error::RegistryError;
use super::rules;
use crate::model::{Licence, Severity, terminal_safe};
use spdx::{Expression, LicenseReq, ParseMode};

/// Deprecated ids are still ids.
const STRICT: ParseMode = ParseMode {
    allow_deprecated: true,
    ..ParseMode::STRICT
};

/// Characters of a licence that are shown.
const SHOWN: usize = 200;

/// The licences that a policy allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedLicences {
    allowed: Vec<LicenseReq>,
}

impl AllowedLicences {
    /// Reads entries such as `MIT` and `Apache-2.0 WITH LLVM-exception`. An entry allows
    /// exactly what it says: `GPL-2.0-or-later` does not allow `GPL-3.0-only`, and a licence
    /// does not allow itself with an exception.
    ///
    /// # Errors
    /// [`RegistryError::NotALicence`].
    pub fn parse(entries: &[String]) -> Result<Self, RegistryError> {
        let mut allowed = Vec::new();
        for entry in entries {
            let refused = || RegistryError::NotALicence {
                text: entry.clone(),
            };
            let expression = Expression::parse_mode(entry, STRICT).map_err(|_| refused())?;
            let mut requirements = expression.requirements();
            match (requirements.next(), requirements.next()) {
                (Some(only), None) => allowed.push(only.req.clone()),
                _ => return Err(refused()),
            }
        }
        allowed.sort();
        allowed.dedup();
        Ok(Self { allowed })
    }

    /// Whether a choice in the expression is allowed: one side of each `OR`, both sides of
    /// each `AND`. `None` where the text is no expression.
    #[must_use]
    pub fn allow(&self, expression: &str) -> Option<bool> {
        let expression = Expression::parse_mode(expression, STRICT).ok()?;
        Some(expression.evaluate(|requirement| self.allowed.contains(requirement)))
    }

    fn words(&self) -> String {
        let named: Vec<String> = self
            .allowed
            .iter()
            .take(8)
            .map(|l| format!("`{l}`"))
            .collect();
        match self.allowed.len() > named.len() {
            true => format!("{} and more", named.join(", ")),
            false => named.join(", "),
        }
    }
}

/// Adds `registry/licence-not-allowed` or `registry/licence-unknown`, where the policy
/// says which licences are allowed.
pub(super) fn check(case: &Case<'_>, sink: &mut Sink<'_>) {
    let Some(allowed) = &case.settings.licences else {
        return;
    };
    let label = case.label();
    let unknown = |message: String| {
        Hit {
        rule: &rules::LICENCE_UNKNOWN,
        severity: Severity::Medium,
        message,
        remedy: "find out the licence; `--read-caches` reads those that the package managers keep, and an SBOM may state it".to_owned(),
    }
    };
    let hit = match &case.component.licence {
        Licence::Expression { expression, .. } => match allowed.allow(expression) {
            Some(true) => return,
            Some(false) => Hit {
                rule: &rules::LICENCE_NOT_ALLOWED,
                severity: Severity::High,
                message: format!(
                    "`{label}` has the licence `{}`, which the policy does not allow",
                    shown(expression)
                ),
                remedy: format!(
                    "replace the component, or allow the licence in the policy; allowed are {}",
                    allowed.words()
                ),
            },
            None => unknown(format!(
                "the licence of `{label}`, `{}`, cannot be evaluated",
                shown(expression)
            )),
        },
        Licence::Text { text, .. } => unknown(format!(
            "`{label}` states its licence as `{}`, which is no SPDX expression",
            shown(text)
        )),
        Licence::Unknown { reason } => unknown(format!(
            "the licence of `{label}` is not known: {}",
            shown(reason)
        )),
    };
    sink.add(hit, case.occurrence);
}

fn shown(text: &str) -> String {
    let line: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(SHOWN)
        .collect();
    terminal_safe(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entries: &[&str]) -> AllowedLicences {
        let entries: Vec<String> = entries.iter().map(|e| (*e).to_owned()).collect();
        AllowedLicences::parse(&entries).unwrap()
    }

    #[test]
    fn or_and_with_are_evaluated() {
        let list = allowed(&["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]);
        for (expression, want) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT AND (GPL-3.0-only OR Apache-2.0)", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT AND Apache-2.0 WITH LLVM-exception", true),
        ] {
            assert_eq!(list.allow(expression), Some(want), "{expression}");
        }
        let plain = allowed(&["Apache-2.0", "GPL-2.0-or-later"]);
        assert_eq!(plain.allow("Apache-2.0 WITH LLVM-exception"), Some(false));
        assert_eq!(plain.allow("GPL-3.0-only"), Some(false));
        assert_eq!(plain.allow("GPL-2.0-or-later"), Some(true));
        assert_eq!(plain.allow("a nice licence"), None);
        assert_eq!(allowed(&[]).allow("MIT"), Some(false));
    }

    #[test]
    fn an_entry_that_is_no_single_licence_is_refused() {
        for entry in ["MIT OR Apache-2.0", "mitt", "", "MIT AND"] {
            assert!(
                matches!(
                    AllowedLicences::parse(&[entry.to_owned()]),
                    Err(RegistryError::NotALicence { .. })
                ),
                "{entry}"
            );
        }
    }
}
