//! The thread that writes the hub's file: what devices say in groups, everything else in its turn.
//!
//! A group is what has come within a few milliseconds; only when it is on disk is anything of it
//! acknowledged. The queue before it has a bound: when it is full, connections stop reading.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::{error, info};
use v2x_store::StoreError;
use v2x_store::hub::{Arrival, HubStore};

use super::Hub;
use crate::clock;
use crate::failure::{Blame, Context as _, Failure};

/// How long the first of a group waits for others: a tenth of the syncs at a thousand messages a
/// second, and nothing that a person would notice.
const GROUP_WAIT: Duration = Duration::from_millis(8);
/// With so many jobs in the queue nobody is waited for.
const GROUP_IS_LARGE: usize = 256;
/// The most rows of one group.
const GROUP_ROWS: usize = 10_000;
/// Jobs that wait; each holds one message of at most 64 KiB.
const QUEUE: usize = 1024;

/// What is done once a group is on disk, or was refused.
pub(crate) type Done = Box<dyn FnOnce(bool) + Send>;

enum Job {
    Record(Vec<Arrival>, Done),
    Work(Box<dyn FnOnce(&mut HubStore) + Send>),
}

/// The end of the queue that others hold.
#[derive(Clone)]
pub(crate) struct Books(mpsc::Sender<Job>);

/// The hub is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

/// The other end, until the thread starts.
pub(crate) struct BooksQueue(mpsc::Receiver<Job>);

/// Both ends.
pub(crate) fn queue() -> (Books, BooksQueue) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Books(sender), BooksQueue(receiver))
}

impl Books {
    /// Has rows written; waits only while the queue is full.
    pub(crate) async fn record(&self, rows: Vec<Arrival>, done: Done) -> Result<(), Closed> {
        let sent = self.0.send(Job::Record(rows, done)).await;
        sent.map_err(|_| Closed)
    }

    /// Has something else done in its turn, and waits for it.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HubStore) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (answer, answered) = oneshot::channel();
        self.later(move |store| {
            // Whoever asked may be gone.
            answer.send(work(store)).map_err(drop).unwrap_or_default();
        })
        .await?;
        answered.await.map_err(|_| Closed)
    }

    /// Has something done in its turn, and does not wait for it.
    pub(crate) async fn later(
        &self,
        work: impl FnOnce(&mut HubStore) + Send + 'static,
    ) -> Result<(), Closed> {
        let sent = self.0.send(Job::Work(Box::new(work))).await;
        sent.map_err(|_| Closed)
    }

    /// As [`Books::work`], on a thread that may block.
    pub(crate) fn work_here<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HubStore) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Work(Box::new(move |store: &mut HubStore| {
            answer.send(work(store)).map_err(drop).unwrap_or_default();
        }));
        self.0.blocking_send(job).map_err(|_| Closed)?;
        answered.blocking_recv().map_err(|_| Closed)
    }

    /// Jobs that wait, and how many may.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let most = self.0.max_capacity();
        (most.saturating_sub(self.0.capacity()), most)
    }

    /// Has something done when there is room for it; `false` when there is none.
    pub(crate) fn try_later(&self, work: impl FnOnce(&mut HubStore) + Send + 'static) -> bool {
        self.0.try_send(Job::Work(Box::new(work))).is_ok()
    }
}

/// Starts the thread; it ends when every [`Books`] is gone, with everything written.
pub(crate) fn start(
    queue: BooksQueue,
    store: HubStore,
    hub: Arc<Hub>,
) -> Result<JoinHandle<HubStore>, Failure> {
    let thread = std::thread::Builder::new().name("books".to_owned());
    let started = thread.spawn(move || Writer::new(store, hub).run(queue.0));
    started.blame(Blame::Runtime, "thread books")
}

struct Writer {
    store: HubStore,
    hub: Arc<Hub>,
    rows: Vec<Arrival>,
    done: Vec<Done>,
}

impl Writer {
    const fn new(store: HubStore, hub: Arc<Hub>) -> Self {
        Self {
            store,
            hub,
            rows: Vec::new(),
            done: Vec::new(),
        }
    }

    fn run(mut self, mut jobs: mpsc::Receiver<Job>) -> HubStore {
        while let Some(job) = jobs.blocking_recv() {
            if matches!(job, Job::Record(..)) && jobs.len() < GROUP_IS_LARGE {
                clock::sleep(GROUP_WAIT);
            }
            self.take(job);
            while self.rows.len() < GROUP_ROWS {
                let Ok(job) = jobs.try_recv() else {
                    break;
                };
                self.take(job);
            }
            self.commit();
            if self.hub.is_over() && jobs.is_empty() {
                jobs.close();
            }
        }
        self.store
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Record(rows, done) => {
                self.rows.extend(rows);
                self.done.push(done);
            }
            Job::Work(work) => {
                // What came before it is there when it looks.
                self.commit();
                work(&mut self.store);
            }
        }
    }

    fn commit(&mut self) {
        if self.done.is_empty() {
            return;
        }
        let began = self.hub.clock.now().instant;
        let written = self.store.record(&self.rows);
        let took = self.hub.clock.now().instant.since(began);
        self.hub.counters.writes.add(took);
        let is_kept = written.is_ok();
        match written {
            Ok(kept) => {
                if self.disk_refuses(false) {
                    info!("the disk takes what devices say again");
                }
                self.hub.kept(&self.rows, &kept);
                self.learn_kinds();
            }
            Err(error) => self.refused(&error),
        }
        for done in self.done.drain(..) {
            done(is_kept);
        }
        self.rows.clear();
    }

    fn refused(&mut self, error: &StoreError) {
        self.hub.counters.refused_groups.add(1);
        if !self.disk_refuses(true) {
            error!(%error, "the disk does not take what devices say; they keep it and try again");
        }
    }

    /// Says whether the disk refuses; answers whether it did before.
    fn disk_refuses(&self, now: bool) -> bool {
        self.hub.counters.disk_refuses.swap(now, Ordering::SeqCst)
    }

    fn learn_kinds(&mut self) {
        for arrival in &self.rows {
            if let Some(kind) = self.hub.fleet.learn(arrival.device, &arrival.row.values)
                && let Err(error) = self.store.set_kind(arrival.device, kind)
            {
                error!(%error, "what a device is cannot be noted");
            }
        }
    }
}
