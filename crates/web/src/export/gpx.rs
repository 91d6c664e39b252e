//! GPX 1.1 (topografix.com/GPX/1/1): one track; a new segment after a gap of five minutes, so that
//! no line is drawn where nobody knows the way.

use std::io::{self, Write};

use super::table::time;
use crate::types::TrackPoint;

const GAP_MS: i64 = 300_000;

/// Writes a track.
pub(super) struct GpxWriter<W: Write> {
    to: W,
    goes_on: bool,
    last: Option<i64>,
}

impl<W: Write> GpxWriter<W> {
    /// Begins a track of this name.
    pub(super) fn new(mut to: W, name: &str) -> Self {
        let name = escaped(name);
        let begun = write!(
            to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <gpx version=\"1.1\" creator=\"Twizy V2X\" \
             xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk><name>{name}</name>\n"
        );
        Self {
            to,
            goes_on: begun.is_ok(),
            last: None,
        }
    }

    /// Writes a point; whether the reader wants more.
    pub(super) fn point(&mut self, point: &TrackPoint) -> bool {
        self.goes_on = self.goes_on && self.write(point).is_ok();
        self.goes_on
    }

    fn write(&mut self, point: &TrackPoint) -> io::Result<()> {
        match self.last {
            None => writeln!(self.to, "<trkseg>")?,
            Some(last) if point.ts - last > GAP_MS => writeln!(self.to, "</trkseg>\n<trkseg>")?,
            Some(_) => {}
        }
        self.last = Some(point.ts);
        let (latitude, longitude) = (point.latitude, point.longitude);
        write!(
            self.to,
            "<trkpt lat=\"{latitude:.7}\" lon=\"{longitude:.7}\">"
        )?;
        if let Some(altitude) = point.altitude_m {
            write!(self.to, "<ele>{altitude:.1}</ele>")?;
        }
        writeln!(self.to, "<time>{}</time></trkpt>", time(point.ts))
    }

    /// Ends the track.
    pub(super) fn end(mut self) {
        let segment = if self.last.is_some() {
            "</trkseg>\n"
        } else {
            ""
        };
        let ended = write!(self.to, "{segment}</trk>\n</gpx>\n").and_then(|()| self.to.flush());
        // A reader who has left needs no end.
        drop(ended);
    }
}

/// A text as XML takes it; characters that XML has not are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(ts: i64, altitude_m: Option<f64>) -> TrackPoint {
        TrackPoint {
            ts,
            latitude: 12.5,
            longitude: -0.25,
            altitude_m,
            speed_kmh: None,
        }
    }

    #[test]
    fn track_breaks_at_a_gap_and_its_name_stays_text() {
        let mut bytes = Vec::new();
        let mut track = GpxWriter::new(&mut bytes, "A & <B>\u{1}");
        assert!(track.point(&point(0, Some(430.04))));
        assert!(track.point(&point(1_000, None)));
        assert!(track.point(&point(400_000, None)));
        track.end();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("<name>A &amp; &lt;B&gt;</name>"), "{text}");
        assert_eq!(text.matches("<trkseg>").count(), 2);
        assert_eq!(text.matches("</trkseg>").count(), 2);
        let first = "<trkpt lat=\"12.5000000\" lon=\"-0.2500000\"><ele>430.0</ele>\
                     <time>1970-01-01T00:00:00.000Z</time></trkpt>";
        assert!(text.contains(first), "{text}");
        assert!(text.ends_with("</trkseg>\n</trk>\n</gpx>\n"), "{text}");
    }

    #[test]
    fn track_without_a_point_is_whole() {
        let mut bytes = Vec::new();
        GpxWriter::new(&mut bytes, "x").end();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.ends_with("<name>x</name>\n</trk>\n</gpx>\n"), "{text}");
    }
}
