//! Several recordings as one: lines of the collector in the order of their stamps.
//!
//! Recordings are streamed, never held as a whole. Within a file the order of the file is kept,
//! even where its stamps run backwards; a frame without a stamp follows the one before it at the
//! pace of the Twizy's bus.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::Duration;

use v2x_proto::legacy::collector_line::{LINE_END, emit_can, emit_gnss};
use v2x_recording::{Fixes, Frames, RecordedFix, RecordedFrame, Recording};
use v2x_units::UtcTime;

use crate::failure::{Blame, Context as _, Failure};
use crate::recorded_file;

/// The time between two frames on the Twizy's bus: 490 frames per second.
const BUS_PACE: Duration = Duration::from_micros(2041);

/// One line as the collector sends it.
pub(super) struct Entry {
    /// When, counted from the first line of the recording.
    pub(super) since_first: Duration,
    /// The line with its end.
    pub(super) line: String,
    /// Whether it is a CAN frame; otherwise it is a fix.
    pub(super) is_frame: bool,
}

/// The recordings that play together.
pub(super) struct Playlist {
    tracks: Vec<Track>,
    first: Option<UtcTime>,
    played: Duration,
    damaged: u64,
}

/// One file and its next line.
struct Track {
    name: String,
    source: Source,
    next: Option<Cue>,
}

enum Source {
    Frames(Box<Frames<BufReader<File>>>),
    Fixes(Box<Fixes<BufReader<File>>>),
}

/// A line that waits for its turn.
struct Cue {
    at: Option<UtcTime>,
    since_start: Option<Duration>,
    line: String,
    is_frame: bool,
}

impl Playlist {
    /// Opens every file and reads its first line.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut playlist = Self {
            tracks: Vec::new(),
            first: None,
            played: Duration::ZERO,
            damaged: 0,
        };
        for path in paths {
            let name = path.display().to_string();
            let source = match recorded_file::open(path)? {
                Recording::Fixes(fixes) => Source::Fixes(Box::new(fixes)),
                recording => {
                    let frames = recording.into_frames().blame(Blame::Input, &name)?;
                    Source::Frames(Box::new(frames))
                }
            };
            let mut track = Track {
                name,
                source,
                next: None,
            };
            track.advance(&mut playlist.damaged)?;
            playlist.tracks.push(track);
        }
        let stamps = playlist
            .tracks
            .iter()
            .filter_map(|track| track.next.as_ref()?.at);
        playlist.first = stamps.min();
        Ok(playlist)
    }

    /// Rows that were left out because they are damaged.
    pub(super) const fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The next line; `None` at the end of all files.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Failure> {
        let earliest = (self.tracks.iter_mut())
            .filter(|track| track.next.is_some())
            .min_by_key(|track| track.next.as_ref().and_then(|cue| cue.at));
        let Some(track) = earliest else {
            return Ok(None);
        };
        let cue = track.next.take();
        track.advance(&mut self.damaged)?;
        let Some(cue) = cue else {
            return Ok(None);
        };
        let since_first = match (cue.at.zip(self.first), cue.since_start) {
            (Some((at, first)), _) => {
                Duration::from_micros(u64::try_from(at.micros_since(first)).unwrap_or(0))
            }
            (None, Some(since_start)) => since_start,
            (None, None) => self.played + BUS_PACE,
        };
        self.played = since_first;
        Ok(Some(Entry {
            since_first,
            line: cue.line,
            is_frame: cue.is_frame,
        }))
    }
}

impl Track {
    /// Reads up to the next whole row.
    fn advance(&mut self, damaged: &mut u64) -> Result<(), Failure> {
        loop {
            let cue = match &mut self.source {
                Source::Frames(frames) => frames.next().map(|row| Ok(row?.ok().and_then(of_frame))),
                Source::Fixes(fixes) => fixes.next().map(|row| Ok(row?.ok().and_then(of_fix))),
            };
            let cue: Option<std::io::Result<Option<Cue>>> = cue;
            match cue.transpose().blame(Blame::Input, &self.name)? {
                None => return Ok(()),
                Some(None) => *damaged += 1,
                Some(cue) => {
                    self.next = cue;
                    return Ok(());
                }
            }
        }
    }
}

fn of_frame(row: RecordedFrame) -> Option<Cue> {
    let line = line(|out| emit_can(&row.frame, out).is_ok())?;
    Some(Cue {
        at: row.at,
        since_start: row.since_start,
        line,
        is_frame: true,
    })
}

fn of_fix(row: RecordedFix) -> Option<Cue> {
    let line = line(|out| emit_gnss(&row.fix, out).is_ok())?;
    Some(Cue {
        at: Some(row.at),
        since_start: None,
        line,
        is_frame: false,
    })
}

/// A line with its end; `None` for what the collector could not have printed.
fn line(emit: impl FnOnce(&mut String) -> bool) -> Option<String> {
    let mut text = String::new();
    let fine = emit(&mut text);
    text.push_str(LINE_END);
    fine.then_some(text)
}
