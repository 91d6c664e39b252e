//! One connection from its CONNECT to its end.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mqtt5_protocol::QoS;
use mqtt5_protocol::packet::connack::ConnAckPacket;
use mqtt5_protocol::packet::connect::ConnectPacket;
use mqtt5_protocol::packet::disconnect::DisconnectPacket;
use mqtt5_protocol::packet::puback::PubAckPacket;
use mqtt5_protocol::packet::publish::PublishPacket;
use mqtt5_protocol::packet::suback::{SubAckPacket, SubAckReasonCode};
use mqtt5_protocol::packet::unsuback::UnsubAckPacket;
use mqtt5_protocol::packet::{MqttPacket as _, Packet, PacketType};
use mqtt5_protocol::types::ReasonCode;

use super::words::{Farewell, Refusal, Verdict};
use super::{
    FILTERS_MAX, HELLO_MAX_BYTES, PACKET_MAX_BYTES, WAITING_MAX, WAITING_MAX_BYTES, WINDOW, frame,
};

/// What stands before the payload of a message that we send: header, topic's length, identifier.
const BEFORE_PAYLOAD_BYTES: usize = 9;

/// Which message a verdict is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

/// Who wants in.
#[derive(Clone, PartialEq, Eq)]
pub struct Hello {
    /// The client's id; may be empty.
    pub client_id: String,
    /// The user name, or an access token.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Vec<u8>>,
    /// The longest silence that the client promises; `None`: it promises nothing.
    pub keep_alive: Option<Duration>,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A user name may be a token.
        write!(f, "Hello({}, login redacted)", self.client_id)
    }
}

/// A message of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Under which the owner says what became of it.
    pub ticket: Ticket,
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Bytes,
}

/// What a device does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It wants in: [`Conversation::welcome`] or [`Conversation::refuse`].
    Hello(Hello),
    /// It says something: [`Conversation::keep`].
    Said(Message),
    /// It wants to be told of these: [`Conversation::grant`].
    Subscribes(u16, Vec<String>),
    /// It no longer wants to.
    Unsubscribes(Vec<String>),
    /// It says nothing but that it is there (PINGREQ).
    Lives,
    /// It leaves.
    Leaves,
}

/// Whether there is room for another message to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It was taken.
    Taken,
    /// Too much waits already: the device does not read.
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was heard.
    ExpectHello,
    /// Somebody wants in.
    Asked,
    /// Somebody is in.
    Open,
    /// Nothing is heard and said any more.
    Over,
}

/// One connection.
#[derive(Debug)]
pub struct Conversation {
    state: State,
    version: u8,
    inbox: BytesMut,
    out: BytesMut,
    /// Messages in the order of arrival, with their packet identifier and verdict.
    open: VecDeque<(u64, Option<u16>, Option<Verdict>)>,
    next_ticket: u64,
    /// Identifiers of messages that the device has not acknowledged.
    told: BTreeSet<u16>,
    told_max: usize,
    next_id: u16,
    waiting: VecDeque<(String, Vec<u8>)>,
    waiting_bytes: usize,
    client_id_given: Option<String>,
}

impl Default for Conversation {
    fn default() -> Self {
        Self::new()
    }
}

