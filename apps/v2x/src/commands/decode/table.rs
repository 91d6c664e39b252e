//! The tally as a table for people.

use std::io::{self, Write};

use v2x_can::Decoder;

use super::summary::Tally;
use super::{DecodedFrame, Report};

/// Prints a line per signal.
pub(super) struct Table<W> {
    tally: Tally,
    out: W,
}

impl<W: Write> Table<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            tally: Tally::default(),
            out,
        }
    }
}

impl<W: Write> Report for Table<W> {
    fn frame(&mut self, decoder: &Decoder, frame: &DecodedFrame<'_>) -> io::Result<()> {
        self.tally.frame(decoder, frame);
        Ok(())
    }

    fn damaged(&mut self) {
        self.tally.damaged += 1;
    }

    fn finish(&mut self, decoder: &Decoder) -> io::Result<()> {
        writeln!(
            self.out,
            "{:<34} {:>7} {:>12} {:>12} {:>12} {:>12}  unit",
            "signal", "count", "first", "last", "min", "max"
        )?;
        for (index, extent) in self.tally.seen() {
            let Some(info) = decoder.signals().get(index) else {
                continue;
            };
            let decimals = usize::from(info.decimals);
            let show = |value: f64| format!("{value:.decimals$}");
            writeln!(
                self.out,
                "{:<34} {:>7} {:>12} {:>12} {:>12} {:>12}  {}",
                info.qualified,
                extent.count,
                show(extent.first),
                show(extent.last),
                show(extent.min),
                show(extent.max),
                info.unit
            )?;
        }
        let unknown: u64 = self.tally.unknown_ids.values().sum();
        writeln!(
            self.out,
            "\n{} frames, {} decoded, {unknown} with an unknown id, {} damaged rows",
            self.tally.frames, self.tally.decoded, self.tally.damaged
        )?;
        for (id, count) in &self.tally.unknown_ids {
            writeln!(self.out, "unknown id {id}: {count} frames")?;
        }
        self.out.flush()
    }
}
