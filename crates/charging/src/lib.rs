//! Meter plausibility, the charging session and the energy ledger of a station's slot.
//!
//! The slot controller (ESP32) and the station computer run this same code, so it has no clock, no
//! heap, no disk and no wire. Not here: money; tariffs and bills are `v2x-tariff`, which lives
//! with the station computer.
//!
//! Whoever owns a [`Slot`] runs this loop around it:
//!
//! ```
//! use v2x_charging::{Input, MeterLimits, Output, Slot, SlotConfig, TransactionIds};
//! use v2x_units::{BootId, Instant};
//!
//! # let (drawn_at_boot, drawn_for_slot, now) = (1, 2, Instant::BOOT);
//! let ids = TransactionIds::new(BootId::new(drawn_at_boot), drawn_for_slot);
//! let mut slot = Slot::new(SlotConfig::ev(), MeterLimits::pzem_004t_100a(), ids, now);
//! # let inputs = [Input::SourceLost];
//! for input in inputs {
//!     if let Err(refused) = slot.handle(now, input) {
//!         // Tell the operator: {refused}
//! #       let _text = refused;
//!     }
//!     let wake_at = loop {
//!         match slot.poll(now) {
//!             Output::WakeAt(wake_at) => break wake_at,
//!             Output::Persist(record) => {
//!                 // On disk first, then:
//!                 slot.persisted(record.transaction, record.seq);
//!             }
//!             Output::OpenRelay | Output::CloseRelay => { /* move the relay */ }
//!             Output::State(_) => { /* show it */ }
//!             Output::Started(_) | Output::Resumed(_) | Output::Ended(_) => { /* tell others */ }
//!         }
//!     };
//! #   assert_eq!(wake_at, None);
//! }
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`energy`] | energy for the books, in whole milliwatt hours |
//! | [`meter`] | samples, and the verdict on each |
//! | [`ledger`] | energy as the sum of plausible gains |
//! | [`session`] | the state machine of a slot |

#![no_std]
#![forbid(unsafe_code)]

pub mod energy;
pub mod ledger;
pub mod meter;
pub mod session;

pub use energy::Energy;
pub use ledger::EnergyLedger;
pub use meter::{Judgement, MeterLimits, MeterSample, Plausibility, Reason, Verdict};
pub use session::{
    Authorisation, Effect, EndReason, Fault, Input, Interruption, Outage, Output, Policy, Refused,
    RelayFailure, RelayPlace, RelayReport, Restart, SessionRecord, Slot, SlotConfig, SlotState,
    Standing, TransactionId, TransactionIds,
};
