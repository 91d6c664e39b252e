//! Where the bits of a signal lie in the eight bytes of a frame, and how to take them out.
//!
//! DBC numbers bits as byte x 8 + bit, bit 0 being the least significant of its byte. An Intel
//! signal names its least significant bit and grows upwards; a Motorola signal names its most
//! significant bit and grows downwards, then into the next byte.

/// The bits of a classic CAN frame.
pub(crate) const FRAME_BITS: u32 = 64;

/// The eight bytes of a frame, loaded once in both byte orders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    little: u64,
    big: u64,
}

impl Words {
    pub(crate) const fn load(bytes: &[u8; 8]) -> Self {
        Self {
            little: u64::from_le_bytes(*bytes),
            big: u64::from_be_bytes(*bytes),
        }
    }
}

/// The order in which the bytes of a signal count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Intel,
    Motorola,
}

/// The place of one signal, ready for extraction by a shift and a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    mask: u64,
    /// The bit that says "negative", in the place it has after the shift; 0 when there is none.
    sign: u64,
    /// Drops the bits below the signal.
    shift: u8,
    order: ByteOrder,
    /// The bytes a frame must carry for the signal to be whole, 1 to 8.
    pub(crate) bytes: u8,
}

impl Layout {
    /// Places a signal; `None` when it has no bits or reaches beyond the eighth byte.
    pub(crate) fn new(start: u64, length: u64, order: ByteOrder, signed: bool) -> Option<Self> {
        let start = u32::try_from(start).ok().filter(|bit| *bit < FRAME_BITS)?;
        let length = u32::try_from(length).ok().filter(|bits| *bits > 0)?;
        // Where the signal starts in its word, and the byte that its last bit falls into.
        let (shift, last_byte) = match order {
            ByteOrder::Intel => (start, start.checked_add(length)?.checked_sub(1)? / 8),
            ByteOrder::Motorola => {
                let above = start / 8 * 8 + (7 - start % 8);
                let end = above.checked_add(length)?;
                (FRAME_BITS.checked_sub(end)?, (end - 1) / 8)
            }
        };
        if shift.checked_add(length)? > FRAME_BITS {
            return None;
        }
        Some(Self {
            mask: u64::MAX >> (FRAME_BITS - length),
            sign: if signed { 1 << (length - 1) } else { 0 },
            shift: u8::try_from(shift).ok()?,
            order,
            bytes: u8::try_from(last_byte + 1).ok()?,
        })
    }

    /// The raw number, negative ones in two's complement over all 64 bits.
    #[inline]
    pub(crate) const fn extract(self, words: Words) -> u64 {
        let word = match self.order {
            ByteOrder::Intel => words.little,
            ByteOrder::Motorola => words.big,
        };
        let bits = word >> (self.shift & 63) & self.mask;
        // Turning the sign bit over and taking it away again fills the bits above it.
        (bits ^ self.sign).wrapping_sub(self.sign)
    }

    /// Puts a raw number into the eight bytes of a frame; `None` when it does not fit the signal.
    pub(crate) fn insert(self, raw: i128, bytes: &mut [u8; 8]) -> Option<()> {
        let (smallest, largest) = self.limits();
        if !(smallest..=largest).contains(&raw) {
            return None;
        }
        // Two's complement: the low bits of a negative number are those that the signal holds.
        let raw = u64::try_from(raw & i128::from(u64::MAX)).ok()? & self.mask;
        let shift = self.shift & 63;
        let put = |word: u64| word & !(self.mask << shift) | raw << shift;
        *bytes = match self.order {
            ByteOrder::Intel => put(u64::from_le_bytes(*bytes)).to_le_bytes(),
            ByteOrder::Motorola => put(u64::from_be_bytes(*bytes)).to_be_bytes(),
        };
        Some(())
    }

    /// Whether raw numbers may be negative.
    #[inline]
    pub(crate) const fn is_signed(self) -> bool {
        self.sign != 0
    }

    /// Which bits of a frame the signal takes, counted as the DBC counts them.
    pub(crate) const fn occupied(self) -> u64 {
        let bits = self.mask << self.shift;
        match self.order {
            ByteOrder::Intel => bits,
            ByteOrder::Motorola => bits.swap_bytes(),
        }
    }

