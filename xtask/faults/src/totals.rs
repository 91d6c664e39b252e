//! What the runs came to, added up and printed.

use std::fmt;
use std::time::Duration;

/// What one run came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct CameTo {
    pub(crate) kills: u64,
    pub(crate) cuts: u64,
    pub(crate) refused: u64,
    pub(crate) fills: u64,
    pub(crate) unplugs: u64,
    pub(crate) clock_steps: u64,
    pub(crate) sent: u64,
    pub(crate) recorded: u64,
    pub(crate) killed: u64,
    pub(crate) link_lost: u64,
    pub(crate) unheard: u64,
    pub(crate) rows: u64,
    pub(crate) heard: u64,
    pub(crate) repeated: u64,
    pub(crate) set_aside: u64,
    /// How long before a kill the oldest lost frame was sent, without a full disk.
    pub(crate) oldest_lost: Duration,
}

/// What all runs came to.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) runs: u64,
    sum: CameTo,
}

impl Totals {
    pub(crate) fn add(&mut self, run: &CameTo) {
        self.runs += 1;
        let sum = &mut self.sum;
        sum.kills += run.kills;
        sum.cuts += run.cuts;
        sum.refused += run.refused;
        sum.fills += run.fills;
        sum.unplugs += run.unplugs;
        sum.clock_steps += run.clock_steps;
        sum.sent += run.sent;
        sum.recorded += run.recorded;
        sum.killed += run.killed;
        sum.link_lost += run.link_lost;
        sum.unheard += run.unheard;
        sum.rows += run.rows;
        sum.heard += run.heard;
        sum.repeated += run.repeated;
        sum.set_aside += run.set_aside;
        sum.oldest_lost = sum.oldest_lost.max(run.oldest_lost);
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = &self.sum;
        writeln!(
            f,
            "faults: {} runs passed: {} kills, {} cuts of the broker, {} closes without PUBACK, \
             {} full disks, {} unplugged ports, {} steps of the clock",
            self.runs, sum.kills, sum.cuts, sum.refused, sum.fills, sum.unplugs, sum.clock_steps
        )?;
        writeln!(
            f,
            "faults: {} frames sent = {} on disk + {} in the loss window of a kill (at most \
             {:.2} s) + {} damaged on the line and counted; {} more while nobody listened",
            sum.sent,
            sum.recorded,
            sum.killed,
            sum.oldest_lost.as_secs_f64(),
            sum.link_lost,
            sum.unheard
        )?;
        write!(
            f,
            "faults: {} rows in the store; {} acknowledged, {} of them twice, each as it is \
             stored; {} set aside with their reason",
            sum.rows, sum.heard, sum.repeated, sum.set_aside
        )
    }
}
