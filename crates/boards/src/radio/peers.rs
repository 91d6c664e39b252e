//! The peers that an ESP-NOW radio has room for: twenty, the broadcast address among them.
//!
//! Not here: the driver. A radio sends only to peers, broadcast included; it hears everybody. A
//! peer without encryption that was not sent to for longest gives its room up. Encrypted ones come
//! from the settings and stay.

use heapless::{Deque, Vec};
use v2x_units::MacAddress;

use super::Key;
use crate::limits::PEERS_MAX;

/// The most encrypted peers: ESP-IDF's default.
pub const ENCRYPTED_MAX: usize = 7;

/// What is to be done to the radio's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerStep {
    /// Add this peer; with a key its frames are encrypted.
    Add(MacAddress, Option<Key>),
    /// Remove this peer.
    Remove(MacAddress),
}

/// The table.
#[derive(Debug, Clone)]
pub struct Peers {
    encrypted: Vec<MacAddress, ENCRYPTED_MAX>,
    /// In the order of their last use.
    plain: Deque<MacAddress, PEERS_MAX>,
    due: Deque<PeerStep, { ENCRYPTED_MAX + 1 }>,
}

impl Peers {
    /// The broadcast address and the encrypted peers, which are to be added first.
    #[must_use]
    pub fn new(encrypted: &[(MacAddress, Key)]) -> Self {
        let mut peers = Self {
            encrypted: Vec::new(),
            plain: Deque::new(),
            due: Deque::new(),
        };
        let broadcast = PeerStep::Add(MacAddress::BROADCAST, None);
        // An empty queue has room.
        let _room = peers.due.push_back(broadcast);
        for (address, key) in encrypted {
            // A group cannot be encrypted.
            if !address.is_group() && peers.encrypted.push(*address).is_ok() {
                let _room = peers.due.push_back(PeerStep::Add(*address, Some(*key)));
            }
        }
        peers
    }

    /// What is still to be done from the start.
    pub fn poll(&mut self) -> Option<PeerStep> {
        self.due.pop_front()
    }

    /// What is to be done before a payload can go to this address; nothing once it is a peer.
    pub fn make_room(&mut self, to: MacAddress) -> Option<PeerStep> {
        if to == MacAddress::BROADCAST || self.encrypted.contains(&to) {
            return None;
        }
        if self.plain.iter().any(|peer| *peer == to) {
            // To the end: it is used now.
            for _ in 0..self.plain.len() {
                let first = self.plain.pop_front().filter(|peer| *peer != to);
                let _room = first.map(|peer| self.plain.push_back(peer));
            }
            let _room = self.plain.push_back(to);
            return None;
        }
        if 1 + self.encrypted.len() + self.plain.len() >= PEERS_MAX {
            return self.plain.pop_front().map(PeerStep::Remove);
        }
        let _room = self.plain.push_back(to);
        Some(PeerStep::Add(to, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn peer(number: u8) -> MacAddress {
        MacAddress::new([2, 0, 0, 0, 0, number])
    }

    #[test]
    fn broadcast_and_encrypted_peers_are_added_first() {
        let group = MacAddress::new([1, 0, 0, 0, 0, 0]);
        let mut peers = Peers::new(&[(peer(1), [7; 16]), (group, [7; 16])]);
        assert_eq!(
            peers.poll(),
            Some(PeerStep::Add(MacAddress::BROADCAST, None))
        );
        assert_eq!(peers.poll(), Some(PeerStep::Add(peer(1), Some([7; 16]))));
        assert_eq!(peers.poll(), None);
        assert_eq!(peers.make_room(peer(1)), None);
        assert_eq!(peers.make_room(MacAddress::BROADCAST), None);
    }

    #[test]
    fn full_table_gives_up_the_peer_that_was_not_used_for_longest() {
        let mut peers = Peers::new(&[(peer(200), [7; 16])]);
        for number in 0..18 {
            assert_eq!(
                peers.make_room(peer(number)),
                Some(PeerStep::Add(peer(number), None))
            );
        }
        assert_eq!(peers.make_room(peer(0)), None, "used again");
        assert_eq!(peers.make_room(peer(50)), Some(PeerStep::Remove(peer(1))));
        assert_eq!(
            peers.make_room(peer(50)),
            Some(PeerStep::Add(peer(50), None))
        );
        assert_eq!(peers.make_room(peer(0)), None);
    }
}
