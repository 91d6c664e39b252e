//! The SQLite files of vehicle, station and hub: migrations and one file per question asked.
//!
//! This is the only crate that contains SQL. Every call that writes is one transaction and returns
//! when it is on disk (write-ahead log, `synchronous = FULL`); what it costs depends on how many
//! rows share a call, so telemetry comes in groups ([`v2x_outbox::GroupCommit`]). What is worth
//! keeping is decided in `roles`, what is sent next in `outbox`.
//!
//! | file | question |
//! |---|---|
//! | `database` | is a file ours, and of which version |
//! | `open` | what is in the file of a vehicle or a station |
//! | [`hub`] | what is in the file of a hub, with questions of its own |
//! | [`telemetry`] | what was measured when |
//! | [`undated`] | what was measured before anybody knew the time |
//! | [`group`] | what does a vehicle commit together |
//! | [`when`] | when was it, on every clock |
//! | [`fix`] | where was the vehicle |
//! | [`event`] | what happened |
//! | [`trip`] | where did the car go, with which energy |
//! | [`charge`] | when was it charged, with which energy |
//! | [`run`] | when was the program started |
//! | [`session`] | which charging sessions were there, from which samples, at which cost |
//! | [`tariff`] | which prices held |
//! | [`retention`] | what is given up with time |
//! | [`v2g`] | what was agreed and signed over the radio |
//! | `outbox` | what waits to be sent: [`v2x_outbox::Storage`] |
//! | [`error`] | why the disk or the file refused |

#![forbid(unsafe_code)]

pub mod charge;
mod database;
pub mod error;
pub mod event;
pub mod fix;
pub mod group;
pub mod hub;
mod open;
mod outbox;
mod record;
pub mod retention;
pub mod run;
pub mod session;
pub mod tariff;
pub mod telemetry;
pub mod trip;
pub mod undated;
pub mod v2g;
pub mod when;

pub use error::StoreError;
pub use event::{Event, StoredEvent};
pub use fix::FixRow;
pub use group::{DatedRow, Group};
pub use open::Store;
pub use outbox::SetAside;
pub use retention::{Pruned, Retention};
pub use session::bill::{BillLineRow, BillRow, Total};
pub use session::meter_value::MeterValue;
pub use session::{SessionHead, SessionStep, StoredSession};
pub use telemetry::{Recorded, TelemetryRow};
pub use undated::UndatedRow;
pub use v2g::{BatteryRow, V2gReceipt, V2gSession};
pub use when::{DateMark, HostBoot, When};
