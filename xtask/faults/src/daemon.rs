//! `v2x vehicle` as a process: started, killed, asked to end; what its log says.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Outcome, Why as _};

/// How the daemon is started.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) program: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) collector: PathBuf,
    pub(crate) broker: String,
    pub(crate) token_file: PathBuf,
    pub(crate) clock_file: PathBuf,
    pub(crate) time_wait_s: u32,
}

/// A running daemon; killed when dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    pub(crate) fn start(setup: &Setup, log: &Path) -> Outcome<Self> {
        let said = File::create(log).why("the daemon's log")?;
        let mut command = Command::new(&setup.program);
        command
            .env_remove("RUST_LOG")
            .env_remove("V2X_MQTT_TOKEN")
            .env("V2X_MQTT_MESSAGES_LIMIT", "none")
            .env("V2X_TIME_WAIT_S", setup.time_wait_s.to_string())
            .env("V2X_VEHICLE_ROW_INTERVAL_S", "0.1")
            .env("V2X_RECORDING_COMPRESS", "false")
            .env("V2X_RECORDING_RESERVE_MB", "0")
            .env("V2X_MONITOR_LISTEN", "off")
            .env("V2X_TEST_CLOCK", &setup.clock_file);
        command.arg("vehicle");
        command.arg("--collector").arg(&setup.collector);
        command.arg("--out").arg(&setup.out);
        command.arg("--mqtt").arg(&setup.broker);
        command.arg("--token-file").arg(&setup.token_file);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .why("v2x vehicle")?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.log().contains("recording collector=")
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.child.try_wait().why("the daemon")
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) -> Outcome<()> {
        self.child.kill().why("SIGKILL")?;
        self.child.wait().why("the daemon's end").map(drop)
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) -> Outcome<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).why("SIGTERM")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// One counter of the daemon's last words; `None` when it has not said any.
pub(crate) fn counter(log: &str, name: &str) -> Option<u64> {
    let last = log.lines().rev().find(|line| line.contains(" stopped "))?;
    let field = last
        .split(' ')
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
    field.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_is_read_from_the_last_words_alone() {
        let log = "1 INFO v2x: rows=3\n2 INFO v2x: stopped frames=12 rows=7 waiting=0\n";
        assert_eq!(counter(log, "rows"), Some(7));
        assert_eq!(counter(log, "waiting"), Some(0));
        assert_eq!(counter("rows=3", "rows"), None);
    }
}
