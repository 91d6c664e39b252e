//! Type 10, command: something that the other end is to do, and to answer.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | id | 2 | chosen by the sender, comes back in [`super::Acknowledgement`] |
//! | order | 1 | which order, see below |
//! | parameters | rest | of that order |
//!
//! | order | parameters |
//! |---|---|
//! | 1 say hello | none |
//! | 2 restart | none |
//! | 3 identify: let the LED blink | none |
//! | 4 relay | 1 byte: 0 open, 1 closed |
//! | 5 radio channel | 1 byte: 1 to 14 |
//! | 6 read setting | key: UTF-8, rest of the body |
//! | 7 write setting | byte count, key, value: UTF-8, rest of the body |
//! | 8 radio address | 6 bytes: MAC address of one station |
//! | 9 slot | 1 byte: code of [`SlotWish`] |
//! | 10 keys | 1 byte: which part, then its bytes; docs/protocol/link.md lists the parts |
//!
//! Orders with other numbers are passed on with their bytes, for their receiver has to answer
//! that it does not know them. No order writes to the car's bus.

use v2x_units::MacAddress;

use crate::link::body::{BodyError, Problem, Reader, Writer, coded};

use super::radio_received::check_channel;

const NAME: &str = "command";

const SAY_HELLO: u8 = 1;
const RESTART: u8 = 2;
const IDENTIFY: u8 = 3;
const RELAY: u8 = 4;
const RADIO_CHANNEL: u8 = 5;
const READ_SETTING: u8 = 6;
const WRITE_SETTING: u8 = 7;
const RADIO_ADDRESS: u8 = 8;
const SLOT: u8 = 9;
const KEYS: u8 = 10;

coded! {
    /// What a slot controller is to do with its slot.
    SlotWish {
        /// End the session.
        Stop = 1,
        /// Interrupt the session.
        Pause = 2,
        /// Let the session go on, or the slot be used again after a stop.
        Resume = 3,
        /// Release the slot for one session.
        Release = 4,
        /// Take the release back.
        Withdraw = 5,
        /// Put the slot in service.
        InService = 6,
        /// Take the slot out of service once no session is open.
        OutOfService = 7,
        /// Somebody has looked at the fault.
        ClearFault = 8,
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order<'a> {
    /// Answer with a hello and a status.
    SayHello,
    /// Start anew; the acknowledgement goes out first.
    Restart,
    /// Let the LED blink for ten seconds, so that a person finds the board.
    Identify,
    /// Close the relay, or open it.
    Relay {
        /// Whether current may flow.
        closed: bool,
    },
    /// Listen and send on this Wi-Fi channel, 1 to 14.
    RadioChannel(u8),
    /// Answer with the value of a setting.
    ReadSetting {
        /// Its name.
        key: &'a str,
    },
    /// Keep a setting across restarts.
    WriteSetting {
        /// Its name, at most 255 bytes.
        key: &'a str,
        /// Its new value.
        value: &'a str,
    },
    /// Send and listen under this address until the next restart; it is not one of a group.
    RadioAddress(MacAddress),
    /// Something that the operator wants of a slot whose controller keeps its sessions.
    Slot(SlotWish),
    /// Keep a part of the keys with which a slot speaks V2G; never read out again.
    Keys {
        /// Which part.
        part: u8,
        /// Its bytes, unread.
        bytes: &'a [u8],
    },
    /// An order that this version does not know.
    Unknown {
        /// Its number, above 10 or 0.
        number: u8,
        /// Its parameters, unread.
        parameters: &'a [u8],
    },
}

/// One order and the id under which it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// Comes back with the answer. A command that is repeated under the same id is answered
    /// again and done once.
    pub id: u16,
    /// What is to be done.
    pub order: Order<'a>,
}

impl<'a> Command<'a> {
    /// The type number.
    pub const TYPE: u8 = 10;

    /// Reads a body.
    ///
    /// # Errors
    /// Names the field that is cut or has no meaning.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        let mut from = Reader::new(NAME, body);
        let id = from.u16("id")?;
        let order = match from.u8("order")? {
            SAY_HELLO => Order::SayHello,
            RESTART => Order::Restart,
            IDENTIFY => Order::Identify,
            RELAY => Order::Relay {
                closed: from.flag("relay")?,
            },
            RADIO_CHANNEL => {
                let channel = from.u8("radio channel")?;
                check_channel(channel).map_err(|problem| from.error("radio channel", problem))?;
                Order::RadioChannel(channel)
            }
            READ_SETTING => Order::ReadSetting {
                key: from.remaining_text("key")?,
            },
            WRITE_SETTING => Order::WriteSetting {
                key: from.short_text("key")?,
                value: from.remaining_text("value")?,
            },
            RADIO_ADDRESS => {
                let address = MacAddress::new(from.array("radio address")?);
                check_address(address).map_err(|problem| from.error("radio address", problem))?;
                Order::RadioAddress(address)
            }
            SLOT => Order::Slot(from.code("slot", SlotWish::from_code)?),
            KEYS => Order::Keys {
                part: from.u8("part")?,
                bytes: from.remaining(),
            },
            number => Order::Unknown {
                number,
                parameters: from.remaining(),
            },
        };
        from.end("parameters")?;
        Ok(Self { id, order })
    }

    /// Writes a body.
    ///
    /// # Errors
    /// When a key is longer than 255 bytes or `out` too short.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
        let mut to = Writer::new(NAME, out);
        to.u16("id", self.id)?;
        to.u8("order", self.order.number())?;
        match self.order {
            Order::SayHello | Order::Restart | Order::Identify => {}
            Order::Relay { closed } => to.u8("relay", u8::from(closed))?,
            Order::RadioChannel(channel) => {
                check_channel(channel).map_err(|problem| to.error("radio channel", problem))?;
                to.u8("radio channel", channel)?;
            }
            Order::ReadSetting { key } => to.bytes("key", key.as_bytes())?,
            Order::WriteSetting { key, value } => {
                to.short_text("key", key)?;
                to.bytes("value", value.as_bytes())?;
            }
            Order::RadioAddress(address) => {
                check_address(address).map_err(|problem| to.error("radio address", problem))?;
                to.bytes("radio address", &address.octets())?;
            }
            Order::Slot(wish) => to.u8("slot", wish.code())?,
            Order::Keys { part, bytes } => {
                to.u8("part", part)?;
                to.bytes("bytes", bytes)?;
            }
            Order::Unknown { parameters, .. } => to.bytes("parameters", parameters)?,
        }
        Ok(to.used())
    }
}

impl Order<'_> {
    /// The number on the wire.
    #[must_use]
    pub const fn number(&self) -> u8 {
        match self {
            Self::SayHello => SAY_HELLO,
            Self::Restart => RESTART,
            Self::Identify => IDENTIFY,
            Self::Relay { .. } => RELAY,
            Self::RadioChannel(_) => RADIO_CHANNEL,
            Self::ReadSetting { .. } => READ_SETTING,
            Self::WriteSetting { .. } => WRITE_SETTING,
            Self::RadioAddress(_) => RADIO_ADDRESS,
            Self::Slot(_) => SLOT,
            Self::Keys { .. } => KEYS,
            Self::Unknown { number, .. } => *number,
        }
    }
}

/// Refuses the address of a group: one station speaks under it.
fn check_address(address: MacAddress) -> Result<(), Problem> {
    let seen = i64::from(address.octets()[0]);
    let right = "the first byte must be even; an odd one is a group";
    if address.is_group() {
        Err(Problem::Value { seen, right })
    } else {
        Ok(())
    }
}
