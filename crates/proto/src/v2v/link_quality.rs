//! How well a neighbour is heard: delivery ratio, age of what it says, signal by distance.
//!
//! CAMs have no sequence number, so what was lost is reckoned from the times at which those that
//! came were made: an interval that is a multiple of the shortest around it hides messages that
//! did not come. Where a neighbour changes its rate within those few messages the ratio is off.

use core::time::Duration;

use v2x_units::Meters;

use crate::limits::{INTERVALS_KEPT, RSSI_BINS};

/// How many intervals to each side are compared.
const AROUND: usize = 4;
/// Fewer intervals than this say nothing.
const INTERVALS_MIN: usize = 4;
/// The shortest interval that is taken for one, in milliseconds.
const SHORTEST_MS: u16 = 50;
/// How quickly means follow.
const SMOOTHING: f64 = 0.125;
/// Where the bins of distance end, in metres; the last has no end.
const BIN_ENDS_M: [f64; RSSI_BINS - 1] = [10.0, 25.0, 50.0, 100.0, 200.0, 400.0];

/// What was heard within one bin of distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RssiBin {
    /// How many messages.
    pub messages: u32,
    sum_dbm: i32,
    /// The weakest, in dBm; 0 while there is none.
    pub weakest_dbm: i8,
}

impl RssiBin {
    /// The mean, in dBm.
    #[must_use]
    pub fn mean_dbm(&self) -> Option<f64> {
        (self.messages > 0).then(|| f64::from(self.sum_dbm) / f64::from(self.messages))
    }
}

/// Received signal strength by distance: 0, 10, 25, 50, 100, 200 and 400 m are where bins begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RssiByDistance {
    bins: [RssiBin; RSSI_BINS],
}

impl RssiByDistance {
    /// Each bin with the distance at which it ends, in metres; the last has no end.
    pub fn bins(&self) -> impl Iterator<Item = (Option<f64>, RssiBin)> {
        let ends = BIN_ENDS_M.into_iter().map(Some).chain([None]);
        ends.zip(self.bins)
    }

    /// Takes one message.
    pub fn take(&mut self, distance: Meters, rssi_dbm: i8) {
        let place = BIN_ENDS_M.iter().take_while(|end| distance.get() >= **end);
        let bin = &mut self.bins[place.count()];
        if bin.messages == u32::MAX {
            return;
        }
        bin.weakest_dbm = bin.weakest_dbm.min(rssi_dbm);
        bin.messages += 1;
        bin.sum_dbm = bin.sum_dbm.saturating_add(rssi_dbm.into());
    }
}

/// How well one neighbour is heard.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LinkQuality {
    /// How many of its CAMs were taken.
    pub cams: u32,
    /// Received signal strength by distance.
    pub rssi: RssiByDistance,
    /// The last one, in dBm.
    pub last_rssi_dbm: Option<i8>,
    intervals_ms: [u16; INTERVALS_KEPT],
    kept: usize,
    peak_age_s: Option<f64>,
}

impl LinkQuality {
    /// Takes a CAM that was made so long after the one before it, and came so long after it was
    /// made.
    pub(super) fn take(&mut self, interval: Option<Duration>, delay: Duration) {
        self.cams = self.cams.saturating_add(1);
        let Some(interval) = interval else { return };
        self.intervals_ms.rotate_left(1);
        let millis = u16::try_from(interval.as_millis()).unwrap_or(u16::MAX);
        self.intervals_ms[INTERVALS_KEPT - 1] = millis;
        self.kept = (self.kept + 1).min(INTERVALS_KEPT);
        let peak = (interval + delay).as_secs_f64();
        self.peak_age_s = Some(match self.peak_age_s {
            Some(mean) => mean + SMOOTHING * (peak - mean),
            None => peak,
        });
    }

    /// Takes the signal strength of a message.
    pub(super) fn signal(&mut self, distance: Option<Meters>, rssi_dbm: Option<i8>) {
        self.last_rssi_dbm = rssi_dbm;
        if let (Some(distance), Some(rssi)) = (distance, rssi_dbm) {
            self.rssi.take(distance, rssi);
        }
    }

    /// Which part of its last messages came, 0 to 1; `None` while too few did.
    #[must_use]
    pub fn delivery_ratio(&self) -> Option<f64> {
        let intervals = &self.intervals_ms[INTERVALS_KEPT - self.kept..];
        if intervals.len() < INTERVALS_MIN {
            return None;
        }
        let sent = |(place, interval): (usize, &u16)| {
            let around = &intervals[place.saturating_sub(AROUND)..];
            let around = &around[..around.len().min(2 * AROUND + 1)];
            let shortest = around.iter().min().copied().unwrap_or(*interval);
            libm::round(f64::from(*interval) / f64::from(shortest.max(SHORTEST_MS))).max(1.0)
        };
        let sent: f64 = intervals.iter().enumerate().map(sent).sum();
        let came = f64::from(u32::try_from(intervals.len()).unwrap_or(u32::MAX));
        Some((came / sent).min(1.0))
    }

    /// How old what is known of it becomes before the next message comes, in the mean.
    #[must_use]
    pub fn peak_age(&self) -> Option<Duration> {
        self.peak_age_s.map(Duration::from_secs_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(intervals: impl IntoIterator<Item = u64>) -> LinkQuality {
        let mut quality = LinkQuality::default();
        for millis in intervals {
            let interval = Duration::from_millis(millis);
            quality.take(Some(interval), Duration::from_millis(5));
        }
        quality
    }

    #[test]
    fn every_message_heard_is_a_ratio_of_one_at_any_rate() {
        for rate in [100, 300, 1000] {
            let quality = quality([rate; 16]);
            assert_eq!(quality.delivery_ratio(), Some(1.0), "{rate}");
            assert_eq!(quality.peak_age(), Some(Duration::from_millis(rate + 5)));
        }
    }

    #[test]
    fn gaps_count_as_the_messages_that_fit_into_them() {
        let quality = quality([100, 300, 100, 200, 100, 105, 95, 400]);
        let ratio = quality.delivery_ratio().unwrap();
        assert!((ratio - 8.0 / 14.0).abs() < 1e-9, "{ratio}");
    }

    #[test]
    fn too_few_messages_say_nothing() {
        assert_eq!(quality([100; 3]).delivery_ratio(), None);
        assert_eq!(LinkQuality::default().peak_age(), None);
    }

    #[test]
    fn signal_strength_is_kept_by_the_distance_it_was_heard_at() {
        let mut rssi = RssiByDistance::default();
        for (meters, dbm) in [
            (0.0, -40),
            (9.9, -44),
            (10.0, -50),
            (399.0, -90),
            (5000.0, -95),
        ] {
            rssi.take(Meters::new(meters), dbm);
        }
        let seen: Vec<_> = rssi.bins().map(|(_, bin)| bin.messages).collect();
        assert_eq!(seen, [2, 1, 0, 0, 0, 1, 1]);
        let (end, first) = rssi.bins().next().unwrap();
        assert_eq!((end, first.mean_dbm()), (Some(10.0), Some(-42.0)));
        assert_eq!(first.weakest_dbm, -44);
    }

    use alloc::vec::Vec;
}
