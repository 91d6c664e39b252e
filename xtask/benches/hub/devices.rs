//! Devices that publish: packets of MQTT 3.1.1 written by hand, so that the load costs little.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use v2x_roles::hub::DeviceKind;
use v2x_store::hub::{Credential, HubStore};
use v2x_units::UtcTime;

use super::processes::wait;

/// 2026-11-24T10:00:00Z.
pub(crate) const BEGIN: i64 = 1_795_514_400_000;
/// Rows of one message when as much as possible is sent.
const ROWS: usize = 100;
/// Messages of one device that are under way then.
const UNDER_WAY: usize = 10;
const TOPIC: &str = "v1/devices/me/telemetry";

/// The row of a vehicle: the prototype's eighteen keys.
pub(crate) fn values(number: usize) -> String {
    let soc = 20.0 + (number % 8000) as f64 / 100.0;
    let speed = number % 80;
    format!(
        r#"{{"soc":{soc},"current":-12.25,"gear":"Drive","motor_active":true,"accelerator":31.5,"#
    ) + &format!(
        r#""brake":false,"cap_voltage":57.6,"motor_speed":{speed},"odometer":3585.2,"range":54,"#
    ) + concat!(
        r#""battery_voltage":57.8,"available_energy":4.1,"charging_status":"0x00","#,
        r#""motor_temp":41,"power_request":-708.05,"#,
        r#""timestamp_str":"2026-11-24T10:00:00.000Z","latitude":33.986242,"longitude":-6.85}"#
    )
}

/// Makes the hub's file with so many devices; their tokens.
pub(crate) fn add(folder: &Path, count: usize) -> Vec<String> {
    std::fs::create_dir_all(folder).expect("a writable folder");
    let mut store = HubStore::open(&folder.join("hub.db")).expect("a new file");
    let now = UtcTime::from_millis(BEGIN);
    let tokens = (0..count).map(|number| {
        let token = format!("token-of-bench-device-{number}");
        let credential = Credential::Token(hash(&token));
        let name = format!("Car {number}");
        let added = store.add_device(&name, DeviceKind::Vehicle, Some(&credential), now);
        added.expect("a disk").expect("a new name");
        token
    });
    tokens.collect()
}

/// As the hub hashes a token: each part with its length before it.
fn hash(token: &str) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    let mut hasher = Sha256::new();
    for part in ["token", token] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Connected devices.
pub(crate) struct Devices(Vec<TcpStream>);

/// A load that goes on until it is stopped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Devices {
    pub(crate) fn connect(port: u16, tokens: &[String]) -> Self {
        let connect = |token: &String| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
            stream.set_nodelay(true).expect("a TCP socket");
            stream.write_all(&connect(token)).expect("it reads");
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).expect("it answers");
            assert_eq!(answer, [0x20, 2, 0, 0], "it is let in");
            stream.set_nonblocking(true).expect("a TCP socket");
            stream
        };
        Self(tokens.iter().map(connect).collect())
    }

    /// Each device sends a row per period, evenly spread.
    pub(crate) fn pace(self, period: Duration) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || paced(self.0, period, &told));
        Load { stop, thread }
    }

    /// As many rows as are acknowledged; rows a second.
    pub(crate) fn flood(self, time: Duration) -> f64 {
        let begin = Instant::now();
        let threads: Vec<_> = split(self.0, 2)
            .into_iter()
            .enumerate()
            .map(|(half, streams)| thread::spawn(move || flooded(streams, half, begin, time)))
            .collect();
        let messages = threads.into_iter().map(|it| it.join().expect("it ends"));
        let rows = messages.sum::<usize>() * ROWS;
        rows as f64 / begin.elapsed().as_secs_f64()
    }
}

impl Load {
    /// Ends it; how many messages were acknowledged.
    pub(crate) fn stop(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("it ends")
    }
}

