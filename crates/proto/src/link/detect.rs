//! What kind of device a stream of bytes comes from, in plain words.
//!
//! Not the parser of what it sends: the framed link is read by [`super::decoder`], the prototype's
//! lines by `legacy`. Here a line only has to be recognisable, which takes its first word and its
//! alphabet. A framed link is proven by the checksum of one frame, text by one whole line.
//! The lines are those of the prototype's boards, of the ESP32 boot loader and ESP-IDF's log, and
//! of NMEA 0183.

use core::fmt;

use super::decoder::{Event, LinkDecoder};
use super::frame::is_text;

/// The longest beginning of a line that is kept; the longest line of a collector has 100 bytes.
const LINE_MAX: usize = 128;

/// Fewer bytes than this are too few to call them garbage.
const BYTES_FOR_GARBAGE: u64 = 32;

/// How long a record of the prototype's radio board was in each of its versions, mark included.
const RADIO_RECORD_LENGTHS: [u64; 5] = [90, 70, 38, 26, 14];
/// What stands before each of those records.
const RADIO_RECORD_MARK: [u8; 2] = [0xAA, 0x55];

/// A way to speak that some part of this house understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The framed link.
    Framed,
    /// Text lines of the prototype's CAN and GNSS collector.
    CollectorText,
    /// Text lines of the prototype's charging stations.
    StationText,
    /// Records of the prototype's radio board.
    RadioRecords,
}

/// What a stream of bytes looks like; prints itself as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// No byte came.
    Silence,
    /// Too few bytes to say.
    TooFew,
    /// A device that we understand.
    Speaks(Dialect),
    /// The boot loader or the log of an ESP32.
    LogConsole,
    /// A GNSS receiver.
    GnssReceiver,
    /// Readable text of something else.
    OtherText,
    /// Neither frames nor text.
    Garbage,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silence => "nothing is sent: no power, no firmware, or the wrong port",
            Self::TooFew => "too few bytes to tell what is sent",
            Self::Speaks(Dialect::Framed) => "a board with the framed link",
            Self::Speaks(Dialect::CollectorText) => "a collector of the prototype, as text",
            Self::Speaks(Dialect::StationText) => "a charging slot of the prototype, as text",
            Self::Speaks(Dialect::RadioRecords) => "a radio board of the prototype",
            Self::LogConsole => "the log console of an ESP32, no data port",
            Self::GnssReceiver => "a GNSS receiver, no collector",
            Self::OtherText => "text of a device that is not one of ours",
            Self::Garbage => "neither frames nor text: a wrong baud rate or a foreign device",
        })
    }
}

/// Listens to a line and makes up its mind; keeps counts and one line, never the stream.
#[derive(Debug, Clone)]
pub struct Detector {
    decoder: LinkDecoder,
    line: [u8; LINE_MAX],
    /// Bytes of the current line, also those that found no room.
    line_length: usize,
    /// The current line began after a line end, so its beginning is not missing.
    line_is_whole: bool,
    bytes: u64,
    text_bytes: u64,
    frames: u64,
    lines: LineCounts,
    last_byte: u8,
    /// Where the newest records of the radio board began, counted in bytes.
    marks: [Option<u64>; RADIO_RECORD_LENGTHS.len()],
    radio_records: u64,
}

/// Whole lines by what they are.
#[derive(Debug, Clone, Copy, Default)]
struct LineCounts {
    collector: u64,
    station: u64,
    console: u64,
    gnss: u64,
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// Starts with nothing heard.
    #[must_use]
    pub fn new() -> Self {
        Self {
            decoder: LinkDecoder::new(),
            line: [0; LINE_MAX],
            line_length: 0,
            line_is_whole: true,
            bytes: 0,
            text_bytes: 0,
            frames: 0,
            lines: LineCounts::default(),
            last_byte: 0,
            marks: [None; RADIO_RECORD_LENGTHS.len()],
            radio_records: 0,
        }
    }

    /// How many bytes were heard.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes what came from the line, in any chunks.
    pub fn feed(&mut self, chunk: &[u8]) {
        let mut bytes = chunk;
        while let Some(event) = self.decoder.next(&mut bytes) {
            self.frames += u64::from(matches!(event, Event::Frame(_)));
        }
        for &byte in chunk {
            self.text_bytes += u64::from(is_text(byte));
            self.feed_line(byte);
            if [self.last_byte, byte] == RADIO_RECORD_MARK {
                self.feed_mark();
            }
            self.last_byte = byte;
            self.bytes += 1;
        }
    }

