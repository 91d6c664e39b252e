//! A day of backlog through a server that closes without PUBACK, in virtual time: the production
//! courier, outbox and back-off; link and server are played here.

use std::collections::{BTreeMap, VecDeque};

use v2x_outbox::memory::Memory;
use v2x_outbox::{NewEntry, Outbox, PayloadKind, Storage as _};
use v2x_units::UtcTime;

use super::*;
use crate::backoff::Backoff;
use crate::pacer::Window;
use crate::supply::{OutboxEnd, SessionEnd, supply};

/// A day at one row per second.
const BACKLOG: i64 = 86_400;
/// From the courier to the server or back.
const WAY: Duration = Duration::from_millis(30);
const TICK: Duration = Duration::from_millis(10);
/// The keys of a vehicle's row.
const KEYS: u32 = 23;
/// Until the livelock is certain.
const TOO_LONG: Duration = Duration::from_secs(6 * 3600);

/// How a server counts.
#[derive(Clone, Copy)]
enum Counting {
    /// Refilled all the time, as ThingsBoard's (bucket4j, greedy): what was spent comes back.
    Greedy,
    /// Nothing is forgotten before its window has passed.
    Sliding,
}

/// One window of the server's.
struct Meter {
    counting: Counting,
    window: Window,
    spent: VecDeque<(Instant, u32)>,
    tokens: f64,
    at: Instant,
}

impl Meter {
    fn new(counting: Counting, window: Window) -> Self {
        Self {
            counting,
            window,
            spent: VecDeque::new(),
            tokens: f64::from(window.capacity),
            at: Instant::BOOT,
        }
    }

    fn takes(&mut self, now: Instant, count: u32) -> bool {
        let capacity = f64::from(self.window.capacity);
        match self.counting {
            Counting::Greedy => {
                let per_second = capacity / self.window.per.as_secs_f64();
                let filled = self.tokens + now.since(self.at).as_secs_f64() * per_second;
                (self.tokens, self.at) = (filled.min(capacity), now);
                let fits = self.tokens >= f64::from(count);
                self.tokens -= if fits { f64::from(count) } else { 0.0 };
                fits
            }
            Counting::Sliding => {
                let old = |(at, _): &(Instant, u32)| now.since(*at) >= self.window.per;
                while self.spent.front().is_some_and(old) {
                    self.spent.pop_front();
                }
                let sum: u32 = self.spent.iter().map(|(_, count)| count).sum();
                let fits = sum + count <= self.window.capacity;
                if fits {
                    self.spent.push_back((now, count));
                }
                fits
            }
        }
    }
}

fn window(capacity: u32, seconds: u64) -> Window {
    Window {
        capacity,
        per: Duration::from_secs(seconds),
    }
}

/// What travels, with its time of arrival.
enum Travelling {
    Message(u16, Vec<u8>),
    Ack(u16),
    Close,
}

/// Courier, outbox, link and server, and what was seen.
struct Play {
    now: Instant,
    courier: Courier,
    storage: Memory,
    outbox: Outbox,
    outbox_end: OutboxEnd,
    session_end: SessionEnd,
    backoff: Backoff,
    /// When the next try is made; `None` while the connection stands.
    reconnect: Option<Instant>,
    up: VecDeque<(Instant, Travelling)>,
    down: VecDeque<(Instant, Travelling)>,
    is_closed: bool,
    next_pkid: u16,
    messages: Vec<Meter>,
    points: Vec<Meter>,
    /// By ts: when it was measured and when the server took it first.
    live: BTreeMap<i64, Instant>,
    taken: BTreeMap<i64, Instant>,
    closes: u32,
}

impl Play {
    fn new(limits: &Limits, counting: Counting, messages: &[Window], points: &[Window]) -> Self {
        let (outbox_end, session_end) = supply();
        let meters = |windows: &[Window]| -> Vec<_> {
            let windows = windows.iter();
            windows
                .map(|&window| Meter::new(counting, window))
                .collect()
        };
        let mut play = Self {
            now: Instant::BOOT,
            courier: Courier::new(limits, Form::ThingsBoard, Instant::BOOT),
            storage: Memory::default(),
            outbox: Outbox::default(),
            outbox_end,
            session_end,
            backoff: Backoff::default(),
            reconnect: Some(Instant::BOOT),
            up: VecDeque::new(),
            down: VecDeque::new(),
            is_closed: false,
            next_pkid: 0,
            messages: meters(messages),
            points: meters(points),
            live: BTreeMap::new(),
            taken: BTreeMap::new(),
            closes: 0,
        };
        let rows: Vec<_> = (0..BACKLOG).map(|n| row(n * 1000)).collect();
        play.storage.push(&rows).unwrap();
        play
    }

