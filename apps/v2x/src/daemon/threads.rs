//! The threads of a daemon, which end by themselves once what they read from has ended.

use std::thread::{self, JoinHandle};

use tracing::warn;

use crate::failure::{Blame, Context as _, Failure};

/// Named threads, joined in the order of their start.
#[derive(Default)]
pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// Starts a thread; the system may refuse one.
    pub(crate) fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), Failure> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        self.0
            .push(thread.blame(Blame::Runtime, format_args!("thread {name}"))?);
        Ok(())
    }

    /// Takes threads that were started elsewhere.
    pub(crate) fn extend(&mut self, threads: impl IntoIterator<Item = JoinHandle<()>>) {
        self.0.extend(threads);
    }

    /// Waits for all of them.
    pub(crate) fn join(self) {
        for thread in self.0 {
            let name = thread.thread().name().unwrap_or("thread").to_owned();
            if thread.join().is_err() {
                warn!(name, "a thread ended by a defect of this program");
            }
        }
    }
}
