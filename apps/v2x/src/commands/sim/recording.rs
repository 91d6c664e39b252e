//! Recordings that drive simulated cars, from their files.

use std::fs::File;
use std::io::BufReader;
use std::time::Duration;

use tracing::warn;
use v2x_recording::Recording;
use v2x_sim::world::Drives;
use v2x_units::{CanFrame, UtcTime};

use crate::failure::{Blame, Context as _, Failure};

/// Reads what was given as `CAR=FILE`.
pub(super) fn read(arguments: &[String]) -> Result<Vec<Drives>, Failure> {
    arguments.iter().map(|argument| one(argument)).collect()
}

fn one(argument: &str) -> Result<Drives, Failure> {
    let (car, path) = argument.split_once('=').ok_or_else(|| {
        Failure::new(
            Blame::Usage,
            format_args!("--recording {argument}: no file"),
        )
        .hint("name the car and the file, as alpha=drive.log")
    })?;
    let opened = File::open(path);
    let file = opened.map_err(|error| {
        Failure::unreadable(Blame::Input, format_args!("recording {path}"), &error)
    })?;
    let frames = Recording::open(BufReader::new(file))
        .and_then(Recording::into_frames)
        .blame(Blame::Input, path)?;
    let (mut timed, mut unused): (Vec<(Time, CanFrame)>, u64) = (Vec::new(), 0);
    for row in frames {
        let row = row.blame(Blame::Input, path)?;
        let Ok(recorded) = row else {
            unused += 1;
            continue;
        };
        let since_start = recorded.since_start.map(Time::SinceStart);
        match since_start.or(recorded.at.map(Time::At)) {
            Some(time) => timed.push((time, recorded.frame)),
            None => unused += 1,
        }
    }
    if unused > 0 {
        warn!(
            path,
            rows = unused,
            "rows of the recording are damaged or have no time"
        );
    }
    let Some((first, _)) = timed.first().copied() else {
        return Err(
            Failure::new(Blame::Input, format_args!("{path}: no frame with a time"))
                .hint("a candump log or can_data.csv has times"),
        );
    };
    let mut frames: Vec<_> = (timed.into_iter())
        .map(|(time, frame)| (time.since(first), frame))
        .collect();
    // A clock that was set back puts frames before the first: they come at once.
    frames.sort_by_key(|(since, _)| *since);
    Ok((car.to_owned(), frames.into()))
}

/// When a frame came.
#[derive(Debug, Clone, Copy)]
enum Time {
    SinceStart(Duration),
    At(UtcTime),
}

impl Time {
    fn since(self, first: Self) -> Duration {
        match (self, first) {
            (Self::SinceStart(at), Self::SinceStart(first)) => at.saturating_sub(first),
            (Self::At(at), Self::At(first)) => {
                let micros = at.as_micros().saturating_sub(first.as_micros());
                Duration::from_micros(u64::try_from(micros).unwrap_or(0))
            }
            _ => Duration::ZERO,
        }
    }
}
