//! The radio: an ESP-NOW modem that sends what it is given and hands up what it hears.
//!
//! Not here: what payloads mean, and whom to believe; that runs on the computer. Facts: ESP-IDF,
//! "ESP-NOW" (lengths, peers, results).
//!
//! | file | what it holds |
//! |---|---|
//! | [`drop_oldest`] | a queue that drops its oldest and counts |
//! | [`item_line`] | the line of the prototype's radio board |
//! | [`peers`] | the peers that the radio has room for |
//! | `own_address.rs` | the change of the radio's own address |
//! | [`air_time`] | how long a payload is on the air, and how much of that is allowed |
//! | [`settings`] | channel, power, rate, limits, encrypted peers |

pub mod air_time;
pub mod drop_oldest;
pub mod item_line;
mod own_address;
pub mod peers;
pub mod settings;

use heapless::Vec;
use v2x_proto::link::limits::RADIO_PAYLOAD_MAX;
use v2x_proto::link::message::{
    Command, CommandResult, LogLevel, Order, QueueStatus, RadioRate, RadioReceived, RadioResult,
    RadioSend, RadioSent,
};
use v2x_proto::link::{Event, LinkDecoder, Message};
use v2x_units::{Instant, MacAddress};

pub use air_time::AirTime;
pub use drop_oldest::DropOldest;
pub use item_line::ItemLine;
use own_address::{OwnAddress, Verdict};
pub use peers::{PeerStep, Peers};
pub use settings::SETTINGS;

use crate::chassis::{Answer, Chassis, Identity, PanicNote, Pattern, Settings};
use crate::limits::{RADIO_DOWN, RADIO_UP};
use crate::memory::Memory;

/// What a radio carries at once.
pub type Payload = Vec<u8, RADIO_PAYLOAD_MAX>;

/// A key of ESP-NOW: AES-128.
pub type Key = [u8; 16];

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard<'a> {
    /// When.
    pub at: Instant,
    /// The sender's address, as the frame claims it.
    pub from: MacAddress,
    /// The address it was sent to.
    pub to: MacAddress,
    /// Signal strength in dBm.
    pub rssi_dbm: i8,
    /// Wi-Fi channel, 1 to 14.
    pub channel: u8,
    /// What it carried.
    pub payload: &'a [u8],
}

/// How a transmission ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendEnd {
    /// On the air, and confirmed unless it was a broadcast.
    Sent,
    /// Nobody confirmed it.
    Unconfirmed,
    /// The radio has no room for this peer.
    PeerTableFull,
    /// It was refused for another reason: ESP-IDF's error number.
    Failed(u32),
}

/// What can happen to a radio board.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The computer has sent bytes.
    HostBytes(&'a [u8]),
    /// The radio has heard something.
    Heard(Heard<'a>),
    /// The transmission that [`Output::Send`] asked for has ended.
    SendEnded(SendEnd),
    /// The radio has taken the address of [`Output::Address`], or keeps its old one.
    AddressSet(bool),
}

/// What a radio board wants done.
#[expect(
    clippy::large_enum_variant,
    reason = "a board has no heap, and one such value is alive at a time"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Listen and send on this channel.
    Channel(u8),
    /// Send with this power, in quarters of a dBm.
    Power(i8),
    /// Encrypt with this primary key.
    PrimaryKey(Key),
    /// Send and listen under this address from now on, and answer with [`Input::AddressSet`].
    /// Nothing is sent before that. ESP-IDF takes one only while Wi-Fi is stopped; channel and
    /// power are set anew afterwards, peers stay.
    Address(MacAddress),
    /// Make room for a peer, or give its room up.
    Peer(PeerStep),
    /// Send a payload and answer with [`Input::SendEnded`]; the next one waits for that.
    Send {
        /// Who is to receive it.
        to: MacAddress,
        /// How fast; the preset is resolved.
        rate: RadioRate,
        /// What to send.
        payload: Payload,
    },
    /// Start anew.
    Restart,
    /// Nothing more now; poll again at this time, or after the next input.
    WakeAt(Instant),
}

/// A payload on its way down.
#[derive(Debug, Clone)]
struct Down {
    ticket: u16,
    to: MacAddress,
    rate: RadioRate,
    payload: Payload,
}

/// A payload on its way up.
#[derive(Debug, Clone)]
struct Up {
    at: Instant,
    from: MacAddress,
    to: MacAddress,
    rssi_dbm: i8,
    channel: u8,
    payload: Payload,
}

/// What an order changes at once.
#[derive(Debug)]
struct Tuning {
    own_address: OwnAddress,
    channel: u8,
    channel_due: Option<u8>,
}

/// The radio board.
#[derive(Debug)]
pub struct Radio {
    decoder: LinkDecoder,
    chassis: Chassis,
    down: DropOldest<Down, RADIO_DOWN>,
    up: DropOldest<Up, RADIO_UP>,
    /// The ticket of what is on the air.
    flying: Option<u16>,
    peers: Peers,
    air: AirTime,
    length_max: usize,
    rate: RadioRate,
    tuning: Tuning,
    power_due: Option<i8>,
    key_due: Option<Key>,
    heard_at: Option<Instant>,
    items: Option<ItemLine>,
}

