//! Between an emulated board and the program: takes the air and the bus off the board's line and
//! plays them (`v2x_boards::stage`); everything else passes both ways as it is.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::UdpSocket;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{self, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use v2x_proto::link::message::{Contact, Order, Plug, RadioReceived, RadioSend};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message};
use v2x_units::{BootId, CanFrame, CanId, Instant, MacAddress};

use super::super::radio_bench::Air;
use super::super::station_bench::board::Stopwatch;
use super::super::station_bench::line::Line;

/// How long it waits for the program before it looks at the board and the air.
const TURN_MS: i64 = 2;
/// How often the frames are on the bus.
const BUS_EVERY: Duration = Duration::from_millis(100);
/// The header of a datagram of the air (apps/v2x/src/air/multicast.rs).
const MARK: &[u8; 8] = b"V2X air\x01";
const HEADER: usize = 28;
const RSSI_DBM: i8 = -47;
const CHANNEL: u8 = 6;

/// The charger of a car: no mains, and at work on them.
const CHARGER: u32 = 0x597;
const NO_MAINS: [u8; 8] = [0x00, 0x84, 0x04, 0x41, 0x29, 0x00, 0x01, 0x41];
const CHARGING: [u8; 8] = [0x20, 0xA4, 0x07, 0xB1, 0x29, 0x00, 0x01, 0x41];

/// The bridge; taken down when dropped.
pub(crate) struct Bridge {
    /// Whether the slot on it feeds whoever is plugged in, or the car on it feels mains.
    pub(crate) mains: Arc<AtomicBool>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Bridge {
    /// Brings the board on `terminal` under a name of its own, with the air that its radio with
    /// this address is on, and with frames that are on its bus again and again.
    pub(crate) fn plug(
        name: &Path,
        terminal: &Path,
        air: Option<(&Air, [u8; 6])>,
        bus: &[CanFrame],
    ) -> Self {
        Self::plug_at(name, terminal, air, bus, Arc::default())
    }

    /// The same with the mains of a slot, which a car with a bus feels.
    pub(crate) fn plug_at(
        name: &Path,
        terminal: &Path,
        air: Option<(&Air, [u8; 6])>,
        bus: &[CanFrame],
        mains: Arc<AtomicBool>,
    ) -> Self {
        let mut inside = Inside::new(Line::plug(name), open(terminal), air, bus);
        inside.mains = Arc::clone(&mains);
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut watch = Stopwatch::start();
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                inside.turn(watch.lap());
            }
        });
        Self {
            mains,
            running: Some((stop, thread)),
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the bridge panicked");
        }
    }
}

/// The emulator's terminal, for bytes as they are.
fn open(terminal: &Path) -> File {
    let flags = OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags.bits().cast_signed())
        .open(terminal)
        .unwrap();
    let mut settings = tcgetattr(&file).unwrap();
    settings.make_raw();
    tcsetattr(&file, OptionalActions::Now, &settings).unwrap();
    file
}

/// A radio's place on the air.
struct Member {
    hears: UdpSocket,
    speaks: UdpSocket,
    group: String,
    program: [u8; 8],
    address: [u8; 6],
}

struct Inside {
    line: Line,
    board: File,
    /// Bytes of a frame of the program and of the board that has not ended.
    down: Vec<u8>,
    up: Vec<u8>,
    decoder: LinkDecoder,
    encoder: LinkEncoder,
    member: Option<Member>,
    bus: Vec<CanFrame>,
    mains: Arc<AtomicBool>,
    bus_at: Duration,
    passed: Duration,
}

impl Inside {
    fn new(line: Line, board: File, air: Option<(&Air, [u8; 6])>, bus: &[CanFrame]) -> Self {
        let member = air.map(|(air, address)| {
            let (hears, speaks) = air.sockets();
            hears.set_nonblocking(true).unwrap();
            let [a, b, c, d, e, f] = address;
            Member {
                hears,
                speaks,
                group: air.group.clone(),
                program: [b'v', b'm', a, b, c, d, e, f],
                address,
            }
        });
        Self {
            line,
            board,
            down: Vec::new(),
            up: Vec::new(),
            decoder: LinkDecoder::new(),
            encoder: LinkEncoder::new(BootId::new(0xB21D_6E00)),
            member,
            bus: bus.to_vec(),
            mains: Arc::default(),
            bus_at: Duration::ZERO,
            passed: Duration::ZERO,
        }
    }

