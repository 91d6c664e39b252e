//! Entries become messages: telemetry in batches, all else one by one.

use std::borrow::Cow;
use std::collections::VecDeque;

use v2x_outbox::{Entry, EntryId, PayloadKind};

use super::gateway::{GATEWAY_ATTRIBUTES_TOPIC, GATEWAY_TELEMETRY_TOPIC};
use super::{ATTRIBUTES_TOPIC, PAYLOAD_MAX_BYTES, TELEMETRY_TOPIC};

/// What the frame around the values of one row takes: `{"ts":` 19 digits and a sign,
/// `,"values":`, `}` and the comma to the next.
const ROW_FRAME_BYTES: usize = 40;

/// Rows that wait together and are still sent one by one: a group of live rows. One object per
/// message is the form that every consumer reads; arrays are for the backlog, which they speed up.
const ROWS_SENT_SINGLY: usize = 12;

/// One MQTT message and the entries that its acknowledgement frees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it is published.
    pub topic: Cow<'static, str>,
    /// What is published.
    pub payload: Vec<u8>,
    /// Whose payloads it holds; empty for a description of the device.
    pub entries: Vec<EntryId>,
    /// How many data points it holds.
    pub points: u32,
}

/// A message without a number that nobody waits for: an answer to a command, a question.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) topic: String,
    pub(crate) payload: String,
}

/// Takes entries from the front into one message: a row of telemetry, or, of a backlog, as many as
/// fit 64 KiB and `points` data points; or one entry of another kind. `None` when there is none.
pub fn pack(entries: &mut VecDeque<Entry>, points: u32) -> Option<Message> {
    let is_backlog = entries.len() > ROWS_SENT_SINGLY;
    pack_as(entries, points, is_backlog)
}

/// The same, with all rows that wait in one message: where the pace lets few messages go.
pub fn pack_together(entries: &mut VecDeque<Entry>, points: u32) -> Option<Message> {
    pack_as(entries, points, true)
}

fn pack_as(entries: &mut VecDeque<Entry>, points: u32, is_backlog: bool) -> Option<Message> {
    let first = entries.pop_front()?;
    Some(match first.kind {
        PayloadKind::Telemetry => pack_telemetry(first, entries, points, is_backlog),
        PayloadKind::Attributes => alone(ATTRIBUTES_TOPIC, first),
        PayloadKind::GatewayTelemetry => alone(GATEWAY_TELEMETRY_TOPIC, first),
        PayloadKind::GatewayAttributes => alone(GATEWAY_ATTRIBUTES_TOPIC, first),
    })
}

/// The message that describes the device; no entry waits for its acknowledgement.
#[must_use]
pub fn description(attributes: Vec<u8>) -> Message {
    Message {
        topic: ATTRIBUTES_TOPIC.into(),
        payload: attributes,
        entries: Vec::new(),
        points: 1,
    }
}

/// An entry whose payload is the whole message.
fn alone(topic: &'static str, entry: Entry) -> Message {
    Message {
        topic: topic.into(),
        payload: entry.payload,
        entries: vec![entry.id],
        points: entry.points,
    }
}

fn pack_telemetry(
    first: Entry,
    others: &mut VecDeque<Entry>,
    points: u32,
    is_backlog: bool,
) -> Message {
    let mut bytes = row_bytes(&first) + 2;
    let mut rows = vec![first];
    let mut sum = rows[0].points;
    while let Some(next) = others.front().filter(|_| is_backlog) {
        let fits = next.kind == PayloadKind::Telemetry
            && bytes + row_bytes(next) <= PAYLOAD_MAX_BYTES
            && sum.saturating_add(next.points) <= points;
        if !fits {
            break;
        }
        bytes += row_bytes(next);
        sum = sum.saturating_add(next.points);
        rows.extend(others.pop_front());
    }
    let mut payload = Vec::with_capacity(bytes);
    let is_batch = rows.len() > 1;
    if is_batch {
        payload.push(b'[');
    }
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            payload.push(b',');
        }
        payload.extend(format!(r#"{{"ts":{},"values":"#, row.ts.as_millis()).bytes());
        payload.extend(&row.payload);
        payload.push(b'}');
    }
    if is_batch {
        payload.push(b']');
    }
    Message {
        topic: TELEMETRY_TOPIC.into(),
        payload,
        entries: rows.iter().map(|row| row.id).collect(),
        points: sum,
    }
}

