//! The session of the V2G conversation as bytes in flash.
//!
//! | field | bytes |
//! |---|---|
//! | version, 1 | 1 |
//! | session | 8 |
//! | flags: started is known 1, has a limit 2, powered 4, ended 8, confirmed 16 | 1 |
//! | started, seconds since 1970 | 4 |
//! | limit: amount 8, decimals 1, currency 3 | 12 |
//! | car | rest |

use v2x_proto::secure::{Name, UtcSecond};
use v2x_proto::v2g::{CurrencyCode, Money, SavedSession, SessionId};

const VERSION: u8 = 1;
const FIXED: usize = 1 + 8 + 1 + 4 + 12;
const STARTED: u8 = 1;
const LIMIT: u8 = 2;
const POWERED: u8 = 4;
const ENDED: u8 = 8;
const CONFIRMED: u8 = 16;

/// A session as flash keeps it; a name has 37 bytes at most.
pub(super) type SavedBytes = heapless::Vec<u8, { FIXED + v2x_proto::limits::NAME_MAX }>;

/// Writes a session; none is no byte.
pub(super) fn write(saved: Option<&SavedSession>) -> SavedBytes {
    let mut bytes = SavedBytes::new();
    let Some(saved) = saved else { return bytes };
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    let flags = flag(saved.started.is_some(), STARTED)
        | flag(saved.cost_limit.is_some(), LIMIT)
        | flag(saved.powered, POWERED)
        | flag(saved.ended, ENDED)
        | flag(saved.confirmed, CONFIRMED);
    let mut money = [0; 12];
    if let Some(limit) = &saved.cost_limit {
        let units = limit.units().to_le_bytes();
        let currency = limit.currency();
        let parts = units.iter().copied().chain([limit.decimals()]);
        let parts = parts.chain(currency.as_str().bytes());
        for (room, byte) in money.iter_mut().zip(parts) {
            *room = byte;
        }
    }
    let started = saved.started.map_or(0, |second| second.0).to_le_bytes();
    let parts: [&[u8]; 6] = [
        &[VERSION],
        &saved.id.bytes(),
        &[flags],
        &started,
        &money,
        saved.car.as_str().as_bytes(),
    ];
    for part in parts {
        // The longest name has room.
        bytes.extend_from_slice(part).unwrap_or_default();
    }
    bytes
}

/// Reads a session; `None` where there is none, or it is of another version.
pub(super) fn read(bytes: &[u8]) -> Option<SavedSession> {
    let (head, car) = bytes.split_first_chunk::<FIXED>()?;
    let [VERSION, rest @ ..] = head else {
        return None;
    };
    let (id, rest) = rest.split_first_chunk()?;
    let (flags, rest) = rest.split_first()?;
    let (started, money) = rest.split_first_chunk()?;
    let (units, rest) = money.split_first_chunk()?;
    let (decimals, currency) = rest.split_first()?;
    let limit = || {
        let currency = CurrencyCode::new(core::str::from_utf8(currency).ok()?)?;
        Money::new(i64::from_le_bytes(*units), *decimals, currency)
    };
    let has = |flag: u8| flags & flag != 0;
    Some(SavedSession {
        id: SessionId::new(*id)?,
        car: Name::new(core::str::from_utf8(car).ok()?).ok()?,
        started: has(STARTED).then(|| UtcSecond(u32::from_le_bytes(*started))),
        cost_limit: if has(LIMIT) { Some(limit()?) } else { None },
        powered: has(POWERED),
        ended: has(ENDED),
        confirmed: has(CONFIRMED),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_comes_back_as_it_was_and_damaged_bytes_are_none() {
        let currency = CurrencyCode::new("MAD").unwrap();
        let saved = SavedSession {
            id: SessionId::new([7; 8]).unwrap(),
            car: Name::new("CAR-7").unwrap(),
            started: Some(UtcSecond(1_767_225_600)),
            cost_limit: Money::new(-1050, 2, currency),
            powered: true,
            ended: false,
            confirmed: true,
        };
        let bytes = write(Some(&saved));
        assert_eq!(read(&bytes), Some(saved.clone()));
        let bare = SavedSession {
            started: None,
            cost_limit: None,
            powered: false,
            ended: true,
            confirmed: false,
            ..saved
        };
        assert_eq!(read(&write(Some(&bare))), Some(bare));
        assert_eq!(read(&write(None)), None);
        for length in 0..=FIXED {
            assert_eq!(read(&bytes[..length]), None, "{length} bytes");
        }
    }
}
