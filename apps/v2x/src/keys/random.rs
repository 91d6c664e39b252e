//! Random numbers of the kernel, for keys and handshakes.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use crate::failure::{Blame, Context as _, Failure};

/// Draws from the kernel; there is one only where the kernel has answered before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawn(());

impl Drawn {
    /// Makes sure that the kernel gives random numbers; once it did, it never fails again.
    pub(crate) fn from_kernel() -> Result<Self, Failure> {
        getrandom::u64().blame(Blame::Runtime, "random numbers")?;
        Ok(Self(()))
    }
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        getrandom::fill(bytes).expect("the kernel gave random numbers before");
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
