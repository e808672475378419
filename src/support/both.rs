//! Two things at once.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// Does two things at once, the second one on a thread of its own; one after the other where
/// the system gives no thread. A panic of either is one of the caller.
pub fn both<A, B: Send>(first: impl FnOnce() -> A, second: impl Fn() -> B + Sync) -> (A, B) {
    scope(|scope| {
        let thread = Builder::new().spawn_scoped(scope, &second);
        let first = first();
        let second = match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => second(),
        };
        (first, second)
    })
}

#[cfg(test)]
mod tests {
    use super::both;
    use std::sync::Barrier;

    #[test]
    fn both_are_done_at_the_same_time() {
        let meeting = Barrier::new(2);
        let meet = || meeting.wait().is_leader();
        let (first, second) = both(meet, meet);
        assert_ne!(first, second);
    }

    #[test]
    fn a_panic_of_the_second_is_not_lost() {
        let tried = std::panic::catch_unwind(|| both(|| 1, || panic!("of the second")));
        assert!(tried.is_err());
    }
}