impl Conversation {
    /// A connection of which nothing was heard.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: State::ExpectHello,
            version: 4,
            inbox: BytesMut::new(),
            out: BytesMut::new(),
            open: VecDeque::new(),
            next_ticket: 0,
            told: BTreeSet::new(),
            told_max: WAITING_MAX,
            next_id: 1,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            client_id_given: None,
        }
    }

    /// Where to put bytes that were read, before [`Conversation::event`].
    pub fn inbox(&mut self) -> &mut BytesMut {
        &mut self.inbox
    }

    /// Whether more bytes may be read: not while the owner owes too many verdicts, and not while
    /// the device does not read the answers.
    #[must_use]
    pub fn may_read(&self) -> bool {
        self.open.len() < WINDOW && self.out.len() < WAITING_MAX_BYTES
    }

    /// Bytes to be sent.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.out
    }

    /// Whether nothing is heard and said any more; what is in the output is still to be sent.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// What the device does next; `None` when more bytes are needed, or verdicts.
    ///
    /// # Errors
    /// Why the connection has to end: [`Conversation::part`].
    pub fn event(&mut self) -> Result<Option<Event>, Farewell> {
        loop {
            let body_max = match self.state {
                State::ExpectHello => HELLO_MAX_BYTES,
                State::Open if self.open.len() < WINDOW => PACKET_MAX_BYTES,
                State::Open | State::Asked | State::Over => return Ok(None),
            };
            let Some((header, body)) = frame::take(&mut self.inbox, body_max)? else {
                return Ok(None);
            };
            if self.state == State::ExpectHello {
                if header.packet_type != PacketType::Connect {
                    self.state = State::Over;
                    return Err(Farewell::Protocol);
                }
                return self.hello(&header, body).map(Some);
            }
            let packet = frame::read(&header, body, self.version)?;
            if let Some(event) = self.packet(packet)? {
                return Ok(Some(event));
            }
        }
    }

    fn hello(
        &mut self,
        header: &mqtt5_protocol::packet::FixedHeader,
        mut body: Bytes,
    ) -> Result<Event, Farewell> {
        let connect = ConnectPacket::decode_body(&mut body, header);
        let connect = connect
            .ok()
            .filter(|it| matches!(it.protocol_version, 4 | 5));
        let Some(connect) = connect else {
            // Also MQTT 3.1, whose name was another: unacceptable protocol version.
            self.answer_hello(ReasonCode::UnsupportedProtocolVersion);
            self.state = State::Over;
            return Err(Farewell::Protocol);
        };
        self.version = connect.protocol_version;
        self.state = State::Asked;
        if self.version == 5 {
            let most = mqtt5_protocol::protocol::v5::properties::PropertyId::ReceiveMaximum;
            if let Some(mqtt5_protocol::protocol::v5::properties::PropertyValue::TwoByteInteger(
                most,
            )) = connect.properties.get(most)
            {
                self.told_max = usize::from(*most).clamp(1, WAITING_MAX);
            }
        }
        let keep_alive = Duration::from_secs(connect.keep_alive.into());
        Ok(Event::Hello(Hello {
            client_id: connect.client_id,
            user: connect.username,
            password: connect.password,
            keep_alive: Some(keep_alive).filter(|time| !time.is_zero()),
        }))
    }

    fn packet(&mut self, packet: Packet) -> Result<Option<Event>, Farewell> {
        Ok(match packet {
            Packet::Publish(publish) => Some(self.publish(publish)?),
            Packet::Subscribe(subscribe) => {
                let filters = subscribe.filters.into_iter().map(|it| it.filter);
                let filters: Vec<_> = filters.collect();
                if filters.len() > FILTERS_MAX || subscribe.packet_id == 0 {
                    return Err(Farewell::Protocol);
                }
                Some(Event::Subscribes(subscribe.packet_id, filters))
            }
            Packet::Unsubscribe(unsubscribe) => {
                self.confirm_unsubscribe(unsubscribe.packet_id, unsubscribe.filters.len());
                Some(Event::Unsubscribes(unsubscribe.filters))
            }
            Packet::PubAck(acknowledged) => {
                self.told.remove(&acknowledged.packet_id);
                self.tell_waiting();
                None
            }
            Packet::PingReq => {
                self.out.extend_from_slice(&[0xD0, 0]);
                Some(Event::Lives)
            }
            Packet::Disconnect(_) => {
                self.state = State::Over;
                Some(Event::Leaves)
            }
            Packet::PubRel(_) => return Err(Farewell::Qos),
            _ => return Err(Farewell::Protocol),
        })
    }

    fn publish(&mut self, publish: PublishPacket) -> Result<Event, Farewell> {
        let id = match (publish.qos, publish.packet_id) {
            (QoS::AtMostOnce, _) => None,
            (QoS::AtLeastOnce, Some(id)) if id != 0 => Some(id),
            (QoS::ExactlyOnce, _) => return Err(Farewell::Qos),
            (QoS::AtLeastOnce, _) => return Err(Farewell::Protocol),
        };
        // A topic alias is not granted, so there is always a topic.
        if publish.topic_name.is_empty() || publish.topic_name.contains(['+', '#']) {
            return Err(Farewell::Protocol);
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.open.push_back((ticket, id, None));
        Ok(Event::Said(Message {
            ticket: Ticket(ticket),
            topic: publish.topic_name,
            payload: publish.payload,
        }))
    }

    /// Lets in who asked.
    pub fn welcome(&mut self) {
        if self.state == State::Asked {
            self.answer_hello(ReasonCode::Success);
            self.state = State::Open;
        }
    }

    /// Gives a client without an id one, before it is let in.
    pub fn give_client_id(&mut self, id: String) {
        self.client_id_given = Some(id);
    }

    /// Does not let in who asked.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.answer_hello(refusal.code(self.version));
        self.state = State::Over;
    }

    fn answer_hello(&mut self, code: ReasonCode) {
        if self.version != 5 {
            return frame::write(&ConnAckPacket::new_v311(false, code), &mut self.out);
        }
        let mut answer = ConnAckPacket::new(false, code);
        if code == ReasonCode::Success {
            answer = answer
                .with_maximum_qos(1)
                .with_retain_available(false)
                .with_session_expiry_interval(0)
                .with_receive_maximum(u16::try_from(WINDOW).unwrap_or(u16::MAX))
                .with_maximum_packet_size(u32::try_from(PACKET_MAX_BYTES + 5).unwrap_or(u32::MAX))
                .with_subscription_identifier_available(false)
                .with_shared_subscription_available(false);
            if let Some(id) = self.client_id_given.take() {
                answer = answer.with_assigned_client_id(id);
            }
        }
        frame::write(&answer, &mut self.out);
    }

    /// What became of a message. Acknowledgements leave in the order of arrival.
    ///
    /// # Errors
    /// The connection has to end, because this version cannot be told what is wrong.
    pub fn keep(&mut self, ticket: Ticket, verdict: Verdict) -> Result<(), Farewell> {
        let found = self.open.iter_mut().find(|(open, ..)| *open == ticket.0);
        if let Some((_, _, open)) = found {
            *open = Some(verdict);
        }
        while let Some((_, id, Some(verdict))) = self.open.front().copied() {
            let Some(code) = verdict.code(self.version) else {
                return Err(Farewell::Payload);
            };
            if id.is_none() && verdict == Verdict::BadPayload {
                return Err(Farewell::Payload);
            }
            self.open.pop_front();
            if let Some(id) = id {
                frame::write(&PubAckPacket::new_with_reason(id, code), &mut self.out);
            }
        }
        Ok(())
    }

    /// Messages that wait for a verdict.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.open.len()
    }

    /// Grants the subscriptions of a packet, or not, one by one in its order.
    pub fn grant(&mut self, packet: u16, granted: &[bool]) {
        let mut answer = match self.version {
            5 => SubAckPacket::new(packet),
            _ => SubAckPacket::new_v311(packet),
        };
        for is_granted in granted {
            answer = answer.add_reason_code(match is_granted {
                true => SubAckReasonCode::GrantedQoS1,
                false => SubAckReasonCode::NotAuthorized,
            });
        }
        frame::write(&answer, &mut self.out);
    }

    fn confirm_unsubscribe(&mut self, packet: u16, count: usize) {
        let answer = match self.version {
            5 => UnsubAckPacket::new(packet),
            _ => UnsubAckPacket::new_v311(packet),
        };
        let answer = (0..count).fold(answer, |answer, _| answer.add_success());
        frame::write(&answer, &mut self.out);
    }

    /// Sends a message with QoS 1, as soon as the device has acknowledged enough of those before.
    pub fn tell(&mut self, topic: String, payload: Vec<u8>) -> Room {
        let bytes = topic.len() + payload.len() + BEFORE_PAYLOAD_BYTES;
        let is_full = self.waiting.len() >= WAITING_MAX
            || self.waiting_bytes + self.out.len() + bytes > WAITING_MAX_BYTES;
        if is_full || self.state != State::Open {
            return Room::Full;
        }
        self.waiting_bytes += bytes;
        self.waiting.push_back((topic, payload));
        self.tell_waiting();
        Room::Taken
    }

    fn tell_waiting(&mut self) {
        while self.told.len() < self.told_max {
            let Some((topic, payload)) = self.waiting.pop_front() else {
                return;
            };
            self.waiting_bytes -= topic.len() + payload.len() + BEFORE_PAYLOAD_BYTES;
            let id = self.free_id();
            let publish = match self.version {
                5 => PublishPacket::new(topic, payload, QoS::AtLeastOnce),
                _ => PublishPacket::new_v311(topic, payload, QoS::AtLeastOnce),
            };
            frame::write(&publish.with_packet_id(id), &mut self.out);
            self.told.insert(id);
        }
    }

    /// An identifier that no message under way has; fewer are under way than there are.
    fn free_id(&mut self) -> u16 {
        loop {
            let id = self.next_id;
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            if !self.told.contains(&id) {
                return id;
            }
        }
    }

    /// Ends the connection; MQTT 5 is told why.
    pub fn part(&mut self, farewell: Farewell) {
        if self.state == State::Open && self.version == 5 {
            frame::write(&DisconnectPacket::new(farewell.code()), &mut self.out);
        }
        self.state = State::Over;
    }
}

#[cfg(test)]
mod tests;
