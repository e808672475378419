//! The way out of an error.

/// An error that knows what its reader can do about it. `cli` prints the hint once,
/// after the chain of causes.
pub trait Hint: std::error::Error {
    /// What to do, one line, no final period.
    fn hint(&self) -> Option<String>;
}