impl Radio {
    /// A radio board that has just started.
    #[must_use]
    pub fn new(
        identity: Identity,
        settings: Settings,
        panic: Option<PanicNote>,
        now: Instant,
    ) -> Self {
        let items = settings::speaks_items(&settings).then(|| ItemLine::new(now));
        let items = items.flatten();
        let mut chassis = Chassis::new(identity, settings.clone(), panic, now);
        if items.is_some() {
            chassis.speak_text();
        }
        Self {
            decoder: LinkDecoder::new(),
            down: DropOldest::new(),
            up: DropOldest::new(),
            flying: None,
            peers: settings::peers(&settings),
            air: AirTime::new(settings::permille(&settings), now),
            length_max: settings::length_max(&settings),
            rate: settings::rate(&settings),
            tuning: Tuning {
                own_address: OwnAddress::default(),
                channel: settings::channel(&settings),
                channel_due: Some(settings::channel(&settings)),
            },
            power_due: Some(settings::power(&settings)),
            key_due: settings::primary_key(&settings),
            heard_at: None,
            items,
            chassis,
        }
    }

    /// Its end of the line.
    #[must_use]
    pub const fn chassis(&self) -> &Chassis {
        &self.chassis
    }

    /// Its end of the line.
    pub const fn chassis_mut(&mut self) -> &mut Chassis {
        &mut self.chassis
    }

    /// Takes what has happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, memory: &mut dyn Memory) {
        match input {
            Input::HostBytes(bytes) => match &mut self.items {
                Some(items) => items.bytes(bytes),
                None => self.hear_computer(now, bytes, memory),
            },
            Input::Heard(heard) => self.hear_air(&heard),
            Input::SendEnded(end) => self.send_ended(now, end),
            Input::AddressSet(taken) => self.address_set(now, taken),
        }
    }

    fn address_set(&mut self, now: Instant, taken: bool) {
        if let Some(verdict) = self.tuning.own_address.ended(taken) {
            // Wi-Fi has started anew.
            self.tuning.channel_due = Some(self.tuning.channel);
            self.power_due = Some(settings::power(self.chassis.settings()));
            answer(&mut self.chassis, now, verdict);
        }
    }

    fn hear_computer(&mut self, now: Instant, mut bytes: &[u8], memory: &mut dyn Memory) {
        while let Some(event) = self.decoder.next(&mut bytes) {
            let Event::Frame(frame) = event else { continue };
            self.chassis.heard(now, frame.boot);
            match frame.message {
                Message::RadioSend(send) => {
                    if send.payload.len() > self.length_max {
                        tell(&mut self.chassis, now, send.ticket, RadioResult::TooLong);
                    } else if let Some(dropped) = self.down.push(Down::of(&send)) {
                        self.tuning.own_address.payload_left();
                        tell(&mut self.chassis, now, dropped.ticket, RadioResult::Dropped);
                    }
                }
                Message::Command(command) => {
                    let waiting = self.down.len();
                    let tuning = &mut self.tuning;
                    order(&mut self.chassis, tuning, waiting, now, &command, memory);
                }
                _ => {}
            }
        }
    }

    fn hear_air(&mut self, heard: &Heard<'_>) {
        self.heard_at = Some(heard.at);
        let Ok(payload) = Payload::from_slice(heard.payload) else {
            return;
        };
        // What drops out is counted by the queue.
        let _dropped = self.up.push(Up {
            at: heard.at,
            from: heard.from,
            to: heard.to,
            rssi_dbm: heard.rssi_dbm,
            channel: heard.channel.clamp(1, 14),
            payload,
        });
    }

    fn send_ended(&mut self, now: Instant, end: SendEnd) {
        let Some(ticket) = self.flying.take() else {
            return;
        };
        let result = match end {
            SendEnd::Sent => RadioResult::Sent,
            SendEnd::Unconfirmed => RadioResult::Unconfirmed,
            SendEnd::PeerTableFull => RadioResult::PeerTableFull,
            SendEnd::Failed(number) => {
                let text = format_args!("radio: ESP-NOW error 0x{number:04X}");
                self.chassis.log(now, LogLevel::Warn, text);
                RadioResult::Failed
            }
        };
        tell(&mut self.chassis, now, ticket, result);
    }

    /// Says what is to be done at `now`; call again until it is [`Output::WakeAt`].
    pub fn poll(&mut self, now: Instant) -> Output {
        // The settings of the radio come first: peers need its channel.
        if let Some(channel) = self.tuning.channel_due.take() {
            return Output::Channel(channel);
        }
        if let Some(power) = self.power_due.take() {
            return Output::Power(power);
        }
        if let Some(key) = self.key_due.take() {
            return Output::PrimaryKey(key);
        }
        if let Some(step) = self.peers.poll() {
            return Output::Peer(step);
        }
        self.say_item(now);
        self.hand_up();
        self.chassis.set_radio_queue(self.queue_status());
        self.chassis.poll(now, None);
        self.show(now);
        if let Some(output) = self.send_next(now) {
            return output;
        }
        if self.chassis.restart_is_due() {
            return Output::Restart;
        }
        let items = self.items.as_ref().map(ItemLine::deadline);
        Output::WakeAt(items.unwrap_or(self.chassis.deadline()))
    }

    /// Puts what the prototype's car says of itself on its way.
    fn say_item(&mut self, now: Instant) {
        let board = self.chassis.identity().board;
        let due = self.items.as_mut().and_then(|items| items.due(now, board));
        if let Some(payload) = due {
            // What drops out is counted by the queue; nobody waits for its result.
            let _dropped = self.down.push(Down {
                ticket: 0,
                to: MacAddress::BROADCAST,
                rate: RadioRate::Preset,
                payload,
            });
        }
    }

    /// Passes up what the line has room for; the rest waits, and its oldest may drop.
    fn hand_up(&mut self) {
        while let Some(up) = self.up.front() {
            if self.items.is_some() {
                let frame = ItemLine::told(up.from, &up.payload);
                if let Some(frame) = frame {
                    if !self.chassis.has_room(frame.len()) {
                        break;
                    }
                    self.chassis.send_raw(&frame);
                }
                self.up.pop();
                continue;
            }
            // Header, addresses, checksum, stuffing.
            if !self.chassis.has_room(up.payload.len() + 64) {
                break;
            }
            let at = up.at;
            let received = RadioReceived {
                from: up.from,
                to: up.to,
                rssi_dbm: up.rssi_dbm,
                channel: up.channel,
                payload: &up.payload,
            };
            self.chassis.send(at, received);
            self.up.pop();
        }
    }

    fn send_next(&mut self, now: Instant) -> Option<Output> {
        if self.flying.is_some() {
            return None;
        }
        if let Some(address) = self.tuning.own_address.due() {
            return Some(Output::Address(address));
        }
        if self.tuning.own_address.holds_back() {
            return None;
        }
        let next = self.down.front()?;
        let rate = match next.rate {
            RadioRate::Preset => self.rate,
            rate => rate,
        };
        if let Some(step) = self.peers.make_room(next.to) {
            return Some(Output::Peer(step));
        }
        let takes = air_time::of(next.payload.len(), rate, next.to.is_group());
        let down = self.down.pop()?;
        self.tuning.own_address.payload_left();
        if !self.air.take(now, takes) {
            tell(
                &mut self.chassis,
                now,
                down.ticket,
                RadioResult::AirTimeLimit,
            );
            return self.send_next(now);
        }
        self.flying = Some(down.ticket);
        Some(Output::Send {
            to: down.to,
            rate,
            payload: down.payload,
        })
    }

    /// Both directions as one queue of the status: their marks, and the sum of their drops.
    fn queue_status(&self) -> QueueStatus {
        let (down, up) = (self.down.status(), self.up.status());
        QueueStatus {
            high_water: down.high_water.max(up.high_water),
            capacity: down.capacity.min(up.capacity),
            dropped: down.dropped.saturating_add(up.dropped),
        }
    }

    fn show(&mut self, now: Instant) {
        let heard = |at: Instant| now.since(at).as_secs() < 10;
        let pattern = if !self.chassis.has_room_for_batch() {
            Pattern::LineStalled
        } else if self.heard_at.is_some_and(heard) {
            Pattern::Well
        } else {
            Pattern::Idle
        };
        self.chassis.led_mut().show(pattern);
    }
}

