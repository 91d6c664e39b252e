//! The two ends between the outbox, on the thread of the store, and the session in its runtime.
//!
//! The session asks for a batch and later says what became of each entry; the outbox answers when
//! it has something. Neither end waits for the other, and one open question at a time bounds what
//! is under way: a batch and what is in flight.

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::mpsc;
use v2x_outbox::{Entry, EntryId, Lane, Outbox, Storage};

/// What the session wants from the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A batch of at most so many entries of a lane, as soon as there is one. It takes the place
    /// of an earlier question that is still open.
    Next(Lane, usize),
    /// The server has these.
    Acknowledge(Vec<EntryId>),
    /// The connection was lost before an acknowledgement of these.
    Release(Vec<EntryId>),
    /// The server will never take this one.
    SetAside {
        /// Which.
        id: EntryId,
        /// Why, for a person to read.
        reason: String,
    },
}

/// Makes the two ends.
#[must_use]
pub fn supply() -> (OutboxEnd, SessionEnd) {
    let (request, requests) = crossbeam_channel::unbounded();
    let (batch, batches) = mpsc::unbounded_channel();
    let outbox = OutboxEnd {
        requests,
        batches: batch,
        wanted: None,
    };
    (outbox, SessionEnd { request, batches })
}

/// The end on the thread that owns the outbox and the store.
#[derive(Debug)]
pub struct OutboxEnd {
    requests: Receiver<Request>,
    batches: mpsc::UnboundedSender<Vec<Entry>>,
    /// What the session asked for and has not got.
    wanted: Option<(Lane, usize)>,
}

impl OutboxEnd {
    /// Where the session's requests arrive; each wants [`OutboxEnd::answer`].
    #[must_use]
    pub const fn requests(&self) -> &Receiver<Request> {
        &self.requests
    }

    /// Does what the session asks.
    ///
    /// # Errors
    /// The storage's own; the outbox then stands as its functions say, and the session goes on.
    pub fn answer<S: Storage>(
        &mut self,
        request: Request,
        outbox: &mut Outbox,
        storage: &mut S,
    ) -> Result<(), S::Error> {
        match request {
            Request::Next(lane, limit) => {
                self.wanted = Some((lane, limit));
                self.offer(outbox, storage)
            }
            Request::Acknowledge(ids) => outbox.acknowledge(storage, ids),
            Request::Release(ids) => {
                outbox.release(ids);
                Ok(())
            }
            Request::SetAside { id, reason } => outbox.set_aside(storage, id, &reason),
        }
    }

    /// Gives the session what it waits for, if there is something now. To be called after each
    /// commit that put entries in the outbox, and after a failed [`OutboxEnd::answer`].
    ///
    /// # Errors
    /// The storage's own; the session still waits.
    pub fn offer<S: Storage>(&mut self, outbox: &mut Outbox, storage: &S) -> Result<(), S::Error> {
        let Some((lane, limit)) = self.wanted else {
            return Ok(());
        };
        let batch = outbox.next_batch(storage, lane, limit)?;
        if batch.is_empty() {
            return Ok(());
        }
        self.wanted = None;
        if let Err(mpsc::error::SendError(batch)) = self.batches.send(batch) {
            // The session has ended; another one will ask again.
            outbox.release(batch.iter().map(|entry| entry.id));
        }
        Ok(())
    }
}

/// The outbox's end was dropped: there is nothing left to send for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutboxGone;

/// The end in the session.
#[derive(Debug)]
pub struct SessionEnd {
    request: Sender<Request>,
    batches: mpsc::UnboundedReceiver<Vec<Entry>>,
}

impl SessionEnd {
    /// Sends a request; fails once the outbox's end is gone. The entries then stay on disk, where
    /// the next start finds them.
    pub(crate) fn ask(&self, request: Request) -> Result<(), OutboxGone> {
        self.request.send(request).map_err(|_| OutboxGone)
    }

    /// The next batch; fails once the outbox's end is gone.
    pub(crate) async fn batch(&mut self) -> Result<Vec<Entry>, OutboxGone> {
        self.batches.recv().await.ok_or(OutboxGone)
    }

    /// The next batch, if there is one now.
    #[cfg(test)]
    pub(crate) fn try_batch(&mut self) -> Result<Vec<Entry>, mpsc::error::TryRecvError> {
        self.batches.try_recv()
    }
}
