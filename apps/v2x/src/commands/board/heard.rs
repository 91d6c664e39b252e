//! What a board has said, in words for a person.

use v2x_proto::link::Message;
use v2x_proto::link::message::{
    BoardKind, BoardStatus, BootReason, BusState, LogLevel, QueueStatus,
};
use v2x_units::{BootId, Instant, MacAddress};

/// Something that a board has said; owned, for frames do not outlive their buffer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heard {
    Hello(Hello),
    Status(BoardStatus),
    Panic {
        boot: BootId,
        at: Instant,
        text: String,
    },
    Log(LogLevel, String),
}

/// Who a board is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) kind: BoardKind,
    pub(super) board: MacAddress,
    pub(super) firmware: String,
    pub(super) name: String,
}

impl Heard {
    /// What is of interest here; readings and payloads are not.
    pub(super) fn of(message: &Message<'_>) -> Option<Self> {
        Some(match message {
            Message::Hello(hello) => Self::Hello(Hello {
                kind: hello.kind,
                board: hello.board,
                firmware: hello.firmware.to_string(),
                name: hello.name.to_owned(),
            }),
            Message::BoardStatus(status) => Self::Status(*status),
            Message::PanicRecord(record) => Self::Panic {
                boot: record.boot,
                at: record.at,
                text: record.text.to_owned(),
            },
            Message::LogLine(line) => Self::Log(line.level, line.text.to_owned()),
            _ => return None,
        })
    }
}

/// What a board is, as people call it.
pub(super) const fn kind(kind: BoardKind) -> &'static str {
    match kind {
        BoardKind::Computer => "computer",
        BoardKind::Collector => "collector",
        BoardKind::Radio => "radio",
        BoardKind::SlotController => "slot controller",
        BoardKind::SlotMeter => "slot meter",
    }
}

/// Why a board has started.
pub(super) const fn boot_reason(reason: BootReason) -> &'static str {
    match reason {
        BootReason::Unknown => "unknown",
        BootReason::PowerOn => "power on",
        BootReason::ResetPin => "reset pin",
        BootReason::Software => "restart by order",
        BootReason::Panic => "panic",
        BootReason::Watchdog => "watchdog",
        BootReason::Brownout => "voltage too low",
        BootReason::DeepSleep => "woken",
    }
}

/// How the car's bus looks to a collector.
pub(super) const fn bus(state: BusState) -> &'static str {
    match state {
        BusState::Active => "frames arrive",
        BusState::Silent => "silent",
        BusState::ErrorPassive => "many errors",
        BusState::BusOff => "bus off",
        BusState::Absent => "no controller",
        BusState::WrongBitRate => "wrong bit rate",
    }
}

/// The name of a log line's level.
pub(super) const fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    }
}

/// Counters of a board on one line.
pub(super) fn counters(status: &BoardStatus) -> String {
    let mut text = format!("link queue {}", queue(&status.link_queue));
    if status.radio_queue.capacity > 0 {
        text.push_str(&format!(", radio queue {}", queue(&status.radio_queue)));
    }
    if let Some(can) = &status.can {
        text.push_str(&format!(
            ", bus: {}, {} bus errors, {} overflows, {} frames dropped, frame queue {}",
            bus(can.bus),
            can.bus_errors,
            can.receive_overflows,
            can.dropped,
            queue(&can.queue),
        ));
    }
    text
}

fn queue(status: &QueueStatus) -> String {
    format!(
        "at most {} of {}, {} dropped",
        status.high_water, status.capacity, status.dropped
    )
}

/// Seconds since a board's boot.
pub(super) fn since_boot(at: Instant) -> String {
    let micros = at.as_micros();
    format!("{}.{:03} s", micros / 1_000_000, micros / 1000 % 1000)
}

/// A text of a board for a terminal: nothing in it moves the cursor.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { '?' } else { letter })
        .collect()
}
