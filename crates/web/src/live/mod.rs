//! The live stream: events in, one queue of bounded bytes for each viewer out.
//!
//! Whoever publishes only puts the rendered event into a list and never meets a viewer. Some ten
//! times a second the list is handed out: viewers who look at everything share one block of bytes.
//! A viewer who reads too slowly misses values, which later ones make up for; one who would miss
//! anything else, or misses for too long, is let go, and comes back with a page that asks anew.

mod stream;
mod viewers;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

pub(crate) use self::stream::ViewerBody;
use self::viewers::{Viewer, ViewerQueue};
use crate::types::LiveEvent;

/// How often what was published is handed out: what a viewer does not notice.
pub const HAND_OUT_EVERY: Duration = Duration::from_millis(100);
/// How often a tick says that the server lives.
pub const TICK_EVERY: Duration = Duration::from_secs(5);
/// Viewers at once: a fleet's office with every screen it has.
pub const VIEWERS: usize = 1024;
/// What waits to be handed out, in bytes: 5,000 devices that all speak at once. The oldest values
/// go beyond it.
const WAITING_BYTES: usize = 2 << 20;

/// One event as it goes over the wire.
#[derive(Debug)]
struct Frame {
    device: Option<String>,
    is_replaceable: bool,
    bytes: Vec<u8>,
}

/// What waits to be handed out.
#[derive(Debug, Default)]
struct Waiting {
    frames: Vec<Frame>,
    bytes: usize,
}

/// How the stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LiveCounters {
    /// Viewers now.
    pub viewers: u64,
    /// Events since the start.
    pub events: u64,
    /// Events that had no room before they were handed out.
    pub overflowed: u64,
    /// Blocks of values that a slow viewer missed.
    pub thinned: u64,
    /// Viewers that were let go because they were too slow.
    pub let_go: u64,
    /// Viewers that were refused because there were too many.
    pub refused: u64,
}

/// The stream of one site.
#[derive(Debug, Default)]
pub struct Live {
    waiting: Mutex<Waiting>,
    viewers: Mutex<Vec<Viewer>>,
    events: AtomicU64,
    overflowed: AtomicU64,
    thinned: AtomicU64,
    let_go: AtomicU64,
    refused: AtomicU64,
}

impl Live {
    /// A stream without viewers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells an event to whoever looks. Never waits for a viewer.
    pub fn publish(&self, event: &LiveEvent) {
        self.events.fetch_add(1, Ordering::Relaxed);
        let frame = Frame {
            device: event
                .device()
                .filter(|_| event.is_of_one())
                .map(str::to_owned),
            is_replaceable: event.is_replaceable(),
            bytes: render(event),
        };
        let mut waiting = lock(&self.waiting);
        waiting.bytes += frame.bytes.len();
        waiting.frames.push(frame);
        let lost = waiting.make_room();
        drop(waiting);
        self.overflowed.fetch_add(lost, Ordering::Relaxed);
    }

    /// Hands out what was published since the last time.
    pub fn hand_out(&self) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        if waiting.frames.is_empty() {
            return;
        }
        let mut viewers = lock(&self.viewers);
        // Made once, when the first viewer wants it.
        let mut whole: Option<Bytes> = None;
        let needs_all = waiting.frames.iter().any(|frame| !frame.is_replaceable);
        viewers.retain_mut(|viewer| {
            let (block, needs_all) = match &viewer.devices {
                None => (
                    whole.get_or_insert_with(|| join(&waiting.frames)).clone(),
                    needs_all,
                ),
                Some(devices) => choose(&waiting.frames, devices),
            };
            if block.is_empty() {
                return !viewer.is_gone();
            }
            match viewer.give(block, needs_all) {
                viewers::Given::Taken => true,
                viewers::Given::Missed => {
                    self.thinned.fetch_add(1, Ordering::Relaxed);
                    true
                }
                viewers::Given::TooSlow => {
                    self.let_go.fetch_add(1, Ordering::Relaxed);
                    false
                }
                viewers::Given::Gone => false,
            }
        });
    }

    /// Lets all viewers go: the program ends.
    pub fn close(&self) {
        lock(&self.viewers).clear();
    }

    /// How the stream does.
    #[must_use]
    pub fn counters(&self) -> LiveCounters {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let viewers = lock(&self.viewers).len();
        LiveCounters {
            viewers: u64::try_from(viewers).unwrap_or(u64::MAX),
            events: get(&self.events),
            overflowed: get(&self.overflowed),
            thinned: get(&self.thinned),
            let_go: get(&self.let_go),
            refused: get(&self.refused),
        }
    }

    /// A new viewer of some devices, or of all; `None` when there are too many.
    pub(crate) fn join(&self, devices: Option<BTreeSet<String>>) -> Option<ViewerQueue> {
        let mut viewers = lock(&self.viewers);
        viewers.retain(|viewer| !viewer.is_gone());
        if viewers.len() >= VIEWERS {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let (to, from) = mpsc::channel(viewers::BLOCKS);
        let viewer = Viewer::new(devices, to);
        let queue = ViewerQueue::new(from, &viewer);
        viewers.push(viewer);
        Some(queue)
    }
}

impl Waiting {
    /// Gives up the oldest values beyond the bound, and then the oldest of all; says how many.
    fn make_room(&mut self) -> u64 {
        let mut lost = 0;
        for may_go in [true, false] {
            if self.bytes <= WAITING_BYTES {
                return lost;
            }
            // A quarter at once, so that a flood does not move the list for each event.
            let mut over = self.bytes - WAITING_BYTES / 4 * 3;
            self.frames.retain(|frame| {
                let goes = over > 0 && (frame.is_replaceable || !may_go);
                if goes {
                    over = over.saturating_sub(frame.bytes.len());
                    lost += 1;
                }
                !goes
            });
            self.bytes = self.frames.iter().map(|frame| frame.bytes.len()).sum();
        }
        lost
    }
}

/// An event in the form of the HTML standard, 9.2.
fn render(event: &LiveEvent) -> Vec<u8> {
    let mut bytes = format!("event: {}\ndata: ", event.name()).into_bytes();
    // JSON of one line: texts have their line breaks escaped. A map of texts always has a JSON.
    if serde_json::to_writer(&mut bytes, event).is_err() {
        return Vec::new();
    }
    bytes.extend_from_slice(b"\n\n");
    bytes
}

fn join(frames: &[Frame]) -> Bytes {
    let all: Vec<&[u8]> = frames.iter().map(|frame| frame.bytes.as_slice()).collect();
    Bytes::from(all.concat())
}

/// What a viewer of some devices gets, and whether it has to get it.
fn choose(frames: &[Frame], devices: &BTreeSet<String>) -> (Bytes, bool) {
    let (mut bytes, mut needs_all) = (Vec::new(), false);
    for frame in frames {
        let is_wanted = frame
            .device
            .as_ref()
            .is_none_or(|device| devices.contains(device));
        if is_wanted {
            bytes.extend_from_slice(&frame.bytes);
            needs_all |= !frame.is_replaceable;
        }
    }
    (Bytes::from(bytes), needs_all)
}

/// A thread that died while it held the lock left a whole value behind: each change is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