    /// A row measured now.
    fn measure(&mut self, second: i64) {
        let ts = (BACKLOG + second) * 1000;
        self.live.insert(ts, self.now);
        self.storage.push(&[row(ts)]).unwrap();
        self.outbox_end
            .offer(&mut self.outbox, &self.storage)
            .unwrap();
    }

    /// Everything that happens at this moment.
    fn step(&mut self) {
        self.connect();
        self.serve();
        while self.down.front().is_some_and(|(at, _)| *at <= self.now) {
            match self.down.pop_front() {
                Some((_, Travelling::Ack(pkid))) => {
                    assert!(self.courier.acknowledged(pkid, self.now));
                    self.backoff.reset();
                }
                _ => self.lose(),
            }
        }
        self.act();
    }

    fn connect(&mut self) {
        if self.reconnect.is_some_and(|at| at <= self.now) {
            self.reconnect = None;
            self.is_closed = false;
            self.courier.connected();
        }
    }

    fn act(&mut self) {
        loop {
            while let Ok(batch) = self.session_end.try_batch() {
                self.courier.take(batch);
            }
            let Some(act) = self.courier.next(self.now) else {
                return;
            };
            match act {
                Act::Ask(request) => self.ask(request),
                Act::Publish { payload, .. } => {
                    self.next_pkid = self.next_pkid % 20_000 + 1;
                    self.courier.numbered(self.next_pkid);
                    let message = Travelling::Message(self.next_pkid, payload);
                    self.up.push_back((self.now + WAY, message));
                }
            }
        }
    }

    fn ask(&mut self, request: Request) {
        let (outbox, storage) = (&mut self.outbox, &mut self.storage);
        self.outbox_end.answer(request, outbox, storage).unwrap();
    }

    /// The server takes what arrived, or closes; what arrives after a close is lost.
    fn serve(&mut self) {
        while self.up.front().is_some_and(|(at, _)| *at <= self.now) {
            let Some((_, Travelling::Message(pkid, payload))) = self.up.pop_front() else {
                continue;
            };
            if self.is_closed {
                continue;
            }
            let rows = times(&payload);
            let points = KEYS * u32::try_from(rows.len()).unwrap();
            let now = self.now;
            let fits = self.messages.iter_mut().all(|meter| meter.takes(now, 1))
                && self.points.iter_mut().all(|meter| meter.takes(now, points));
            let answer = if fits {
                for ts in rows {
                    self.taken.entry(ts).or_insert(now);
                }
                Travelling::Ack(pkid)
            } else {
                self.is_closed = true;
                Travelling::Close
            };
            self.down.push_back((now + WAY, answer));
        }
    }

    fn lose(&mut self) {
        self.closes += 1;
        self.up.clear();
        self.down.clear();
        let poison = self.courier.ended(self.now, true);
        assert_eq!(poison, None, "an innocent row was set aside");
        while let Some(request) = self.courier.next_request() {
            self.ask(request);
        }
        let wait = self.backoff.next(u32::MAX);
        // TCP, TLS and CONNECT: three times there and back.
        self.reconnect = Some(self.now + wait + 6 * WAY);
    }

    /// Plays until the backlog is gone, and a minute more. Returns for how long.
    fn play(&mut self) -> Duration {
        let (mut second, mut rest) = (0, 60);
        while rest > 0 {
            let elapsed = self.now.since(Instant::BOOT);
            assert!(
                elapsed < TOO_LONG,
                "{} rows wait",
                self.storage.usage().entries
            );
            if elapsed.as_secs() > second {
                second += 1;
                self.measure(i64::try_from(second).unwrap());
                rest -= i32::from(self.storage.usage().entries < 100);
            }
            self.step();
            self.now = self.now + TICK;
        }
        self.now.since(Instant::BOOT)
    }

