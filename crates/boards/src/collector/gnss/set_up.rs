//! What a u-blox receiver is told once it was found: three sentences less, a faster line, and
//! five fixes a second. Others ignore the bytes, and go on as they are.
//!
//! Not here: the UART. Messages: u-blox 6 receiver description, UBX-CFG-MSG, UBX-CFG-PRT and
//! UBX-CFG-RATE; checksum: 8-bit Fletcher over class, id, length and payload.
//!
//! At 9,600 baud RMC, GGA and GSA of five fixes a second (1,100 bytes) would not fit; so the line
//! comes first. A receiver that does not obey is not heard at the new rate, is found again at its
//! own, and is left alone from then on.

use core::time::Duration;

use v2x_units::Instant;

/// The rate of the line that is asked for.
const BAUD: u32 = 38_400;
/// Between two messages: a receiver digests one in a few milliseconds.
const STEP_EVERY: Duration = Duration::from_millis(100);

/// GSV, GLL and VTG off: nobody reads them.
const WITHOUT_GSV: &[u8] = &[
    0xB5, 0x62, 0x06, 0x01, 0x03, 0x00, 0xF0, 0x03, 0x00, 0xFD, 0x15,
];
const WITHOUT_GLL: &[u8] = &[
    0xB5, 0x62, 0x06, 0x01, 0x03, 0x00, 0xF0, 0x01, 0x00, 0xFB, 0x11,
];
const WITHOUT_VTG: &[u8] = &[
    0xB5, 0x62, 0x06, 0x01, 0x03, 0x00, 0xF0, 0x05, 0x00, 0xFF, 0x19,
];
/// UART 1 to 38,400 baud 8N1, UBX and NMEA in and out.
const FASTER_LINE: &[u8] = &[
    0xB5, 0x62, 0x06, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0xD0, 0x08, 0x00, 0x00, 0x00, 0x96,
    0x00, 0x00, 0x07, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x93, 0x90,
];
/// A fix every 200 ms, in GPS time.
const FIVE_A_SECOND: &[u8] = &[
    0xB5, 0x62, 0x06, 0x08, 0x06, 0x00, 0xC8, 0x00, 0x01, 0x00, 0x01, 0x00, 0xDE, 0x6A,
];

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send these bytes.
    Write(&'static [u8]),
    /// Listen at this rate from now on.
    Baud(u32),
}

/// How far the set-up is.
#[derive(Debug, Clone)]
pub struct SetUp {
    wanted: bool,
    next: usize,
    at: Option<Instant>,
    /// The line was to become faster, and nothing was heard since.
    is_on_trial: bool,
    obeys: bool,
}

impl SetUp {
    /// A set-up to so many fixes a second; with one there is nothing to do.
    #[must_use]
    pub const fn new(rate: u8) -> Self {
        Self {
            wanted: rate > 1,
            next: 0,
            at: None,
            is_on_trial: false,
            obeys: true,
        }
    }

    /// The receiver is heard.
    pub fn found(&mut self, now: Instant) {
        self.is_on_trial = false;
        if self.wanted && self.obeys {
            self.at = Some(now + STEP_EVERY);
        }
    }

    /// The receiver is not heard any more.
    pub const fn lost(&mut self) {
        if self.is_on_trial {
            self.obeys = false;
        }
        self.is_on_trial = false;
        self.next = 0;
        self.at = None;
    }

    /// When [`Self::poll`] has something to do.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.at
    }

    /// The next step for a receiver that is heard at `baud`.
    pub fn poll(&mut self, now: Instant, baud: u32) -> Option<Step> {
        if now < self.at? {
            return None;
        }
        let steps: [Step; 6] = [
            Step::Write(WITHOUT_GSV),
            Step::Write(WITHOUT_GLL),
            Step::Write(WITHOUT_VTG),
            Step::Write(FASTER_LINE),
            Step::Baud(BAUD),
            Step::Write(FIVE_A_SECOND),
        ];
        if baud >= BAUD && self.next == 3 {
            self.next = 5;
        }
        let step = steps.get(self.next).copied();
        self.next += 1;
        self.at = match step {
            // The rate comes once the receiver is heard on the faster line.
            Some(Step::Baud(_)) => {
                self.is_on_trial = true;
                None
            }
            Some(Step::Write(_)) => Some(now + STEP_EVERY),
            None => None,
        };
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_the_length_and_checksum_of_ubx() {
        for message in [
            WITHOUT_GSV,
            WITHOUT_GLL,
            WITHOUT_VTG,
            FASTER_LINE,
            FIVE_A_SECOND,
        ] {
            let (body, sum) = message[2..].split_at(message.len() - 4);
            let (mut a, mut b) = (0_u8, 0_u8);
            for byte in body {
                a = a.wrapping_add(*byte);
                b = b.wrapping_add(a);
            }
            assert_eq!(sum, [a, b], "{message:02X?}");
            let length = usize::from(u16::from_le_bytes([body[2], body[3]]));
            assert_eq!(length, body.len() - 4);
        }
        assert_eq!(u32::from_le_bytes([0x00, 0x96, 0, 0]), BAUD);
    }
}
