//! Lets one thread wait for a descriptor and for orders of other threads at once.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use crate::failure::{Blame, Context as _, Failure};

/// A descriptor that is readable after somebody called.
pub(super) struct Waker(OwnedFd);

impl Waker {
    pub(super) fn new() -> Result<Self, Failure> {
        let flags = EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC;
        eventfd(0, flags)
            .map(Self)
            .blame(Blame::Runtime, "a descriptor to wake a thread")
    }

    /// Wakes whoever waits.
    pub(super) fn wake(&self) {
        // It only fails when nobody has read 2^64 calls: then the other is awake anyway.
        rustix::io::write(&self.0, &1_u64.to_ne_bytes()).unwrap_or_default();
    }

    /// Waits until something can be read, somebody calls, or the time is over; says whether
    /// something can be read, or the other end is gone.
    pub(super) fn wait(&self, source: impl AsFd, at_most: Duration) -> Result<bool, Errno> {
        let source = source.as_fd();
        let mut watched = [
            PollFd::new(&source, PollFlags::IN),
            PollFd::new(&self.0, PollFlags::IN),
        ];
        let timeout = Timespec {
            tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(at_most.subsec_nanos()),
        };
        match poll(&mut watched, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        let is_called = watched[1].revents().contains(PollFlags::IN);
        let is_ready = !watched[0].revents().is_empty();
        if is_called {
            // The count of calls means nothing; only that there were some.
            rustix::io::read(&self.0, &mut [0_u8; 8]).unwrap_or_default();
        }
        Ok(is_ready)
    }
}