    /// The smallest and largest raw number, over all 64 bits in two's complement.
    pub(crate) fn limits(self) -> (i128, i128) {
        let (mask, sign) = (i128::from(self.mask), i128::from(self.sign));
        (-sign, mask - sign)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes the bits one by one, as DBC defines them; shares nothing with [`Layout`].
    fn bit_by_bit(
        bytes: &[u8; 8],
        start: u32,
        length: u32,
        order: ByteOrder,
        signed: bool,
    ) -> Option<i128> {
        let (mut byte, mut bit) = (start / 8, start % 8);
        let mut raw: i128 = 0;
        for taken in 0..length {
            let held = i128::from(*bytes.get(usize::try_from(byte).ok()?)? >> bit & 1);
            match order {
                ByteOrder::Intel => {
                    raw |= held << taken;
                    (byte, bit) = if bit == 7 {
                        (byte + 1, 0)
                    } else {
                        (byte, bit + 1)
                    };
                }
                ByteOrder::Motorola => {
                    raw = raw << 1 | held;
                    (byte, bit) = if bit == 0 {
                        (byte + 1, 7)
                    } else {
                        (byte, bit - 1)
                    };
                }
            }
        }
        let negative = signed && raw >> (length - 1) & 1 == 1;
        Some(if negative {
            raw - (1i128 << length)
        } else {
            raw
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 20_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn extraction_equals_taking_the_bits_one_by_one(
            bytes: [u8; 8], start in 0u32..64, length in 1u32..=64, intel: bool, signed: bool,
        ) {
            let order = if intel { ByteOrder::Intel } else { ByteOrder::Motorola };
            let layout = Layout::new(start.into(), length.into(), order, signed);
            let naive = bit_by_bit(&bytes, start, length, order, signed);
            let raw = layout.map(|layout| layout.extract(Words::load(&bytes)));
            let raw = raw.map(|raw| if signed { raw.cast_signed().into() } else { raw.into() });
            prop_assert_eq!(raw, naive);
        }

        #[test]
        fn inserted_number_is_found_bit_by_bit_and_nothing_else_has_changed(
            bytes: [u8; 8], drawn: u64, start in 0u32..64, length in 1u32..=64,
            intel: bool, signed: bool,
        ) {
            let order = if intel { ByteOrder::Intel } else { ByteOrder::Motorola };
            let layout = Layout::new(start.into(), length.into(), order, signed);
            let Some(layout) = layout else { return Ok(()) };
            let (smallest, largest) = layout.limits();
            let raw = smallest + i128::from(drawn) % (largest - smallest + 1);
            let mut changed = bytes;
            prop_assert_eq!(layout.insert(raw, &mut changed), Some(()));
            prop_assert_eq!(bit_by_bit(&changed, start, length, order, signed), Some(raw));
            let outside = !layout.occupied();
            let kept = u64::from_le_bytes(changed) & outside;
            prop_assert_eq!(kept, u64::from_le_bytes(bytes) & outside);
            prop_assert_eq!(layout.insert(largest + 1, &mut changed), None);
            prop_assert_eq!(layout.insert(smallest - 1, &mut changed), None);
        }

        #[test]
        fn bits_outside_the_occupied_ones_never_change_the_value(
            bytes: [u8; 8], noise: [u8; 8], start in 0u64..64, length in 1u64..=64, intel: bool,
        ) {
            let order = if intel { ByteOrder::Intel } else { ByteOrder::Motorola };
            let Some(layout) = Layout::new(start, length, order, false) else { return Ok(()) };
            let outside = u64::from_le_bytes(noise) & !layout.occupied();
            let changed = (u64::from_le_bytes(bytes) ^ outside).to_le_bytes();
            prop_assert_eq!(
                layout.extract(Words::load(&bytes)),
                layout.extract(Words::load(&changed))
            );
            prop_assert_eq!(layout.occupied().count_ones(), u32::try_from(length).unwrap());
        }
    }

    #[test]
    fn signal_reaching_beyond_the_eighth_byte_has_no_layout() {
        assert!(Layout::new(56, 9, ByteOrder::Intel, false).is_none());
        assert!(Layout::new(57, 3, ByteOrder::Motorola, false).is_none());
        assert!(Layout::new(64, 1, ByteOrder::Intel, false).is_none());
        assert!(Layout::new(0, 0, ByteOrder::Intel, false).is_none());
        assert!(Layout::new(u64::MAX, u64::MAX, ByteOrder::Motorola, false).is_none());
    }

    #[test]
    fn bytes_needed_end_with_the_last_bit() {
        let motorola = |start, length| Layout::new(start, length, ByteOrder::Motorola, false);
        assert_eq!(motorola(11, 12).map(|layout| layout.bytes), Some(3));
        assert_eq!(motorola(48, 9).map(|layout| layout.bytes), Some(8));
        assert_eq!(motorola(33, 9).map(|layout| layout.bytes), Some(6));
    }
}
