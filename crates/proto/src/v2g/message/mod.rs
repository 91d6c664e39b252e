//! The messages of V2G: one file, two type numbers each, request and response.
//!
//! Not how they travel (`secure/`) and not which may come when (`evcc/`, `secc/`). Three promises
//! hold for every message and are tested for all at once in `tests/v2g_messages.rs`: parsing any
//! bytes never panics, `parse(emit(x)) == x` for every value that fits the steps of the wire, and
//! every message fits into one datagram of 250 bytes.
//!
//! | type | message | file | ISO 15118-2 |
//! |---|---|---|---|
//! | 10, 90 | SessionSetup | `session_setup.rs` | yes |
//! | 11, 91 | Authorization | `authorization.rs` | yes |
//! | 12, 92 | ChargeParameterDiscovery | `charge_parameter_discovery.rs` | yes |
//! | 13, 93 | PowerDelivery | `power_delivery.rs` | yes |
//! | 14, 94 | ChargingStatus | `charging_status.rs` | yes |
//! | 15, 95 | MeteringReceipt | `metering_receipt.rs` | yes |
//! | 16, 96 | SessionStop | `session_stop.rs` | yes |
//! | 17, 97 | BatteryData | `battery_data.rs` | ours |
//! | 18, 98 | PlugCheck | `plug_check.rs` | ours |
//! | 9f | Refusal | `refusal.rs` | ours, its codes mostly |
//!
//! Types are hexadecimal. A layout never changes under its number.

mod authorization;
mod battery_data;
mod charge_parameter_discovery;
mod charging_status;
mod metering_receipt;
mod plug_check;
mod power_delivery;
mod refusal;
mod session_setup;
mod session_stop;

pub use authorization::{AuthorizationReq, AuthorizationRes};
pub use battery_data::{BatteryDataReq, BatteryDataRes};
pub use charge_parameter_discovery::{ChargeParameterDiscoveryReq, ChargeParameterDiscoveryRes};
pub use charging_status::{ChargingStatusReq, ChargingStatusRes, MeterReading, Notification};
pub use metering_receipt::{
    MeterKind, MeteringReceiptReq, MeteringReceiptRes, Receipt, SignedReceipt,
};
pub use plug_check::{Felt, PlugCheckReq, PlugCheckRes};
pub use power_delivery::{ChargeProgress, PowerDeliveryReq, PowerDeliveryRes};
pub use refusal::{Refusal, ResponseCode};
pub use session_setup::{SessionId, SessionSetupReq, SessionSetupRes, SetupOutcome};
pub use session_stop::{SessionStopReq, SessionStopRes};

use crate::limits::BODY_MAX;
use crate::link::body::BodyError;
use crate::secure::Body;

/// Makes an enumeration of messages with their type numbers.
macro_rules! messages {
    ($(#[$doc:meta])* $set:ident {
        $($(#[$item_doc:meta])* $name:ident($body:ident) = $type:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $set { $($(#[$item_doc])* $name($body),)+ }

        impl $set {
            /// Every type number.
            pub const TYPES: &'static [u8] = &[$($type),+];

            /// The type number.
            #[must_use]
            pub const fn message_type(&self) -> u8 {
                match self { $(Self::$name(_) => $type,)+ }
            }

            /// Reads a body; `None` when the type number is none of these.
            ///
            /// # Errors
            /// When the body is not what the type promises; names the field.
            pub fn parse(message_type: u8, body: &[u8]) -> Result<Option<Self>, BodyError> {
                match message_type {
                    $($type => $body::parse(body).map(|body| Some(Self::$name(body))),)+
                    _ => Ok(None),
                }
            }

            /// Writes the body.
            ///
            /// # Errors
            /// When a value has no room in its field; names the field.
            pub fn emit(&self) -> Result<Body, BodyError> {
                let mut bytes = [0; BODY_MAX];
                let used = match self { $(Self::$name(body) => body.emit(&mut bytes)?,)+ };
                Ok(Body::from_slice(&bytes[..used]).expect("both have the same bound"))
            }
        }

        $(impl From<$body> for $set {
            fn from(body: $body) -> Self {
                Self::$name(body)
            }
        })+
    };
}

messages! {
    /// What a car may ask.
    Request {
        /// For a session.
        SessionSetup(SessionSetupReq) = 0x10,
        /// To charge.
        Authorization(AuthorizationReq) = 0x11,
        /// For what the station has.
        ChargeParameterDiscovery(ChargeParameterDiscoveryReq) = 0x12,
        /// For power, or its end.
        PowerDelivery(PowerDeliveryReq) = 0x13,
        /// For what the meter says.
        ChargingStatus(ChargingStatusReq) = 0x14,
        /// For the receipt, or that its signature be kept.
        MeteringReceipt(MeteringReceiptReq) = 0x15,
        /// That the session end.
        SessionStop(SessionStopReq) = 0x16,
        /// That its battery data be heard.
        BatteryData(BatteryDataReq) = 0x17,
        /// Whether it is in this slot.
        PlugCheck(PlugCheckReq) = 0x18,
    }
}

messages! {
    /// What a station may answer.
    Response {
        /// Gives a session.
        SessionSetup(SessionSetupRes) = 0x90,
        /// Lets it charge.
        Authorization(AuthorizationRes) = 0x91,
        /// Tells what it has.
        ChargeParameterDiscovery(ChargeParameterDiscoveryRes) = 0x92,
        /// Does so.
        PowerDelivery(PowerDeliveryRes) = 0x93,
        /// Tells what the meter says.
        ChargingStatus(ChargingStatusRes) = 0x94,
        /// Gives the receipt, or has kept the countersignature.
        MeteringReceipt(MeteringReceiptRes) = 0x95,
        /// Has ended the session.
        SessionStop(SessionStopRes) = 0x96,
        /// Has heard it.
        BatteryData(BatteryDataRes) = 0x97,
        /// Whether the car is in this slot.
        PlugCheck(PlugCheckRes) = 0x98,
        /// Does not carry the request out.
        Refusal(Refusal) = 0x9F,
    }
}