impl Down {
    fn of(send: &RadioSend<'_>) -> Self {
        Self {
            ticket: send.ticket,
            to: send.to,
            rate: send.rate,
            // The link has no longer payloads.
            payload: Payload::from_slice(send.payload).unwrap_or_default(),
        }
    }
}

fn tell(chassis: &mut Chassis, now: Instant, ticket: u16, result: RadioResult) {
    chassis.send(now, RadioSent { ticket, result });
}

fn answer(chassis: &mut Chassis, now: Instant, verdict: Verdict) {
    let answer = Answer::of(verdict.result, verdict.detail);
    chassis.answer(now, verdict.id, answer);
}

/// Carries out an order to a radio board in whose queue so many payloads wait.
fn order(
    chassis: &mut Chassis,
    tuning: &mut Tuning,
    waiting: usize,
    now: Instant,
    command: &Command<'_>,
    memory: &mut dyn Memory,
) {
    if chassis.command(now, command, memory).is_some() {
        return;
    }
    let result = match command.order {
        Order::RadioChannel(channel) => {
            tuning.channel = channel;
            tuning.channel_due = Some(channel);
            Answer::done()
        }
        Order::RadioAddress(address) => {
            // It is answered when the chip has answered.
            let overtaken = tuning.own_address.order(command.id, address, waiting);
            if let Some(verdict) = overtaken {
                answer(chassis, now, verdict);
            }
            return;
        }
        _ => Answer::of(CommandResult::UnknownOrder, ""),
    };
    chassis.answer(now, command.id, result);
}
