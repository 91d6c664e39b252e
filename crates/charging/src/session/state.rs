//! The states of a slot in OCPP 1.6 terms, and why a slot is out of use or a session ended.
//!
//! Not here: which state follows which ([`super`] has the table). Terms: OCPP 1.6 section 7.7
//! (`ChargePointStatus`; Reserved is not offered) and OCPP 2.0.1 `ReasonEnumType`.

use core::fmt;

/// What a slot is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotState {
    /// Free: nothing is plugged in as far as is known, no current flows.
    Available,
    /// Something is plugged in or begins to draw current, or the slot is released and waits.
    Preparing,
    /// A session is open and current flows.
    Charging,
    /// A session is open, the vehicle draws no current.
    SuspendedEv,
    /// A session is open, the station has opened the relay.
    SuspendedEvse,
    /// The session has ended, the vehicle has not left.
    Finishing,
    /// The slot cannot be used; an open session stays open for a while.
    Unavailable(Outage),
    /// The slot must not be used until somebody has looked at it.
    Faulted(Fault),
}

impl fmt::Display for SlotState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Available => "Available",
            Self::Preparing => "Preparing",
            Self::Charging => "Charging",
            Self::SuspendedEv => "SuspendedEV",
            Self::SuspendedEvse => "SuspendedEVSE",
            Self::Finishing => "Finishing",
            Self::Unavailable(_) => "Unavailable",
            Self::Faulted(_) => "Faulted",
        })
    }
}

/// Why a slot is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outage {
    /// No measurement has come since the start.
    NotHeardYet,
    /// Nothing has come for the configured silence.
    Silent,
    /// The port or the link is gone.
    SourceLost,
    /// Samples come, but none of them is a measurement; the last judgement says why.
    NoMeasurement,
    /// Taken out of service by the operator.
    OutOfService,
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHeardYet => "the meter has not been heard since the start",
            Self::Silent => "the meter is silent",
            Self::SourceLost => "the port of the meter is gone",
            Self::NoMeasurement => "the meter answers, but with nothing that can be measured",
            Self::OutOfService => "taken out of service by the operator",
        })
    }
}

/// What must be looked at before the slot is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Current flows although the relay is open (OCPP `PowerSwitchFailure`).
    RelayStuck,
    /// The relay does not do as it is told; only [`RelayFailure::Unanswered`] passes by itself.
    Relay(RelayFailure),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RelayStuck => f.write_str("current flows although the relay is open"),
            Self::Relay(failure) => failure.fmt(f),
        }
    }
}

/// How a relay's board fails an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelayFailure {
    /// It does not acknowledge the order, however often it is repeated.
    Unanswered,
    /// It refuses the order, or tried and failed.
    Refused,
    /// It acknowledges, but the contact is not where it should be: stuck or welded.
    Contradicted,
    /// It has no relay, or does not know the order.
    Missing,
}

impl RelayFailure {
    /// All failures.
    pub const ALL: [Self; 4] = [
        Self::Unanswered,
        Self::Refused,
        Self::Contradicted,
        Self::Missing,
    ];
}

impl fmt::Display for RelayFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unanswered => "the board does not acknowledge the relay's order",
            Self::Refused => "the board refuses the relay's order, or failed to carry it out",
            Self::Contradicted => "the relay's contact is not where the board was told to put it",
            Self::Missing => "the board has no relay",
        })
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The plug detector saw the vehicle leave.
    EvDisconnected,
    /// No current for the idle time-out.
    Timeout,
    /// Stopped by the operator or the owner.
    Remote,
    /// The authorisation was withdrawn.
    DeAuthorized,
    /// The station was without power for too long to go on.
    PowerLoss,
    /// The station restarted after too long, or an unknown, time.
    Reboot,
    /// No measurement came for too long.
    MeterLost,
    /// The relay did not open.
    RelayStuck,
    /// The relay did not do as it was told.
    RelayFailed,
}

impl EndReason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::EvDisconnected,
        Self::Timeout,
        Self::Remote,
        Self::DeAuthorized,
        Self::PowerLoss,
        Self::Reboot,
        Self::MeterLost,
        Self::RelayStuck,
        Self::RelayFailed,
    ];

    /// The `stoppedReason` of OCPP 2.0.1; what has no name there is `Other`.
    #[must_use]
    pub const fn ocpp(self) -> &'static str {
        match self {
            Self::EvDisconnected => "EVDisconnected",
            Self::Timeout => "Timeout",
            Self::Remote => "Remote",
            Self::DeAuthorized => "DeAuthorized",
            Self::PowerLoss => "PowerLoss",
            Self::Reboot => "Reboot",
            Self::MeterLost | Self::RelayStuck | Self::RelayFailed => "Other",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EvDisconnected => "the vehicle was unplugged",
            Self::Timeout => "no current flowed for the idle time-out",
            Self::Remote => "stopped by the operator",
            Self::DeAuthorized => "the authorisation was withdrawn",
            Self::PowerLoss => "the station lost power",
            Self::Reboot => "the station restarted",
            Self::MeterLost => "the meter was silent for too long",
            Self::RelayStuck => "the relay did not open",
            Self::RelayFailed => "the relay did not do as it was told",
        })
    }
}
