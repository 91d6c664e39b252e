//! What a recording holds, signal by signal: the tally behind the table and the JSON summary.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};
use v2x_can::{Decoder, Outcome};

use super::{DecodedFrame, Report, exact};

/// Count, first, last and extremes of one signal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) count: u64,
    pub(super) first: f64,
    pub(super) last: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Extent {
    fn of(value: f64) -> Self {
        Self {
            count: 1,
            first: value,
            last: value,
            min: value,
            max: value,
        }
    }

    fn extend(&mut self, value: f64) {
        self.count += 1;
        self.last = value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

/// The tally of one or more recordings.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) frames: u64,
    pub(super) decoded: u64,
    pub(super) damaged: u64,
    pub(super) unknown_ids: BTreeMap<String, u64>,
    extents: Vec<Option<Extent>>,
}

impl Tally {
    /// Takes one frame.
    pub(super) fn frame(&mut self, decoder: &Decoder, frame: &DecodedFrame<'_>) {
        self.frames += 1;
        match frame.outcome {
            Outcome::Decoded => self.decoded += 1,
            Outcome::UnknownId => {
                let id = format!("0x{}", frame.recorded.frame.id());
                *self.unknown_ids.entry(id).or_default() += 1;
            }
            Outcome::TooShort { .. } | Outcome::Remote => {}
        }
        self.extents.resize(decoder.signals().len(), None);
        for (signal, value) in frame.signals {
            match self.extents.get_mut(signal.index()) {
                Some(Some(extent)) => extent.extend(*value),
                Some(empty) => *empty = Some(Extent::of(*value)),
                None => {}
            }
        }
    }

    /// The signals that had a value, in the order of the DBC, with their place in it.
    pub(super) fn seen(&self) -> impl Iterator<Item = (usize, Extent)> + '_ {
        (self.extents.iter().enumerate()).filter_map(|(index, extent)| Some((index, (*extent)?)))
    }
}

/// Prints the tally as one JSON object.
pub(super) struct JsonSummary<W> {
    tally: Tally,
    out: W,
}

impl<W: Write> JsonSummary<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            tally: Tally::default(),
            out,
        }
    }
}

impl<W: Write> Report for JsonSummary<W> {
    fn frame(&mut self, decoder: &Decoder, frame: &DecodedFrame<'_>) -> io::Result<()> {
        self.tally.frame(decoder, frame);
        Ok(())
    }

    fn damaged(&mut self) {
        self.tally.damaged += 1;
    }

    fn finish(&mut self, decoder: &Decoder) -> io::Result<()> {
        let mut signals = Map::new();
        for (index, extent) in self.tally.seen() {
            let Some(info) = decoder.signals().get(index) else {
                continue;
            };
            signals.insert(
                info.qualified.clone(),
                json!({
                    "unit": info.unit,
                    "count": extent.count,
                    "first": exact(extent.first),
                    "last": exact(extent.last),
                    "min": exact(extent.min),
                    "max": exact(extent.max),
                }),
            );
        }
        let summary = json!({
            "frames": self.tally.frames,
            "decoded": self.tally.decoded,
            "unknown_ids": self.tally.unknown_ids,
            "damaged": self.tally.damaged,
            "signals": Value::Object(signals),
        });
        serde_json::to_writer(&mut self.out, &summary)?;
        writeln!(self.out)?;
        self.out.flush()
    }
}
