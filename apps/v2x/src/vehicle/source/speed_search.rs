//! The search for the speed of a serial line, as steps for the owner of the port.
//!
//! What makes sense at a speed is the probe's matter (`v2x_proto::link::baud_probe`). This file
//! keeps the bytes heard at the speed that is being tried, so that none is lost when it is the
//! right one, and begins again when none was.

use std::time::Duration;

use v2x_proto::link::baud_probe::USUAL_RATES;
use v2x_proto::link::{BaudProbe, ProbeStep, Verdict};
use v2x_units::Instant;

use super::chunk::{Chunk, Language};

/// What arrives so soon after a change was sent at the speed before.
const SETTLING: Duration = Duration::from_millis(50);

/// One search after the other until a collector is heard.
pub(in crate::vehicle) struct SpeedSearch {
    probe: BaudProbe,
    tried_since: Instant,
    heard: Vec<Chunk>,
}

/// What the owner of the port is to do.
#[derive(Debug, PartialEq)]
pub(in crate::vehicle) enum SearchStep {
    /// Set the port to this speed.
    Set(u32),
    /// Listen until then.
    Listen(Instant),
    /// The collector is heard; these are its first bytes.
    Found(u32, Language, Vec<Chunk>),
    /// Every speed was tried; the search begins again.
    Nothing(Verdict, Option<u32>),
}

impl SpeedSearch {
    /// Begins with the likeliest speed.
    pub(in crate::vehicle) fn new() -> Self {
        Self {
            probe: BaudProbe::new(USUAL_RATES),
            tried_since: Instant::BOOT,
            heard: Vec::new(),
        }
    }

    /// Takes what was read; the probe gives up long before a second of a full line is too much.
    pub(in crate::vehicle) fn hear(&mut self, chunk: Chunk) {
        self.probe.feed(chunk.at.instant, &chunk.bytes);
        if chunk.at.instant >= self.tried_since + SETTLING {
            self.heard.push(chunk);
        }
    }

    /// Says what to do now.
    pub(in crate::vehicle) fn poll(&mut self, now: Instant) -> SearchStep {
        let (verdict, baud) = match self.probe.poll(now) {
            ProbeStep::Try { baud } => {
                self.heard.clear();
                self.tried_since = now;
                return SearchStep::Set(baud);
            }
            ProbeStep::Wait { until } => return SearchStep::Listen(until),
            ProbeStep::Found { baud, dialect } => match Language::of(dialect) {
                Some(language) => {
                    let heard = std::mem::take(&mut self.heard);
                    return SearchStep::Found(baud, language, heard);
                }
                None => (Verdict::Speaks(dialect), Some(baud)),
            },
            ProbeStep::Nothing { verdict, baud } => (verdict, baud),
        };
        *self = Self::new();
        SearchStep::Nothing(verdict, baud)
    }
}

#[cfg(test)]
mod tests {
    use v2x_units::{Stamp, UtcTime};

    use super::*;

    const TEXT: &[u8] = b"SIM 155 8 07 98 51 54 6C 78 00 70\r\n";
    const STATION: &[u8] = b"HELECAR EVCS ready\r\n";
    const NMEA: &[u8] = b"$GPGSV,1,1,00*79\r\n";

    /// Searches a line that says something at one speed and noise at every other.
    fn search(right: u32, bytes: &[u8]) -> (SearchStep, Instant) {
        let mut search = SpeedSearch::new();
        let mut now = Instant::BOOT;
        let mut baud = 0;
        loop {
            match search.poll(now) {
                SearchStep::Set(next) => baud = next,
                SearchStep::Listen(until) => now = until.min(now + Duration::from_millis(100)),
                end => return (end, now),
            }
            let bytes = if baud == right { bytes } else { &[0x80; 64] };
            search.hear(Chunk {
                at: Stamp {
                    instant: now,
                    utc: UtcTime::from_micros(0),
                },
                bytes: bytes.to_vec(),
            });
        }
    }

    #[test]
    fn collector_is_found_at_its_speed_and_its_first_bytes_are_kept() {
        let (step, now) = search(115_200, TEXT);
        let SearchStep::Found(baud, language, heard) = step else {
            panic!("{step:?}");
        };
        assert_eq!((baud, language), (115_200, Language::Text));
        assert!(!heard.is_empty() && heard.iter().all(|chunk| chunk.bytes == TEXT));
        assert!(now < Instant::BOOT + Duration::from_secs(2), "{now:?}");
    }

    #[test]
    fn board_that_is_no_collector_is_named_with_its_speed() {
        for (baud, bytes, words) in [
            (
                115_200,
                STATION,
                "a charging slot of the prototype, as text",
            ),
            (9_600, NMEA, "a GNSS receiver, no collector"),
        ] {
            let (step, _) = search(baud, bytes);
            let SearchStep::Nothing(verdict, at) = step else {
                panic!("{step:?}");
            };
            assert_eq!((verdict.to_string().as_str(), at), (words, Some(baud)));
        }
    }

    #[test]
    fn search_that_found_nothing_begins_again_with_the_first_speed() {
        let mut search = SpeedSearch::new();
        let mut now = Instant::BOOT;
        let first = search.poll(now);
        loop {
            match search.poll(now) {
                SearchStep::Listen(until) => now = until,
                SearchStep::Nothing(verdict, baud) => {
                    assert_eq!((verdict, baud), (Verdict::Silence, None));
                    break;
                }
                _ => {}
            }
        }
        assert_eq!(search.poll(now), first);
    }
}