    fn turn(&mut self, passed: Duration) {
        self.passed += passed;
        // Frames pass as a whole: what is played must not come into the middle of one.
        self.down.extend(self.line.receive(TURN_MS));
        if let Some(last) = self.down.iter().rposition(|byte| *byte == 0) {
            let whole: Vec<u8> = self.down.drain(..=last).collect();
            self.write(&whole);
        }
        self.play_bus();
        self.play_air();
        let mut buffer = [0; 4096];
        while let Ok(count) = self.board.read(&mut buffer) {
            if count == 0 {
                break;
            }
            for byte in &buffer[..count] {
                self.up.push(*byte);
                if *byte == 0 {
                    let segment = std::mem::take(&mut self.up);
                    self.take(&segment);
                }
            }
        }
    }

    fn play_bus(&mut self) {
        if self.passed < self.bus_at || self.bus.is_empty() {
            return;
        }
        self.bus_at = self.passed + BUS_EVERY;
        let is_live = self.mains.load(SeqCst);
        let charger = CanId::standard(CHARGER).unwrap();
        let charger = CanFrame::new(charger, if is_live { &CHARGING } else { &NO_MAINS }).unwrap();
        for frame in self.bus.iter().chain([&charger]) {
            assert!(self.encoder.push_can(Instant::BOOT, frame).is_none());
        }
        let wire = self.encoder.flush().map(<[u8]>::to_vec);
        self.write(&wire.unwrap());
    }

    fn play_air(&mut self) {
        let mut heard = Vec::new();
        if let Some(member) = &self.member {
            let mut buffer = [0; 2048];
            while let Ok(length) = member.hears.recv(&mut buffer) {
                heard.extend(member.for_us(&buffer[..length]));
            }
        }
        for (from, to, payload) in heard {
            let message = RadioReceived {
                from,
                to,
                rssi_dbm: RSSI_DBM,
                channel: CHANNEL,
                payload: &payload,
            };
            let wire = self.encoder.send(Instant::BOOT, message).unwrap().to_vec();
            self.write(&wire);
        }
    }

    /// What the board has put on its line up to a delimiter.
    fn take(&mut self, segment: &[u8]) {
        let mut is_around = false;
        for mut part in [&[0][..], segment] {
            while let Some(event) = self.decoder.next(&mut part) {
                let Event::Frame(frame) = event else { continue };
                if let Message::SlotState(state) = &frame.message {
                    let is_live = state.relay_seen == Contact::Closed && state.plug == Plug::In;
                    self.mains.store(is_live, SeqCst);
                }
                let Some(member) = &mut self.member else {
                    continue;
                };
                match frame.message {
                    Message::RadioSend(send) => member.send(&send),
                    Message::Command(command) => {
                        if let Order::RadioAddress(address) = command.order {
                            member.address = address.octets();
                        }
                    }
                    _ => continue,
                }
                is_around = true;
            }
        }
        if !is_around {
            self.line.send(segment);
        }
    }

    /// Gives bytes to the board, whose UART takes its time.
    fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.board.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let mut watched = [PollFd::new(&self.board, PollFlags::OUT)];
                    poll(&mut watched, None).unwrap();
                }
                // The emulator has ended: the test sees it elsewhere.
                Err(_) => return,
            }
        }
    }
}

impl Member {
    /// A datagram that this radio hears.
    fn for_us(&self, datagram: &[u8]) -> Option<(MacAddress, MacAddress, Vec<u8>)> {
        let to: [u8; 6] = datagram.get(22..HEADER)?.try_into().unwrap();
        let from: [u8; 6] = datagram[16..22].try_into().unwrap();
        let is_ours = datagram[8..16] == self.program;
        let is_for_us = to == [0xFF; 6] || to == self.address;
        let is_heard = &datagram[..8] == MARK && !is_ours && is_for_us;
        is_heard.then(|| {
            let payload = datagram[HEADER..].to_vec();
            (MacAddress::new(from), MacAddress::new(to), payload)
        })
    }

    fn send(&self, send: &RadioSend<'_>) {
        let to = send.to.octets();
        let parts: [&[u8]; 5] = [MARK, &self.program, &self.address, &to, send.payload];
        self.speaks.send_to(&parts.concat(), &self.group).unwrap();
    }
}
