//! When the value of a signal counts: raw numbers and states of a frame that mean "not available".
//!
//! What the attributes of a DBC say in words becomes comparisons here. Rules that need to know
//! earlier frames are in `history`; nothing here withholds a value for being out of range.

use crate::layout::{Layout, Words};

/// Raw numbers from the first to the last one, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawRange {
    first: u64,
    span: u64,
}

impl RawRange {
    /// A range of raw numbers; signed ones in two's complement over all 64 bits.
    pub(crate) const fn new(first: u64, last: u64) -> Self {
        Self {
            first,
            span: last.wrapping_sub(first),
        }
    }

    /// Counts on from the first number, so that one comparison serves signed and unsigned.
    #[inline]
    pub(crate) const fn contains(self, raw: u64) -> bool {
        raw.wrapping_sub(self.first) <= self.span
    }
}

/// A state of the frame itself: a field that equals a raw number, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) field: Layout,
    pub(crate) raw: u64,
    pub(crate) equal: bool,
}

impl Condition {
    /// Whether the condition holds. A frame of `have` bytes that cuts the field off cannot show
    /// that it does not, so it holds then.
    #[inline]
    pub(crate) const fn holds(self, words: Words, have: u8) -> bool {
        self.field.bytes > have || (self.field.extract(words) == self.raw) == self.equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::ByteOrder;

    #[test]
    fn range_across_zero_holds_negative_and_positive_numbers() {
        let range = RawRange::new((-2i64).cast_unsigned(), 1);
        let held = (-3i64..=2).filter(|raw| range.contains(raw.cast_unsigned()));
        assert_eq!(held.collect::<Vec<_>>(), [-2, -1, 0, 1]);
    }

    #[test]
    fn range_may_end_at_the_largest_number() {
        let range = RawRange::new(u64::MAX - 1, u64::MAX);
        assert!(range.contains(u64::MAX));
        assert!(!range.contains(0));
        assert!(!range.contains(u64::MAX - 2));
    }

    #[test]
    fn condition_holds_when_its_field_is_cut_off() {
        let field = Layout::new(31, 8, ByteOrder::Motorola, false).unwrap();
        let valid = Words::load(&[0, 0, 0, 0x54, 0, 0, 0, 0]);
        let phase_differs = Condition {
            field,
            raw: 0x54,
            equal: false,
        };
        assert!(!phase_differs.holds(valid, 4));
        assert!(phase_differs.holds(valid, 3));
        assert!(phase_differs.holds(Words::load(&[0; 8]), 8));
    }
}
