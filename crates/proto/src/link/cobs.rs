//! Consistent Overhead Byte Stuffing: any bytes without a zero byte, so that zero can delimit.
//!
//! Not the frame inside it ([`super::frame`]). Follows S. Cheshire and M. Baker, "Consistent
//! Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7 (1999). The `cobs` crate serves
//! as the other implementation in the tests. This one copies a segment whole and then
//! repairs its code bytes, which measured more than twice as fast as going byte by byte, and is
//! two short functions where the crate brings a container library with it.

/// The longest run of bytes without a zero that one code byte stands for.
const RUN_MAX: usize = 254;

/// The code byte of a full run, after which no zero is meant.
const FULL_RUN: u8 = 0xFF;

/// The most bytes that so many bytes become.
#[must_use]
pub(super) const fn encoded_len_max(length: usize) -> usize {
    length + length / RUN_MAX + 1
}

/// Writes `data` without zero bytes into `out` and returns how many bytes that took; `None` when
/// `out` is shorter than that.
#[must_use]
pub(super) fn encode(data: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut code_at = 0;
    let mut code = 1_u8;
    let mut at = 1;
    for &byte in data {
        if code == FULL_RUN {
            *out.get_mut(code_at)? = code;
            (code_at, code, at) = (at, 1, at + 1);
        }
        if byte == 0 {
            *out.get_mut(code_at)? = code;
            (code_at, code) = (at, 1);
        } else {
            *out.get_mut(at)? = byte;
            code += 1;
        }
        at += 1;
    }
    *out.get_mut(code_at)? = code;
    Some(at)
}

/// Undoes [`encode`]: returns how many bytes of `out` are the data.
///
/// `None` when a code byte points past the end, when there is a zero byte where a code byte
/// belongs, or when `out` is shorter than the segment without its first byte. Zero bytes inside
/// runs cannot come out of a segment that was cut at its zero bytes, so they are not looked for.
#[must_use]
pub(super) fn decode(segment: &[u8], out: &mut [u8]) -> Option<usize> {
    let (&first, rest) = segment.split_first()?;
    let mut length = rest.len();
    out.get_mut(..length)?.copy_from_slice(rest);
    // All bytes are in their place but the code bytes, which become zeros or fall out.
    let (mut code, mut at) = (first, 0);
    loop {
        at += usize::from(code).checked_sub(1)?;
        if at == length {
            return Some(length);
        }
        let next = *out.get(..length)?.get(at)?;
        if code == FULL_RUN {
            out.copy_within(at + 1..length, at);
            length -= 1;
        } else {
            *out.get_mut(at)? = 0;
            at += 1;
        }
        code = next;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn encoded(data: &[u8]) -> Vec<u8> {
        let mut out = vec![0; encoded_len_max(data.len())];
        let length = encode(data, &mut out).unwrap();
        out.truncate(length);
        out
    }

    fn decoded(segment: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; segment.len()];
        let length = decode(segment, &mut out)?;
        out.truncate(length);
        Some(out)
    }

    #[test]
    fn example_of_the_paper_comes_out_byte_for_byte() {
        // Section III of the paper: a TCP/IP header fragment.
        let data = [0x45, 0, 0, 0x2C, 0x4C, 0x79, 0, 0, 0x40, 0x06, 0x4F, 0x37];
        let wire = [
            0x02, 0x45, 0x01, 0x04, 0x2C, 0x4C, 0x79, 0x01, 0x05, 0x40, 0x06, 0x4F, 0x37,
        ];
        assert_eq!(encoded(&data), wire);
        assert_eq!(decoded(&wire).unwrap(), data);
    }

    #[test]
    fn run_of_254_bytes_takes_no_second_code_byte() {
        let data: Vec<u8> = (1..=254).collect();
        let wire = encoded(&data);
        assert_eq!(wire.len(), 255);
        assert_eq!(wire[0], 0xFF);
        assert_eq!(decoded(&wire).unwrap(), data);
    }

    #[test]
    fn code_that_points_past_the_end_is_refused() {
        assert_eq!(decoded(&[0x05, 0x11, 0x22]), None);
        assert_eq!(decoded(&[0x02, 0x11, 0x00]), None);
    }

    #[test]
    fn output_that_is_too_short_is_refused() {
        assert_eq!(encode(&[1, 2, 3], &mut [0; 3]), None);
        assert_eq!(decode(&[0x04, 1, 2, 3], &mut [0; 2]), None);
    }

    proptest! {
        #[test]
        fn both_implementations_write_the_same_and_read_each_other(
            data in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>(), Just(7_u8)], 0..1600)
        ) {
            let wire = encoded(&data);
            let mut theirs = vec![0; cobs::max_encoding_length(data.len()) + 1];
            let length = cobs::encode(&data, &mut theirs);
            theirs.truncate(length);
            // The crate ends a message of exactly n times 254 bytes with one more code byte, which
            // both decoders read alike.
            prop_assert!(wire == theirs || theirs.strip_suffix(&[1]) == Some(wire.as_slice()));
            prop_assert_eq!(decoded(&theirs).unwrap(), data.clone());
            prop_assert!(!wire.contains(&0));
            prop_assert!(wire.len() <= encoded_len_max(data.len()));
            let mut back = vec![0; wire.len()];
            let length = cobs::decode(&wire, &mut back).unwrap().frame_size();
            prop_assert_eq!(&back[..length], data.as_slice());
        }
    }
}
