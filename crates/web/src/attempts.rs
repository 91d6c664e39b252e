//! How often somebody may try to log in: per address, and per name.
//!
//! A name is slowed down as a whole, so that many addresses do not help to guess its password; it
//! is never locked, so that nobody can lock another out for long. Both tables have a bound.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use v2x_units::Instant;

use crate::rate::{Bucket, Pace};

/// Ten attempts at once from one address, then one each 6 s.
const OF_ADDRESS: Pace = Pace {
    per_second: 1.0 / 6.0,
    at_once: 10.0,
};
/// Ten attempts at once at one name, then one each 6 s.
const OF_NAME: Pace = Pace {
    per_second: 1.0 / 6.0,
    at_once: 10.0,
};
/// Addresses and names that are remembered; a bound against memory, not against people.
const REMEMBERED: usize = 4096;

/// Attempts of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    addresses: HashMap<IpAddr, Bucket>,
    names: HashMap<String, Bucket>,
}

impl Attempts {
    /// Counts an attempt, or says in how many seconds the next one may come.
    pub(crate) fn try_once(&mut self, from: IpAddr, user: &str, now: Instant) -> Result<(), u64> {
        take(&mut self.addresses, neighbourhood(from), OF_ADDRESS, now)?;
        let user: String = user.chars().take(64).collect();
        take(&mut self.names, user, OF_NAME, now)
    }

    /// Who has logged in has not been guessing.
    pub(crate) fn succeeded(&mut self, from: IpAddr, user: &str) {
        self.addresses.remove(&neighbourhood(from));
        self.names.remove(user);
    }
}

fn take<K: Hash + Eq>(
    table: &mut HashMap<K, Bucket>,
    key: K,
    pace: Pace,
    now: Instant,
) -> Result<(), u64> {
    if table.len() >= REMEMBERED && !table.contains_key(&key) {
        table.retain(|_, bucket| !bucket.is_full(pace, now));
        if table.len() >= REMEMBERED {
            // So many at once are an attack: those who are new wait for the others.
            return Err(60);
        }
    }
    let bucket = table.entry(key);
    let bucket = bucket.or_insert_with(|| Bucket::full(pace, now));
    bucket.take(pace, now)
}

/// One customer has a whole /64 of IPv6.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn eleventh_attempt_of_an_address_waits_and_another_address_does_not() {
        let mut attempts = Attempts::default();
        for n in 0..10 {
            assert_eq!(
                attempts.try_once(address(1), &format!("u{n}"), at(1)),
                Ok(())
            );
        }
        assert_eq!(attempts.try_once(address(1), "u", at(1)), Err(6));
        assert_eq!(attempts.try_once(address(2), "u", at(1)), Ok(()));
        assert_eq!(attempts.try_once(address(1), "u", at(7)), Ok(()));
    }

    #[test]
    fn name_is_slowed_down_whatever_the_address() {
        let mut attempts = Attempts::default();
        for n in 0..10 {
            assert_eq!(attempts.try_once(address(n), "amal", at(1)), Ok(()));
        }
        assert!(attempts.try_once(address(99), "amal", at(1)).is_err());
        assert_eq!(
            attempts.try_once(address(98), "amal", at(1) + Duration::from_secs(6)),
            Ok(())
        );
    }

    #[test]
    fn neighbours_of_one_network_of_ipv6_are_one() {
        let mut attempts = Attempts::default();
        for n in 0..10_u16 {
            let from = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
            assert_eq!(attempts.try_once(from, &format!("u{n}"), at(1)), Ok(()));
        }
        let from = IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]);
        assert!(attempts.try_once(from, "u", at(1)).is_err());
    }

    #[test]
    fn full_table_refuses_those_who_are_new_until_others_are_forgotten() {
        let mut attempts = Attempts::default();
        for n in 0..u32::try_from(REMEMBERED).unwrap() {
            let from = IpAddr::from((n + 1).to_be_bytes());
            assert_eq!(attempts.try_once(from, &n.to_string(), at(1)), Ok(()));
        }
        assert_eq!(
            attempts.try_once(IpAddr::from([203, 0, 113, 1]), "new", at(1)),
            Err(60)
        );
        assert!(attempts.addresses.len() <= REMEMBERED && attempts.names.len() <= REMEMBERED);
        assert_eq!(
            attempts.try_once(IpAddr::from([203, 0, 113, 1]), "new", at(100)),
            Ok(())
        );
        assert!(
            attempts.addresses.len() < 10,
            "those of long ago are forgotten"
        );
    }
}