    /// How long each live row took from its measurement to the server, the longest first.
    fn delays(&self) -> Vec<Duration> {
        let end = self.now;
        let delays = self.live.iter().map(|(ts, measured)| {
            let taken = self.taken.get(ts).copied().unwrap_or(end);
            taken.since(*measured)
        });
        let mut delays: Vec<_> = delays.collect();
        delays.sort_unstable_by(|a, b| b.cmp(a));
        delays
    }
}

fn row(ts: i64) -> NewEntry {
    // As long as a vehicle's row; its time stands in it for the server to find.
    let payload = format!(r#"{{"t":{ts},"filler":"{}"}}"#, "x".repeat(560));
    let (class, kind) = (Class::Telemetry, PayloadKind::Telemetry);
    NewEntry::new(class, kind, UtcTime::from_millis(ts), KEYS, payload).unwrap()
}

/// The times of the rows in a message.
fn times(payload: &[u8]) -> Vec<i64> {
    let text = std::str::from_utf8(payload).unwrap();
    let rows = text.split(r#""t":"#).skip(1);
    rows.map(|rest| rest.split(',').next().unwrap().parse().unwrap())
        .collect()
}

/// Plays; the backlog must arrive whole, and every live row in less than two seconds.
fn day_arrives(name: &str, mut play: Play, most_closes: u32) {
    let lasted = play.play();
    let delays = play.delays();
    let whole = (0..BACKLOG)
        .filter(|n| play.taken.contains_key(&(n * 1000)))
        .count();
    println!(
        "{name}: {whole} rows of backlog in {} s, {} closes; live rows: {} in at most {} ms",
        lasted.as_secs() - 60,
        play.closes,
        delays.len(),
        delays[0].as_millis()
    );
    assert_eq!(whole, usize::try_from(BACKLOG).unwrap());
    assert!(delays[0] < Duration::from_secs(2), "{:?}", &delays[..10]);
    assert!(play.closes <= most_closes, "{} closes", play.closes);
}

const MESSAGES: [Window; 2] = [
    Window {
        capacity: 100,
        per: Duration::from_secs(1),
    },
    Window {
        capacity: 1000,
        per: Duration::from_secs(60),
    },
];

#[test]
fn day_of_backlog_arrives_whole_where_the_limits_are_known() {
    let limits = Limits {
        messages: MESSAGES.to_vec(),
        points: vec![],
    };
    let play = Play::new(&limits, Counting::Sliding, &MESSAGES, &[]);
    day_arrives("known", play, 0);
}

#[test]
fn day_of_backlog_arrives_whole_with_the_usual_limits() {
    let play = Play::new(&Limits::usual(), Counting::Sliding, &MESSAGES, &[]);
    day_arrives("usual", play, 0);
}

#[test]
fn day_of_backlog_arrives_whole_where_no_limit_is_believed() {
    for (name, counting) in [
        ("none", Counting::Greedy),
        ("none, sliding", Counting::Sliding),
    ] {
        let play = Play::new(&Limits::default(), counting, &MESSAGES, &[]);
        day_arrives(name, play, 20);
    }
}

#[test]
fn day_of_backlog_arrives_whole_where_too_much_is_believed() {
    let limits = Limits {
        messages: vec![window(1000, 1), window(60_000, 60)],
        points: vec![],
    };
    let play = Play::new(&limits, Counting::Greedy, &MESSAGES, &[]);
    day_arrives("too much", play, 20);
}

#[test]
fn day_of_backlog_arrives_whole_where_data_points_are_limited_as_well() {
    let points = [window(6000, 1), window(100_000, 60)];
    let limits = Limits {
        messages: MESSAGES.to_vec(),
        points: points.to_vec(),
    };
    let play = Play::new(&limits, Counting::Sliding, &MESSAGES, &points);
    day_arrives("points, known", play, 0);
    let play = Play::new(&Limits::usual(), Counting::Greedy, &MESSAGES, &points);
    day_arrives("points, unknown", play, 200);
}

#[test]
fn row_that_comes_during_a_stop_wakes_nobody_before_the_stop_is_over() {
    let mut play = Play::new(&Limits::default(), Counting::Greedy, &[], &[]);
    play.connect();
    play.courier.stop(play.now);
    let rows = play.storage.pending(Class::Telemetry, 0, 3).unwrap();
    play.courier.take(rows);
    assert!(play.courier.next(play.now).is_none());
    assert_eq!(play.courier.wake(play.now), Some(STOP_TIMEOUT));
}
