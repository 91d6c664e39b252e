//! `v2x vehicle` as a process, with its folder, its port and its broker.

use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::UNIX_EPOCH;

use tempfile::TempDir;
use v2x_testbench::wait_until;

use super::SOON;
use super::program::{Process, v2x};
use super::written::Written;

/// A car whose daemon can be started several times over the same folder.
pub(crate) struct Car {
    folder: TempDir,
    broker: Option<String>,
    starts: Cell<u32>,
    environment: RefCell<Vec<(&'static str, String)>>,
}

/// A running daemon.
pub(crate) struct Daemon {
    process: Process,
    log: PathBuf,
}

impl Car {
    /// A car with nothing plugged in.
    pub(crate) fn new(broker: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), "bench-token\n").unwrap();
        Self {
            folder,
            broker,
            starts: Cell::new(0),
            environment: RefCell::default(),
        }
    }

    /// Logs in by another token from the next start on.
    pub(crate) fn log_in_by(&self, token: &str) {
        fs::write(self.folder.path().join("token"), token).unwrap();
    }

    /// Sets a variable of the environment for the daemons that start from now on.
    pub(crate) fn set(&self, variable: &'static str, value: &str) {
        self.environment
            .borrow_mut()
            .push((variable, value.to_owned()));
    }

    /// The time in milliseconds since 1970, as the system gives it to a file that is written now.
    pub(crate) fn now_ms(&self) -> i64 {
        let path = self.folder.path().join("now");
        fs::write(&path, "").unwrap();
        let now = fs::metadata(&path).unwrap().modified().unwrap();
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap();
        i64::try_from(since_1970.as_millis()).unwrap()
    }

    /// Sets the clock of the daemons, those that run included: seconds to add, `ntp` or `free`.
    pub(crate) fn set_clock(&self, setting: &str) {
        let path = self.folder.path().join("clock");
        let fresh = self.folder.path().join("clock.new");
        fs::write(&fresh, setting).unwrap();
        fs::rename(fresh, &path).unwrap();
        self.set("V2X_TEST_CLOCK", path.to_str().unwrap());
    }

    /// Puts a port where the daemon looks for its collector.
    pub(crate) fn plug_in(&self, port: &Path) {
        let fresh = self.folder.path().join("collector.new");
        symlink(port, &fresh).unwrap();
        fs::rename(fresh, self.collector()).unwrap();
    }

    /// Takes the name of the port away; who has it open keeps it. Without this a daemon whose
    /// pseudo-terminal has ended could open another test's, which gets the same number.
    pub(crate) fn hide_port(&self) {
        fs::remove_file(self.collector()).unwrap();
    }

    /// What the daemon wrote.
    pub(crate) fn written(&self) -> Written {
        Written::new(&self.out())
    }

    /// The folder into which the daemon writes.
    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Starts the daemon; when this returns it has the port open.
    pub(crate) fn start(&self) -> Daemon {
        let log = self.log(self.starts.get());
        self.starts.set(self.starts.get() + 1);
        let mut command = v2x();
        command.envs(self.environment.borrow().iter().cloned());
        command.arg("vehicle");
        command.arg("--collector").arg(self.collector());
        command.arg("--out").arg(self.out());
        if let Some(url) = &self.broker {
            command.arg("--mqtt").arg(url);
            command
                .arg("--token-file")
                .arg(self.folder.path().join("token"));
        }
        let mut daemon = Daemon {
            process: Process::start(command.stderr(File::create(&log).unwrap())),
            log,
        };
        wait_until(SOON, "recording", || {
            let has_ended = daemon.process.has_ended();
            daemon.says("recording") || has_ended
        });
        assert!(daemon.says("recording"), "the daemon ended at its start");
        daemon
    }

    fn log(&self, start: u32) -> PathBuf {
        self.folder.path().join(format!("daemon_{start}.log"))
    }

    fn collector(&self) -> PathBuf {
        self.folder.path().join("collector")
    }
}

impl Daemon {
    /// Whether its log has such a line.
    pub(crate) fn says(&self, what: &str) -> bool {
        fs::read_to_string(&self.log).unwrap().contains(what)
    }

    /// The bytes that it has read so far, nearly all of them from its collector.
    pub(crate) fn bytes_read(&self) -> usize {
        self.process.bytes_read()
    }

    /// Ends it as a person does, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.process.terminate();
        self.process.wait("the end of the daemon")
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }
}

impl Drop for Car {
    /// A test that fails shows what its daemons said, their last counters included.
    fn drop(&mut self) {
        for start in 0..self.starts.get() {
            if thread::panicking() {
                let log = fs::read_to_string(self.log(start)).unwrap_or_default();
                println!("--- daemon {start} said:\n{log}---");
            }
        }
    }
}
