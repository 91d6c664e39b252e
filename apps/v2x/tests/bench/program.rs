//! The binary as a process: run to its end, or held until the test lets go of it.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::process::{Child, Command, ExitStatus, Stdio};

use v2x_testbench::wait_until;

use super::SOON;

/// The program, without this computer's settings.
pub(crate) fn v2x() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_v2x"));
    command
        .env_remove("V2X_MQTT_TOKEN")
        // The clock of a computer that runs tests may be one that nobody vouches for.
        .env("V2X_TIME_WAIT_S", "0")
        .env("V2X_RECORDING_COMPRESS", "false")
        // Tests that look at the monitor give it a port of its own.
        .env("V2X_MONITOR_LISTEN", "off")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// A process that does not outlive its test.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Asks it to end, as `kill` and systemd do.
    pub(crate) fn terminate(&self) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    }

    pub(crate) fn wait(&mut self, what: &str) -> ExitStatus {
        wait_until(SOON, what, || self.has_ended());
        self.0.wait().unwrap()
    }

    /// The bytes that it has read so far, from whatever.
    pub(crate) fn bytes_read(&self) -> usize {
        let counters = fs::read_to_string(format!("/proc/{}/io", self.0.id())).unwrap();
        let read = counters.strip_prefix("rchar: ").unwrap();
        read.lines().next().unwrap().parse().unwrap()
    }

    /// Ends it at once: what it has not handed to the system is gone.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a tool of the program that ends by itself and may print much.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: &[A]) -> Ran {
    let output = v2x().args(arguments).output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command that should fail and say little; one that goes on instead fails the test.
pub(crate) fn run_to_failure(command: &mut Command) -> Ran {
    let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let status = process.wait("the end of a command that must fail");
    let (mut out, mut err) = (String::new(), String::new());
    let child = process.child();
    (child.stdout.take().unwrap().read_to_string(&mut out)).unwrap();
    (child.stderr.take().unwrap().read_to_string(&mut err)).unwrap();
    Ran {
        code: status.code(),
        out,
        err,
    }
}
