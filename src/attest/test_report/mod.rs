//! Machine reports of test runs, one format a file.
//!
//! A report that cannot be read, contradicts itself or ends early is an error, never a
//! report with fewer tests.

#[cfg(feature = "full")]
mod cargo_test;
#[cfg(feature = "full")]
mod junit;

#[cfg(feature = "full")]
pub use cargo_test::parse_cargo_test;
#[cfg(feature = "full")]
pub use junit::{MAX_REPORT_NODES, parse_junit};

use serde::{Deserialize, Serialize};

/// Limit of a test report, and of the output that is searched for one: 64 MiB.
pub const MAX_REPORT_BYTES: usize = 64 * 1024 * 1024;

/// How many tests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCounts {
    /// Passed.
    pub passed: u64,
    /// Passed, but only after another try.
    #[serde(default)]
    pub warned: u64,
    /// Failed or broken.
    pub failed: u64,
    /// Not run.
    #[serde(default)]
    pub skipped: u64,
}

impl TestCounts {
    /// How many ran.
    #[must_use]
    pub fn ran(self) -> u64 {
        self.passed
            .saturating_add(self.warned)
            .saturating_add(self.failed)
    }
}

/// What a report says. The lists may be shorter than the counts: not every format names
/// every test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestReport {
    /// How many.
    pub counts: TestCounts,
    /// Names of the tests that passed, sorted.
    pub passed: Vec<String>,
    /// Names of the tests that passed with a warning, sorted.
    pub warned: Vec<String>,
    /// Names of the tests that failed, sorted.
    pub failed: Vec<String>,
}

impl TestReport {
    #[cfg(feature = "full")]
    fn sorted(mut self) -> Self {
        self.passed.sort();
        self.warned.sort();
        self.failed.sort();
        self
    }
}
