//! Rows and fixes on their way to the store: measured, and not yet committed.
//!
//! How they get their dates is in [`super::dating`].

use std::time::Duration;

use v2x_outbox::EntryId;
use v2x_roles::timekeeping::Dated;
use v2x_roles::vehicle::FixQuality;
use v2x_store::{DatedRow, FixRow};
use v2x_units::{GnssFix, Stamp};

use super::source::BoardTime;

/// A row of measurements without a date.
#[derive(Debug)]
pub(super) struct MeasuredRow {
    /// When, on the monotonic clock, and what the files call it.
    pub(super) at: Stamp,
    /// When, on the clock of the board, if that has one.
    pub(super) board: Option<BoardTime>,
    /// The values as a JSON object, without anything about time.
    pub(super) values: String,
    /// How many data points they are.
    pub(super) points: u32,
}

/// A fix, and what it is worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct MeasuredFix {
    /// When it was received, and what the files call it.
    pub(super) at: Stamp,
    /// When, on the clock of the board, if that has one.
    pub(super) board: Option<BoardTime>,
    /// What the receiver said.
    pub(super) fix: GnssFix,
    /// What the vehicle role thinks of it.
    pub(super) quality: FixQuality,
}

impl MeasuredFix {
    /// As the store keeps it, under its date or, where nobody knows that, under what the files
    /// call it.
    pub(super) fn dated(&self, date: Option<Dated>) -> FixRow {
        FixRow {
            at: date.map_or(self.at.utc, |dated| dated.utc),
            fix: self.fix,
            quality: self.quality.word().to_owned(),
        }
    }
}

/// A row that waits for the commit of its group.
#[derive(Debug)]
pub(super) struct GroupRow {
    /// As it was measured.
    pub(super) measured: MeasuredRow,
    /// With the date that it has for ever, if there was one when it came.
    pub(super) dated: Option<DatedRow>,
}

impl GroupRow {
    /// The place in the outbox under which it may be offered already.
    pub(super) fn place(&self) -> Option<EntryId> {
        self.dated.as_ref()?.place
    }
}

/// The date of something that came from a board: what it owes to the link is part of its error.
pub(super) fn over_link(date: Dated, link: Option<Duration>) -> Dated {
    let link = link.unwrap_or_default();
    Dated {
        error: date.error.map(|error| error + link),
        ..date
    }
}
