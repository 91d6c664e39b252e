//! When telemetry rows are committed: as a group, when it is full or its first row is old.
//!
//! One commit per row writes 14 times the bytes of one per 60 rows, and SD cards die of it. What a
//! power cut takes is the group that was not committed, unless its owner keeps the rows elsewhere
//! meanwhile. Not here: the commit itself (`store`).

use std::time::Duration;

use v2x_units::Instant;

/// How large and how old a group may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupLimits {
    /// Rows that make a group full.
    pub rows: usize,
    /// Age of its first row at which a group is committed; the stated loss of a power cut where
    /// nothing else keeps the rows.
    pub age: Duration,
    /// How long after a commit that failed the next one is tried.
    pub retry: Duration,
    /// Rows kept in memory while commits fail; beyond it the oldest group is dropped and counted.
    pub kept: usize,
}

impl Default for GroupLimits {
    /// 60 rows or 5 s; an hour of rows at one per second while the disk refuses.
    fn default() -> Self {
        Self {
            rows: 60,
            age: Duration::from_secs(5),
            retry: Duration::from_secs(5),
            kept: 3600,
        }
    }
}

/// Rows that wait for their common commit.
///
/// ```
/// use v2x_outbox::{GroupCommit, GroupLimits};
/// use v2x_units::Instant;
///
/// let mut group = GroupCommit::new(GroupLimits::default());
/// let now = Instant::BOOT;
/// group.push(now, "row");
/// if group.is_due(now) {
///     // One transaction with group.rows(), then group.committed() or group.failed(now).
///     group.committed();
/// }
/// ```
#[derive(Debug)]
pub struct GroupCommit<T> {
    limits: GroupLimits,
    rows: Vec<T>,
    /// When the group is due by age; moved on when a commit fails.
    due: Option<Instant>,
    failing: bool,
    dropped: u64,
}

impl<T> GroupCommit<T> {
    /// An empty group.
    #[must_use]
    pub const fn new(limits: GroupLimits) -> Self {
        Self {
            limits,
            rows: Vec::new(),
            due: None,
            failing: false,
            dropped: 0,
        }
    }

    /// Adds a row. When full after failed commits, the oldest group of rows is dropped, counted
    /// and given back.
    pub fn push(&mut self, now: Instant, row: T) -> Vec<T> {
        let mut dropped = Vec::new();
        if self.rows.len() >= self.limits.kept.max(1) {
            let oldest = self.limits.rows.clamp(1, self.rows.len());
            dropped.extend(self.rows.drain(..oldest));
            self.dropped += oldest as u64;
        }
        self.rows.push(row);
        self.due.get_or_insert(now + self.limits.age);
        dropped
    }

    /// Makes the group due at once, unless its last commit failed.
    pub fn hurry(&mut self, now: Instant) {
        self.hurry_until(now);
    }

    /// Makes the group due at this moment if it is not before, unless its last commit failed.
    pub fn hurry_until(&mut self, latest: Instant) {
        if !self.failing {
            self.due = self.due.map(|due| due.min(latest));
        }
    }

    /// Whether the group wants its commit now.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        let full = !self.failing && self.rows.len() >= self.limits.rows;
        full || self.due.is_some_and(|due| due <= now)
    }

    /// When to look again if no further row comes; `None` while there is no row.
    #[must_use]
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The rows to commit, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The rows are on disk.
    pub fn committed(&mut self) {
        self.rows.clear();
        self.due = None;
        self.failing = false;
    }

    /// The commit failed: the rows stay, and are due again a while later.
    pub fn failed(&mut self, now: Instant) {
        self.failing = true;
        self.due = (!self.rows.is_empty()).then(|| now + self.limits.retry);
    }

    /// Rows dropped because commits failed for too long.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn group() -> GroupCommit<u32> {
        GroupCommit::new(GroupLimits {
            rows: 3,
            age: Duration::from_secs(5),
            retry: Duration::from_secs(2),
            kept: 7,
        })
    }

    #[test]
    fn group_is_due_when_it_is_full() {
        let mut group = group();
        group.push(at(0), 1);
        group.push(at(0), 2);
        assert!(!group.is_due(at(0)));
        group.push(at(0), 3);
        assert!(group.is_due(at(0)));
        assert_eq!(group.rows(), [1, 2, 3]);
        group.committed();
        assert!(group.rows().is_empty() && !group.is_due(at(100)));
    }

    #[test]
    fn group_is_due_five_seconds_after_its_first_row() {
        let mut group = group();
        assert_eq!(group.due(), None);
        group.push(at(10), 1);
        group.push(at(14), 2);
        assert_eq!(group.due(), Some(at(15)));
        assert!(!group.is_due(at(14)));
        assert!(group.is_due(at(15)));
    }

    #[test]
    fn hurried_group_is_due_at_that_moment_and_no_later_than_by_its_age() {
        let mut group = group();
        group.hurry_until(at(1));
        assert_eq!(group.due(), None, "there is nothing to commit");
        group.push(at(10), 1);
        group.hurry_until(at(12));
        assert_eq!(group.due(), Some(at(12)));
        group.hurry_until(at(14));
        assert_eq!(group.due(), Some(at(12)));
        group.committed();
        group.push(at(20), 2);
        assert_eq!(group.due(), Some(at(25)));
    }

    #[test]
    fn failed_commit_keeps_the_rows_and_is_tried_again_later() {
        let mut group = group();
        for row in 0..3 {
            group.push(at(0), row);
        }
        group.failed(at(1));
        assert!(!group.is_due(at(2)), "a failing disk is not asked per row");
        group.hurry_until(at(2));
        assert!(!group.is_due(at(2)), "nor because somebody is in a hurry");
        assert!(group.is_due(at(3)));
        assert_eq!(group.rows(), [0, 1, 2]);
    }

    #[test]
    fn oldest_group_is_dropped_and_counted_when_full() {
        let mut group = group();
        for row in 0..8 {
            group.push(at(0), row);
            group.failed(at(0));
        }
        assert_eq!(group.rows(), [3, 4, 5, 6, 7]);
        assert_eq!(group.dropped(), 3);
    }
}
