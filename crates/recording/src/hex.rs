//! Hex digits of identifiers and frame bytes, by table.

use v2x_units::CanFrame;

use crate::damaged::Fault;

/// The value of each byte that is a hex digit; [`NO_DIGIT`] for all others.
const VALUES: [u8; 256] = values();
/// Marks a byte that is no hex digit.
const NO_DIGIT: u8 = 0xFF;
/// The digits of the longest identifier.
const ID_DIGITS: usize = 8;

const fn values() -> [u8; 256] {
    let mut values = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789ABCDEF"[digit as usize] as usize] = digit;
        values[b"0123456789abcdef"[digit as usize] as usize] = digit;
        digit += 1;
    }
    values
}

/// The number that one to eight hex digits name; `None` for anything else.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > ID_DIGITS {
        return None;
    }
    digits.iter().try_fold(0, |number, &digit| {
        let value = VALUES[usize::from(digit)];
        (value != NO_DIGIT).then_some(number << 4 | u32::from(value))
    })
}

/// The bytes of one frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    bytes: [u8; CanFrame::MAX_DLC],
    length: usize,
}

impl Payload {
    /// The bytes that were read.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

/// Reads frame bytes as candump writes them: `0596E754`.
///
/// # Errors
/// Names the first character that is no hex digit, a half byte, or the ninth byte.
pub(crate) fn joined(text: &[u8]) -> Result<Payload, Fault> {
    payload(text.chunks(2))
}

/// Reads frame bytes as the tables write them: `05 96 E7 54`, with or without the blanks.
///
/// # Errors
/// As [`joined`].
pub(crate) fn spaced(text: &[u8]) -> Result<Payload, Fault> {
    payload(
        text.split(|&byte| byte == b' ')
            .flat_map(|word| word.chunks(2)),
    )
}

fn payload<'a>(pairs: impl Iterator<Item = &'a [u8]>) -> Result<Payload, Fault> {
    let mut payload = Payload::default();
    for pair in pairs {
        let byte = match *pair {
            [high, low] => byte(high, low)?,
            _ => return Err(Fault::HalfByte),
        };
        if let Some(place) = payload.bytes.get_mut(payload.length) {
            *place = byte;
        }
        payload.length += 1;
    }
    if payload.length > CanFrame::MAX_DLC {
        return Err(Fault::TooManyBytes(payload.length));
    }
    Ok(payload)
}

fn byte(high: u8, low: u8) -> Result<u8, Fault> {
    let (left, right) = (VALUES[usize::from(high)], VALUES[usize::from(low)]);
    if left == NO_DIGIT {
        return Err(Fault::NotHex(char::from(high)));
    }
    if right == NO_DIGIT {
        return Err(Fault::NotHex(char::from(low)));
    }
    Ok(left << 4 | right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_takes_both_cases_and_at_most_eight_digits() {
        assert_eq!(number(b"5d7"), Some(0x5D7));
        assert_eq!(number(b"98DAF110"), Some(0x98DA_F110));
        assert_eq!(number(b""), None);
        assert_eq!(number(b"1 5"), None);
        assert_eq!(number(b"123456789"), None);
    }

    #[test]
    fn bytes_are_read_with_blanks_only_where_blanks_belong() {
        assert_eq!(joined(b"f00A").unwrap().bytes(), [0xF0, 0x0A]);
        assert_eq!(spaced(b"F0 0a").unwrap().bytes(), [0xF0, 0x0A]);
        assert_eq!(spaced(b"F00A").unwrap().bytes(), [0xF0, 0x0A]);
        assert_eq!(joined(b"").unwrap().bytes(), []);
        assert_eq!(joined(b"F0 0A"), Err(Fault::NotHex(' ')));
    }

    #[test]
    fn fault_names_the_character_the_half_byte_or_the_count() {
        assert_eq!(joined(b"F00G"), Err(Fault::NotHex('G')));
        assert_eq!(joined(b"F00"), Err(Fault::HalfByte));
        assert_eq!(spaced(b"F0 0 AA"), Err(Fault::HalfByte));
        assert_eq!(joined(&[b'0'; 34]), Err(Fault::TooManyBytes(17)));
    }
}