fn row_bytes(row: &Entry) -> usize {
    row.payload.len() + ROW_FRAME_BYTES
}

#[cfg(test)]
mod tests {
    use v2x_outbox::{Class, NewEntry};
    use v2x_units::UtcTime;

    use super::*;

    fn entry(kind: PayloadKind, sequence: u64, payload: impl Into<Vec<u8>>) -> Entry {
        let ts = UtcTime::from_millis(1_756_370_845_373 + sequence.cast_signed());
        NewEntry::new(Class::Telemetry, kind, ts, 2, payload)
            .unwrap()
            .at(EntryId::new(Class::Telemetry, sequence))
    }

    fn row(sequence: u64) -> Entry {
        entry(PayloadKind::Telemetry, sequence, r#"{"k":1,"l":2}"#)
    }

    #[test]
    fn single_row_is_an_object_with_its_time_of_measurement() {
        let mut entries = VecDeque::from([row(0)]);
        let message = pack(&mut entries, u32::MAX).unwrap();
        assert_eq!(message.topic, "v1/devices/me/telemetry");
        // The form of ThingsBoard's reference, "Telemetry upload API".
        assert_eq!(
            message.payload,
            br#"{"ts":1756370845373,"values":{"k":1,"l":2}}"#
        );
        assert_eq!((message.points, message.entries.len()), (2, 1));
        assert_eq!(pack(&mut entries, u32::MAX), None);
    }

    #[test]
    fn group_of_live_rows_is_sent_row_by_row() {
        let mut entries: VecDeque<_> = (0..12).map(row).collect();
        let message = pack(&mut entries, u32::MAX).unwrap();
        assert_eq!((message.entries.len(), entries.len()), (1, 11));
        assert!(message.payload.starts_with(b"{\"ts\":"));
    }

    #[test]
    fn rows_of_a_backlog_are_an_array_in_their_order() {
        let mut entries: VecDeque<_> = (0..20).map(row).collect();
        let message = pack(&mut entries, u32::MAX).unwrap();
        let parsed: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        let times: Vec<_> = parsed
            .as_array()
            .unwrap()
            .iter()
            .map(|r| &r["ts"])
            .collect();
        assert_eq!(
            times[..3],
            [1_756_370_845_373_i64, 1_756_370_845_374, 1_756_370_845_375]
        );
        assert_eq!(times.len(), 20);
        assert_eq!(parsed[2]["values"]["l"], 2);
    }

    #[test]
    fn batch_ends_before_64_kib_and_before_the_points_allowed() {
        let large = |n| entry(PayloadKind::Telemetry, n, vec![b' '; 30_000]);
        let mut entries: VecDeque<_> = (0..20).map(large).collect();
        let message = pack(&mut entries, u32::MAX).unwrap();
        assert_eq!(message.entries.len(), 2);
        assert!(message.payload.len() <= PAYLOAD_MAX_BYTES);
        let mut entries: VecDeque<_> = (0..20).map(row).collect();
        assert_eq!(pack(&mut entries, 5).unwrap().entries.len(), 2);
        assert_eq!(
            pack(&mut entries, 0).unwrap().entries.len(),
            1,
            "never none"
        );
    }

    #[test]
    fn largest_entry_fits_the_largest_message_with_its_frame() {
        let largest = entry(
            PayloadKind::Telemetry,
            0,
            vec![b' '; v2x_outbox::entry::PAYLOAD_MAX_BYTES],
        );
        let message = pack(&mut VecDeque::from([largest]), u32::MAX).unwrap();
        assert!(message.payload.len() <= PAYLOAD_MAX_BYTES);
    }

    #[test]
    fn attributes_travel_alone_and_end_a_batch() {
        let attributes = entry(PayloadKind::Attributes, 2, r#"{"version":"0.1.0"}"#);
        let mut entries = VecDeque::from([row(1), attributes, row(3)]);
        entries.extend((4..40).map(row));
        assert_eq!(pack(&mut entries, u32::MAX).unwrap().entries.len(), 1);
        let message = pack(&mut entries, u32::MAX).unwrap();
        assert_eq!(message.topic, "v1/devices/me/attributes");
        assert_eq!(message.payload, br#"{"version":"0.1.0"}"#);
        assert_eq!(entries.len(), 37);
    }
}
