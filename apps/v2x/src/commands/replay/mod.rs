//! `v2x replay`: recordings played into a pseudo-terminal, as the collector board sends them.
//!
//! Like the board it does not wait for its listener: while nobody has the port open, what is due
//! is lost, and counted. Only the very first listener is waited for.

mod playlist;

use std::io::{self, Write as _};
use std::time::Duration;

use crate::cli;
use crate::clock::{self, Clock};
use crate::failure::{Blame, Context as _, Failure};
use crate::serial::PseudoTerminal;
use playlist::{Entry, Playlist};

/// How often it looks for its first listener.
const GLANCE: Duration = Duration::from_millis(20);
/// Entries that are due within this time go out together: a tenth of the daemon's coalescing.
const SLICE: Duration = Duration::from_millis(1);
/// How long the last bytes may stay unread before the port is closed over them.
const DRAIN_AT_MOST: Duration = Duration::from_secs(10);
/// How long nothing may be left unread before the listener counts as done: the system moves bytes
/// through a second buffer that cannot be asked.
const DRAINED_FOR: Duration = Duration::from_millis(100);
/// The most bytes of one write; a listener's terminal takes four kilobytes at once.
const WRITE_BYTES: usize = 4096;

/// The least and the most of a speed, a rate and a length: beyond is no replay but a mistake.
const LEAST: f64 = 0.001;
const MOST: f64 = 1e6;

/// What was sent.
#[derive(Debug, Default)]
struct Sent {
    frames: u64,
    fixes: u64,
    unheard: u64,
}

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Replay) -> Result<(), Failure> {
    let pace = Pace::from_arguments(arguments)?;
    let cli::Link::Text = arguments.link;
    // A recording that cannot be read is told before anybody waits for it.
    let mut playlist = Playlist::open(&arguments.files)?;
    let mut terminal = PseudoTerminal::open().blame(Blame::Runtime, "pseudo-terminal")?;
    say(format_args!("{}", terminal.path().display()))?;
    wait_for_listener(&terminal).blame(Blame::Runtime, "pseudo-terminal")?;
    let clock = Clock::start();
    let mut sent = Sent::default();
    loop {
        let begin = clock.now().instant;
        play(
            &mut playlist,
            &mut terminal,
            &pace,
            &clock,
            begin,
            &mut sent,
        )?;
        let ended = pace.until.is_none_or(|until| clock.elapsed() >= until);
        if ended || sent.frames + sent.fixes == 0 {
            break;
        }
        playlist = Playlist::open(&arguments.files)?;
    }
    drain(&terminal, &clock).blame(Blame::Runtime, "pseudo-terminal")?;
    let damaged = playlist.damaged();
    say(format_args!(
        "sent {} frames, {} fixes; {} unheard; {damaged} damaged rows left out",
        sent.frames, sent.fixes, sent.unheard
    ))
}

/// How fast the recording is played, and for how long.
struct Pace {
    speed: f64,
    between_frames: Option<Duration>,
    until: Option<Duration>,
}

impl Pace {
    fn from_arguments(arguments: &cli::Replay) -> Result<Self, Failure> {
        let within = |option: &str, value: f64| {
            if (LEAST..=MOST).contains(&value) {
                return Ok(value);
            }
            let what = format!("{option} is {value}; it must be from {LEAST} to {MOST}");
            Err(Failure::new(Blame::Usage, what))
        };
        let rate = arguments
            .rate
            .map(|rate| within("--rate", rate))
            .transpose()?;
        let seconds = arguments
            .seconds
            .map(|time| within("--for", time))
            .transpose()?;
        Ok(Self {
            speed: within("--speed", arguments.speed)?,
            between_frames: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            until: seconds.map(Duration::from_secs_f64),
        })
    }

    /// When an entry is due, counted from the start of its round.
    fn due(&self, entry: &Entry, index: u32) -> Duration {
        match self.between_frames {
            Some(between) => between.saturating_mul(index),
            None => entry.since_first.div_f64(self.speed),
        }
    }
}

/// Plays one round of the recording.
fn play(
    playlist: &mut Playlist,
    terminal: &mut PseudoTerminal,
    pace: &Pace,
    clock: &Clock,
    begin: v2x_units::Instant,
    sent: &mut Sent,
) -> Result<(), Failure> {
    let mut waiting = Vec::new();
    let mut held = Sent::default();
    let mut index = 0;
    while let Some(entry) = playlist.next()? {
        let due = begin + pace.due(&entry, index);
        if pace.until.is_some_and(|until| clock.elapsed() >= until) {
            break;
        }
        index += u32::from(entry.is_frame);
        let early = due.since(clock.now().instant);
        if early > SLICE || waiting.len() >= WRITE_BYTES {
            send(terminal, &mut waiting, &mut held, sent)?;
        }
        if early > SLICE {
            clock::sleep(early);
        }
        waiting.extend_from_slice(entry.line.as_bytes());
        held.frames += u64::from(entry.is_frame);
        held.fixes += u64::from(!entry.is_frame);
    }
    send(terminal, &mut waiting, &mut held, sent)
}

fn send(
    terminal: &mut PseudoTerminal,
    waiting: &mut Vec<u8>,
    held: &mut Sent,
    sent: &mut Sent,
) -> Result<(), Failure> {
    if waiting.is_empty() {
        return Ok(());
    }
    let heard = terminal
        .send(waiting)
        .blame(Blame::Runtime, "pseudo-terminal")?;
    if heard {
        sent.frames += held.frames;
        sent.fixes += held.fixes;
    } else {
        sent.unheard += held.frames + held.fixes;
    }
    waiting.clear();
    *held = Sent::default();
    Ok(())
}

fn wait_for_listener(terminal: &PseudoTerminal) -> io::Result<()> {
    while !terminal.has_reader()? {
        clock::sleep(GLANCE);
    }
    terminal.make_raw()
}

/// Waits until the listener has read what was sent: closing the port would take it away.
fn drain(terminal: &PseudoTerminal, clock: &Clock) -> io::Result<()> {
    let begin = clock.elapsed();
    let mut quiet_since = None;
    while terminal.has_reader()? && clock.elapsed().saturating_sub(begin) < DRAIN_AT_MOST {
        let now = clock.elapsed();
        if terminal.unread()? > 0 {
            quiet_since = None;
        } else if now.saturating_sub(*quiet_since.get_or_insert(now)) >= DRAINED_FOR {
            break;
        }
        clock::sleep(GLANCE);
    }
    Ok(())
}

/// Prints a line at once, even into a pipe.
fn say(line: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .blame(Blame::Runtime, "standard output")
}
