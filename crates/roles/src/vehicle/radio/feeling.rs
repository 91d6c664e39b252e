//! What the car feels of its plug, and since when: by the moment a station knows its own car.
//!
//! Not here: what a station makes of it ([`v2x_proto::v2g::onset`]).

use v2x_proto::v2g::Sense;
use v2x_units::Instant;

/// Follows a value of the bus that is there or not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Feeling {
    /// What it was when the bus last said it; since when, where the change was seen.
    last: Option<bool>,
    since: Option<Instant>,
    /// The bus has been silent since then.
    has_slept: bool,
}

impl Feeling {
    /// Takes what the bus says, `None` while it sleeps; gives what the car feels.
    pub(super) fn feel(&mut self, now: Instant, said: Option<bool>) -> Sense {
        let Some(is) = said else {
            self.has_slept = true;
            return Sense::NotKnown;
        };
        if self.last != Some(is) {
            // Mains wake the bus, so what has come over its sleep came now.
            self.since = self.last.map(|_| now);
        } else if self.has_slept {
            // It may have gone and come again meanwhile.
            self.since = None;
        }
        (self.last, self.has_slept) = (Some(is), false);
        if is {
            Sense::On(self.since)
        } else {
            Sense::Off
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moment_is_that_of_the_change_and_what_sleep_hides_has_none() {
        let at = |second: u64| Instant::from_micros(second * 1_000_000);
        let mut mains = Feeling::default();
        let mut said = |second, said| mains.feel(at(second), said);
        assert_eq!(said(1, None), Sense::NotKnown);
        assert_eq!(
            said(2, Some(true)),
            Sense::On(None),
            "it was there before us"
        );
        assert_eq!(said(3, Some(false)), Sense::Off);
        assert_eq!(said(4, Some(true)), Sense::On(Some(at(4))));
        assert_eq!(said(9, Some(true)), Sense::On(Some(at(4))));
        assert_eq!(said(10, None), Sense::NotKnown);
        assert_eq!(
            said(60, Some(true)),
            Sense::On(None),
            "it may be another plug"
        );
        assert_eq!(said(61, Some(false)), Sense::Off);
        assert_eq!(said(62, None), Sense::NotKnown);
        assert_eq!(
            said(90, Some(true)),
            Sense::On(Some(at(90))),
            "it woke the bus"
        );
    }
}
