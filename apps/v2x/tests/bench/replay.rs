//! `v2x replay` as a process: its port while it plays, its count when it has ended.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Stdio};

use super::program::{Process, v2x};

/// A recording that is played.
#[derive(Debug)]
pub(crate) struct Replay {
    process: Process,
    out: BufReader<ChildStdout>,
    port: PathBuf,
}

/// What it says it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) frames: usize,
    pub(crate) fixes: usize,
    /// Frames and fixes that were due while nobody had the port open.
    pub(crate) unheard: usize,
}

impl Replay {
    /// Starts it; it plays when somebody opens its port.
    pub(crate) fn start(files: &[PathBuf], options: &[&str]) -> Self {
        let mut command = v2x();
        command.arg("replay").args(files).args(options);
        let mut process = Process::start(command.stdout(Stdio::piped()));
        let mut out = BufReader::new(process.child().stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let port = PathBuf::from(first.trim_end());
        assert!(port.is_absolute(), "the first line of replay is {first:?}");
        Self { process, out, port }
    }

    /// The pseudo-terminal that it plays into.
    pub(crate) fn port(&self) -> &Path {
        &self.port
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Sent {
        let status = self.process.wait("the end of the recording");
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(status.success(), "replay ended with {status}");
        let last = rest.lines().last().unwrap_or_default();
        let numbers = last.split(' ').filter_map(|word| word.parse().ok());
        let numbers: Vec<usize> = numbers.collect();
        let [frames, fixes, unheard, _damaged] = numbers[..] else {
            panic!("the last line of replay is {last:?}");
        };
        Sent {
            frames,
            fixes,
            unheard,
        }
    }
}
