//! The text lines of the prototype's charging slots: what the meter of a slot says.
//!
//! Cutting the stream into lines is [`super::LineSplitter`]'s work; whether a reading is plausible
//! is the `charging` crate's. Source: the reference page on the prototype's wire formats,
//! section (d).
//!
//! | name there | begins | passed on as |
//! |---|---|---|
//! | S1 | `EVSE<st> ` | [`MeterForm::Evse`], slot 1 |
//! | S2 | `EELAB_EVSE_slot_1<st> ` (no blank) | [`MeterForm::EvseSlotUnspaced`], slot 1 |
//! | S3 | `EELAB_EVCS2_slot_1 <st> ` | [`MeterForm::EvcsSlot`] |
//! | S4 | `EELAB_EVSE_slot_2 <st> ` | [`MeterForm::EvseSlot`] |
//! | S5 | `Voltage: 226.10 V`, … | [`StationLine::TextForPeople`]: one value a line, without slot or status |
//! | | `ERROR: …`, `[V2G] …`, banners | a variant of [`StationLine`] each |
//!
//! The name before `_EV…` is the site's own and may be any word. Every number has the one form the
//! sender prints, so that a reading which lost a digit is refused.

use core::fmt;

use v2x_units::{Amps, Position, Volts, WattHours, Watts};

use super::fields::{Field, Fields, is_blank, parse_position, sayable_positive, skip_blanks};
use super::line_error::{EmitError, Excerpt, LineError};

/// The most slots a station has; the prototype's has two.
pub const MAX_SLOTS: u8 = 16;

const RECORD: &str = "meter line";
const SLOT: &str = "_slot_ and a number from 1 to 16";
const STATUS: &str = "0 (no vehicle) or 1 (vehicle connected)";

/// What the text for people (S5) begins its lines with.
const LABELS_FOR_PEOPLE: [&[u8]; 7] = [
    b"Custom Address:",
    b"Voltage:",
    b"Current:",
    b"Power:",
    b"Energy:",
    b"Frequency:",
    b"PF:",
];

/// One line of a charging slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StationLine {
    /// What the meter says.
    Meter(MeterLine),
    /// The board could not read its meter: there is no reading this time.
    MeterFailed,
    /// Debug text between the readings.
    Debug,
    /// A line of the boot text: the board has just started.
    Banner,
    /// A test build prints values one by one for people; they do not say their slot or status.
    TextForPeople,
}

/// How a meter line begins; firmware revisions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeterForm {
    /// `EVSE<st>`, single slot, since 11 August 2025 (S1).
    Evse,
    /// `EELAB_EVSE_slot_1<st>`, without a blank, 26 August 2025 (S2).
    EvseSlotUnspaced,
    /// `EELAB_EVCS2_slot_<n> <st>`, since 2 September 2025 (S3).
    EvcsSlot,
    /// `EELAB_EVSE_slot_<n> <st>`, since 26 August 2025 (S4).
    EvseSlot,
}

/// What the meter of one slot says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeterLine {
    /// How the line begins.
    pub form: MeterForm,
    /// Which slot, 1 to [`MAX_SLOTS`].
    pub slot: u8,
    /// Whether the board takes a vehicle to be connected: its current is above a threshold.
    pub vehicle_connected: bool,
    /// Where the station's firmware says it is.
    pub position: Position,
    /// Voltage of the mains, 0 or more.
    pub voltage: Volts,
    /// Current of the slot, 0 or more.
    pub current: Amps,
    /// Active power of the slot, 0 or more.
    pub power: Watts,
    /// The meter's counter, not the session's energy; in whole watt hours.
    pub energy: WattHours,
    /// Frequency of the mains in hertz, cut to a whole number: 49.9 Hz is 49.
    pub frequency_hz: u16,
    /// Power factor, 0 to 1.
    pub power_factor: f64,
}

/// Reads one line without its end; foreign text before a meter line is passed over.
///
/// # Errors
/// [`LineError::NotARecord`] for text that no firmware prints, [`LineError::Damaged`] for a meter
/// line that is not whole, [`LineError::Joined`] for two meter lines run together.
pub fn parse(line: &[u8]) -> Result<StationLine, LineError> {
    let mut heads = (0..line.len()).filter_map(|at| Head::at(line, at));
    let Some(head) = heads.next() else {
        return parse_text(line);
    };
    match heads.next() {
        Some(second) => Err(LineError::Joined { at: second.at }),
        None => parse_meter(line, head).map(StationLine::Meter),
    }
}

