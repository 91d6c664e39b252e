//! `v2x replay`: recordings played into a pseudo-terminal, as the collector board sends them.
//!
//! Like the board it does not wait for its listener: while nobody has the port open, what is due
//! is lost, and counted. Only the very first listener is waited for.

mod board;
mod playlist;

use std::io::{self, Write as _};
use std::time::Duration;

use crate::cli;
use crate::clock::{self, Clock};
use crate::failure::{Blame, Context as _, Failure};
use crate::serial::PseudoTerminal;
use board::{Board, Outgoing};
use playlist::{Entry, Playlist, Recorded};
use v2x_units::{BootId, Instant};

/// How often it looks for its first listener.
const GLANCE: Duration = Duration::from_millis(20);
/// Entries that are due within this time go out together: a tenth of the daemon's coalescing.
const SLICE: Duration = Duration::from_millis(1);
/// How long the last bytes may stay unread before the port is closed over them.
const DRAIN_AT_MOST: Duration = Duration::from_secs(10);
/// How long nothing may be left unread before the listener counts as done: the system moves bytes
/// through a second buffer that cannot be asked.
const DRAINED_FOR: Duration = Duration::from_millis(500);
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

/// The board's end of the line while it plays.
struct Player {
    board: Board,
    terminal: PseudoTerminal,
    clock: Clock,
    outgoing: Outgoing,
    sent: Sent,
}

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Replay) -> Result<(), Failure> {
    let pace = Pace::from_arguments(arguments)?;
    let board = match arguments.link {
        cli::Link::Text => Board::Text,
        cli::Link::Framed => {
            let drawn = getrandom::u32().blame(Blame::Runtime, "random numbers")?;
            Board::framed(BootId::new(drawn))
        }
    };
    // A recording that cannot be read is told before anybody waits for it.
    let mut playlist = Playlist::open(&arguments.files)?;
    let terminal = PseudoTerminal::open().blame(Blame::Runtime, "pseudo-terminal")?;
    say(format_args!("{}", terminal.path().display()))?;
    wait_for_listener(&terminal).blame(Blame::Runtime, "pseudo-terminal")?;
    let mut player = Player {
        board,
        terminal,
        clock: Clock::start(),
        outgoing: Outgoing::default(),
        sent: Sent::default(),
    };
    loop {
        player.play(&mut playlist, &pace)?;
        let ended = (pace.until).is_none_or(|until| player.clock.elapsed() >= until);
        if ended || player.sent.frames + player.sent.fixes == 0 {
            break;
        }
        playlist = Playlist::open(&arguments.files)?;
    }
    drain(&player.terminal, &player.clock).blame(Blame::Runtime, "pseudo-terminal")?;
    let damaged = playlist.damaged() + player.outgoing.unsayable;
    let sent = player.sent;
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

impl Player {
    /// Plays one round of the recording.
    fn play(&mut self, playlist: &mut Playlist, pace: &Pace) -> Result<(), Failure> {
        let begin = self.clock.now().instant;
        let mut index = 0;
        while let Some(entry) = playlist.next()? {
            let due = begin + pace.due(&entry, index);
            if (pace.until).is_some_and(|until| self.clock.elapsed() >= until) {
                break;
            }
            index += u32::from(matches!(entry.what, Recorded::Frame(_)));
            self.wait_until(due)?;
            self.board.say(due, &entry.what, &mut self.outgoing);
        }
        self.board.finish(&mut self.outgoing);
        self.send()
    }

    /// Lets time pass until shortly before `due`; what the board says by itself meanwhile is sent.
    fn wait_until(&mut self, due: Instant) -> Result<(), Failure> {
        loop {
            let now = self.clock.now().instant;
            // A replay that is late makes no smaller batches: its board's clock is late as well.
            self.board.poll(now.min(due), &mut self.outgoing);
            let is_early = due.since(now) > SLICE;
            if is_early || self.outgoing.bytes.len() >= WRITE_BYTES {
                self.send()?;
            }
            if !is_early {
                return Ok(());
            }
            let wake = self.board.deadline().map_or(due, |chore| chore.min(due));
            clock::sleep(wake.since(self.clock.now().instant));
        }
    }

    fn send(&mut self) -> Result<(), Failure> {
        let out = &mut self.outgoing;
        if out.bytes.is_empty() {
            return Ok(());
        }
        let heard = (self.terminal.send(&out.bytes)).blame(Blame::Runtime, "pseudo-terminal")?;
        let (frames, fixes) = (
            std::mem::take(&mut out.frames),
            std::mem::take(&mut out.fixes),
        );
        out.bytes.clear();
        if heard {
            self.sent.frames += frames;
            self.sent.fixes += fixes;
        } else {
            self.sent.unheard += frames + fixes;
        }
        Ok(())
    }
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
