//! A car and a station of one operator, for the tests of the transition tables.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use crate::secure::{
    Authority, ClockUnknown, Identity, Name, PrivateKeys, Role, Serial, Subject, Trust, UtcSecond,
    Validity,
};

/// Counts; the keys of a test are nobody's.
pub(super) struct Counting(pub(super) u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0 = self.0.wrapping_add(1);
        Ok(self.0.into())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.try_next_u32().map(u64::from)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// An identity with this role, and whom it trusts.
pub(super) fn enrolled(role: Role) -> (Identity, Trust) {
    let mut rng = Counting(0);
    let authority = Authority::draw(&mut rng);
    let keys = PrivateKeys::draw(&mut Counting(if role == Role::Station { 50 } else { 100 }));
    let subject = Subject {
        role,
        name: Name::new(if role == Role::Station { "S1" } else { "C1" }).unwrap(),
        battery_data_after_unplugging: role == Role::Vehicle,
        serial: Serial(1),
        validity: Validity {
            not_before: UtcSecond(0),
            not_after: UtcSecond(u32::MAX - 1),
        },
    };
    let credential = authority.issue(subject, keys.public());
    let trust = Trust::new(&[authority.public()], ClockUnknown::AcceptForNow, false).unwrap();
    (Identity::new(keys, credential).unwrap(), trust)
}
