//! What can happen to the car's end, what it tells, and what its owner has set.
//!
//! Not what follows from it (`mod.rs` and the states).

use v2x_units::{Amps, GnssFix, Instant, KilometersPerHour, MacAddress, UtcTime, WattHours};

use super::EvccState;
use crate::secure::{
    Credential, CredentialError, RevocationError, RevocationList, Signature, UtcSecond,
};
use crate::v2g::battery_report::BatteryReport;
use crate::v2g::message::{
    ChargeParameterDiscoveryRes, MeterReading, ResponseCode, SessionId, SetupOutcome, SignedReceipt,
};
use crate::v2g::money::Money;

/// What the owner has set.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EvccSettings {
    /// What the battery holds when it is full.
    pub capacity: Option<WattHours>,
    /// The most current that the car takes.
    pub max_current: Option<Amps>,
    /// The most that a session may cost.
    pub cost_limit: Option<Money>,
    /// When the driver wants to leave.
    pub departure: Option<UtcSecond>,
    /// Whether a station gets battery data after unplugging. The credential must permit it too:
    /// it was asked for at enrolment, and this can only take it back.
    pub battery_data_after_unplugging: bool,
}

/// What the car feels of something that comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sense {
    /// Nobody can say: its bus sleeps.
    #[default]
    NotKnown,
    /// It is not there.
    Off,
    /// It is there, since this moment, as far as it was seen.
    On(Option<Instant>),
}

/// What the car feels of its plug: by that a station knows its own car.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlugSenses {
    /// Mains at the charger.
    pub mains: Sense,
    /// The charger at work.
    pub charging: Sense,
}

/// What can happen to the car's end.
#[derive(Debug, Clone, Copy)]
pub enum EvccInput<'a> {
    /// The car is plugged into the mains, or no longer.
    Plugged(bool),
    /// What the car feels of its plug.
    Feels(PlugSenses),
    /// The battery, as the car's bus tells it, and how full the driver wants it: at that the
    /// session ends.
    Battery(BatteryReport),
    /// How fast the car goes.
    Speed(Option<KilometersPerHour>),
    /// A fix and when it was measured.
    Fix(Instant, GnssFix),
    /// The radio heard these bytes from this sender.
    Heard(MacAddress, &'a [u8]),
    /// The driver ends the session.
    Stop,
    /// The owner has set something else; a running session agrees upon it anew.
    Settings(EvccSettings),
    /// What the wall clock says; `None` when it is known to be wrong.
    Clock(Option<UtcTime>),
    /// A revocation list, from wherever.
    Revocations(&'a RevocationList),
}

/// Why the car ends a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The driver wants it.
    Driver,
    /// The plug is out.
    Unplugged,
    /// The owner's limit is reached, or the cost cannot be compared with it.
    CostLimit,
    /// The battery holds as much as the driver wants.
    DesiredStateOfCharge,
    /// The station wants it, or has ended it already.
    Station,
}

/// Why the car no longer sends its battery data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftReason {
    /// Five fixes running lie beyond the border.
    Distance,
    /// The station has been silent for too long.
    Silence,
    /// The station does not want it.
    Refused(ResponseCode),
    /// The owner has taken the permission back.
    Setting,
}

/// What the car's end tells.
#[derive(Debug, Clone, PartialEq)]
pub enum EvccEvent {
    /// The station at this address has proven its credential, and we ours.
    StationProven(MacAddress, Credential),
    /// A station's credential does not count; it is passed over for a while. Of the same reason it
    /// is told once a minute.
    StationNotBelieved(CredentialError),
    /// A station does not believe our credential; its reason as in the protocol page. Of the same
    /// reason it is told once a minute.
    NotBelieved(u8),
    /// A session is open; keep its number for [`super::Evcc::remember`] after a restart.
    Session(SetupOutcome, SessionId),
    /// What the station has, and at which price.
    Offer(ChargeParameterDiscoveryRes),
    /// The station is certain that the car is in its slot.
    PlugConfirmed,
    /// The car is plugged in elsewhere: this station is passed over and another is called.
    OtherPlug,
    /// Power may flow.
    PowerStarted,
    /// What the station's meter says.
    Status(MeterReading),
    /// Power no longer flows.
    PowerStopped(StopReason),
    /// The receipt with both signatures: keep it.
    Receipt(SignedReceipt, Signature),
    /// The station's receipt names another session, car or station, or is not signed by it; it
    /// is not countersigned.
    ReceiptDisputed(SignedReceipt),
    /// The session is over; its number may be forgotten.
    SessionEnded(SessionId),
    /// The station did not answer; a new handshake begins and the session goes on after it.
    RadioGap,
    /// Battery data ends.
    Left(LeftReason),
    /// The station does not carry a request out.
    Refused(ResponseCode),
    /// The station said something that may not come now; it is passed over for a while.
    SequenceError {
        /// What was waited for.
        state: EvccState,
        /// The type that came.
        message_type: u8,
    },
    /// A revocation list was not taken over.
    RevocationsRefused(RevocationError),
}
