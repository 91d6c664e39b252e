//! Every value on a line of its own (CSV), or every frame (JSON Lines).

use std::io::{self, Write};

use serde_json::{Map, json};
use v2x_can::Decoder;

use super::{DecodedFrame, Report, exact, seconds};

/// One row per value.
pub(super) struct Csv<W> {
    out: W,
    has_header: bool,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            has_header: false,
        }
    }

    fn header(&mut self) -> io::Result<()> {
        if !self.has_header {
            self.has_header = true;
            writeln!(self.out, "timestamp,message,signal,value,unit")?;
        }
        Ok(())
    }
}

impl<W: Write> Report for Csv<W> {
    fn frame(&mut self, decoder: &Decoder, frame: &DecodedFrame<'_>) -> io::Result<()> {
        self.header()?;
        let stamp = frame.recorded.at.map(seconds).unwrap_or_default();
        for (signal, value) in frame.signals {
            let Some(info) = decoder.signals().get(signal.index()) else {
                continue;
            };
            let value = exact(*value);
            writeln!(
                self.out,
                "{stamp},{},{},{value},{}",
                info.message, info.name, info.unit
            )?;
        }
        Ok(())
    }

    fn finish(&mut self, _: &Decoder) -> io::Result<()> {
        self.header()?;
        self.out.flush()
    }
}

/// One object per frame.
pub(super) struct JsonLines<W> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Report for JsonLines<W> {
    fn frame(&mut self, decoder: &Decoder, frame: &DecodedFrame<'_>) -> io::Result<()> {
        let signals: Map<_, _> = (frame.signals.iter())
            .filter_map(|(signal, value)| {
                let info = decoder.signals().get(signal.index())?;
                Some((info.name.clone(), json!(exact(*value))))
            })
            .collect();
        let id = frame.recorded.frame.id();
        let object = json!({
            "timestamp": frame.recorded.at.map(seconds),
            "line": frame.recorded.line,
            "id": format!("0x{id}"),
            "message": decoder.message_name(id),
            "signals": signals,
        });
        serde_json::to_writer(&mut self.out, &object)?;
        writeln!(self.out)
    }

    fn finish(&mut self, _: &Decoder) -> io::Result<()> {
        self.out.flush()
    }
}
