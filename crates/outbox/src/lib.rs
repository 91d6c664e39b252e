//! The durable queue in front of every network: nothing unacknowledged is deleted.
