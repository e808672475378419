//! Reads with all cores: one thread finds what there is to read, the others read it.

use super::read::{Job, Worker};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::index::build::Part;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Most threads that read. Each has a spill of its own in memory.
const MAX_THREADS: usize = 4;
/// Jobs that wait for each thread; they bound what is found ahead of the reading.
const WAITING: usize = 4;

/// Where what was found is handed on.
pub(super) struct Queue {
    sender: SyncSender<(u64, u16, Job)>,
    next: u64,
    input: u16,
    /// The commit of the input that is being read, where it tells it.
    pub commit: Option<String>,
    /// What the finding thread reads itself.
    pub part: Part,
}

impl Queue {
    /// Whatever comes now is from this input.
    pub(super) fn begin(&mut self, input: u16) {
        self.input = input;
        self.part.input = input;
    }

    /// Hands on a job; waits where enough are waiting.
    pub(super) fn push(&mut self, job: Job) {
        self.next += 1;
        // The readers take jobs until this end is dropped, so there is always one.
        let _ = self.sender.send((self.next, self.input, job));
    }
}

/// Runs `find` and reads what it pushes; gives back what was read. What does not fit into
/// memory goes to `directory`.
///
/// # Errors
/// Of the readers' errors the one of the first job, else that of `find`.
pub(super) fn read_all(
    directory: &Path,
    find: impl FnOnce(&mut Queue) -> Result<(), DatabaseError>,
) -> Result<Vec<Part>, DatabaseError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(MAX_THREADS);
    let (sender, receiver) = sync_channel(threads * WAITING);
    let receiver = Mutex::new(receiver);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| work(&receiver, Part::new(directory))))
            .collect();
        let mut queue = Queue {
            sender,
            next: 0,
            input: 0,
            commit: None,
            part: Part::new(directory),
        };
        let found = find(&mut queue);
        let Queue { sender, part, .. } = queue;
        drop(sender);
        let mut parts = vec![part];
        let mut first: Option<(u64, DatabaseError)> = None;
        for thread in running {
            let done = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match done {
                Ok(part) => parts.push(part),
                Err((number, _)) if first.as_ref().is_some_and(|(n, _)| *n < number) => {}
                Err(error) => first = Some(error),
            }
        }
        match first {
            Some((_, error)) => Err(error),
            None => found.map(|()| parts),
        }
    })
}

/// Reads jobs until there are no more.
fn work(
    receiver: &Mutex<Receiver<(u64, u16, Job)>>,
    part: Part,
) -> Result<Part, (u64, DatabaseError)> {
    let mut worker = Worker::new(part);
    let mut failed = None;
    loop {
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok((number, input, job)) = next else {
            break;
        };
        worker.part.input = input;
        // After a failure jobs are still taken, so that the finding thread never waits.
        if failed.is_none()
            && let Err(error) = worker.run(job)
        {
            failed = Some((number, error));
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(worker.part),
    }
}
