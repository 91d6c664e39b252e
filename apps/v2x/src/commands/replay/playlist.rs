//! Several recordings as one: frames and fixes in the order of their stamps.
//!
//! How a board says them is in [`super::board`]. Recordings are streamed, never held as a whole.
//! Within a file the order of the file is kept, even where its stamps run backwards; a frame
//! without a stamp follows the one before it at the pace of the Twizy's bus.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::Duration;

use v2x_recording::{Fixes, Frames, RecordedFix, RecordedFrame, Recording};
use v2x_units::{CanFrame, GnssFix, UtcTime};

use crate::failure::{Blame, Context as _, Failure};
use crate::recorded_file;

/// The time between two frames on the Twizy's bus: 490 frames per second.
const BUS_PACE: Duration = Duration::from_micros(2041);

/// What was recorded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Recorded {
    Frame(CanFrame),
    Fix(GnssFix),
}

/// One thing to play.
pub(super) struct Entry {
    /// When, counted from the first entry of the recording.
    pub(super) since_first: Duration,
    pub(super) what: Recorded,
}

/// The recordings that play together.
pub(super) struct Playlist {
    tracks: Vec<Track>,
    first: Option<UtcTime>,
    played: Duration,
    damaged: u64,
}

/// One file and its next row.
struct Track {
    name: String,
    source: Source,
    next: Option<Cue>,
}

enum Source {
    Frames(Box<Frames<BufReader<File>>>),
    Fixes(Box<Fixes<BufReader<File>>>),
}

/// A row that waits for its turn.
struct Cue {
    at: Option<UtcTime>,
    since_start: Option<Duration>,
    what: Recorded,
}

impl Playlist {
    /// Opens every file and reads its first row.
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

    /// The next entry; `None` at the end of all files.
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
            what: cue.what,
        }))
    }
}

impl Track {
    /// Reads up to the next whole row.
    fn advance(&mut self, damaged: &mut u64) -> Result<(), Failure> {
        loop {
            let cue = match &mut self.source {
                Source::Frames(frames) => frames.next().map(|row| Ok(row?.ok().map(of_frame))),
                Source::Fixes(fixes) => fixes.next().map(|row| Ok(row?.ok().map(of_fix))),
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

fn of_frame(row: RecordedFrame) -> Cue {
    Cue {
        at: row.at,
        since_start: row.since_start,
        what: Recorded::Frame(row.frame),
    }
}

fn of_fix(row: RecordedFix) -> Cue {
    Cue {
        at: Some(row.at),
        since_start: None,
        what: Recorded::Fix(row.fix),
    }
}
