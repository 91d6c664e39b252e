//! Every limit of the boards in one place, each with its reason and with what happens beyond it.

use core::time::Duration;

/// Bytes that wait for the UART: 44 ms at 921,600 baud. Beyond it messages are dropped and
/// counted; CAN frames stay in their queue instead.
pub const LINE_BYTES: usize = 4096;

/// The speed of a line that carries the framed link, in baud.
pub const LINK_BAUD: u32 = 921_600;

/// The speed of a line that carries the prototype's text or its `Item`, in baud.
pub const TEXT_BAUD: u32 = 115_200;

/// Link frames that wait for the UART; a full bus makes one every 5 ms, so bytes run out first.
pub const LINE_FRAMES: usize = 64;

/// The most bytes a batch of CAN frames takes on the wire: its body of 640, header, checksum, byte
/// stuffing and two delimiters. A batch is only begun while there is room for it.
pub const BATCH_WIRE_MAX: usize = 680;

/// The longest value of a setting, in bytes.
pub const SETTING_MAX: usize = 64;

/// The most settings a board has.
pub const SETTINGS_MAX: usize = 24;

/// Answers that are remembered, so that a repeated command is answered again and done once.
pub const ANSWERS_KEPT: usize = 8;

/// The longest text of a log line or an answer; longer ones are cut.
pub const TEXT_MAX: usize = 192;

/// The bytes of the panic record in memory that survives a restart.
pub const PANIC_BYTES: usize = 256;

/// How often a board says who it is.
pub const HELLO_EVERY: Duration = Duration::from_secs(10);

/// How often a board says how it is.
pub const STATUS_EVERY: Duration = Duration::from_secs(1);

/// With how many hellos the panic record goes along: the first minute, for whoever listens.
pub const PANIC_TOLD: u8 = 6;

/// How long the LED blinks after it was asked to.
pub const IDENTIFY_FOR: Duration = Duration::from_secs(10);

/// Payloads that wait for the air. The oldest is dropped beyond it: what is newer is worth more.
pub const RADIO_DOWN: usize = 12;

/// Payloads from the air that wait for the line. The oldest is dropped beyond it.
pub const RADIO_UP: usize = 12;

/// Peers that ESP-NOW has room for, the broadcast address included.
pub const PEERS_MAX: usize = 20;

/// How long the journal waits for the computer's word before it says an entry again.
pub const JOURNAL_AGAIN: Duration = Duration::from_secs(2);

/// So long after its last word the computer counts as there: it tells the time every 10 s.
pub const COMPUTER_THERE: Duration = Duration::from_secs(30);

/// How often an open session is copied to the journal while nothing changes and nobody listens:
/// often enough for prices by the hour, seldom enough that a weekend finds room.
pub const JOURNAL_COPY_EVERY: Duration = Duration::from_secs(15 * 60);

/// Pieces of a revocation list in flash: the longest has 2,150 bytes.
pub const REVOCATION_PIECES: u8 = 12;

/// Bytes of a revocation list in one piece.
pub const REVOCATION_PIECE: usize = 200;
