//! An entry of telemetry for the outbox, from values and their time; the same for every role.

use v2x_outbox::{Class, NewEntry, PayloadKind};
use v2x_units::UtcTime;
use v2x_uplink::thingsboard::Values;

/// An entry of telemetry. One that no server would take stays local: a few hundred bytes are always
/// below the limit.
pub(crate) fn entry(class: Class, at: UtcTime, values: Values) -> Option<NewEntry> {
    let points = values.points();
    let json = values.into_json();
    NewEntry::new(class, PayloadKind::Telemetry, at, points, json).ok()
}
