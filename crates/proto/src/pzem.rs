//! The words of a PZEM-004T v3 on its serial line: one question, one answer.
//!
//! Not here: the serial port and when to ask (a board of ours, or `apps/v2x`), and whether an
//! answer is plausible (`charging`). Modbus RTU is the `modbus-core` library's; the registers are
//! those of the "PZEM-004T V3.0 User Manual": 32-bit values with their low word first, steps of
//! 0.1 V, 0.001 A, 0.1 W, 1 Wh, 0.1 Hz and 0.01. Calibration and the reset of the counter are never
//! sent.

use modbus_core::rtu::client::encode_request;
use modbus_core::rtu::{Header, RequestAdu, extract_frame, response_pdu_len};
use modbus_core::{Data, ExceptionResponse, Request, RequestPdu, Response};

use v2x_units::{Amps, Volts, WattHours, Watts};

use crate::link::message::{MeterFault, MeterValues};

/// The speed of the meter's line, 8N1.
pub const BAUD: u32 = 9600;

/// The address that every meter answers to: only for a line with one meter on it.
pub const GENERAL_ADDRESS: u8 = 0xF8;

/// The length of the question in bytes.
pub const QUESTION_BYTES: usize = 8;

/// The length of an answer with values in bytes.
pub const ANSWER_BYTES: usize = 25;

/// The length of an answer that names an exception, in bytes.
const EXCEPTION_BYTES: usize = 5;

/// The input registers of a meter, all in one answer.
const REGISTERS: u16 = 10;

/// The bit of the function code that marks an exception.
const EXCEPTION: u8 = 0x80;

/// Whether a meter can have this address: 1 to 247, or the general one.
#[must_use]
pub const fn is_address(address: u8) -> bool {
    matches!(address, 1..=247 | GENERAL_ADDRESS)
}

/// The question for all registers of a meter.
///
/// # Panics
/// Never: a question has eight bytes.
#[must_use]
pub fn question(address: u8) -> [u8; QUESTION_BYTES] {
    let mut bytes = [0; QUESTION_BYTES];
    let request = RequestAdu {
        hdr: Header { slave: address },
        pdu: RequestPdu(Request::ReadInputRegisters(0, REGISTERS)),
    };
    encode_request(request, &mut bytes).expect("a question has eight bytes");
    bytes
}

/// How long the whole answer is, as far as its beginning shows.
#[must_use]
pub fn answer_bytes(beginning: &[u8]) -> usize {
    match beginning.get(1) {
        Some(function) if function & EXCEPTION != 0 => EXCEPTION_BYTES,
        _ => ANSWER_BYTES,
    }
}

/// Reads the answer of the meter that was asked.
///
/// # Errors
/// Why there are no values; then nothing of the answer may be used.
pub fn read_answer(asked: u8, answer: &[u8]) -> Result<MeterValues, MeterFault> {
    if answer.is_empty() {
        return Err(MeterFault::Silent);
    }
    if answer.len() != answer_bytes(answer) {
        return Err(MeterFault::Malformed);
    }
    let length = response_pdu_len(answer).ok().flatten();
    let length = length.filter(|length| length + 3 == answer.len());
    let length = length.ok_or(MeterFault::Malformed)?;
    let frame = extract_frame(answer, length).map_err(|_| MeterFault::Checksum)?;
    let frame = frame.ok_or(MeterFault::Malformed)?;
    if asked != GENERAL_ADDRESS && frame.slave != asked {
        return Err(MeterFault::Malformed);
    }
    if ExceptionResponse::try_from(frame.pdu).is_ok() {
        return Err(MeterFault::Exception);
    }
    match Response::try_from(frame.pdu) {
        Ok(Response::ReadInputRegisters(data)) => values(&data).ok_or(MeterFault::Malformed),
        _ => Err(MeterFault::Malformed),
    }
}

