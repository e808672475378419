//! JSON under the limits of SBOMs.

use super::error::SbomError;
use crate::model::{JsonLimits, StrictJsonError, parse_strict_json};
use serde_json::Value;

/// Deepest nesting. Below the 128 at which `serde_json` itself stops, so that the
/// message is ours.
const MAX_DEPTH: usize = 100;
/// Most values of any type.
const MAX_VALUES: usize = 20_000_000;

/// The value of a JSON document.
///
/// # Errors
/// [`SbomError::Syntax`], [`SbomError::DuplicateKey`], [`SbomError::TooDeep`] or
/// [`SbomError::TooLarge`].
pub fn parse(bytes: &[u8]) -> Result<Value, SbomError> {
    let limits = JsonLimits {
        depth: MAX_DEPTH,
        values: MAX_VALUES,
    };
    parse_strict_json(bytes, limits).map_err(|error| match error {
        StrictJsonError::Syntax {
            line,
            column,
            message,
        } => SbomError::Syntax {
            line,
            column,
            message,
        },
        StrictJsonError::DuplicateKey { line, column, key } => {
            SbomError::DuplicateKey { line, column, key }
        }
        StrictJsonError::TooDeep { limit } => SbomError::TooDeep { limit },
        StrictJsonError::TooManyValues { limit } => SbomError::TooLarge {
            what: "values",
            limit,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named_and_keys_count_once() {
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(
            parse(deep(MAX_DEPTH + 1).as_bytes()),
            Err(SbomError::TooDeep { limit: MAX_DEPTH })
        );
        assert_eq!(
            parse(deep(1_000_000).as_bytes()),
            Err(SbomError::TooDeep { limit: MAX_DEPTH })
        );
        assert!(matches!(
            parse(b"{\"a\": 1,\n \"\\u0061\": 2}"),
            Err(SbomError::DuplicateKey { line: 2, key, .. }) if key == "a"
        ));
        assert!(matches!(
            parse(b"{} {}"),
            Err(SbomError::Syntax {
                line: 1,
                column: 4,
                ..
            })
        ));
        assert!(matches!(parse(b""), Err(SbomError::Syntax { .. })));
        assert!(matches!(parse(b"[1e999]"), Err(SbomError::Syntax { .. })));
        assert!(matches!(parse(b"\"\xff\""), Err(SbomError::Syntax { .. })));
    }
}
