//! What time this computer believes it is, and whether anybody vouches for it.

use super::Finding;
use crate::clock::{SystemClock, built};

const PART: &str = "clock";

/// Looks at the system clock; a good fix of a GNSS receiver makes it matter less.
pub(super) fn examine(has_good_fix: bool) -> Finding {
    let read = SystemClock::new().read();
    let said = jiff::Timestamp::from_microsecond(read.utc.as_micros())
        .map_or_else(|_| "no date".to_owned(), |time| format!("{time:.0}"));
    let ask = "connect it to a network and switch time servers on: sudo timedatectl set-ntp true; \
               or give the GNSS antenna a view of the sky";
    if read.utc < built() {
        let what = format!("this computer's clock says {said}, before this program was built");
        return if has_good_fix {
            Finding::warning(PART, format!("{what}; the time comes from GNSS"), ask)
        } else {
            Finding::problem(PART, what, ask)
        };
    }
    if read.is_synchronised {
        return Finding::fine(
            PART,
            format!("{said}, and the system calls it synchronised"),
        );
    }
    if has_good_fix {
        return Finding::fine(PART, "the time comes from GNSS; no time server is heard");
    }
    let what = format!("{said}, but nobody vouches for it: no time server, no GNSS");
    Finding::warning(PART, what, ask)
}