fn split(streams: Vec<TcpStream>, parts: usize) -> Vec<Vec<TcpStream>> {
    let mut split: Vec<Vec<_>> = (0..parts).map(|_| Vec::new()).collect();
    for (index, stream) in streams.into_iter().enumerate() {
        split[index % parts].push(stream);
    }
    split
}

fn paced(mut streams: Vec<TcpStream>, period: Duration, stop: &AtomicBool) -> usize {
    let begin = Instant::now();
    let count = streams.len();
    let (mut sent, mut acknowledged) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let due = begin.elapsed().as_secs_f64() / period.as_secs_f64() * count as f64;
        while (sent as f64) < due {
            let stream = &mut streams[sent % count];
            let ts = BEGIN + i64::try_from(sent).expect("few rows");
            let payload = format!(r#"{{"ts":{ts},"values":{}}}"#, values(sent));
            stream
                .write_all(&publish(1 + (sent / count) % 60_000, payload.as_bytes()))
                .expect("it reads");
            acknowledged += acknowledgements(stream);
            sent += 1;
        }
        wait(Duration::from_millis(5));
    }
    acknowledged
}

fn flooded(mut streams: Vec<TcpStream>, half: usize, begin: Instant, time: Duration) -> usize {
    let mut under_way = vec![0; streams.len()];
    let mut next = vec![0_usize; streams.len()];
    let mut total = 0;
    while begin.elapsed() < time {
        let mut is_idle = true;
        for (index, stream) in streams.iter_mut().enumerate() {
            let heard = acknowledgements(stream);
            under_way[index] -= heard;
            total += heard;
            is_idle &= heard == 0;
            while under_way[index] < UNDER_WAY {
                let first = next[index] * ROWS;
                next[index] += 1;
                let rows = (first..first + ROWS).map(|row| {
                    // No two rows of a device have one time, nor one of the steady load.
                    let ts =
                        BEGIN + 10_000_000_000 + i64::try_from(row * 2 + half).expect("few rows");
                    format!(r#"{{"ts":{ts},"values":{}}}"#, values(row))
                });
                let payload = format!("[{}]", rows.collect::<Vec<_>>().join(","));
                let packet = publish(1 + next[index] % 60_000, payload.as_bytes());
                write_whole(stream, &packet);
                under_way[index] += 1;
                is_idle = false;
            }
        }
        if is_idle {
            wait(Duration::from_micros(200));
        }
    }
    total
}

/// A socket that does not block may take a part.
fn write_whole(stream: &mut TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait(Duration::from_micros(100));
            }
            Err(error) => panic!("the server is gone: {error}"),
        }
    }
}

/// How many PUBACKs have come: each has four bytes, and nothing else comes.
fn acknowledgements(stream: &mut TcpStream) -> usize {
    let mut bytes = [0; 4096];
    match stream.read(&mut bytes) {
        Ok(0) => panic!("the server has closed a connection"),
        Ok(count) => count / 4,
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        Err(error) => panic!("the server is gone: {error}"),
    }
}

fn connect(token: &str) -> Vec<u8> {
    // CONNECT, MQTT 3.1.1 section 3.1: clean session, a user name, keep-alive 60 s, no client id.
    let mut body = b"\x00\x04MQTT\x04\x82\x00\x3c\x00\x00".to_vec();
    body.extend(u16::try_from(token.len()).expect("a token").to_be_bytes());
    body.extend(token.bytes());
    packet(0x10, &body)
}

fn publish(id: usize, payload: &[u8]) -> Vec<u8> {
    let mut body = u16::try_from(TOPIC.len())
        .expect("a topic")
        .to_be_bytes()
        .to_vec();
    body.extend(TOPIC.bytes());
    body.extend(u16::try_from(id).expect("an identifier").to_be_bytes());
    body.extend(payload);
    packet(0x32, &body)
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut length = body.len();
    loop {
        let byte = u8::try_from(length % 128).expect("below 128");
        length /= 128;
        packet.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}
