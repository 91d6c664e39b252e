//! What a car's V2V wants done, and what it tells.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use v2x_units::{Instant, MacAddress, Meters};

use super::confidence::Confidence;
use super::own_events::OwnEventKind;
use super::plausibility::Implausible;
use super::warnings::Warning;
use crate::limits::{EVENTS_WAITING_MAX, V2V_SENDING_MAX};
use crate::secure::{Refusal, VerifiedMessage};
use crate::wire::certificate::HashedId8;
use crate::wire::its_time::GenerationTime;
use crate::wire::station::{ActionId, StationId};

/// What is to be done, one thing per poll.
#[derive(Debug)]
pub enum V2vOutput {
    /// Set the radio's own address, before anything else is sent: the pseudonym has changed. A
    /// radio that cannot do it goes on under its old address, by which the car is followed.
    SetAddress(MacAddress),
    /// Give these bytes to the radio. Nobody waits for them to arrive.
    Send(Outgoing),
    /// Something has happened.
    Event(V2vEvent),
    /// Nothing more now. Poll again at this time; with `None` only an input changes anything.
    WakeAt(Option<Instant>),
}

/// What kind of message goes out, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// Environmental notification.
    Denm,
    /// Our certificate.
    Certificate,
    /// Cooperative awareness.
    Cam,
    /// Vehicle data of our own.
    VehicleData,
}

/// A payload for the radio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Who is to receive it; broadcast, so far.
    pub to: MacAddress,
    /// Which address it goes out from, if the radio can set it.
    pub from: MacAddress,
    /// What it is.
    pub kind: MessageKind,
    /// The bytes: at most 250, or 1,470 where the settings say version 2.
    pub payload: Vec<u8>,
    /// After this time it is not worth sending any more.
    pub lifetime: Duration,
}

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Silence {
    /// The time is not known.
    ClockUnknown,
    /// The car's own position is not known, or too old.
    PositionUnknown,
    /// There is no pseudonym whose certificate holds now.
    NoPseudonym,
    /// A message was built that does not fit into a frame.
    TooLong,
}

/// Why something that was heard changed nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// It may not be believed.
    Security(Refusal),
    /// It may be signed by whom it says, but cannot be so.
    Implausible(Implausible),
    /// The time is not known here, so that nothing can be checked.
    ClockUnknown,
    /// More certificates were to be checked than the pace allows; they will come again.
    CertificatePace,
}

impl Refused {
    /// A word for counters.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Security(refusal) => refusal.word(),
            Self::Implausible(kind) => kind.word(),
            Self::ClockUnknown => "clock_unknown",
            Self::CertificatePace => "certificate_pace",
        }
    }
}

/// A message that was verified, and is plausible.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// When it was heard.
    pub at: Instant,
    /// The sender's address, as the frame claims it.
    pub from: MacAddress,
    /// Received signal strength, in dBm.
    pub rssi_dbm: Option<i8>,
    /// Which certificate signed it.
    pub signer: HashedId8,
    /// When it was signed: no two messages of a signer have the same time.
    pub generation: GenerationTime,
    /// Who says it.
    pub station: StationId,
    /// What it says.
    pub message: VerifiedMessage,
    /// How far away the sender is, when both places are known.
    pub distance: Option<Meters>,
    /// How far the sender is believed; `None` for a sender whose position is not known yet.
    pub confidence: Option<Confidence>,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum V2vEvent {
    /// A message came that may be believed.
    Received(Box<Received>),
    /// Something that was heard changed nothing. It is counted too.
    Refused {
        /// The sender's address, as the frame claims it.
        from: MacAddress,
        /// Why.
        reason: Refused,
    },
    /// A station is in sight.
    NeighbourAppeared(StationId),
    /// It is out of sight.
    NeighbourLost(StationId),
    /// An event of others is known, or has changed.
    EventKnown(ActionId),
    /// An event of others is over: ended, denied, or no longer valid.
    EventOver(ActionId),
    /// A charging station is in sight, or says something else than before of its slots.
    ChargingStation(StationId),
    /// A charging station is out of sight.
    ChargingStationLost(StationId),
    /// The driver should be warned. Nothing acts on it but a person.
    WarningRaised(Warning),
    /// A warning is over.
    WarningCleared(Warning),
    /// The car reports something about itself.
    OwnEventBegun(OwnEventKind, ActionId),
    /// It is over and was taken back.
    OwnEventEnded(OwnEventKind, ActionId),
    /// All identifiers have changed.
    PseudonymChanged {
        /// The new station id.
        station: StationId,
        /// The new address.
        address: MacAddress,
    },
    /// Nothing is sent for now.
    Silent(Silence),
    /// Something is sent again.
    Speaking,
}

/// A queue with a bound; when full, the oldest is dropped and counted.
#[derive(Debug)]
pub(super) struct Bounded<T, const MAX: usize> {
    waiting: VecDeque<T>,
    dropped: u64,
}

impl<T, const MAX: usize> Bounded<T, MAX> {
    pub(super) const fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            dropped: 0,
        }
    }

    pub(super) fn push(&mut self, entry: T) {
        if self.waiting.len() >= MAX {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        self.waiting.push_back(entry);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        self.waiting.pop_front()
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Events that wait to be taken.
pub(super) type Events = Bounded<V2vEvent, EVENTS_WAITING_MAX>;
/// Payloads that wait to be taken.
pub(super) type Sending = Bounded<Outgoing, V2V_SENDING_MAX>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_when_full_drops_the_oldest_and_counts_it() {
        let mut queue = Bounded::<u8, 2>::new();
        for entry in 1..=3 {
            queue.push(entry);
        }
        assert_eq!(
            (queue.pop(), queue.pop(), queue.pop()),
            (Some(2), Some(3), None)
        );
        assert_eq!(queue.dropped(), 1);
    }
}
