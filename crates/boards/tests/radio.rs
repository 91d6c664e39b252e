//! The radio modem: results for every payload, limits, peers, and what it hears.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::{Computer, at, identity, memory, settings};
use v2x_boards::radio::{self, Heard, Input, Output, PeerStep, Radio, SendEnd};
use v2x_proto::link::message::{BoardKind, CommandResult, Order, RadioRate, RadioSend};
use v2x_units::{Instant, MacAddress};

const CAR: MacAddress = MacAddress::new([2, 0, 0, 0, 0, 1]);

/// A radio board, its computer, and an air that does what the test says.
struct World {
    board: Radio,
    memory: bench::TestMemory,
    computer: Computer,
    now: u64,
    sent: Vec<(MacAddress, RadioRate, usize)>,
    set: Vec<Output>,
}

impl World {
    fn new(values: &[(&str, &str)]) -> Self {
        let mut memory = memory();
        let settings = settings(radio::SETTINGS, values, &mut memory);
        Self {
            board: Radio::new(identity(BoardKind::Radio), settings, None, Instant::BOOT),
            memory,
            computer: Computer::new(),
            now: 0,
            sent: Vec::new(),
            set: Vec::new(),
        }
    }

    fn down(&mut self, ticket: u16, to: MacAddress, payload: &[u8]) {
        let send = RadioSend {
            ticket,
            to,
            rate: RadioRate::Preset,
            payload,
        };
        let bytes = self.computer.say(send);
        self.board
            .handle(at(self.now), Input::HostBytes(&bytes), &mut self.memory);
    }

    /// Polls until the board waits; each transmission ends like this, or stays on the air.
    fn poll(&mut self, end: Option<SendEnd>) {
        self.now += 1;
        loop {
            match self.board.poll(at(self.now)) {
                Output::WakeAt(_) => break,
                Output::Send { to, rate, payload } => {
                    self.sent.push((to, rate, payload.len()));
                    let Some(end) = end else { break };
                    self.board
                        .handle(at(self.now), Input::SendEnded(end), &mut self.memory);
                }
                other => self.set.push(other),
            }
        }
    }

    fn results(&mut self) -> Vec<String> {
        self.computer.drain(self.board.chassis_mut());
        let all = self.computer.other.iter().map(|(_, text)| text.clone());
        all.filter(|text| text.starts_with("RadioSent")).collect()
    }
}

#[test]
fn every_payload_gets_the_result_that_the_air_gave_it() {
    let mut world = World::new(&[]);
    for (ticket, end, name) in [
        (1, SendEnd::Sent, "Sent"),
        (2, SendEnd::Unconfirmed, "Unconfirmed"),
        (3, SendEnd::PeerTableFull, "PeerTableFull"),
        (4, SendEnd::Failed(0x306A), "Failed"),
    ] {
        world.down(ticket, CAR, b"hello");
        world.poll(Some(end));
        let results = world.results();
        let expected = format!("RadioSent(RadioSent {{ ticket: {ticket}, result: {name} }})");
        assert_eq!(*results.last().unwrap(), expected);
    }
    assert!(
        world
            .computer
            .log
            .iter()
            .any(|line| line.contains("0x306A"))
    );
    assert_eq!(world.sent[0], (CAR, RadioRate::Mbps1, 5));
}

#[test]
fn one_payload_is_on_the_air_at_a_time_and_the_order_is_kept() {
    let mut world = World::new(&[]);
    for ticket in 1..=3 {
        world.down(ticket, MacAddress::BROADCAST, &vec![0; usize::from(ticket)]);
    }
    world.poll(None);
    world.poll(None);
    assert_eq!(world.sent.len(), 1);
    world.board.handle(
        at(world.now),
        Input::SendEnded(SendEnd::Sent),
        &mut world.memory,
    );
    world.poll(Some(SendEnd::Sent));
    let lengths: Vec<_> = world.sent.iter().map(|(_, _, length)| *length).collect();
    assert_eq!(lengths, [1, 2, 3]);
}

#[test]
fn full_queue_drops_the_oldest_payload_and_says_so() {
    let mut world = World::new(&[]);
    for ticket in 1..=20 {
        world.down(ticket, MacAddress::BROADCAST, b"x");
    }
    let dropped = world.results();
    assert_eq!(dropped.len(), 8, "room for twelve");
    assert!(dropped[0].contains("ticket: 1,") && dropped[0].contains("Dropped"));
    world.poll(Some(SendEnd::Sent));
    assert_eq!(world.sent.len(), 12);
    world.now += 2000;
    world.poll(None);
    world.results();
    let status = world.computer.statuses.last().unwrap().radio_queue;
    assert_eq!(
        (status.dropped, status.high_water, status.capacity),
        (8, 12, 12)
    );
}

