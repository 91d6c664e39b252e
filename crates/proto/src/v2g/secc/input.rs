//! What can happen to the station's end, what it tells, and what its operator has set.
//!
//! Not what follows from it (`mod.rs` and the states).

use v2x_units::{MacAddress, UtcTime};

use super::SeccState;
use crate::secure::{
    Credential, CredentialError, Fingerprint, Name, RevocationError, RevocationList,
};
use crate::secure::{Signature, UtcSecond};
use crate::v2g::battery_report::BatteryReport;
use crate::v2g::message::{
    BatteryDataReq, ChargeParameterDiscoveryReq, ChargeParameterDiscoveryRes, MeterKind,
    MeterReading, ResponseCode, SessionId, SignedReceipt,
};
use crate::v2g::money::Money;
use crate::v2g::onset::Onset;

/// What the operator has set for a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct SeccSettings {
    /// What the slot has, and at which price; its energy limit ends a session.
    pub offer: ChargeParameterDiscoveryRes,
    /// What the receipt says of the meter.
    pub meter: MeterKind,
}

/// What can happen to the station's end.
#[derive(Debug, Clone, Copy)]
pub enum SeccInput<'a> {
    /// A plug is in the slot, or no longer. A slot that cannot feel a plug says so by current,
    /// where its policy lets current flow, or always says yes.
    Plugged(bool),
    /// Since when the slot feeds whoever is plugged in; `None` while it does not, or nobody knows.
    Live(Option<Onset>),
    /// What the meter says of the present session, with what it costs.
    Meter(MeterReading),
    /// The radio heard these bytes from this sender.
    Heard(MacAddress, &'a [u8]),
    /// The operator ends the session.
    Stop,
    /// The operator has set something else; a running session agrees upon it anew.
    Settings(&'a SeccSettings),
    /// What the wall clock says; `None` when it is known to be wrong.
    Clock(Option<UtcTime>),
    /// A revocation list, from wherever.
    Revocations(&'a RevocationList),
}

/// Why power ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerOffReason {
    /// The car asked for it.
    Car,
    /// The plug is out.
    Unplugged,
    /// The operator wants it.
    Operator,
    /// The station's energy limit is reached.
    EnergyLimit,
    /// The car's cost limit is reached, or the cost cannot be compared with it.
    CostLimit,
    /// The car was silent on the radio for too long.
    Silent,
    /// The car is plugged in elsewhere.
    OtherPlug,
    /// The car's credential no longer counts.
    Credential(CredentialError),
}

/// What must survive a restart of the station; the meter's part is kept by `charging`.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedSession {
    /// The session.
    pub id: SessionId,
    /// The car that it is bound to.
    pub car: Name,
    /// When it was opened, if the time was known.
    pub started: Option<UtcSecond>,
    /// The most that the car pays.
    pub cost_limit: Option<Money>,
    /// Whether power has flowed, so that a receipt is due.
    pub powered: bool,
    /// Whether it has ended and waits for its receipt to be fetched.
    pub ended: bool,
    /// Whether it is certain that the car is in this slot; without that there is no receipt.
    pub confirmed: bool,
}

/// What the station's end tells.
#[derive(Debug, Clone, PartialEq)]
pub enum SeccEvent {
    /// The car at this address has proven its credential.
    CarProven(Credential),
    /// A car's credential does not count. Of the same reason it is told once a minute.
    CarRefused(CredentialError),
    /// Keep this on disk in place of the last one; `None`: there is no session any more.
    Save(Option<SavedSession>),
    /// The car of the open session is back, after a radio gap or a restart.
    Resumed(SessionId),
    /// The car of the open session is certainly the one in this slot.
    PlugConfirmed(SessionId),
    /// What the car wants.
    Wishes(ChargeParameterDiscoveryReq),
    /// Power may flow for the car with this credential: close the relay, open the slot's session.
    PowerOn(SessionId, Fingerprint),
    /// Power must end: open the relay where there is one, end the slot's session.
    PowerOff(SessionId, PowerOffReason),
    /// The car's battery while it charges.
    Battery(BatteryReport),
    /// The receipt with the station's signature: keep it.
    Receipt(SignedReceipt),
    /// The car has countersigned the receipt: keep this too.
    Countersigned(SignedReceipt, Signature),
    /// The session is over. Without a countersignature its receipt has the station's only.
    SessionEnded(SessionId),
    /// The car of the open session is silent on the radio; power goes on for a while.
    CarSilent(SessionId),
    /// A car that has left its plug tells of its battery.
    BatteryData(Name, BatteryDataReq),
    /// A request was not carried out. Of the same request and reason it is told once a minute.
    Refused {
        /// What the car's request was waited for in.
        state: SeccState,
        /// The type of the request.
        message_type: u8,
        /// Why.
        code: ResponseCode,
    },
    /// A revocation list was not taken over.
    RevocationsRefused(RevocationError),
}
