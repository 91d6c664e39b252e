//! The air: payloads of the radio in and out, over a radio board or over UDP multicast.
//!
//! Not what they mean. One thread serves the medium; whoever sends never waits for it. Both queues
//! are bounded, and what they drop is counted ([`AirHealth`]).
//!
//! | file | what it holds |
//! |---|---|
//! | `board.rs` | the radio board on a serial port, by the framed link |
//! | `multicast.rs` | several daemons without any board, on one computer or in one network |
//! | `waker.rs` | what lets the thread wait for its medium and for payloads at once |

mod board;
mod health;
mod multicast;
mod waker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tracing::info;
use v2x_units::{BootId, Instant, MacAddress};

use crate::clock::Clock;
use crate::daemon::{Shutdown, Threads};
use crate::failure::Failure;
use board::RadioBoard;
pub(crate) use health::AirHealth;
use multicast::Multicast;
use waker::Waker;

/// The most bytes of a payload: ESP-NOW version 2. Version 1 has 250; who sends decides.
pub(crate) const PAYLOAD_MAX: usize = v2x_proto::link::limits::RADIO_PAYLOAD_MAX;
/// Payloads that wait to be sent: a tenth of a second at 500 per second. When full, the newest is
/// refused: whoever sends it is told, and sends again if it matters.
const SENDING: usize = 64;
/// Payloads heard that wait to be read: two seconds of 500 per second. When full, the newest is
/// dropped.
const HEARD: usize = 1024;

/// Which air it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Medium {
    /// A radio board on a serial port.
    Board(PathBuf),
    /// A group of UDP multicast.
    Multicast(multicast::Group),
}

pub(crate) use multicast::Group;

/// A payload that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    /// When.
    pub(crate) at: Instant,
    /// The addresses, as the frame claims them. They prove nothing.
    pub(crate) from: MacAddress,
    pub(crate) to: MacAddress,
    /// Received signal strength; `None` where there is no signal, as over UDP.
    pub(crate) rssi_dbm: Option<i8>,
    /// Whether no radio was involved.
    pub(crate) is_simulated: bool,
    pub(crate) payload: Vec<u8>,
}

/// A payload on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) to: MacAddress,
    pub(crate) payload: Vec<u8>,
}

/// What the thread of the medium is to do.
#[derive(Debug)]
enum Order {
    Send(Outgoing),
    /// Take the address that is wanted, before what comes after this.
    TakeAddress,
}

/// The address that is wanted and that the medium has not taken yet. It needs no room in the
/// queue: a pseudonym that speaks under the address of another is believed by nobody.
#[derive(Debug, Default)]
struct WantedAddress(AtomicU64);

impl WantedAddress {
    fn set(&self, address: MacAddress) {
        self.0.store(health::number_of(address), Ordering::Release);
    }

    fn take(&self) -> Option<MacAddress> {
        health::address_of(self.0.swap(0, Ordering::Acquire))
    }
}

/// Everybody's end of the air.
pub(crate) struct Air {
    /// What is heard; disconnected when the medium's thread has ended.
    pub(crate) heard: Receiver<Packet>,
    pub(crate) sender: AirSender,
}

/// Gives payloads to the air.
#[derive(Clone)]
pub(crate) struct AirSender {
    orders: Sender<Order>,
    address: Arc<WantedAddress>,
    waker: Arc<Waker>,
    health: Arc<AirHealth>,
}

impl AirSender {
    /// Gives a payload to the air. Nobody waits for it to arrive; what finds no room is counted.
    pub(crate) fn send(&self, to: MacAddress, payload: Vec<u8>) {
        if payload.len() > PAYLOAD_MAX {
            return AirHealth::count(&self.health.too_long);
        }
        match self.orders.try_send(Order::Send(Outgoing { to, payload })) {
            Ok(()) => self.waker.wake(),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                AirHealth::count(&self.health.unsent);
            }
        }
    }

    /// Speaks under another address from now on, where the medium can: after what has been given
    /// before, and where the queue is full as soon as the medium comes to it.
    pub(crate) fn set_address(&self, address: MacAddress) {
        self.address.set(address);
        self.orders.try_send(Order::TakeAddress).ok();
        self.waker.wake();
    }
}

