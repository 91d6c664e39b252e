//! A session step as bytes in flash: everything that a restart needs to go on.
//!
//! Not here: the flash, and what a step means (`v2x_charging::session`). Numbers little-endian; an
//! optional number has a byte before it, 1 when it is there and 0 when the eight bytes after it
//! mean nothing. A damaged step does not come out of the flash, so a wrong code means another
//! version of the firmware.
//!
//! | field | bytes |
//! |---|---|
//! | version, 1 | 1 |
//! | transaction, sequence, boot, time | 16 + 4 + 4 + 8 |
//! | UTC of the step, UTC of the start | 9 + 9 |
//! | microseconds since the start | 8 |
//! | state, and why it is out of use | 1 + 1 |
//! | plausible and doubtful energy, mWh | 8 + 8 |
//! | samples by verdict | 5 x 4 |
//! | meter's counter in mWh, power in W | 9 + 9 |
//! | who released the slot, digest | 1 + 8 |
//! | plug | 1 |
//! | why it ended | 1 |

use core::time::Duration;

use v2x_charging::meter::Baseline;
use v2x_charging::{
    Authorisation, EndReason, Energy, EnergyLedger, Fault, Outage, RelayFailure, SessionRecord,
    SlotState, TransactionId, Verdict,
};
use v2x_units::{BootId, Instant, UtcTime, Watts};

/// The length of a step.
pub const STEP_BYTES: usize = 126;

const VERSION: u8 = 1;
/// The code of a session that goes on.
const NOT_ENDED: u8 = 0xFF;

/// Writes a step.
#[must_use]
pub fn write(step: &SessionRecord) -> [u8; STEP_BYTES] {
    let mut bytes = [0; STEP_BYTES];
    let mut to = Writer {
        bytes: &mut bytes,
        used: 0,
    };
    to.put(&[VERSION]);
    to.put(&step.transaction.bytes());
    to.put(&step.seq.to_le_bytes());
    to.put(&step.boot.get().to_le_bytes());
    to.put(&step.at.as_micros().to_le_bytes());
    to.optional(step.utc.map(|utc| utc.as_micros().to_le_bytes()));
    to.optional(step.started.map(|utc| utc.as_micros().to_le_bytes()));
    let elapsed = u64::try_from(step.elapsed.as_micros()).unwrap_or(u64::MAX);
    to.put(&elapsed.to_le_bytes());
    to.put(&state_code(step.state));
    to.put(&step.energy.plausible.milliwatt_hours().to_le_bytes());
    to.put(&step.energy.doubtful.milliwatt_hours().to_le_bytes());
    for count in step.energy.samples {
        to.put(&count.to_le_bytes());
    }
    let counter = step
        .baseline
        .map(|baseline| baseline.energy.milliwatt_hours());
    let power = step.baseline.and_then(|baseline| baseline.power);
    to.optional(counter.map(u64::to_le_bytes));
    to.optional(power.map(|power| power.get().to_le_bytes()));
    let (by, digest) = match step.authorisation {
        Authorisation::None => (0, [0; 8]),
        Authorisation::Operator => (1, [0; 8]),
        Authorisation::Car(digest) => (2, digest),
    };
    to.put(&[by]);
    to.put(&digest);
    to.put(&[match step.plugged {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    }]);
    let ended = |reason| EndReason::ALL.iter().position(|known| *known == reason);
    let code = step
        .ended
        .and_then(ended)
        .and_then(|code| u8::try_from(code).ok());
    to.put(&[code.unwrap_or(NOT_ENDED)]);
    bytes
}

