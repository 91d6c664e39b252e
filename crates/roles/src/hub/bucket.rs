//! A stretch of time as few points: mean, least, most and count of each bucket, so that neither a
//! peak nor a dip is lost.

use std::collections::BTreeMap;

/// What was measured in one bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// The sum of all values.
    sum: f64,
    /// The least value.
    pub least: f64,
    /// The largest value.
    pub most: f64,
    /// How many values.
    pub count: u64,
}

impl Bucket {
    /// One value; `None` for what is no number.
    #[must_use]
    pub fn of(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self {
            sum: value,
            least: value,
            most: value,
            count: 1,
        })
    }

    /// One that was kept as its mean.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn kept(mean: f64, least: f64, most: f64, count: u64) -> Self {
        Self {
            sum: bounded(mean * count as f64),
            least,
            most,
            count,
        }
    }

    /// The mean of all values.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn mean(&self) -> f64 {
        // Rounding may carry the mean of equal values past them.
        (self.sum / self.count as f64).clamp(self.least, self.most)
    }

    /// Adds another bucket.
    pub fn add(&mut self, other: &Self) {
        self.sum = bounded(self.sum + other.sum);
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        self.count += other.count;
    }
}

/// A sum that stays a number: values of 10^308 are nonsense, and no reason to lose their hour.
const fn bounded(sum: f64) -> f64 {
    sum.clamp(f64::MIN, f64::MAX)
}

/// Buckets of one width, by their beginning in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Buckets {
    width_ms: i64,
    found: BTreeMap<i64, Bucket>,
}

impl Buckets {
    /// Empty ones of this width, at least 1 ms.
    #[must_use]
    pub fn new(width_ms: i64) -> Self {
        Self {
            width_ms: width_ms.max(1),
            found: BTreeMap::new(),
        }
    }

    /// Adds what was measured at a moment.
    pub fn add(&mut self, ts_ms: i64, bucket: &Bucket) {
        let begin = ts_ms - ts_ms.rem_euclid(self.width_ms);
        match self.found.get_mut(&begin) {
            Some(found) => found.add(bucket),
            None => {
                self.found.insert(begin, *bucket);
            }
        }
    }

    /// All that hold a value, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Bucket)> {
        self.found.iter().map(|(begin, bucket)| (*begin, bucket))
    }

    /// The width that gives at most so many buckets for a stretch of time, in milliseconds.
    #[must_use]
    pub fn width_for(span_ms: i64, points: usize) -> i64 {
        let points = i64::try_from(points.max(1)).unwrap_or(i64::MAX);
        // The first bucket may begin before the stretch: one more than fits.
        let fitting = (points - 1).max(1);
        span_ms.max(0) / fitting + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_of_values_whose_sum_is_no_number_is_one() {
        let mut sum = Bucket::of(1e308).unwrap();
        for value in [1e308, -1e308, -1e308, -1e308] {
            sum.add(&Bucket::of(value).unwrap());
        }
        assert!(sum.mean().is_finite(), "{sum:?}");
        assert_eq!((sum.least, sum.most, sum.count), (-1e308, 1e308, 5));
        let mut halves = Bucket::kept(1e308, 1e308, 1e308, 2);
        halves.add(&Bucket::kept(-1e308, -1e308, -1e308, 2));
        assert!(halves.mean().is_finite(), "{halves:?}");
    }

    #[test]
    fn bucket_keeps_peak_dip_mean_and_count() {
        let mut buckets = Buckets::new(60_000);
        for (ts, value) in [(0, 1.0), (30_000, 5.0), (59_999, -3.0), (60_000, 7.0)] {
            buckets.add(ts, &Bucket::of(value).unwrap());
        }
        let found: Vec<_> = buckets.iter().collect();
        assert_eq!(found.len(), 2);
        let (begin, first) = found[0];
        assert_eq!(
            (begin, first.least, first.most, first.count),
            (0, -3.0, 5.0, 3)
        );
        assert!((first.mean() - 1.0).abs() < 1e-12);
        assert_eq!(found[1].0, 60_000);
    }

    #[test]
    fn time_before_1970_has_buckets_that_begin_before_it() {
        let mut buckets = Buckets::new(1000);
        buckets.add(-1, &Bucket::of(1.0).unwrap());
        assert_eq!(buckets.iter().next().unwrap().0, -1000);
    }

    #[test]
    fn mean_of_a_kept_bucket_weighs_by_its_count() {
        let mut bucket = Bucket::kept(10.0, 5.0, 15.0, 9);
        bucket.add(&Bucket::of(20.0).unwrap());
        assert!((bucket.mean() - 11.0).abs() < 1e-12);
        assert_eq!((bucket.least, bucket.most, bucket.count), (5.0, 20.0, 10));
    }

    #[test]
    fn width_gives_no_more_buckets_than_asked_for() {
        for (span, points) in [(36_000_000, 2000), (7, 3), (0, 1), (1_000, 1_000_000)] {
            let width = Buckets::width_for(span, points);
            for offset in [0, 1, width - 1] {
                let mut buckets = Buckets::new(width);
                for step in 0..=20_000 {
                    let ts = offset + span * step / 20_000;
                    buckets.add(ts, &Bucket::of(1.0).unwrap());
                }
                let found = buckets.iter().count();
                assert!(found <= points.max(2), "{span} {points} {offset}: {found}");
            }
        }
    }

    #[test]
    fn what_is_no_number_has_no_bucket() {
        assert_eq!(Bucket::of(f64::NAN), None);
        assert_eq!(Bucket::of(f64::INFINITY), None);
    }
}
