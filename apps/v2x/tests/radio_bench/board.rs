//! A radio board on a pseudo-terminal: the board's own code, and an air of UDP multicast around it.

use std::net::UdpSocket;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use v2x_boards::chassis::{Identity, Settings};
use v2x_boards::memory::{FlashMemory, RamFlash};
use v2x_boards::radio::{Heard, Input, Output, Radio, SETTINGS, SendEnd};
use v2x_proto::link::message::BoardKind;
use v2x_units::{BootId, Instant, MacAddress};

use super::super::station_bench::board::Stopwatch;
use super::super::station_bench::line::Line;
use super::Air;

/// The address that the board was made with.
pub(crate) const MADE_WITH: [u8; 6] = [0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30];
/// How strong everything arrives.
pub(crate) const RSSI_DBM: i8 = -47;
/// The header of a datagram of the air (apps/v2x/src/air/multicast.rs).
const MARK: &[u8; 8] = b"V2X air\x01";
const PROGRAM: &[u8; 8] = b"theboard";
const HEADER: usize = 28;
const CHANNEL: u8 = 6;

/// What the board has sent: from which address, to which, how many bytes.
pub(crate) type Sent = Vec<([u8; 6], [u8; 6], usize)>;

/// The board; unplugged when dropped.
pub(crate) struct RadioBoard {
    sent: Arc<Mutex<Sent>>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl RadioBoard {
    /// Plugs it in. `takes_address`: its chip can take another address.
    pub(crate) fn plug(name: &Path, air: &Air, takes_address: bool) -> Self {
        let (stop, stopped) = mpsc::channel();
        let sent = Arc::default();
        let mut inside = Inside::new(Line::plug(name), air, takes_address, &sent);
        let thread = thread::spawn(move || {
            let mut watch = Stopwatch::start();
            let turn = Duration::from_millis(2);
            while stopped.recv_timeout(turn) == Err(RecvTimeoutError::Timeout) {
                inside.turn(watch.lap());
            }
        });
        Self {
            sent,
            running: Some((stop, thread)),
        }
    }

    /// Everything that it has sent.
    pub(crate) fn sent(&self) -> Sent {
        self.sent.lock().unwrap().clone()
    }
}

impl Drop for RadioBoard {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the board panicked");
        }
    }
}

struct Inside {
    line: Line,
    board: Radio,
    memory: FlashMemory<RamFlash>,
    hears: UdpSocket,
    speaks: UdpSocket,
    group: String,
    address: [u8; 6],
    takes_address: bool,
    sent: Arc<Mutex<Sent>>,
    now: Instant,
}

impl Inside {
    fn new(line: Line, air: &Air, takes_address: bool, sent: &Arc<Mutex<Sent>>) -> Self {
        let (hears, speaks) = air.sockets();
        hears.set_nonblocking(true).unwrap();
        let mut memory = FlashMemory::new(RamFlash::<8192>::default());
        let settings = Settings::load(SETTINGS, &mut memory);
        let identity = Identity {
            kind: BoardKind::Radio,
            board: MacAddress::new(MADE_WITH),
            boot: BootId::new(77),
            ..Identity::of_nobody()
        };
        Self {
            line,
            board: Radio::new(identity, settings, None, Instant::BOOT),
            memory,
            hears,
            speaks,
            group: air.group.clone(),
            address: MADE_WITH,
            takes_address,
            sent: Arc::clone(sent),
            now: Instant::BOOT,
        }
    }

    fn turn(&mut self, passed: Duration) {
        self.now = self.now + passed;
        let bytes = self.line.receive(0);
        self.handle(Input::HostBytes(&bytes));
        self.hear();
        loop {
            let input = match self.board.poll(self.now) {
                Output::WakeAt(_) => break,
                Output::Send { to, payload, .. } => {
                    self.send(to.octets(), &payload);
                    Input::SendEnded(SendEnd::Sent)
                }
                Output::Address(address) => {
                    if self.takes_address {
                        self.address = address.octets();
                    }
                    Input::AddressSet(self.takes_address)
                }
                _ => continue,
            };
            self.handle(input);
        }
        let chassis = self.board.chassis_mut();
        let pending = chassis.pending().to_vec();
        chassis.written(pending.len());
        if !pending.is_empty() {
            self.line.send(&pending);
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.board.handle(self.now, input, &mut self.memory);
    }

    fn hear(&mut self) {
        let mut buffer = [0; 2048];
        while let Ok(length) = self.hears.recv(&mut buffer) {
            let datagram = &buffer[..length];
            let to: [u8; 6] = datagram[22..28].try_into().unwrap();
            let is_for_us = to == [0xFF; 6] || to == self.address;
            if &datagram[..8] != MARK || &datagram[8..16] == PROGRAM || !is_for_us {
                continue;
            }
            let from: [u8; 6] = datagram[16..22].try_into().unwrap();
            let payload = datagram[HEADER..].to_vec();
            self.handle(Input::Heard(Heard {
                at: self.now,
                from: MacAddress::new(from),
                to: MacAddress::new(to),
                rssi_dbm: RSSI_DBM,
                channel: CHANNEL,
                payload: &payload,
            }));
        }
    }

    fn send(&self, to: [u8; 6], payload: &[u8]) {
        let datagram = [MARK.as_slice(), PROGRAM, &self.address, &to, payload].concat();
        self.speaks.send_to(&datagram, &self.group).unwrap();
        let mut sent = self.sent.lock().unwrap();
        sent.push((self.address, to, payload.len()));
    }
}