#[test]
fn lengths_of_both_versions_are_kept() {
    for (version, length, fits) in [("1", 250, true), ("1", 251, false), ("2", 1470, true)] {
        let mut world = World::new(&[("radio.version", version)]);
        world.down(1, MacAddress::BROADCAST, &vec![0; length]);
        world.poll(Some(SendEnd::Sent));
        let result = world.results().pop().unwrap();
        let expected = if fits {
            "result: Sent"
        } else {
            "result: TooLong"
        };
        assert!(
            result.contains(expected),
            "version {version}, {length} bytes: {result}"
        );
        assert_eq!(world.sent.len(), usize::from(fits));
    }
}

#[test]
fn channel_power_keys_and_peers_are_set_before_anything_is_sent() {
    let key = "000102030405060708090a0b0c0d0e0f";
    let peer = format!("02:00:00:00:00:01,{key}");
    let values = [
        ("radio.channel", "6"),
        ("radio.power", "20"),
        ("radio.key", key),
        ("radio.peer.1", &peer),
        ("radio.rate", "lr250"),
    ];
    let mut world = World::new(&values);
    world.down(1, CAR, b"x");
    world.poll(Some(SendEnd::Sent));
    let bytes: [u8; 16] = core::array::from_fn(|place| u8::try_from(place).unwrap());
    assert_eq!(
        world.set,
        [
            Output::Channel(6),
            Output::Power(80),
            Output::PrimaryKey(bytes),
            Output::Peer(PeerStep::Add(MacAddress::BROADCAST, None)),
            Output::Peer(PeerStep::Add(CAR, Some(bytes))),
        ]
    );
    assert_eq!(world.sent, [(CAR, RadioRate::LongRange250, 1)]);
}

#[test]
fn key_is_never_read_out() {
    let mut world = World::new(&[("radio.key", "000102030405060708090a0b0c0d0e0f")]);
    for key in ["radio.key", "radio.peer.1", "radio.channel"] {
        let bytes = world.computer.order(Order::ReadSetting { key });
        world
            .board
            .handle(at(1), Input::HostBytes(&bytes), &mut world.memory);
    }
    world.computer.drain(world.board.chassis_mut());
    let details: Vec<_> = world
        .computer
        .answers
        .iter()
        .map(|(_, _, text)| text.as_str())
        .collect();
    assert_eq!(details, ["(set; a key is never read out)", "", "1"]);
}

#[test]
fn air_time_limit_holds_payloads_back_and_tells_it() {
    let mut world = World::new(&[("radio.airtime", "1")]);
    for ticket in 0..12 {
        world.down(ticket, MacAddress::BROADCAST, &[0; 200]);
        world.poll(Some(SendEnd::Sent));
    }
    let results = world.results();
    let held = results
        .iter()
        .filter(|text| text.contains("AirTimeLimit"))
        .count();
    // 0.1 % of ten seconds are 10 ms, and one payload takes 2.14 ms.
    assert_eq!((world.sent.len(), held), (4, 8));
}

