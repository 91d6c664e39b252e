//! A PZEM-004T for the bench: registers and checksum written from its manual.

/// What the meter shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    pub(crate) volts: f64,
    pub(crate) amps: f64,
    pub(crate) watt_hours: f64,
}

impl Meter {
    pub(crate) const fn new() -> Self {
        Self {
            volts: 226.1,
            amps: 0.0,
            watt_hours: 12_345.0,
        }
    }

    /// Lets the load run for so many seconds.
    pub(crate) fn run(&mut self, seconds: f64) {
        self.watt_hours += self.volts * self.amps * seconds / 3600.0;
    }

    /// The answer to a question for everything.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the loads of tests are small and positive"
    )]
    pub(crate) fn answer(&self) -> Vec<u8> {
        let tenths = |value: f64| (value * 10.0).round() as u32;
        let words = |value: u32| [(value & 0xFFFF) as u16, (value >> 16) as u16];
        let [current_low, current_high] = words((self.amps * 1000.0).round() as u32);
        let [power_low, power_high] = words(tenths(self.volts * self.amps));
        let [energy_low, energy_high] = words(self.watt_hours as u32);
        let registers = [
            tenths(self.volts) as u16,
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
        let mut bytes = vec![0x01, 0x04, 0x14];
        bytes.extend(registers.iter().flat_map(|word| word.to_be_bytes()));
        sealed(bytes)
    }
}

/// A frame with its checksum.
pub(crate) fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
    frame.extend(v2x_boards::stage::pzem::checksum(&frame).to_le_bytes());
    frame
}
