//! Real parts for tests: a mosquitto, a subscriber, a TCP proxy that can be cut, a fake
//! ThingsBoard, an authority for certificates, a free port.
//!
//! Nothing here is part of the product. Parts end when they are dropped. Waiting is for a
//! condition within a generous bound ([`wait_until`]), never for a time.

#![forbid(unsafe_code)]

mod authority;
mod mosquitto;
mod proxy;
mod subscriber;
mod thingsboard;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use authority::Authority;
pub use mosquitto::{Access, Mosquitto};
pub use proxy::Proxy;
pub use subscriber::{Received, Subscriber};
pub use thingsboard::FakeThingsBoard;

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// The ports that tests listen on: below those that Linux gives to connections (32768 and up), so
/// that no connection takes one between the choice and its use.
const PORTS: std::ops::Range<u32> = 20_000..32_000;

/// How far apart the choices of two processes with neighbouring numbers begin.
const PORTS_OF_A_PROCESS: u32 = 64;

/// A port of the loopback address that nobody listens on now, another one at every call.
///
/// # Panics
/// When the computer has none: the failure of the test.
#[must_use]
pub fn free_port() -> u16 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let ours = std::process::id().wrapping_mul(PORTS_OF_A_PROCESS);
    let ports = (0..PORTS.len()).map(|_| {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let at = ours.wrapping_add(call) % (PORTS.end - PORTS.start);
        u16::try_from(PORTS.start + at).expect("the range ends below 32000")
    });
    let mut free = ports.filter(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
    free.next().expect("a free port")
}

/// Whether somebody accepts connections on this port of the loopback address.
#[must_use]
pub fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Waits until the condition holds.
///
/// # Panics
/// When it does not hold within the bound: the failure of the test, with `what` was awaited.
pub fn wait_until(bound: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test meets real processes: it needs a real bound and a pause between looks"
    )]
    let (start, pause) = (Instant::now(), std::thread::sleep);
    while !condition() {
        assert!(
            start.elapsed() < bound,
            "{what} did not happen within {bound:?}"
        );
        pause(LOOK);
    }
}

/// Whether a part that is missing makes a test fail instead of skip: `V2X_REQUIRE_SHARED=1`.
#[must_use]
pub fn parts_are_required() -> bool {
    std::env::var_os("V2X_REQUIRE_SHARED").is_some_and(|value| value == "1")
}
