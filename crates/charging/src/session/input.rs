//! What a slot takes in, and what it answers to a wish.
//!
//! Not here: what follows from an input (the table in [`super`]).

use core::fmt;

use v2x_units::UtcTime;

use super::config::Authorisation;
use super::state::RelayFailure;
use crate::meter::MeterSample;

/// What can happen to a slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// The meter was read.
    Sample(MeterSample),
    /// The plug detector sees a plug, or sees it leave.
    Plugged(bool),
    /// The slot is released for a session.
    Authorise(Authorisation),
    /// The release is withdrawn.
    Deauthorise,
    /// The operator or the owner ends the session.
    Stop,
    /// The operator interrupts the session.
    Pause,
    /// The operator lets the session go on, or the slot be used after a stop.
    Resume,
    /// The operator takes the slot out of service once no session is open, or puts it back.
    InService(bool),
    /// Somebody has looked at the fault.
    ClearFault,
    /// What became of the last order to the relay.
    Relay(RelayReport),
    /// The port or the link of the meter is gone; the next sample says it is back.
    SourceLost,
    /// What the wall clock says; `None` when it is known to be wrong. Decides nothing.
    Clock(Option<UtcTime>),
}

/// What became of an order to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayReport {
    /// The board has acknowledged it, and its feedback, where there is one, agrees.
    Obeyed {
        /// Whether the relay is closed now.
        closed: bool,
    },
    /// It has not been carried out; the order is being repeated.
    Failed(RelayFailure),
}

/// What an accepted input has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// All that was asked.
    Full,
    /// The books follow, the current does not: the slot has no relay.
    BooksOnly,
}

/// Why an input changes nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no session to stop or to pause.
    NoSession,
    /// The slot cannot interrupt the current.
    NoRelay,
    /// The slot is not faulted.
    NotFaulted,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSession => "the slot has no session; look at its state first",
            Self::NoRelay => "the slot has no relay, it can only watch; unplug the vehicle instead",
            Self::NotFaulted => "the slot is not faulted, there is nothing to clear",
        })
    }
}

impl core::error::Error for Refused {}
