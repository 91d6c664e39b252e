//! The `SIM` line: one CAN frame as hex text. Not here: what the frame means (the `can` crate).
//!
//! `SIM <ID> <DLC> <B0> … <B7>`, reference (a). The id has three digits, or eight when the sender's
//! library has set a flag in it: bit 31 for an extended id, bit 30 for a remote frame. Eight bytes
//! are printed whatever the DLC is, those past it as `00`; firmware before 21 July 2025 printed
//! only as many as the DLC says. `REAL` instead of `SIM`, or no word at all, are older still.

use core::fmt;

use v2x_units::{CanFrame, CanId};

use super::super::fields::Fields;
use super::super::line_error::LineError;

/// The mark of an extended id.
const EXTENDED_FLAG: u32 = 1 << 31;
/// The mark of a remote frame.
const REMOTE_FLAG: u32 = 1 << 30;
/// The bits of an id without marks; bit 29 marks an error frame, which is never printed.
const ID_BITS: u32 = 0x1FFF_FFFF;

/// The length of a line with a three-digit id and eight bytes: nearly all lines are such.
const USUAL_LEN: usize = 33;
/// Where the first data byte of such a line stands.
const USUAL_DATA: usize = 10;

/// Stands in [`HEX`] for a byte that is no hex digit.
const NO_DIGIT: u8 = 0x80;

/// The value of each hex digit in either case.
const HEX: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let (upper, lower) = (b"0123456789ABCDEF", b"0123456789abcdef");
    let mut value: u8 = 0;
    while value < 16 {
        table[upper[value as usize] as usize] = value;
        table[lower[value as usize] as usize] = value;
        value += 1;
    }
    table
};

fn hex_digit(byte: u8) -> u8 {
    HEX[usize::from(byte)]
}

/// Two hex digits as a byte.
fn hex_byte(text: &[u8]) -> Option<u8> {
    let [high, low] = *text else { return None };
    let (high, low) = (hex_digit(high), hex_digit(low));
    ((high | low) & NO_DIGIT == 0).then_some(high << 4 | low)
}

/// Hex digits as a number; the caller bounds them to eight.
fn hex_number(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number, &byte| {
        let digit = hex_digit(byte);
        (digit != NO_DIGIT).then(|| number << 4 | u32::from(digit))
    })
}

/// Reads the one form that nearly every line has, in one pass over fixed places and without a
/// branch per digit; `None` sends every other line to [`parse_fields`], which says what is wrong.
#[inline]
pub(super) fn parse_usual(line: &[u8]) -> Option<CanFrame> {
    let line: &[u8; USUAL_LEN] = line.try_into().ok()?;
    let [b'S', b'I', b'M', b' ', a, b, c, b' ', dlc, ..] = *line else {
        return None;
    };
    let dlc = usize::from(dlc.wrapping_sub(b'0'));
    let id = [hex_digit(a), hex_digit(b), hex_digit(c)];
    let mut wrong = id[0] | id[1] | id[2];
    let mut bytes = [0; CanFrame::MAX_DLC];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let place = USUAL_DATA + 3 * index;
        let (high, low) = (hex_digit(line[place]), hex_digit(line[place + 1]));
        wrong |= (high | low) | (line[place - 1] ^ b' ').min(1) << 7;
        *byte = high << 4 | low;
    }
    let (data, padding) = bytes.split_at_checked(dlc)?;
    if wrong & NO_DIGIT != 0 || padding.iter().any(|&byte| byte != 0) {
        return None;
    }
    let id = u32::from(id[0]) << 8 | u32::from(id[1]) << 4 | u32::from(id[2]);
    CanFrame::new(CanId::standard(id).ok()?, data)
}

/// Reads the fields of any `SIM`, `REAL` or bare record.
pub(super) fn parse_fields(mut fields: Fields<'_>) -> Result<CanFrame, LineError> {
    let id_field = fields.take("id");
    let (id, remote) = parse_id(id_field.text).ok_or_else(|| {
        id_field.refuse(
            "3 hex digits up to 7FF, or 8 with bit 31 (extended id) or 30 (remote frame) set",
        )
    })?;
    let dlc_field = fields.take("DLC");
    let dlc = dlc_field.whole(1, 0..=8, "one digit, 0 to 8")?;

    let mut bytes = [0; CanFrame::MAX_DLC];
    let mut printed = 0;
    let end = loop {
        let field = fields.take("data bytes");
        if field.text.is_empty() {
            break field;
        }
        let slot = bytes
            .get_mut(printed)
            .ok_or_else(|| field.refuse("the end of the line after eight bytes"))?;
        *slot = hex_byte(field.text).ok_or_else(|| field.refuse("two hex digits a byte"))?;
        printed += 1;
    };
    let count = usize::try_from(dlc).unwrap_or(usize::MAX);
    if printed != count && printed != CanFrame::MAX_DLC {
        return Err(end.refuse("as many bytes as the DLC says, or all eight"));
    }
    let frame = if remote {
        u8::try_from(dlc)
            .ok()
            .and_then(|dlc| CanFrame::remote(id, dlc))
    } else {
        let (data, padding) = bytes.split_at_checked(count).unwrap_or_default();
        if padding.iter().any(|&byte| byte != 0) {
            return Err(dlc_field.refuse("as large as the number of bytes before the `00` ones"));
        }
        CanFrame::new(id, data)
    };
    frame.ok_or_else(|| dlc_field.refuse("one digit, 0 to 8"))
}

/// The id and whether the frame is a remote one; `None` for what the sender cannot have printed.
///
/// It pads to three digits: fewer mean that one was lost, and the rest names another message.
fn parse_id(text: &[u8]) -> Option<(CanId, bool)> {
    let number = hex_number(text.get(..8).unwrap_or(text))?;
    match text.len() {
        3 => Some((CanId::standard(number).ok()?, false)),
        8 => {
            let raw = number & ID_BITS;
            let remote = number & REMOTE_FLAG != 0;
            match number & !ID_BITS & !REMOTE_FLAG {
                EXTENDED_FLAG => Some((CanId::extended(raw).ok()?, remote)),
                0 if remote => Some((CanId::standard(raw).ok()?, true)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a line can begin a bare `<ID> <DLC> <bytes>` record, the form of 11 July 2025.
pub(super) fn begins_bare(mut fields: Fields<'_>) -> bool {
    let (id, dlc) = (fields.take("id"), fields.take("DLC"));
    parse_id(id.text).is_some() && matches!(dlc.text, [b'0'..=b'8'])
}

/// Writes a frame as the collector prints it, without the line's end.
///
/// # Errors
/// Those of the writer.
pub fn emit_can(frame: &CanFrame, out: &mut impl fmt::Write) -> fmt::Result {
    let extended = if frame.id().is_extended() {
        EXTENDED_FLAG
    } else {
        0
    };
    let remote = if frame.is_remote() { REMOTE_FLAG } else { 0 };
    let id = frame.id().raw() | extended | remote;
    write!(out, "SIM {id:03X} {}", frame.dlc())?;
    for byte in frame.padded() {
        write!(out, " {byte:02X}")?;
    }
    Ok(())
}
