//! COER, the octet encoding of IEEE 1609.2: lengths, choices, presence bits.
//!
//! Not the structures, which are in `secured.rs` and `certificate.rs`. Standard: ITU-T X.696,
//! canonical. A form that is not the canonical one is refused, so that bytes and values
//! correspond one to one and a hash over what was encoded is a hash over what was received.

use alloc::vec::Vec;

use super::bounded::List;
use super::error::WireError;
use super::reader::Reader;

/// The bit that marks a length of more than one byte.
const LONG_LENGTH: u8 = 0x80;

pub(crate) fn write_length(out: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short) if short < LONG_LENGTH => out.push(short),
        _ => {
            let bytes = minimal(length as u64);
            out.push(LONG_LENGTH | u8::try_from(bytes.len()).unwrap_or(8));
            out.extend(bytes);
        }
    }
}

pub(crate) fn read_length(
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<usize, WireError> {
    let at = reader.at();
    let first = reader.u8(field)?;
    if first < LONG_LENGTH {
        return Ok(first.into());
    }
    let bytes = reader.take(field, (first & !LONG_LENGTH).into())?;
    let length = unsigned(bytes).filter(|length| *length >= LONG_LENGTH.into());
    length
        .and_then(|length| usize::try_from(length).ok())
        .ok_or(WireError::NotCanonical { field, at })
}

/// Writes octets of any number, with their length before them.
pub(crate) fn write_octets(out: &mut Vec<u8>, octets: &[u8]) {
    write_length(out, octets.len());
    out.extend_from_slice(octets);
}

pub(crate) fn read_octets<'a>(
    reader: &mut Reader<'a>,
    field: &'static str,
) -> Result<&'a [u8], WireError> {
    let length = read_length(reader, field)?;
    reader.take(field, length)
}

/// Writes an unsigned integer without upper bound.
pub(crate) fn write_unsigned(out: &mut Vec<u8>, value: u64) {
    write_octets(out, &minimal(value));
}

pub(crate) fn read_unsigned(
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<u64, WireError> {
    let at = reader.at();
    unsigned(read_octets(reader, field)?).ok_or(WireError::NotCanonical { field, at })
}

/// Writes a list: how many entries there are, then each.
pub(crate) fn write_list<T>(out: &mut Vec<u8>, entries: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
    write_unsigned(out, entries.len() as u64);
    for entry in entries {
        write(entry, out);
    }
}

/// Reads a list, stopping at the first entry beyond its bound.
pub(crate) fn read_list<'a, T, const MIN: usize, const MAX: usize>(
    reader: &mut Reader<'a>,
    field: &'static str,
    read: impl Fn(&mut Reader<'a>) -> Result<T, WireError>,
) -> Result<List<T, MIN, MAX>, WireError> {
    let count = read_unsigned(reader, field)?;
    let seen = usize::try_from(count).unwrap_or(usize::MAX);
    if seen > MAX {
        return Err(WireError::Count {
            field,
            seen,
            lowest: MIN,
            highest: MAX,
        });
    }
    let entries: Result<_, _> = (0..seen).map(|_| read(reader)).collect();
    List::new(field, entries?)
}

/// Reads what an extension wraps: a length and exactly that many bytes.
pub(crate) fn read_wrapped<'a, T>(
    reader: &mut Reader<'a>,
    field: &'static str,
    read: impl Fn(&mut Reader<'a>) -> Result<T, WireError>,
) -> Result<T, WireError> {
    let mut inner = Reader::new(read_octets(reader, field)?);
    let value = read(&mut inner)?;
    inner.end(field)?;
    Ok(value)
}

/// The fewest bytes that hold an unsigned number, at least one.
fn minimal(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let leading = bytes.iter().take(7).take_while(|byte| **byte == 0).count();
    bytes[leading..].to_vec()
}

/// An unsigned number in its fewest bytes; `None` when it has more or less than that.
fn unsigned(bytes: &[u8]) -> Option<u64> {
    let padded = bytes.len() > 1 && bytes[0] == 0;
    if bytes.is_empty() || bytes.len() > 8 || padded {
        return None;
    }
    Some(
        bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    )
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn length(bytes: &[u8]) -> Result<usize, WireError> {
        read_length(&mut Reader::new(bytes), "length")
    }

    #[test]
    fn length_takes_one_byte_below_128_and_the_shortest_form_above() {
        for (value, bytes) in [
            (0, vec![0]),
            (127, vec![127]),
            (128, vec![0x81, 128]),
            (255, vec![0x81, 255]),
            (256, vec![0x82, 1, 0]),
        ] {
            let mut out = Vec::new();
            write_length(&mut out, value);
            assert_eq!(out, bytes);
            assert_eq!(length(&bytes), Ok(value));
        }
    }

    #[test]
    fn length_in_a_longer_form_than_needed_is_refused() {
        for bytes in [&[0x81, 127][..], &[0x82, 0, 200], &[0x80], &[0x89; 10]] {
            let refused = WireError::NotCanonical {
                field: "length",
                at: 0,
            };
            assert_eq!(length(bytes), Err(refused), "{bytes:x?}");
        }
    }

    #[test]
    fn list_that_claims_more_entries_than_allowed_is_refused_before_it_is_read() {
        let claim = [4, 0xFF, 0xFF, 0xFF, 0xFF];
        let read: Result<List<u8, 0, 8>, _> =
            read_list(&mut Reader::new(&claim), "list", |reader| {
                reader.u8("entry")
            });
        assert!(
            matches!(read, Err(WireError::Count { highest: 8, .. })),
            "{read:?}"
        );
    }
}
