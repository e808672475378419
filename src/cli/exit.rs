//! Exit codes and the errors that end a command.

use crate::model::{Decision, Hint};
use std::fmt::Write as _;
use std::process::ExitCode;

/// How a command ends; the same for every command and output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything required was checked and nothing blocks.
    Pass,
    /// The policy denies, or a signature does not verify.
    Fail,
    /// The command line or a configuration file is wrong.
    Usage,
    /// Something required could not be checked.
    Inconclusive,
}

impl Exit {
    /// 0, 1, 2 or 3.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
        }
    }
}

impl From<Decision> for Exit {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Pass => Self::Pass,
            Decision::Fail => Self::Fail,
            Decision::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that ends a command: what, where, what to do, and the exit code.
#[derive(Debug)]
pub struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// What is wrong and where, with the chain of causes.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl CliError {
    /// An error with a text of its own.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    /// The same with what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// An error of a room: its message, its causes that say something new, its hint.
    #[must_use]
    pub fn of(exit: Exit, error: &dyn Hint) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                let _ = write!(message, ": {text}");
            }
            source = cause.source();
        }
        Self {
            exit,
            message,
            hint: error.hint(),
        }
    }
}
