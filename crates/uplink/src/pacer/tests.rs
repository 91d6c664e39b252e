//! The pacer against a server in virtual time that counts and closes as ThingsBoard does.

use std::collections::VecDeque;

use super::*;

const TICK: Duration = Duration::from_millis(10);

/// Closes when a message would exceed one of its windows, which slide.
struct Server {
    windows: Vec<Window>,
    taken: VecDeque<Instant>,
}

impl Server {
    fn takes(&mut self, now: Instant) -> bool {
        let longest = self.windows.iter().map(|w| w.per).max().unwrap_or_default();
        while self.taken.front().is_some_and(|t| now.since(*t) >= longest) {
            self.taken.pop_front();
        }
        let full = self.windows.iter().any(|window| {
            let recent = self.taken.iter().rev();
            let count = recent.take_while(|t| now.since(**t) < window.per).count();
            count >= window.capacity as usize
        });
        if !full {
            self.taken.push_back(now);
        }
        !full
    }
}

fn window(capacity: u32, seconds: u64) -> Window {
    Window {
        capacity,
        per: Duration::from_secs(seconds),
    }
}

/// Sends one message after another for so long; returns messages taken and closes.
fn run(limits: &Limits, server: &mut Server, seconds: u64) -> (u32, u32) {
    let mut now = Instant::BOOT;
    let end = now + Duration::from_secs(seconds);
    let mut pacer = Pacer::new(limits, now);
    let (mut taken, mut closes) = (0, 0);
    while now < end {
        if pacer.wait(now, Freight::Backlog) > Duration::ZERO {
            now = now + TICK;
        } else if server.takes(now) {
            pacer.sent(now, 23, 1);
            pacer.acknowledged(now);
            taken += 1;
        } else {
            pacer.closed(now);
            closes += 1;
            // The session's back-off.
            now = now + Duration::from_secs(1);
        }
    }
    (taken, closes)
}

#[test]
fn server_is_never_provoked_when_its_limits_are_known() {
    let limits = Limits {
        messages: vec![window(100, 1), window(1000, 60)],
        points: vec![],
    };
    let mut server = Server {
        windows: limits.messages.clone(),
        taken: VecDeque::new(),
    };
    let (taken, closes) = run(&limits, &mut server, 3600);
    assert_eq!(closes, 0);
    assert!(taken > 50_000, "{taken} of at most 60,000");
}

#[test]
fn unknown_limit_is_found_without_a_livelock() {
    let believed = Limits {
        messages: vec![window(100, 1)],
        points: vec![],
    };
    let mut server = Server {
        windows: vec![window(10, 1), window(300, 60)],
        taken: VecDeque::new(),
    };
    let (taken, closes) = run(&believed, &mut server, 3600);
    assert!(taken > 9_000, "{taken} of at most 18,000");
    assert!(closes < 400, "{closes} closes in an hour");
}

#[test]
fn data_points_are_paid_even_when_one_row_exceeds_the_bucket() {
    let limits = Limits {
        messages: vec![],
        points: vec![window(10, 1)],
    };
    let mut pacer = Pacer::new(&limits, Instant::BOOT);
    assert_eq!(pacer.wait(Instant::BOOT, Freight::Live), Duration::ZERO);
    pacer.sent(Instant::BOOT, 23, 1);
    assert_eq!(pacer.points(Instant::BOOT), 0);
    let wait = pacer.wait(Instant::BOOT, Freight::Live);
    // 23 points and one to begin with, at a quarter of nine points in a second.
    assert_eq!(wait.as_secs(), 10);
    assert_eq!(
        pacer.wait(Instant::BOOT + wait + TICK, Freight::Live),
        Duration::ZERO
    );
}

#[test]
fn pace_without_limits_never_waits() {
    let mut pacer = Pacer::new(&Limits::default(), Instant::BOOT);
    for _ in 0..1000 {
        assert_eq!(pacer.wait(Instant::BOOT, Freight::Live), Duration::ZERO);
        assert_eq!(pacer.points(Instant::BOOT), u32::MAX);
        pacer.sent(Instant::BOOT, 1000, 10);
    }
}

#[test]
fn limits_are_read_as_thingsboard_writes_them() {
    assert_eq!(
        Window::parse_list("20:1, 600:60"),
        Ok(vec![window(20, 1), window(600, 60)])
    );
    assert_eq!(Window::parse_list(" "), Ok(vec![]));
    for (text, seen) in [
        ("20", "`20`"),
        ("20:1,", "``"),
        ("0:1", "`0:1`"),
        ("20:1,+6:60", "`+6:60`"),
        ("20:0", "`20:0`"),
        ("fast:60", "`fast:60`"),
    ] {
        let said = Window::parse_list(text).unwrap_err().to_string();
        assert!(said.contains(seen), "{said}");
        assert!(said.contains("600:60"), "{said}");
    }
}
