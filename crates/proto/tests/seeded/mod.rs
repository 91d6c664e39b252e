//! Numbers for stories in virtual time: the same for the same seed. Not a test of its own.

#![allow(dead_code, reason = "each world uses its part")]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends at the first surprise, and shares this"
)]

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Steps of a generator that gives the same numbers for the same seed (SplitMix64).
pub struct Seeded(pub u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|n| u32::try_from(n >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
        Ok(())
    }
}

/// The keys of a test are nobody's.
impl TryCryptoRng for Seeded {}

impl Seeded {
    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.try_next_u64().unwrap() % end
    }
}