/// Reads a step; `None` when it is not of this version.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<SessionRecord> {
    let bytes: &[u8; STEP_BYTES] = bytes.try_into().ok()?;
    let mut from = Reader(bytes);
    if from.take::<1>()? != [VERSION] {
        return None;
    }
    let transaction = TransactionId::from_bytes(from.take()?);
    let seq = u32::from_le_bytes(from.take()?);
    let boot = BootId::new(u32::from_le_bytes(from.take()?));
    let at = Instant::from_micros(from.whole()?);
    let utc = |bytes| UtcTime::from_micros(i64::from_le_bytes(bytes));
    let (said, started) = (from.optional()?.map(utc), from.optional()?.map(utc));
    let elapsed = Duration::from_micros(from.whole()?);
    let state = state_of(from.take()?)?;
    let plausible = Energy::from_milliwatt_hours(from.whole()?);
    let doubtful = Energy::from_milliwatt_hours(from.whole()?);
    let mut samples = [0; Verdict::ALL.len()];
    for count in &mut samples {
        *count = u32::from_le_bytes(from.take()?);
    }
    let counter = from.optional()?.map(u64::from_le_bytes);
    let power = from
        .optional()?
        .map(|bytes| Watts::new(f64::from_le_bytes(bytes)));
    let [by] = from.take()?;
    let digest = from.take()?;
    let authorisation = match by {
        0 => Authorisation::None,
        1 => Authorisation::Operator,
        2 => Authorisation::Car(digest),
        _ => return None,
    };
    let plugged = match from.take()? {
        [0] => None,
        [1] => Some(false),
        [2] => Some(true),
        _ => return None,
    };
    let ended = match from.take()? {
        [NOT_ENDED] => None,
        [code] => Some(*EndReason::ALL.get(usize::from(code))?),
    };
    Some(SessionRecord {
        transaction,
        seq,
        boot,
        at,
        utc: said,
        started,
        elapsed,
        state,
        energy: EnergyLedger {
            plausible,
            doubtful,
            samples,
        },
        baseline: counter.map(|counter| Baseline {
            energy: Energy::from_milliwatt_hours(counter),
            power,
        }),
        authorisation,
        plugged,
        ended,
    })
}

/// The code of a state and of why it is out of use.
#[must_use]
pub const fn state_code(state: SlotState) -> [u8; 2] {
    match state {
        SlotState::Available => [0, 0],
        SlotState::Preparing => [1, 0],
        SlotState::Charging => [2, 0],
        SlotState::SuspendedEv => [3, 0],
        SlotState::SuspendedEvse => [4, 0],
        SlotState::Finishing => [5, 0],
        SlotState::Unavailable(outage) => match outage {
            Outage::NotHeardYet => [6, 0],
            Outage::Silent => [6, 1],
            Outage::SourceLost => [6, 2],
            Outage::NoMeasurement => [6, 3],
            Outage::OutOfService => [6, 4],
        },
        SlotState::Faulted(Fault::RelayStuck) => [7, 0],
        SlotState::Faulted(Fault::Relay(RelayFailure::Unanswered)) => [7, 1],
        SlotState::Faulted(Fault::Relay(RelayFailure::Refused)) => [7, 2],
        SlotState::Faulted(Fault::Relay(RelayFailure::Contradicted)) => [7, 3],
        SlotState::Faulted(Fault::Relay(RelayFailure::Missing)) => [7, 4],
    }
}

/// The state of a code; `None` for one that has no meaning.
#[must_use]
pub const fn state_of(code: [u8; 2]) -> Option<SlotState> {
    Some(match code {
        [0, 0] => SlotState::Available,
        [1, 0] => SlotState::Preparing,
        [2, 0] => SlotState::Charging,
        [3, 0] => SlotState::SuspendedEv,
        [4, 0] => SlotState::SuspendedEvse,
        [5, 0] => SlotState::Finishing,
        [6, 0] => SlotState::Unavailable(Outage::NotHeardYet),
        [6, 1] => SlotState::Unavailable(Outage::Silent),
        [6, 2] => SlotState::Unavailable(Outage::SourceLost),
        [6, 3] => SlotState::Unavailable(Outage::NoMeasurement),
        [6, 4] => SlotState::Unavailable(Outage::OutOfService),
        [7, 0] => SlotState::Faulted(Fault::RelayStuck),
        [7, 1] => SlotState::Faulted(Fault::Relay(RelayFailure::Unanswered)),
        [7, 2] => SlotState::Faulted(Fault::Relay(RelayFailure::Refused)),
        [7, 3] => SlotState::Faulted(Fault::Relay(RelayFailure::Contradicted)),
        [7, 4] => SlotState::Faulted(Fault::Relay(RelayFailure::Missing)),
        _ => return None,
    })
}

/// Puts fields one after the other; the fields of a step fill its bytes exactly.
struct Writer<'a> {
    bytes: &'a mut [u8; STEP_BYTES],
    used: usize,
}

impl Writer<'_> {
    fn put(&mut self, field: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.used..self.used + field.len()) {
            room.copy_from_slice(field);
        }
        self.used += field.len();
    }

    fn optional(&mut self, field: Option<[u8; 8]>) {
        self.put(&[u8::from(field.is_some())]);
        self.put(&field.unwrap_or_default());
    }
}

/// Takes fields off the front.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn whole(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn optional(&mut self) -> Option<Option<[u8; 8]>> {
        let [there] = self.take()?;
        let field = self.take()?;
        match there {
            0 => Some(None),
            1 => Some(Some(field)),
            _ => None,
        }
    }
}
