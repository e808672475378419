//! When to try again: waits that double, and the server's own word.

use jiff::fmt::rfc2822;
use std::time::{Duration, Instant};

/// The passing of time for time limits and waits, so that tests need not wait.
pub trait Timer: Send {
    /// Time since the timer was made; never goes back.
    fn elapsed(&self) -> Duration;
    /// Returns after `duration`.
    fn sleep(&self, duration: Duration);
}

/// Real time.
#[derive(Debug)]
pub struct SystemTimer(Instant);

impl Default for SystemTimer {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Timer for SystemTimer {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// The longest wait that is chosen here; a server may ask for more.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The wait after the `attempt`-th failed attempt, from 1: `first`, then twice as long
/// each time, up to 30 seconds.
pub(super) fn backoff(first: Duration, attempt: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
    first.saturating_mul(factor).min(MAX_WAIT)
}

/// What `Retry-After` asks for: seconds, or a date, which is counted from the server's own
/// `Date` so that no clock of this machine takes part (RFC 9110, section 10.2.3). `None`
/// where it is absent or malformed.
pub(super) fn retry_after(value: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let value = value?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let then = rfc2822::parse(value).ok()?.timestamp();
    let now = rfc2822::parse(date?.trim()).ok()?.timestamp();
    let seconds = then.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let waits: Vec<_> = [1, 2, 3, 8, 40, u32::MAX]
            .map(|attempt| backoff(Duration::from_millis(500), attempt).as_millis())
            .into();
        assert_eq!(waits, [500, 1000, 2000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn the_servers_word_is_seconds_or_a_date_by_its_own_clock() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("99999999999999999999999", None),
        ] {
            let wait = retry_after(Some(value), date);
            assert_eq!(wait, expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(
            retry_after(Some("Sun, 06 Nov 1994 08:50:07 GMT"), None),
            None
        );
        assert_eq!(retry_after(None, date), None);
    }
}
