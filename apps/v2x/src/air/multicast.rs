//! An air without radios: each payload is a datagram to a group of UDP multicast.
//!
//! For tests, demonstrations and the laboratory. Everybody in the group hears everybody, nothing
//! is lost, and there is no signal to measure; what comes from here is marked as simulated. By
//! default the group lives on the loopback interface and no datagram leaves the computer.
//!
//! | bytes | field | meaning |
//! |---|---|---|
//! | 8 | mark | `V2X air`, then the version 1 |
//! | 8 | program | drawn at each start, so that nobody hears himself |
//! | 6, 6 | from, to | MAC addresses, as on the radio |
//! | rest | payload | 0 to 1,470 bytes |

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use tracing::warn;
use v2x_units::MacAddress;

use super::{AirHealth, Order, Outgoing, PAYLOAD_MAX, Packet, Thread};
use crate::clock;
use crate::failure::{Blame, Context as _, Failure};

const MARK: [u8; 8] = *b"V2X air\x01";
const HEADER: usize = 8 + 8 + 6 + 6;
/// How soon a request to stop is noticed.
const GLANCE: Duration = Duration::from_millis(100);
/// How long to wait after the system refused a socket.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// A group and the interface on which it is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) address: SocketAddrV4,
    pub(crate) interface: Ipv4Addr,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.address, self.interface)
    }
}

/// A member of a group.
pub(super) struct Multicast {
    group: Group,
    hears: UdpSocket,
    speaks: UdpSocket,
    program: [u8; 8],
    address: MacAddress,
    is_promiscuous: bool,
}

impl Multicast {
    /// Joins a group under an address drawn by lot.
    pub(super) fn join(group: Group, is_promiscuous: bool) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::new(
                Blame::Runtime,
                format_args!("multicast group {group}: {error}"),
            )
            .hint(
                "the interface must be an address of this computer, the group 224.0.0.0 to \
                 239.255.255.255",
            )
        };
        let (hears, speaks) = sockets(group).map_err(failed)?;
        let drawn = getrandom::u64().blame(Blame::Runtime, "random numbers")?;
        let [a, b, c, d, e, f, ..] = getrandom::u64()
            .blame(Blame::Runtime, "random numbers")?
            .to_ne_bytes();
        // One station, and not one that a maker has given.
        let address = MacAddress::new([a & 0xFC | 0x02, b, c, d, e, f]);
        Ok(Self {
            group,
            hears,
            speaks,
            program: drawn.to_ne_bytes(),
            address,
            is_promiscuous,
        })
    }

    /// The address that it speaks under.
    pub(super) const fn address(&self) -> MacAddress {
        self.address
    }

    /// Speaks and hears until the daemon stops.
    pub(super) fn run(mut self, thread: &Thread) {
        thread.health.say_open(true);
        thread.health.say_address(self.address);
        let mut buffer = vec![0; HEADER + PAYLOAD_MAX + 1];
        while !thread.shutdown.is_requested() {
            if let Err(error) = thread.waker.wait(&self.hears, GLANCE) {
                warn!(%error, "the air cannot be heard");
                clock::sleep(AFTER_ERROR);
            }
            for order in thread.orders.try_iter() {
                match order {
                    Order::Send(outgoing) => self.send(thread, &outgoing),
                    Order::TakeAddress => self.take_address(thread),
                }
            }
            self.take_address(thread);
            while let Ok(length) = self.hears.recv(&mut buffer) {
                self.take(thread, buffer.get(..length).unwrap_or_default());
            }
        }
        thread.health.say_open(false);
    }

    /// Takes the address that is wanted, if another one is.
    fn take_address(&mut self, thread: &Thread) {
        if let Some(address) = thread.address.take() {
            self.address = address;
            thread.health.say_address(address);
        }
    }

    fn send(&self, thread: &Thread, outgoing: &Outgoing) {
        let mut datagram = Vec::with_capacity(HEADER + outgoing.payload.len());
        datagram.extend(MARK);
        datagram.extend(self.program);
        datagram.extend(self.address.octets());
        datagram.extend(outgoing.to.octets());
        datagram.extend(&outgoing.payload);
        let health = &thread.health;
        match self.speaks.send_to(&datagram, self.group.address) {
            Ok(_) => AirHealth::count(&health.sent),
            // A radio loses payloads too; whoever waits for an answer asks again.
            Err(_) => AirHealth::count(&health.unsent),
        }
    }

    fn take(&self, thread: &Thread, datagram: &[u8]) {
        let Some(header) = datagram.first_chunk::<HEADER>() else {
            return AirHealth::count(&thread.health.foreign);
        };
        let payload = datagram.get(HEADER..).unwrap_or_default();
        if header[..8] != MARK || payload.len() > PAYLOAD_MAX {
            return AirHealth::count(&thread.health.foreign);
        }
        let address = |at: usize| {
            let mut octets = [0; 6];
            octets.copy_from_slice(&header[at..at + 6]);
            MacAddress::new(octets)
        };
        let (from, to) = (address(16), address(22));
        let is_for_us = to.is_group() || to == self.address;
        if header[8..16] == self.program || !(is_for_us || self.is_promiscuous) {
            return;
        }
        thread.hear(Packet {
            at: thread.clock.now().instant,
            from,
            to,
            rssi_dbm: None,
            is_simulated: true,
            payload: payload.to_vec(),
        });
    }
}

/// One socket that hears the group, shared with others on this computer, and one that speaks.
fn sockets(group: Group) -> io::Result<(UdpSocket, UdpSocket)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let hears = rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&hears, true)?;
    rustix::net::bind(&hears, &group.address)?;
    let hears = UdpSocket::from(hears);
    hears.join_multicast_v4(group.address.ip(), &group.interface)?;
    let speaks = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    speaks.set_nonblocking(true)?;
    sockopt::set_ip_multicast_if(&speaks, &group.interface)?;
    // On the loopback interface nothing may leave the computer, elsewhere not the network.
    let hops = u32::from(!group.interface.is_loopback());
    speaks.set_multicast_ttl_v4(hops)?;
    speaks.set_multicast_loop_v4(true)?;
    Ok((hears, speaks))
}
