//! The processes of the demo: this program again and again, each with a log of its own.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::clock;
use crate::daemon;
use crate::failure::{Blame, Context as _, Failure, read_text};

/// How often the processes are looked at.
pub(super) const GLANCE: Duration = Duration::from_millis(100);
/// How long one may take to end by itself: the longest is a vehicle that delivers what waits.
const GOOD_BYE: Duration = Duration::from_secs(20);
/// How much of a log is shown when its process fell.
const LAST_LINES: usize = 8;

/// Those that run, the oldest first; the youngest ends first.
#[derive(Debug)]
pub(super) struct Family {
    program: PathBuf,
    logs: PathBuf,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    name: String,
    process: Child,
    log: PathBuf,
}

impl Family {
    /// Nobody yet. They run this program, and write into this folder.
    ///
    /// # Errors
    /// The system does not say where the program is.
    pub(super) fn new(logs: PathBuf) -> Result<Self, Failure> {
        let program = std::env::current_exe().blame(Blame::Runtime, "this program")?;
        Ok(Self {
            program,
            logs,
            members: Vec::new(),
        })
    }

    /// A command of this program that is run to its end; gives what it prints.
    ///
    /// # Errors
    /// What it says on its standard error.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let shown = || format!("v2x {}", arguments.join(" "));
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null());
        let output = command.output().blame(Blame::Runtime, shown())?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            let what = format_args!("{}: {}", shown(), why.trim());
            return Err(Failure::new(Blame::Runtime, what));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts one; all it says goes into `NAME.log`.
    ///
    /// # Errors
    /// The disk refuses the log, or the system the process.
    pub(super) fn start(
        &mut self,
        name: &str,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<(), Failure> {
        let log = self.logs.join(format!("{name}.log"));
        let started = File::create(&log).and_then(|file| self.spawn(file, arguments, settings));
        self.members.push(Member {
            name: name.to_owned(),
            process: started.blame(Blame::Runtime, log.display())?,
            log,
        });
        Ok(())
    }

    fn spawn(&self, log: File, arguments: &[&str], settings: &[(&str, &str)]) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        // What the person has set for daemons of his own is not meant for these.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("V2X_") {
                command.env_remove(variable);
            }
        }
        command.envs(settings.iter().copied());
        // Also when the demo is killed, nobody stays behind.
        command.env(daemon::ENDS_WITH_PARENT, "1");
        // Ctrl-C in the terminal reaches the demo alone, which ends them in their order.
        command.process_group(0);
        command.spawn()
    }

    /// What one has said so far.
    pub(super) fn log_of(&self, name: &str) -> String {
        let member = self.members.iter().find(|member| member.name == name);
        let text = member.and_then(|member| std::fs::read(&member.log).ok());
        text.map(|text| String::from_utf8_lossy(&text).into_owned())
            .unwrap_or_default()
    }

    /// Whether all run.
    ///
    /// # Errors
    /// Which has ended, with its last words.
    pub(super) fn look(&mut self) -> Result<(), Failure> {
        for member in &mut self.members {
            if let Ok(Some(status)) = member.process.try_wait() {
                return Err(fallen(&member.name, status, &member.log));
            }
        }
        Ok(())
    }

    /// Ends all, the youngest first; each may take its time to bring its data onto the disk.
    ///
    /// # Errors
    /// Which ended badly, or not by itself.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        let mut first = Ok(());
        while let Some(member) = self.members.pop() {
            let ended = end(member);
            first = first.and(ended);
        }
        first
    }
}

impl Drop for Family {
    /// Whatever went wrong, nobody stays behind.
    fn drop(&mut self) {
        while let Some(mut member) = self.members.pop() {
            ask_to_end(&member.process);
            if !is_over(&mut member.process) {
                member.process.kill().ok();
                member.process.wait().ok();
            }
        }
    }
}

fn end(mut member: Member) -> Result<(), Failure> {
    ask_to_end(&member.process);
    if !is_over(&mut member.process) {
        member.process.kill().ok();
        member.process.wait().ok();
        let what = format_args!("{} did not end by itself and was killed", member.name);
        return Err(Failure::new(Blame::Runtime, what).hint(format_args!(
            "its last words are in {}",
            member.log.display()
        )));
    }
    match member.process.try_wait() {
        Ok(Some(status)) if !status.success() => Err(fallen(&member.name, status, &member.log)),
        _ => Ok(()),
    }
}

fn ask_to_end(process: &Child) {
    // One that has ended is not asked: its number is its own until somebody waits for it.
    kill_process(Pid::from_child(process), Signal::TERM).ok();
}

/// Whether it ends within the time for that.
fn is_over(process: &mut Child) -> bool {
    let mut waited = Duration::ZERO;
    while waited < GOOD_BYE {
        if !matches!(process.try_wait(), Ok(None)) {
            return true;
        }
        clock::sleep(GLANCE);
        waited += GLANCE;
    }
    false
}

fn fallen(name: &str, status: ExitStatus, log: &Path) -> Failure {
    let text = read_text(Blame::Runtime, "log", log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n  ");
    let what = format_args!("{name} ended with {status}; it said last:\n  {last}");
    Failure::new(Blame::Runtime, what).hint(format_args!("all of it is in {}", log.display()))
}
