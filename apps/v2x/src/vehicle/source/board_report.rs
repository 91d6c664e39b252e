//! What a board says of itself, and what was lost on the way from it, into log and counters.
//!
//! Frames and fixes are the matter of [`super::listener`]. A restart, a panic and a change on the
//! bus are told when they are heard; losses at most every ten seconds, so that a broken cable does
//! not fill the log. The counters have every single one.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tracing::{debug, error, info, warn};
use v2x_proto::link::message::{BoardStatus, BusState, CanStatus, Hello, LogLevel, LogLine};
use v2x_proto::link::{LinkCounters, Message, Notice};
use v2x_units::Instant;

use crate::vehicle::health::Health;

/// How long losses are gathered before they are told again.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Keeps what was told already.
pub(super) struct BoardReport {
    health: Arc<Health>,
    /// The boot reason of this boot stands in the log.
    boot_is_told: bool,
    bus: Option<BusState>,
    told: LinkCounters,
    told_at: Option<Instant>,
}

impl BoardReport {
    pub(super) fn new(health: Arc<Health>) -> Self {
        Self {
            health,
            boot_is_told: false,
            bus: None,
            told: LinkCounters::default(),
            told_at: None,
        }
    }

    /// Tells what happened to the link; losses are told by [`Self::losses`].
    pub(super) fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Joined { .. } => info!("{notice}"),
            Notice::Rebooted { .. } => {
                self.boot_is_told = false;
                self.bus = None;
                warn!("{notice}");
            }
            _ => debug!("{notice}"),
        }
    }

    /// Tells what a message says about the board.
    pub(super) fn message(&mut self, message: &Message<'_>) {
        match message {
            Message::Hello(hello) => self.hello(hello),
            Message::BoardStatus(status) => self.status(status),
            Message::LogLine(line) => tell_line(line),
            Message::PanicRecord(record) => {
                let text = record.text.escape_debug();
                error!(boot = %record.boot, "the board panicked in an earlier boot: {text}");
            }
            _ => {}
        }
    }

    fn hello(&self, hello: &Hello<'_>) {
        debug!(
            kind = ?hello.kind, board = %hello.board, firmware = %hello.firmware, name = hello.name,
            "the board says hello"
        );
    }

    fn status(&mut self, status: &BoardStatus) {
        if !std::mem::replace(&mut self.boot_is_told, true) {
            let reason = status.boot_reason;
            info!(firmware = %status.firmware, ?reason, "the board reports");
        }
        let board = &self.health.board;
        *board.lock().unwrap_or_else(PoisonError::into_inner) = Some(*status);
        if let Some(can) = &status.can {
            self.can_status(can);
        }
    }

    fn can_status(&mut self, can: &CanStatus) {
        let health = &self.health;
        health
            .bus_errors
            .store(u64::from(can.bus_errors), Ordering::Relaxed);
        health
            .receive_overflows
            .store(u64::from(can.receive_overflows), Ordering::Relaxed);
        if self.bus.replace(can.bus) == Some(can.bus) {
            return;
        }
        match can.bus {
            BusState::Active | BusState::Silent => info!(bus = ?can.bus, "the car's bus"),
            trouble => warn!(bus = ?trouble, errors = can.bus_errors, "the car's bus"),
        }
    }

    /// Takes over the counters of the link, and tells what was lost or damaged since last time.
    pub(super) fn losses(&mut self, now: Instant, counters: &LinkCounters) {
        self.count(counters);
        let is_early = (self.told_at).is_some_and(|told| now.since(told) < TELL_EVERY);
        let (lost, can_lost) = (
            counters.lost - self.told.lost,
            counters.can_lost - self.told.can_lost,
        );
        let damaged = counters.corrupt - self.told.corrupt;
        let refused = refused(counters) - refused(&self.told);
        if is_early || lost + can_lost + damaged + refused == 0 {
            return;
        }
        warn!(
            link_frames = lost,
            can_frames = can_lost,
            damaged,
            refused,
            "lost on the way from the board"
        );
        self.told = *counters;
        self.told_at = Some(now);
    }

    fn count(&self, counters: &LinkCounters) {
        let health = &self.health;
        for (counter, value) in [
            (&health.link_frames, counters.received),
            (&health.link_frames_lost, counters.lost),
            (&health.can_frames_lost, counters.can_lost),
            (&health.link_damaged, counters.corrupt),
            (&health.link_refused, refused(counters)),
            (&health.board_reboots, counters.reboots),
        ] {
            counter.store(value, Ordering::Relaxed);
        }
    }
}

/// Whole frames that are of no use here.
const fn refused(counters: &LinkCounters) -> u64 {
    counters.unknown_types + counters.other_versions + counters.malformed
}

/// A line of the board's log, in ours.
fn tell_line(line: &LogLine<'_>) {
    let text = line.text.escape_debug();
    match line.level {
        LogLevel::Error => error!("board: {text}"),
        LogLevel::Warn => warn!("board: {text}"),
        LogLevel::Info => info!("board: {text}"),
        LogLevel::Debug => debug!("board: {text}"),
    }
}