/// The words that begin a meter line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Evse,
    EvseSlot,
    EvcsSlot,
}

/// The beginning of a meter line, up to the digits after its words.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// Where `EVSE` or `EVCS` stands.
    at: usize,
    /// Where the text after the words begins.
    end: usize,
    words: Words,
}

impl Head {
    /// The beginning of a meter line at this place; prose such as `EVCS Position:` is none.
    fn at(line: &[u8], at: usize) -> Option<Self> {
        let text = line.get(at..)?;
        let (words, rest) = if let Some(rest) = text.strip_prefix(b"EVSE") {
            match rest.strip_prefix(b"_slot_") {
                Some(rest) => (Words::EvseSlot, rest),
                None => (Words::Evse, rest),
            }
        } else {
            let mut rest = text.strip_prefix(b"EVCS")?;
            while let [b'0'..=b'9', after @ ..] = rest {
                rest = after;
            }
            (Words::EvcsSlot, rest.strip_prefix(b"_slot_")?)
        };
        let next = rest.get(skip_blanks(rest, 0)).copied();
        (words != Words::Evse || next.is_some_and(|byte| byte.is_ascii_digit())).then_some(Self {
            at,
            end: line.len() - rest.len(),
            words,
        })
    }

    /// Whether the name of a site stands before the words.
    fn has_site(self, line: &[u8]) -> bool {
        line.get(..self.at)
            .is_some_and(|before| before.ends_with(b"_"))
    }
}

fn parse_meter(line: &[u8], head: Head) -> Result<MeterLine, LineError> {
    let mut fields = Fields::new(RECORD, line, head.end);
    let (form, slot, vehicle_connected) = parse_slot(line, head, &mut fields)?;
    let position = parse_position(fields.take("latitude"), fields.take("longitude"), 6..=6)?;
    let mut number = |name, places, expected| fields.take(name).unsigned_decimal(places, expected);
    let voltage = number("voltage", 1, "volts, 0 or more, with one decimal")?;
    let current = number("current", 2, "amperes, 0 or more, with two decimals")?;
    let power = number("power", 1, "watts, 0 or more, with one decimal")?;
    let energy = fields
        .take("energy")
        .thousandths("kilowatt hours, 0 or more, with three decimals")?;
    let frequency = fields.take("frequency");
    let hertz = frequency.whole(3, 0..=999, "whole hertz, 0 to 999")?;
    let power_factor = parse_power_factor(fields.take("power factor"))?;
    fields.end()?;
    Ok(MeterLine {
        form,
        slot,
        vehicle_connected,
        position,
        voltage: Volts::new(voltage),
        current: Amps::new(current),
        power: Watts::new(power),
        energy: WattHours::new(energy),
        frequency_hz: u16::try_from(hertz)
            .map_err(|_| frequency.refuse("whole hertz, 0 to 999"))?,
        power_factor,
    })
}

/// Reads slot and status. Without a blank between them only the form of S2 is certain: the digits
/// `21` could also be slot 2 after a lost blank or slot 21 after a lost status.
fn parse_slot(
    line: &[u8],
    head: Head,
    fields: &mut Fields<'_>,
) -> Result<(MeterForm, u8, bool), LineError> {
    let first = fields.take("slot and status");
    if head.words == Words::Evse {
        if head.has_site(line) {
            return Err(first.refuse("_slot_ and its number after a site's name"));
        }
        return Ok((MeterForm::Evse, 1, first.flag(STATUS)?));
    }
    match first.text {
        b"10" | b"11" if head.words == Words::EvseSlot && !fields.next_is_flag() => {
            Ok((MeterForm::EvseSlotUnspaced, 1, first.text == b"11"))
        }
        _ => {
            let slot = first.whole(2, 1..=u32::from(MAX_SLOTS), SLOT)?;
            let slot = u8::try_from(slot).map_err(|_| first.refuse(SLOT))?;
            let form = match head.words {
                Words::EvcsSlot => MeterForm::EvcsSlot,
                Words::Evse | Words::EvseSlot => MeterForm::EvseSlot,
            };
            Ok((form, slot, fields.take("status").flag(STATUS)?))
        }
    }
}

