//! What V2V comes to, by distance: how many CAMs arrive, and how old what is known of others is.
//!
//! | figure | how it is counted |
//! |---|---|
//! | delivery | for each CAM that was sent, every other car within [`FAR`] is one that should have heard it; those that believed it did. Distances are those of physics at that moment |
//! | age of information | once a second, for each car that knows of another within [`FAR`]: how long ago the newest CAM that it believed was signed. Whoever heard nothing for [`BLIND`] does not know of the other |

use std::collections::BTreeMap;

use core::time::Duration;

use v2x_units::UtcTime;

use crate::grid::Grid;
use crate::town::Place;

/// Metres of one bin.
pub const BIN: f64 = 10.0;
/// Farther than this nobody is counted, m.
pub const FAR: f64 = 200.0;
/// Whoever was not heard for so long is not known of.
pub const BLIND: Duration = Duration::from_secs(5);
/// Ages are counted in so many steps of a tenth of a second.
const STEPS: usize = 50;

/// One bin of distances.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    /// CAMs that should have been heard over this distance.
    pub expected: u64,
    /// CAMs that were believed over it.
    pub believed: u64,
    /// How often each age was seen, in steps of 0.1 s.
    ages: Vec<u64>,
    age_sum: f64,
}

impl Default for Bin {
    fn default() -> Self {
        Self {
            expected: 0,
            believed: 0,
            ages: vec![0; STEPS],
            age_sum: 0.0,
        }
    }
}

impl Bin {
    /// The share that arrived; `None` when nothing was sent.
    #[must_use]
    pub fn delivery(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        (self.expected > 0).then(|| self.believed as f64 / self.expected as f64)
    }

    /// How often an age was looked at.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.ages.iter().sum()
    }

    /// The mean age, s.
    #[must_use]
    pub fn mean_age(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        (self.looks() > 0).then(|| self.age_sum / self.looks() as f64)
    }

    /// The age that 95 of 100 looks do not exceed, s; to a tenth.
    #[must_use]
    pub fn age_p95(&self) -> Option<f64> {
        let wanted = (self.looks() * 95).div_ceil(100);
        let mut seen = 0;
        let step = self.ages.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        #[expect(clippy::cast_precision_loss, reason = "50 steps")]
        (wanted > 0).then(|| (step + 1) as f64 / 10.0)
    }

    /// Adds what another run has counted.
    pub fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.believed += other.believed;
        self.age_sum += other.age_sum;
        for (own, theirs) in self.ages.iter_mut().zip(&other.ages) {
            *own += theirs;
        }
    }
}

/// V2V by distance.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Bins of [`BIN`] metres, the nearest first.
    pub bins: Vec<Bin>,
    /// When the newest CAM that the first believed of the second was signed.
    newest: BTreeMap<(usize, usize), UtcTime>,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            bins: vec![Bin::default(); bin(FAR).unwrap_or(0)],
            newest: BTreeMap::new(),
        }
    }
}

impl Figures {
    fn bin_mut(&mut self, distance: f64) -> Option<&mut Bin> {
        self.bins.get_mut(bin(distance)?)
    }

    /// Cars have sent so many CAMs, each by its number.
    pub(super) fn sent(&mut self, sent: &[(usize, u64)], places: &[Place]) {
        if sent.is_empty() {
            return;
        }
        let points: Vec<_> = places.iter().map(|at| (at.east, at.north)).collect();
        let (mut grid, mut near) = (Grid::default(), Vec::new());
        grid.sort(FAR, &points);
        for (by, cams) in sent {
            grid.near(points[*by], &mut near);
            for other in near.iter().filter(|other| *other != by) {
                if let Some(bin) = self.bin_mut(distance(&places[*other], &places[*by])) {
                    bin.expected += cams;
                }
            }
        }
    }

    /// A car believed a CAM of another, which was signed at that time.
    pub(super) fn believed(&mut self, by: usize, of: usize, signed: UtcTime, places: &[Place]) {
        if let Some(bin) = self.bin_mut(distance(&places[by], &places[of])) {
            bin.believed += 1;
        }
        let newest = self.newest.entry((by, of)).or_insert(signed);
        *newest = (*newest).max(signed);
    }

    /// Looks at how old everything is that cars know of each other.
    pub(super) fn look(&mut self, now: UtcTime, places: &[Place]) {
        let blind = now - BLIND;
        self.newest.retain(|_, signed| *signed > blind);
        let ages: Vec<_> = (self.newest.iter())
            .map(|((by, of), signed)| (distance(&places[*by], &places[*of]), *signed))
            .collect();
        for (distance, signed) in ages {
            #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
            let age = (now.as_micros() - signed.as_micros()) as f64 / 1e6;
            if let Some(bin) = self.bin_mut(distance) {
                bin.age_sum += age;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "an age is not negative, and below BLIND"
                )]
                let step = (age * 10.0) as usize;
                if let Some(count) = bin.ages.get_mut(step.min(STEPS - 1)) {
                    *count += 1;
                }
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a distance is not negative, and is looked up"
)]
fn bin(distance: f64) -> Option<usize> {
    (distance <= FAR).then_some((distance / BIN) as usize)
}

pub(super) fn distance(a: &Place, b: &Place) -> f64 {
    let (east, north) = (a.east - b.east, a.north - b.north);
    (east * east + north * north).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(east: f64) -> Place {
        Place {
            east,
            north: 0.0,
            height: 0.0,
            grade: 0.0,
            heading: 0.0,
        }
    }

    #[test]
    fn cams_are_expected_of_every_car_within_reach_however_many_cars_there_are() {
        // One car every 50 m over 20 km: eight of them are within 200 m of each inner one.
        let places: Vec<_> = (0..400_u32).map(|it| at(f64::from(it) * 50.0)).collect();
        let mut figures = Figures::default();
        figures.sent(&[(200, 3)], &places);
        let counts: Vec<_> = figures.bins.iter().map(|bin| bin.expected).collect();
        // 200 m itself lies in no bin below 200 m.
        assert_eq!(counts.iter().sum::<u64>(), 3 * 6, "{counts:?}");
        assert_eq!((counts[5], counts[10], counts[15]), (6, 6, 6));
        figures.believed(199, 200, UtcTime::from_millis(1000), &places);
        assert_eq!(figures.bins[5].believed, 1);
        figures.look(UtcTime::from_millis(1250), &places);
        assert_eq!(figures.bins[5].looks(), 1);
        assert!((figures.bins[5].mean_age().unwrap() - 0.25).abs() < 1e-9);
    }
}
