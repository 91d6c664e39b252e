//! Whether a device is online: it is connected, or was heard lately by another way.
//!
//! A device behind a gateway has no connection of its own; neither has one at an outside broker. A
//! connection that is open but silent for longer counts no more: its cable may be out.

use std::time::Duration;

use v2x_units::UtcTime;

/// Silence after which a device is offline, connected or not: ThingsBoard's
/// `DEFAULT_INACTIVITY_TIMEOUT`.
pub const INACTIVE_AFTER: Duration = Duration::from_secs(600);

/// What is known of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Presence {
    /// Connections that are open, its gateway's included.
    connections: u32,
    /// Whether it was ever connected in this run: then the end of the connection says it all.
    has_connected: bool,
    last_seen: Option<UtcTime>,
}

impl Presence {
    /// One that was last seen at this moment by an earlier run.
    #[must_use]
    pub const fn last_seen_at(last_seen: Option<UtcTime>) -> Self {
        Self {
            connections: 0,
            // Nobody is online whom this run has not heard.
            has_connected: true,
            last_seen,
        }
    }

    /// A connection was opened.
    pub fn connect(&mut self, now: UtcTime) {
        self.connections = self.connections.saturating_add(1);
        self.has_connected = true;
        self.last_seen = Some(now);
    }

    /// A connection has ended.
    pub const fn disconnect(&mut self) {
        self.connections = self.connections.saturating_sub(1);
        self.has_connected = true;
    }

    /// It was heard, over a connection of its own or not.
    pub fn hear(&mut self, now: UtcTime) {
        if self.connections == 0 {
            self.has_connected = false;
        }
        self.last_seen = Some(now);
    }

    /// When it was last heard.
    #[must_use]
    pub const fn last_seen(&self) -> Option<UtcTime> {
        self.last_seen
    }

    /// Whether it is online.
    #[must_use]
    pub fn is_online(&self, now: UtcTime, inactive_after: Duration) -> bool {
        if self.connections == 0 && self.has_connected {
            return false;
        }
        let limit = i64::try_from(inactive_after.as_micros()).unwrap_or(i64::MAX);
        self.last_seen
            .is_some_and(|seen| now.micros_since(seen) <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> UtcTime {
        UtcTime::from_millis(1_795_515_300_000 + seconds * 1000)
    }

    #[test]
    fn connected_device_is_online_until_it_leaves_or_is_silent_for_too_long() {
        let mut presence = Presence::default();
        assert!(!presence.is_online(at(0), LIMIT), "never seen");
        presence.connect(at(0));
        assert!(presence.is_online(at(60), LIMIT));
        assert!(!presence.is_online(at(61), LIMIT), "a cable that is out");
        presence.hear(at(62));
        assert!(presence.is_online(at(62), LIMIT));
        presence.disconnect();
        assert!(!presence.is_online(at(62), LIMIT));
        assert_eq!(presence.last_seen(), Some(at(62)));
    }

    #[test]
    fn device_that_is_only_heard_is_online_for_a_while() {
        let mut presence = Presence::last_seen_at(Some(at(-5)));
        assert!(!presence.is_online(at(0), LIMIT), "seen by an earlier run");
        presence.hear(at(0));
        assert!(presence.is_online(at(59), LIMIT));
        assert!(!presence.is_online(at(61), LIMIT));
    }

    #[test]
    fn second_connection_keeps_it_online_when_the_first_ends() {
        let mut presence = Presence::default();
        presence.connect(at(0));
        presence.connect(at(1));
        presence.disconnect();
        assert!(presence.is_online(at(2), LIMIT));
        presence.disconnect();
        presence.disconnect();
        assert!(!presence.is_online(at(2), LIMIT));
    }
}