fn parse_power_factor(field: Field<'_>) -> Result<f64, LineError> {
    const EXPECTED: &str = "0 to 1 with two decimals";
    let number = field.unsigned_decimal(2, EXPECTED)?;
    if number > 1.0 {
        return Err(field.refuse(EXPECTED));
    }
    Ok(number)
}

/// Tells apart the text that stands between meter lines.
fn parse_text(line: &[u8]) -> Result<StationLine, LineError> {
    let text = line.trim_ascii();
    let seen = Excerpt::of(text);
    if text.starts_with(b"ERROR") {
        Ok(StationLine::MeterFailed)
    } else if text.starts_with(b"[") || text.starts_with(b"EVCS Position:") {
        Ok(StationLine::Debug)
    } else if text.windows(9).any(|part| part == b"PZEM-004T") {
        Ok(StationLine::Banner)
    } else if LABELS_FOR_PEOPLE
        .iter()
        .any(|label| text.starts_with(label))
    {
        Ok(StationLine::TextForPeople)
    } else if is_rest_of_meter_line(text) {
        Err(LineError::Damaged {
            record: RECORD,
            field: "beginning",
            at: skip_blanks(line, 0),
            seen,
            expected: "EVSE or EVCS, with _slot_ and its number where there is a site's name",
        })
    } else {
        Err(LineError::NotARecord { seen })
    }
}

/// Whether a text can be the rest of a meter line: after at most one other word, two or more
/// numbers and nothing else.
fn is_rest_of_meter_line(text: &[u8]) -> bool {
    let is_number = |word: &[u8]| {
        word.iter()
            .all(|byte| byte.is_ascii_digit() || b"-.".contains(byte))
    };
    let mut words = text
        .split(|&byte| is_blank(byte))
        .filter(|word| !word.is_empty());
    let first_counts = usize::from(words.next().is_some_and(is_number));
    words.clone().all(is_number) && words.count() + first_counts >= 2
}

/// Writes a meter line as the board prints it, without the line's end.
///
/// # Errors
/// [`EmitError::CannotSay`] for a slot that the form cannot name and for a number that is negative,
/// not finite or too large; else those of the writer.
pub fn emit_meter(line: &MeterLine, out: &mut impl fmt::Write) -> Result<(), EmitError> {
    let slot = line.slot;
    let (slots, expected) = match line.form {
        MeterForm::Evse | MeterForm::EvseSlotUnspaced => (1..=1, "1"),
        MeterForm::EvcsSlot | MeterForm::EvseSlot => (1..=MAX_SLOTS, "1 to 16"),
    };
    if !slots.contains(&slot) {
        let field = "slot";
        return Err(EmitError::CannotSay { field, expected });
    }
    if line.frequency_hz > 999 || line.power_factor > 1.0 {
        return Err(EmitError::CannotSay {
            field: "frequency or power factor",
            expected: "below 1000 Hz, and 0 to 1",
        });
    }
    let voltage = sayable_positive("voltage", Some(line.voltage.get()))?;
    let current = sayable_positive("current", Some(line.current.get()))?;
    let power = sayable_positive("power", Some(line.power.get()))?;
    let energy = sayable_positive("energy", Some(line.energy.kilowatt_hours()))?;
    let power_factor = sayable_positive("power factor", Some(line.power_factor))?;
    match line.form {
        MeterForm::Evse => write!(out, "EVSE")?,
        MeterForm::EvseSlotUnspaced => write!(out, "EELAB_EVSE_slot_{slot}")?,
        MeterForm::EvcsSlot => write!(out, "EELAB_EVCS2_slot_{slot} ")?,
        MeterForm::EvseSlot => write!(out, "EELAB_EVSE_slot_{slot} ")?,
    }
    write!(
        out,
        "{} {:.6} {:.6} {voltage:.1} {current:.2} {power:.1} {energy:.3} {} {power_factor:.2}",
        u8::from(line.vehicle_connected),
        line.position.latitude().get(),
        line.position.longitude().get(),
        line.frequency_hz,
    )?;
    Ok(())
}
