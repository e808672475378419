//! Time, read once per run and handed on.

use jiff::Timestamp;
use std::time::SystemTime;

/// The time now, in whole seconds. Only `cli::settings` calls this; rooms are given a time.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub fn system_now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The time now, for signatures and certificates that others compare with their own clock;
/// no verdict depends on it.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "AWS and Fulcio refuse requests of another time"
)]
pub fn signing_time() -> SystemTime {
    SystemTime::now()
}