    fn feed_line(&mut self, byte: u8) {
        if byte != b'\n' {
            if let Some(place) = self.line.get_mut(self.line_length) {
                *place = byte;
            }
            self.line_length = self.line_length.saturating_add(1);
            return;
        }
        if let Some(line) = self.line.get(..self.line_length)
            && self.line_is_whole
        {
            self.lines.count(line.trim_ascii());
        }
        self.line_length = 0;
        self.line_is_whole = true;
    }

    /// Two records of the same length, one right after the other, are no accident.
    fn feed_mark(&mut self) {
        let here = self.bytes;
        let follows = self
            .marks
            .iter()
            .flatten()
            .any(|before| RADIO_RECORD_LENGTHS.contains(&(here - before)));
        self.radio_records += u64::from(follows);
        self.marks.rotate_right(1);
        self.marks[0] = Some(here);
    }

    /// What it looks like so far.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        if self.frames > 0 {
            Verdict::Speaks(Dialect::Framed)
        } else if self.lines.collector > 0 {
            Verdict::Speaks(Dialect::CollectorText)
        } else if self.lines.station > 0 {
            Verdict::Speaks(Dialect::StationText)
        } else if self.radio_records > 0 {
            Verdict::Speaks(Dialect::RadioRecords)
        } else if self.lines.console > 0 {
            Verdict::LogConsole
        } else if self.lines.gnss > 0 {
            Verdict::GnssReceiver
        } else if self.bytes == 0 {
            Verdict::Silence
        } else if self.bytes < BYTES_FOR_GARBAGE {
            Verdict::TooFew
        } else if self.text_bytes * 10 >= self.bytes * 9 {
            Verdict::OtherText
        } else {
            Verdict::Garbage
        }
    }
}

impl LineCounts {
    fn count(&mut self, line: &[u8]) {
        let counted = if is_collector_line(line) {
            &mut self.collector
        } else if is_station_line(line) {
            &mut self.station
        } else if is_console_line(line) {
            &mut self.console
        } else if is_nmea_sentence(line) {
            &mut self.gnss
        } else {
            return;
        };
        *counted += 1;
    }
}

fn is_collector_line(line: &[u8]) -> bool {
    let can_frame = line.strip_prefix(b"SIM ").is_some_and(|fields| {
        fields.len() >= 5 && fields.iter().all(|&b| b == b' ' || b.is_ascii_hexdigit())
    });
    let fix = line.strip_prefix(b"GPS ").is_some_and(|fields| {
        let mut bytes = fields.iter();
        fields.len() >= 20 && bytes.all(|b| b" .:-INVALID0123456789".contains(b))
    });
    can_frame
        || fix
        || line.starts_with(b"STATUS CAN:")
        || line == b"=== CAN + GPS Data Sniffer Ready ==="
}

fn is_station_line(line: &[u8]) -> bool {
    let numbers = [b"EELAB_EVSE".as_slice(), b"EELAB_EVCS", b"EVSE"]
        .iter()
        .find_map(|name| line.strip_prefix(*name));
    let reading = numbers.is_some_and(|fields| {
        let mut bytes = fields.iter();
        fields.len() >= 20 && bytes.all(|b| b" ._-slot0123456789".contains(b))
    });
    reading || line.starts_with(b"HELECAR EVCS") || line.starts_with(b"PZEM-004T ")
}

fn is_console_line(line: &[u8]) -> bool {
    // ESP-IDF colours its log: escape, bracket, digits and semicolons, `m`.
    let line = match line.strip_prefix(b"\x1B[") {
        Some(coloured) => match coloured.iter().position(|&byte| byte == b'm') {
            Some(end) => coloured.get(end + 1..).unwrap_or_default(),
            None => coloured,
        },
        None => line,
    };
    let logged = matches!(line, [b'E' | b'W' | b'I' | b'D' | b'V', b' ', b'(', time, ..]
        if time.is_ascii_digit());
    const BEGINNINGS: [&[u8]; 8] = [
        b"ets ",
        b"rst:0x",
        b"ESP-ROM:",
        b"entry 0x",
        b"Guru Meditation Error",
        b"Backtrace:",
        b"Rebooting...",
        b"waiting for download",
    ];
    logged
        || BEGINNINGS
            .iter()
            .any(|beginning| line.starts_with(beginning))
}

fn is_nmea_sentence(line: &[u8]) -> bool {
    let Some(([b'$' | b'!', sentence @ ..], [b'*', sum @ ..])) = line.split_last_chunk::<3>()
    else {
        return false;
    };
    let xor = sentence.iter().fold(0, |sum, byte| sum ^ byte);
    let stated = core::str::from_utf8(sum).map(|digits| u8::from_str_radix(digits, 16));
    stated == Ok(Ok(xor))
}