fn values(data: &Data<'_>) -> Option<MeterValues> {
    let word = |index: usize| data.get(index);
    let double_word = |index: usize| {
        let (low, high) = (word(index)?, word(index + 1)?);
        Some(f64::from(u32::from(high) << 16 | u32::from(low)))
    };
    let alarm = match word(9)? {
        0 => false,
        0xFFFF => true,
        _ => return None,
    };
    Some(MeterValues {
        voltage: Volts::new(f64::from(word(0)?) / 10.0),
        current: Amps::new(double_word(1)? / 1000.0),
        power: Watts::new(double_word(3)? / 10.0),
        energy: WattHours::new(double_word(5)?),
        frequency_hz: f64::from(word(7)?) / 10.0,
        power_factor: f64::from(word(8)?) / 100.0,
        alarm,
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    /// The manual's example, which leaves the checksum out.
    const MANUAL: [u8; 23] = [
        0x01, 0x04, 0x14, 0x08, 0x98, 0x03, 0xE8, 0x00, 0x00, 0x08, 0x98, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x01, 0xF4, 0x00, 0x64, 0x00, 0x00,
    ];

    /// The CRC-16 of Modbus, bit by bit from its definition.
    fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
        let mut crc = 0xFFFF_u16;
        for byte in &frame {
            crc ^= u16::from(*byte);
            for _ in 0..8 {
                let carry = crc & 1;
                crc >>= 1;
                crc ^= 0xA001 * carry;
            }
        }
        frame.extend(crc.to_le_bytes());
        frame
    }

    fn manual() -> Vec<u8> {
        sealed(MANUAL.to_vec())
    }

    #[test]
    fn question_has_the_bytes_of_the_reference_page() {
        let general = [0xF8, 0x04, 0x00, 0x00, 0x00, 0x0A, 0x64, 0x64];
        assert_eq!(question(GENERAL_ADDRESS), general);
        let first = [0x01, 0x04, 0x00, 0x00, 0x00, 0x0A, 0x70, 0x0D];
        assert_eq!(question(1), first);
    }

    #[test]
    fn answer_of_the_manual_has_the_values_of_the_manual() {
        let values = read_answer(1, &manual()).unwrap();
        assert!((values.voltage.get() - 220.0).abs() < 1e-9);
        assert!((values.current.get() - 1.0).abs() < 1e-9);
        assert!((values.power.get() - 220.0).abs() < 1e-9);
        assert!((values.energy.get()).abs() < 1e-9);
        assert!((values.frequency_hz - 50.0).abs() < 1e-9);
        assert!((values.power_factor - 1.0).abs() < 1e-9);
        assert!(!values.alarm);
        assert_eq!(read_answer(GENERAL_ADDRESS, &manual()), Ok(values));
    }

    #[test]
    fn high_words_of_current_power_and_energy_count() {
        let mut frame = MANUAL.to_vec();
        // 70.000 A = 70000 = 0x0001_1170, 15 kW = 150000 = 0x0002_49F0, 65537 Wh = 0x0001_0001.
        frame[5..17].copy_from_slice(&[
            0x11, 0x70, 0x00, 0x01, 0x49, 0xF0, 0x00, 0x02, 0x00, 0x01, 0x00, 0x01,
        ]);
        let values = read_answer(1, &sealed(frame)).unwrap();
        assert!((values.current.get() - 70.0).abs() < 1e-9);
        assert!((values.power.get() - 15_000.0).abs() < 1e-9);
        assert!((values.energy.get() - 65_537.0).abs() < 1e-9);
    }

    #[test]
    fn answer_that_is_not_whole_or_not_right_gives_no_values() {
        let good = manual();
        assert_eq!(read_answer(1, &[]), Err(MeterFault::Silent));
        for length in 1..good.len() {
            let cut = read_answer(1, &good[..length]);
            assert_eq!(cut, Err(MeterFault::Malformed), "{length} bytes");
        }
        for (index, flipped) in (0..good.len()).flat_map(|i| (0..8).map(move |bit| (i, 1 << bit))) {
            let mut damaged = good.clone();
            damaged[index] ^= flipped;
            assert!(
                read_answer(1, &damaged).is_err(),
                "byte {index} ^ {flipped}"
            );
        }
        assert_eq!(read_answer(2, &good), Err(MeterFault::Malformed));
        let exception = sealed(vec![0x01, 0x84, 0x02]);
        assert_eq!(answer_bytes(&exception), 5);
        assert_eq!(read_answer(1, &exception), Err(MeterFault::Exception));
        let other_question = sealed([vec![0x01, 0x03, 0x14], vec![0; 20]].concat());
        assert_eq!(read_answer(1, &other_question), Err(MeterFault::Malformed));
    }

    #[test]
    fn no_bytes_make_the_reader_panic() {
        // A walk over all functions and byte counts, and over lengths around the right ones.
        for function in 0..=u8::MAX {
            for count in [0, 1, 19, 20, 21, 255] {
                for length in [2, 3, 5, 24, 25, 26] {
                    let mut bytes = vec![0x55; length];
                    bytes[1] = function;
                    if let Some(place) = bytes.get_mut(2) {
                        *place = count;
                    }
                    assert!(read_answer(1, &sealed(bytes)).is_err());
                }
            }
        }
    }
}
