//! Candump logs: `(1753260346.401033) can0 155#0596E7546D58006F`.
//!
//! The format of can-utils' `candump -l`, which python-can, SavvyCAN and `log2asc` read as well.
//! Read: data and remote frames, 3-digit (11-bit) and 8-digit (29-bit) ids, python-can's trailing
//! `R` or `T`. Refused by name: CAN FD frames (`##`) and error frames.

use std::io::{self, Write};

use memchr::memchr;
use v2x_units::{CanFrame, CanId, UtcTime};

use crate::damaged::Fault;
use crate::hex;
use crate::stamp;

/// The digits of an 11-bit identifier.
const STANDARD_DIGITS: usize = 3;
/// The digits of a 29-bit identifier.
const EXTENDED_DIGITS: usize = 8;
/// Marks an error frame in the identifier (`CAN_ERR_FLAG` of linux/can.h).
const ERROR_FLAG: u32 = 0x2000_0000;
/// The longest name of a network interface that Linux allows, in bytes.
const INTERFACE_MAX: usize = 15;

/// Whether a line looks like candump's, whole or damaged.
pub(crate) fn looks_like(line: &[u8]) -> bool {
    matches!(line, [b'(', b'0'..=b'9', ..]) && memchr(b')', line).is_some()
}

/// Reads one line without its end.
///
/// # Errors
/// Says which part of the line is wrong.
pub fn parse_line(line: &[u8]) -> Result<(UtcTime, CanFrame), Fault> {
    let (seconds, rest) = line
        .strip_prefix(b"(")
        .and_then(|rest| split_at(rest, b')'))
        .ok_or(Fault::NotCandump)?;
    let (_interface, rest) = rest
        .strip_prefix(b" ")
        .and_then(|rest| split_at(rest, b' '))
        .ok_or(Fault::NotCandump)?;
    let rest = without_direction(rest);
    let (id, data) = split_at(rest, b'#').ok_or(Fault::NotCandump)?;
    Ok((stamp::parse(seconds)?, frame(id, data)?))
}

fn split_at(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr(mark, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Leaves out what python-can adds at the end: whether the frame was received or transmitted.
fn without_direction(text: &[u8]) -> &[u8] {
    text.strip_suffix(b" R")
        .or_else(|| text.strip_suffix(b" T"))
        .unwrap_or(text)
}

fn frame(id: &[u8], data: &[u8]) -> Result<CanFrame, Fault> {
    let id = parse_id(id)?;
    match data {
        [b'#', ..] => Err(Fault::OtherKind("a CAN FD frame")),
        [b'R', length @ ..] => remote(id, length),
        _ => {
            let payload = hex::joined(data)?;
            let bytes = payload.bytes();
            CanFrame::new(id, bytes).ok_or(Fault::TooManyBytes(bytes.len()))
        }
    }
}

fn parse_id(digits: &[u8]) -> Result<CanId, Fault> {
    let fault = || Fault::cell("id", digits, "3 or 8 hex digits");
    let number = hex::number(digits).ok_or_else(fault)?;
    match digits.len() {
        STANDARD_DIGITS => Ok(CanId::standard(number)?),
        EXTENDED_DIGITS if number & ERROR_FLAG != 0 => Err(Fault::OtherKind("an error frame")),
        EXTENDED_DIGITS => Ok(CanId::extended(number)?),
        _ => Err(fault()),
    }
}

/// Reads what follows the `R`: nothing (no bytes asked for) or one digit.
fn remote(id: CanId, length: &[u8]) -> Result<CanFrame, Fault> {
    let dlc = match *length {
        [] => Some(0),
        [digit @ b'0'..=b'8'] => Some(digit - b'0'),
        _ => None,
    };
    dlc.and_then(|dlc| CanFrame::remote(id, dlc))
        .ok_or_else(|| Fault::cell("remote length", length, "one digit, 0 to 8"))
}

/// Writes one frame and the line's end.
///
/// The line is written in pieces: give it a buffer, and flush the buffer at the end of a line.
///
/// # Errors
/// When the interface's name is none that Linux allows, the time is before 1970, or the writer
/// fails.
pub fn write_frame(
    out: &mut impl Write,
    at: UtcTime,
    interface: &str,
    frame: &CanFrame,
) -> io::Result<()> {
    let speakable = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
    if interface.is_empty() || interface.len() > INTERFACE_MAX || !interface.bytes().all(speakable)
    {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{interface:?} is no name of an interface; one is can0"),
        ));
    }
    out.write_all(b"(")?;
    stamp::write_micros(out, at)?;
    write!(out, ") {interface} {}#", frame.id())?;
    if frame.is_remote() {
        write!(out, "R{}", frame.dlc())?;
    }
    for byte in frame.data() {
        write!(out, "{byte:02X}")?;
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(id: u32, data: &[u8]) -> CanFrame {
        CanFrame::new(CanId::standard(id).unwrap(), data).unwrap()
    }

    fn fault(line: &str) -> String {
        parse_line(line.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn line_of_can_utils_is_read_and_written_byte_for_byte() {
        // The first frame is OVMS's test frame of 0x155; the forms are those of can-utils' lib.c.
        for line in [
            "(1753260346.401033) can0 155#0596E7546D58006F\n",
            "(1753260346.401033) vcan12 080#\n",
            "(1753260346.401033) can0 155#R8\n",
            "(1753260346.401033) can0 18DAF110#0210\n",
            "(0000000007.000001) can0 000#FF\n",
        ] {
            let (at, frame) = parse_line(line.trim_end().as_bytes()).unwrap();
            let interface = line.split(' ').nth(1).unwrap();
            let mut written = Vec::new();
            write_frame(&mut written, at, interface, &frame).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), line);
        }
    }

    #[test]
    fn direction_that_python_can_adds_is_left_out() {
        let (_, frame) = parse_line(b"(1.5) can0 155#0596 R").unwrap();
        assert_eq!(frame, standard(0x155, &[0x05, 0x96]));
        let (_, frame) = parse_line(b"(1.5) can0 155#R T").unwrap();
        assert!(frame.is_remote());
        assert_eq!(frame.dlc(), 0);
    }

    #[test]
    fn frames_of_other_kinds_are_refused_by_name() {
        assert!(fault("(1.5) can0 155##0AABB").starts_with("the line is a CAN FD frame"));
        assert!(fault("(1.5) can0 20000080#0000").starts_with("the line is an error frame"));
        let above = fault("(1.5) can0 800#00");
        assert_eq!(
            above,
            "CAN id is 0x800; the largest in this format is 0x7FF"
        );
        assert!(fault("(1.5) can0 1558#97CC").contains("3 or 8 hex digits"));
    }

    #[test]
    fn cut_and_joined_lines_give_no_frame() {
        for line in [
            "",
            "(",
            "(1.5)",
            "(1.5) can0",
            "(1.5) can0 155",
            "(1.5 can0 155#05",
            "(1.5) can0 155#059",
            "(1.5) can0 155#R9",
            "(1.5) can0 155#05(1.6) can0 155#06",
            "(1.5) can0 155#0596E7546D58006F(1.6)",
            "(1.5)can0 155#05",
            "1.5 can0 155#05",
        ] {
            assert!(parse_line(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn interface_that_would_break_the_line_is_refused() {
        let frame = standard(0x155, &[]);
        for name in ["", "can 0", "can0\n", "a-name-of-16-byte"] {
            let written = write_frame(&mut Vec::new(), UtcTime::from_micros(0), name, &frame);
            assert_eq!(
                written.unwrap_err().kind(),
                io::ErrorKind::InvalidInput,
                "{name:?}"
            );
        }
    }
}