#[test]
fn payload_heard_comes_up_with_sender_strength_channel_and_time() {
    let mut world = World::new(&[]);
    let heard = Heard {
        at: at(42),
        from: CAR,
        to: MacAddress::BROADCAST,
        rssi_dbm: -71,
        channel: 6,
        payload: &[0xAA, 0x00, 0x11, 0x13],
    };
    world
        .board
        .handle(at(43), Input::Heard(heard), &mut world.memory);
    world.poll(None);
    world.results();
    let (captured, text) = &world.computer.other[0];
    assert_eq!(*captured, at(42));
    let shown = format!("{CAR:?}");
    for part in [
        "RadioReceived",
        &shown,
        "rssi_dbm: -71",
        "channel: 6",
        "[170, 0, 17, 19]",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn stalled_line_drops_the_oldest_that_was_heard_and_counts_it() {
    let mut world = World::new(&[]);
    for number in 0..100_u8 {
        let heard = Heard {
            at: at(u64::from(number)),
            from: CAR,
            to: MacAddress::BROADCAST,
            rssi_dbm: -50,
            channel: 1,
            payload: &[number; 200],
        };
        world
            .board
            .handle(at(world.now), Input::Heard(heard), &mut world.memory);
        world.poll(None);
    }
    for _ in 0..30 {
        world.now += 1000;
        world.results();
        world.poll(None);
    }
    let up = world
        .computer
        .other
        .iter()
        .filter(|(_, text)| text.starts_with("RadioReceived"));
    let status = world.computer.statuses.last().unwrap().radio_queue;
    assert_eq!(up.count() + usize::try_from(status.dropped).unwrap(), 100);
    assert!(status.dropped > 50, "{status:?}");
    assert!(world.computer.other.last().unwrap().1.contains("[99, 99"));
}

#[test]
fn channel_changes_on_order_and_other_orders_are_refused() {
    let mut world = World::new(&[]);
    world.poll(None);
    world.set.clear();
    for order in [Order::RadioChannel(11), Order::Relay { closed: true }] {
        let bytes = world.computer.order(order);
        world
            .board
            .handle(at(world.now), Input::HostBytes(&bytes), &mut world.memory);
    }
    world.poll(None);
    world.results();
    assert_eq!(world.set, [Output::Channel(11)]);
    let results: Vec<_> = world
        .computer
        .answers
        .iter()
        .map(|(_, result, _)| *result)
        .collect();
    assert_eq!(results, [CommandResult::Done, CommandResult::UnknownOrder]);
}

/// What the board wants set or sent, in order: an address with its last byte, a payload with its
/// length. The chip takes an address, or does not.
fn in_order(world: &mut World, takes_address: bool) -> Vec<(char, usize)> {
    let mut order = Vec::new();
    world.now += 1;
    loop {
        let input = match world.board.poll(at(world.now)) {
            Output::WakeAt(_) => return order,
            Output::Send { payload, .. } => {
                order.push(('s', payload.len()));
                Input::SendEnded(SendEnd::Sent)
            }
            Output::Address(address) => {
                order.push(('a', usize::from(address.octets()[5])));
                Input::AddressSet(takes_address)
            }
            Output::Channel(channel) => {
                order.push(('c', usize::from(channel)));
                continue;
            }
            _ => continue,
        };
        world.board.handle(at(world.now), input, &mut world.memory);
    }
}

const fn address(last: u8) -> Order<'static> {
    Order::RadioAddress(MacAddress::new([2, 0, 0, 0, 0, last]))
}

fn take_address(world: &mut World, last: u8) {
    let bytes = world.computer.order(address(last));
    let input = Input::HostBytes(&bytes);
    world.board.handle(at(world.now), input, &mut world.memory);
}

#[test]
fn address_changes_between_the_payloads_before_and_after_the_order() {
    let mut world = World::new(&[("radio.channel", "6")]);
    in_order(&mut world, true);
    world.down(1, MacAddress::BROADCAST, &[0; 1]);
    world.down(2, MacAddress::BROADCAST, &[0; 2]);
    take_address(&mut world, 7);
    world.down(3, MacAddress::BROADCAST, &[0; 3]);
    assert_eq!(
        in_order(&mut world, true),
        [('s', 1), ('s', 2), ('a', 7), ('c', 6), ('s', 3)],
        "under the old one, the new one, and again on the channel"
    );
    world.results();
    assert_eq!(world.computer.answers.len(), 1);
    assert_eq!(world.computer.answers[0].1, CommandResult::Done);
    // The answer was lost, the computer asks again: it is answered and not done again.
    let bytes = world.computer.repeat(1, address(7));
    let input = Input::HostBytes(&bytes);
    world.board.handle(at(world.now), input, &mut world.memory);
    assert_eq!(in_order(&mut world, true), []);
    world.results();
    assert_eq!(world.computer.answers.len(), 2);
}

#[test]
fn address_that_the_chip_refuses_is_answered_so_and_sending_goes_on() {
    let mut world = World::new(&[]);
    in_order(&mut world, true);
    take_address(&mut world, 7);
    world.down(1, MacAddress::BROADCAST, &[0; 1]);
    assert_eq!(in_order(&mut world, false), [('a', 7), ('c', 1), ('s', 1)]);
    world.results();
    assert_eq!(world.computer.answers[0].1, CommandResult::Failed);
}

#[test]
fn address_is_overtaken_by_the_next_and_waits_for_no_payload_that_was_dropped() {
    let mut world = World::new(&[]);
    in_order(&mut world, true);
    world.down(1, MacAddress::BROADCAST, &[0; 1]);
    take_address(&mut world, 7);
    take_address(&mut world, 8);
    // Room for twelve: the first two go, and with them what the address waits for.
    for ticket in 2..=14 {
        world.down(ticket, MacAddress::BROADCAST, &vec![0; usize::from(ticket)]);
    }
    let order = in_order(&mut world, true);
    assert_eq!(order[..3], [('a', 8), ('c', 1), ('s', 3)]);
    world.results();
    let results: Vec<_> = (world.computer.answers.iter())
        .map(|(_, result, _)| *result)
        .collect();
    assert_eq!(results, [CommandResult::Refused, CommandResult::Done]);
}
