//! The meter's end of its line: a PZEM-004T that answers the question for everything.
//!
//! Registers: "PZEM-004T V3.0 User Manual"; checksum: Modbus over serial line, section 6.2.2.

/// What a load does to the meter; whole numbers, so that every machine shows the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pzem {
    /// Current in milliamperes.
    pub milliamps: u32,
    /// Energy in milliwatt hours; the meter shows whole watt hours.
    pub milliwatt_hours: u64,
}

/// Head, ten registers, checksum.
const ANSWER_BYTES: usize = 25;
/// The mains, in tenths of a volt.
const DECIVOLTS: u32 = 2300;

impl Pzem {
    /// Power in tenths of a watt.
    #[must_use]
    pub const fn deciwatts(&self) -> u32 {
        DECIVOLTS * self.milliamps / 1000
    }

    /// Lets the load run for a tenth of a second.
    pub fn run(&mut self) {
        // A tenth of a watt for a tenth of a second is 1/360 mWh; rounded down like the meter does.
        self.milliwatt_hours += u64::from(self.deciwatts()) / 360;
    }

    /// The answer of the meter with address 1.
    #[must_use]
    pub fn answer(&self) -> [u8; ANSWER_BYTES] {
        let words = |value: u32| {
            let [a, b, c, d] = value.to_be_bytes();
            [u16::from_be_bytes([c, d]), u16::from_be_bytes([a, b])]
        };
        let [current_low, current_high] = words(self.milliamps);
        let [power_low, power_high] = words(self.deciwatts());
        let energy = u32::try_from(self.milliwatt_hours / 1000).unwrap_or(u32::MAX);
        let [energy_low, energy_high] = words(energy);
        let [voltage, _] = words(DECIVOLTS);
        let registers = [
            voltage,
            current_low,
            current_high,
            power_low,
            power_high,
            energy_low,
            energy_high,
            500,
            100,
            0,
        ];
        let mut bytes = [0; ANSWER_BYTES];
        let head = [0x01, 0x04, 0x14];
        let data = registers.iter().flat_map(|word| word.to_be_bytes());
        for (place, byte) in bytes.iter_mut().zip(head.into_iter().chain(data)) {
            *place = byte;
        }
        if let Some((body, sum)) = bytes.split_last_chunk_mut() {
            *sum = checksum(body).to_le_bytes();
        }
        bytes
    }
}

/// The CRC-16 of Modbus, bit by bit from its definition; low byte first on the line.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0xA001 * carry);
        }
    }
    crc
}
