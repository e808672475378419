//! A sign of life for work over a second: on stderr, on terminals only.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

const QUIET: Duration = Duration::from_secs(1);
const FRAME: Duration = Duration::from_millis(120);

/// Shows what is being done, from one second on, until it is dropped.
pub struct Progress {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to wait. Nothing is shown where stderr is no terminal.
    #[must_use]
    pub fn start(what: &str) -> Self {
        use std::io::IsTerminal as _;
        if !std::io::stderr().is_terminal() {
            return Self {
                stop: None,
                thread: None,
            };
        }
        let (stop, stopped) = channel();
        let what = what.to_owned();
        Self {
            stop: Some(stop),
            thread: Some(std::thread::spawn(move || spin(&what, &stopped))),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A spinner that panicked has nothing to say about the result.
            let _ = thread.join();
        }
    }
}

fn spin(what: &str, stopped: &Receiver<()>) {
    if stopped.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    while stopped.recv_timeout(FRAME) == Err(RecvTimeoutError::Timeout) {
        bar.tick();
    }
    bar.finish_and_clear();
}
