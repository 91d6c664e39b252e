//! A server that answers as ThingsBoard does where a broker would not: it closes the connection
//! without a PUBACK on a message that it does not understand.
//!
//! MQTT 3.1.1, server side, as far as a device needs it: CONNECT, PUBLISH with QoS 0 and 1,
//! SUBSCRIBE, PINGREQ, DISCONNECT. It has nothing to say on what is subscribed to.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::Received;

/// Packet types of MQTT 3.1.1, table 2.1.
const CONNECT: u8 = 1;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;
const PINGREQ: u8 = 12;

/// Decides whether a payload is understood.
type Understands = dyn Fn(&[u8]) -> bool + Send + Sync;

/// The server; ends when dropped.
pub struct FakeThingsBoard {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    understands: Box<Understands>,
    received: Mutex<Vec<Received>>,
    is_over: AtomicBool,
}

impl FakeThingsBoard {
    /// Listens on a free port; a payload for which `understands` is false closes the connection.
    ///
    /// # Panics
    /// When the computer has no free port.
    #[must_use]
    pub fn start(understands: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        let shared = Arc::new(Shared {
            understands: Box::new(understands),
            received: Mutex::new(Vec::new()),
            is_over: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                if serving.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&serving);
                // The end of a connection, however it comes, is the end of its thread.
                thread::spawn(move || serving.serve(socket).ok());
            }
        });
        Self { port, shared }
    }

    /// Its address as `mqtt://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Everything that was acknowledged so far, in order.
    ///
    /// # Panics
    /// When a serving thread has panicked.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        let received = self.shared.received.lock();
        received.expect("no holder panics").clone()
    }
}

impl Drop for FakeThingsBoard {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

impl Shared {
    fn serve(&self, mut socket: TcpStream) -> io::Result<()> {
        loop {
            let (first, body) = read_packet(&mut socket)?;
            match first >> 4 {
                CONNECT => socket.write_all(&[0x20, 2, 0, 0])?,
                PUBLISH => {
                    // Bits 1 and 2 of the first byte are the QoS (MQTT 3.1.1, 3.3.1.2).
                    let is_answered = first & 0b110 != 0;
                    let Some((received, pkid)) = publish(&body, is_answered) else {
                        return Ok(());
                    };
                    if !(self.understands)(&received.payload) {
                        return Ok(());
                    }
                    let all = self.received.lock();
                    all.expect("no holder panics").push(received);
                    if let Some([high, low]) = pkid {
                        socket.write_all(&[0x40, 2, high, low])?;
                    }
                }
                SUBSCRIBE => {
                    let Some(answer) = granted(&body) else {
                        return Ok(());
                    };
                    socket.write_all(&answer)?;
                }
                PINGREQ => socket.write_all(&[0xD0, 0])?,
                _ => return Ok(()),
            }
        }
    }
}

/// The first byte of a packet and what follows its length (MQTT 3.1.1, 2.2).
fn read_packet(socket: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut byte = [0];
    socket.read_exact(&mut byte)?;
    let first = byte[0];
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        socket.read_exact(&mut byte)?;
        length |= usize::from(byte[0] & 0x7F) << shift;
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body)?;
    Ok((first, body))
}

/// The SUBACK that grants each topic filter of a SUBSCRIBE what it asks for (MQTT 3.1.1, 3.8, 3.9).
fn granted(body: &[u8]) -> Option<Vec<u8>> {
    let (pkid, mut rest) = body.split_first_chunk::<2>()?;
    let mut grants = Vec::new();
    while let Some((length, filter)) = rest.split_first_chunk::<2>() {
        let (qos, others) = filter
            .get(usize::from(u16::from_be_bytes(*length))..)?
            .split_first()?;
        grants.push(*qos);
        rest = others;
    }
    let mut answer = vec![0x90, u8::try_from(2 + grants.len()).ok()?];
    answer.extend(pkid);
    answer.extend(grants);
    Some(answer)
}

/// The message of a PUBLISH, and its packet identifier where it has one (MQTT 3.1.1, 3.3).
fn publish(body: &[u8], is_answered: bool) -> Option<(Received, Option<[u8; 2]>)> {
    let (length, rest) = body.split_first_chunk::<2>()?;
    let (topic, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (pkid, payload) = if is_answered {
        let (pkid, payload) = rest.split_first_chunk::<2>()?;
        (Some(*pkid), payload)
    } else {
        (None, rest)
    };
    let received = Received {
        topic: String::from_utf8(topic.to_vec()).ok()?,
        payload: payload.to_vec(),
    };
    Some((received, pkid))
}
