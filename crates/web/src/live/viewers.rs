//! One viewer: a queue with a bound in blocks and in bytes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender};

/// Blocks that wait for a viewer: six seconds of them.
pub(super) const BLOCKS: usize = 64;
/// What may wait for a viewer, in bytes.
pub(super) const BYTES: usize = 1 << 20;
/// A viewer who missed so many blocks one after another is let go: a minute of values.
const MISSED: u32 = 600;

/// The publisher's end of a viewer.
#[derive(Debug)]
pub(super) struct Viewer {
    pub(super) devices: Option<BTreeSet<String>>,
    to: Sender<Bytes>,
    /// Bytes that wait in the queue.
    waiting: Arc<AtomicUsize>,
    missed: u32,
}

/// The viewer's own end.
#[derive(Debug)]
pub(crate) struct ViewerQueue {
    from: Receiver<Bytes>,
    waiting: Arc<AtomicUsize>,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Taken,
    /// There was no room, and later values make up for it.
    Missed,
    /// There was no room, and nothing makes up for it, or for too long.
    TooSlow,
    /// The viewer has left.
    Gone,
}

impl Viewer {
    pub(super) fn new(devices: Option<BTreeSet<String>>, to: Sender<Bytes>) -> Self {
        Self {
            devices,
            to,
            waiting: Arc::new(AtomicUsize::new(0)),
            missed: 0,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.to.is_closed()
    }

    pub(super) fn give(&mut self, block: Bytes, needs_all: bool) -> Given {
        let size = block.len();
        let waiting = self.waiting.load(Ordering::Relaxed);
        // A block larger than the bound still goes to a viewer who has nothing to read.
        if waiting == 0 || waiting + size <= BYTES {
            // Added before the viewer can take it away.
            self.waiting.fetch_add(size, Ordering::Relaxed);
            match self.to.try_send(block) {
                Ok(()) => {
                    self.missed = 0;
                    return Given::Taken;
                }
                Err(TrySendError::Closed(_)) => return Given::Gone,
                Err(TrySendError::Full(_)) => {
                    self.waiting.fetch_sub(size, Ordering::Relaxed);
                }
            }
        }
        self.missed += 1;
        if self.is_gone() {
            Given::Gone
        } else if needs_all || self.missed >= MISSED {
            Given::TooSlow
        } else {
            Given::Missed
        }
    }
}

impl ViewerQueue {
    pub(super) fn new(from: Receiver<Bytes>, viewer: &Viewer) -> Self {
        Self {
            from,
            waiting: Arc::clone(&viewer.waiting),
        }
    }

    /// The next block; `None` when the viewer was let go.
    pub(crate) fn poll(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Bytes>> {
        let block = self.from.poll_recv(context);
        if let std::task::Poll::Ready(Some(block)) = &block {
            self.waiting.fetch_sub(block.len(), Ordering::Relaxed);
        }
        block
    }

    /// What waits, in bytes.
    #[cfg(test)]
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}