/// What the medium's thread has of the daemon.
struct Thread {
    orders: Receiver<Order>,
    /// To be looked at after the orders too: where they had no room for it, it still waits here.
    address: Arc<WantedAddress>,
    heard: Sender<Packet>,
    waker: Arc<Waker>,
    clock: Clock,
    shutdown: Shutdown,
    health: Arc<AirHealth>,
}

impl Thread {
    /// Passes on what was heard, without waiting.
    fn hear(&self, packet: Packet) {
        match self.heard.try_send(packet) {
            Ok(()) => AirHealth::count(&self.health.heard),
            Err(TrySendError::Full(_)) => AirHealth::count(&self.health.dropped),
            // Nobody listens any more: the daemon ends.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }
}

/// What else an air is made of.
pub(crate) struct Surroundings {
    pub(crate) clock: Clock,
    pub(crate) shutdown: Shutdown,
    pub(crate) boot: BootId,
    pub(crate) health: Arc<AirHealth>,
    /// Hears also what is for others.
    pub(crate) is_promiscuous: bool,
}

impl Surroundings {
    /// Those of a daemon, which hears what is for it.
    pub(crate) fn new(
        clock: Clock,
        shutdown: &Shutdown,
        boot: BootId,
        health: &Arc<AirHealth>,
    ) -> Self {
        Self {
            clock,
            shutdown: shutdown.clone(),
            boot,
            health: Arc::clone(health),
            is_promiscuous: false,
        }
    }
}

/// Opens the air; its thread ends when the daemon is asked to.
///
/// # Errors
/// When a multicast group cannot be joined. A board that is not there is waited for.
pub(crate) fn open(
    medium: &Medium,
    around: Surroundings,
    threads: &mut Threads,
) -> Result<Air, Failure> {
    let (orders_in, orders) = bounded(SENDING);
    let (heard_in, heard) = bounded(HEARD);
    let waker = Arc::new(Waker::new()?);
    let address = Arc::new(WantedAddress::default());
    let health = around.health;
    health.is_wanted.store(true, Ordering::Relaxed);
    let thread = Thread {
        orders,
        address: Arc::clone(&address),
        heard: heard_in,
        waker: Arc::clone(&waker),
        clock: around.clock,
        shutdown: around.shutdown,
        health: Arc::clone(&health),
    };
    match medium {
        Medium::Board(path) => {
            info!(port = %path.display(), "the air is a radio board");
            let board = RadioBoard::new(path.clone(), around.boot);
            threads.spawn("air", move || board.run(&thread))?;
        }
        Medium::Multicast(group) => {
            let multicast = Multicast::join(*group, around.is_promiscuous)?;
            info!(%group, address = %multicast.address(), "the air is UDP multicast: simulated");
            threads.spawn("air", move || multicast.run(&thread))?;
        }
    }
    Ok(Air {
        heard,
        sender: AirSender {
            orders: orders_in,
            address,
            waker,
            health,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_not_lost_when_the_queue_is_full_and_the_newest_counts() {
        let (orders_in, orders) = bounded(2);
        let address = Arc::new(WantedAddress::default());
        let sender = AirSender {
            orders: orders_in,
            address: Arc::clone(&address),
            waker: Arc::new(Waker::new().unwrap()),
            health: Arc::default(),
        };
        let named = |last| MacAddress::new([2, 0, 0, 0, 0, last]);
        for _ in 0..3 {
            sender.send(MacAddress::BROADCAST, vec![1]);
        }
        sender.set_address(named(1));
        sender.set_address(named(2));
        assert_eq!(orders.try_iter().count(), 2, "there was no room for it");
        assert_eq!(AirHealth::get(&sender.health.unsent), 1);
        assert_eq!(address.take(), Some(named(2)));
        assert_eq!(address.take(), None, "it is taken once");
        sender.set_address(named(3));
        assert!(matches!(orders.try_recv(), Ok(Order::TakeAddress)));
    }
}
