//! How late 500 live viewers see what happens, and what a viewer who never reads costs.
//!
//! `v2x_web` serves a site of 50 vehicles that each say something once a second; 500 viewers over
//! loopback follow all of them, and one more never reads. Each event carries the moment at which it
//! was published; the latency is that of the viewer who has read it. The baseline in the same run
//! writes the same bytes to 500 plain sockets, without HTTP, log-in or queues, as often as the
//! stream hands out. `V2X_BENCH_SECONDS` sets how long is measured.
//!
//! | figure | what it is |
//! |---|---|
//! | `web/fan-out-p99`, `-p50` | age of an event, in ms, when one of 500 viewers has read it |
//! | `web/slow-viewer-memory` | what this process grows by, in kB, while one viewer reads nothing |

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use v2x_web::live::HAND_OUT_EVERY;
use v2x_web::server::{Server, listen};
use v2x_web::types::{Device, Feature, LiveEvent, SiteKind};
use v2x_web::{
    Account, Accounts, Answer, Deed, Live, Role, Settings, Site, Surroundings, Web, password,
};

const VIEWERS: usize = 500;
const VEHICLES: u32 = 50;
const SECONDS: u64 = 20;
/// Until all viewers are there and everything is warm.
const BESIDES: Duration = Duration::from_secs(3);

struct Around {
    began: Instant,
    drawn: AtomicU8,
}

impl Surroundings for Around {
    fn now(&self) -> v2x_units::Instant {
        v2x_units::Instant::from_micros(micros(self.began))
    }
    fn utc_ms(&self) -> i64 {
        0
    }
    fn fill(&self, bytes: &mut [u8]) -> bool {
        bytes.fill(self.drawn.fetch_add(1, Ordering::Relaxed));
        true
    }
}

struct Fleet;

impl Site for Fleet {
    fn kind(&self) -> SiteKind {
        SiteKind::Hub
    }
    fn name(&self) -> String {
        "a fleet".to_owned()
    }
    fn features(&self) -> Vec<Feature> {
        Vec::new()
    }
    fn devices(&self) -> Answer<Vec<Device>> {
        Ok(Vec::new())
    }
    fn note(&self, _: Deed) {}
}

struct One(Account);

impl Accounts for One {
    fn find(&self, user: &str) -> Answer<Option<Account>> {
        Ok((user == self.0.user).then(|| self.0.clone()))
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn main() {
    let seconds = std::env::var("V2X_BENCH_SECONDS").map_or(SECONDS, |text| {
        text.parse().expect("V2X_BENCH_SECONDS is a number")
    });
    let time = Duration::from_secs(seconds);
    let baseline = plain_sockets(time);
    let (ours, grown_kb, counters) = stream(time);
    let (p99, p50) = (at(&ours, 99), at(&ours, 50));
    let plain = at(&baseline, 99);
    println!(
        "bench web/fan-out-p99: {:.1} ms, {:.2} x plain sockets ({:.1} ms)",
        ms(p99),
        ms(plain) / ms(p99),
        ms(plain)
    );
    println!(
        "bench web/fan-out-p50: {:.1} ms, {:.2} x plain sockets",
        ms(p50),
        ms(at(&baseline, 50)) / ms(p50)
    );
    println!(
        "bench web/slow-viewer-memory: {grown_kb} kB more while it reads nothing, {:.2} x its \
         bound of 1024 kB",
        1024.0 / f64::from(u32::try_from(grown_kb.max(1)).unwrap_or(u32::MAX))
    );
    println!(
        "     {} events to {} viewers, {} latencies; thinned {}, let go {}",
        counters.events,
        counters.viewers,
        ours.len(),
        counters.thinned,
        counters.let_go
    );
}

fn ms(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1000.0
}

fn at(sorted: &[u64], percent: usize) -> u64 {
    let place = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(place).copied().unwrap_or(u64::MAX)
}

fn event(began: Instant, vehicle: u32) -> LiveEvent {
    let values = BTreeMap::from([
        ("sent".to_owned(), micros(began).into()),
        ("speed".to_owned(), 42.5.into()),
        ("soc".to_owned(), 71.25.into()),
        ("battery_power".to_owned(), (-4210.5).into()),
    ]);
    LiveEvent::Values {
        device: format!("vehicle-{vehicle}"),
        ts: 1_790_000_000_000,
        values,
    }
}

/// The stream: latencies in microseconds, sorted; growth under a viewer who never reads; counters.
fn stream(time: Duration) -> (Vec<u64>, u64, v2x_web::live::LiveCounters) {
    let began = Instant::now();
    let live = Arc::new(Live::new());
    let (address, stop, server) = serve(began, &live);
    let cookie = log_in(address);
    let seen: Arc<Mutex<Vec<u64>>> = Arc::default();
    let (ends, noting) = (Arc::new(AtomicBool::new(false)), Arc::default());
    let request = format!("GET /api/v1/live HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
    let viewers = viewers(address, &request, began, (&seen, &noting), &ends);
    publish_for(&live, began, BESIDES);
    noting.store(true, Ordering::Relaxed);
    publish_for(&live, began, time);
    noting.store(false, Ordering::Relaxed);
    let mut latencies = std::mem::take(&mut *seen.lock().expect("nobody panicked"));
    latencies.sort_unstable();

    // One who never reads: what is kept for it must not grow with what is published.
    let mut slow = TcpStream::connect(address).expect("the server answers");
    slow.write_all(request.as_bytes())
        .expect("the server reads");
    let before = resident_kb();
    publish_for(&live, began, time);
    let grown = resident_kb().saturating_sub(before);
    let counters = live.counters();
    drop(slow);
    ends.store(true, Ordering::Relaxed);
    drop(stop);
    server.join().expect("the server ends");
    viewers.join().expect("the viewers end");
    (latencies, grown, counters)
}

fn serve(
    began: Instant,
    live: &Arc<Live>,
) -> (SocketAddr, oneshot::Sender<()>, thread::JoinHandle<()>) {
    let account = Account {
        user: "bench".to_owned(),
        role: Role::Viewer,
        hash: password::hash("a long password", &[1; 16]).expect("it can be hashed"),
    };
    let around = Around {
        began,
        drawn: AtomicU8::new(1),
    };
    let settings = Settings {
        version: "bench".to_owned(),
        cookie: "v2x".to_owned(),
        is_tls: false,
        tiles: None,
    };
    let web = Web::new(
        Arc::new(Fleet),
        Arc::new(One(account)),
        Arc::clone(live),
        Arc::new(around),
        settings,
    );
    let (told, address) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = thread::spawn(move || {
        runtime().block_on(async {
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            let listener = listen(any).await.expect("a port is free");
            let address = listener.local_addr().expect("it has an address");
            told.send(address).expect("somebody waits");
            let server = Server {
                listener,
                tls: None,
                web,
            };
            server.run(async { drop(stopped.await) }).await;
        });
    });
    (address.recv().expect("the server starts"), stop, server)
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime starts")
}

fn log_in(address: SocketAddr) -> String {
    let body = r#"{"user":"bench","password":"a long password"}"#;
    let mut stream = TcpStream::connect(address).expect("the server answers");
    let request = format!(
        "POST /api/v1/login HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         \r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .expect("the server reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the server answers");
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    cookie
        .unwrap_or_else(|| panic!("no log-in: {answer}"))
        .to_owned()
}

/// Those who look, in a thread of their own.
fn viewers(
    address: SocketAddr,
    request: &str,
    began: Instant,
    (seen, noting): (&Arc<Mutex<Vec<u64>>>, &Arc<AtomicBool>),
    ends: &Arc<AtomicBool>,
) -> thread::JoinHandle<()> {
    let (request, seen, ends) = (request.to_owned(), Arc::clone(seen), Arc::clone(ends));
    let noting = Arc::clone(noting);
    thread::spawn(move || {
        runtime().block_on(async {
            let mut readers = Vec::new();
            for _ in 0..VIEWERS {
                let stream = tokio::net::TcpStream::connect(address).await;
                let mut stream = stream.expect("the server answers");
                if !request.is_empty() {
                    let asked = stream.write_all(request.as_bytes()).await;
                    asked.expect("the server reads");
                    // One log-in may ask 50 times a second.
                    pause(Duration::from_millis(5)).await;
                }
                let (seen, noting) = (Arc::clone(&seen), Arc::clone(&noting));
                readers.push(tokio::spawn(read(stream, began, seen, noting)));
            }
            while !ends.load(Ordering::Relaxed) {
                pause(Duration::from_millis(100)).await;
            }
            readers.iter().for_each(tokio::task::JoinHandle::abort);
        });
    })
}

/// Reads events and notes how old each is, while that is asked for: notes take memory, too.
async fn read(
    mut stream: tokio::net::TcpStream,
    began: Instant,
    seen: Arc<Mutex<Vec<u64>>>,
    noting: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut rest = String::new();
    loop {
        let length = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        let now = micros(began);
        rest += &String::from_utf8_lossy(&buffer[..length]);
        let mut ages = Vec::new();
        while let Some((event, after)) = rest.split_once("\n\n") {
            let sent = event.split("\"sent\":").nth(1);
            let digits = sent.and_then(|sent| sent.split([',', '}']).next());
            let sent: Option<u64> = digits.and_then(|digits| digits.parse().ok());
            ages.extend(sent.map(|sent| now.saturating_sub(sent)));
            rest = after.to_owned();
        }
        if noting.load(Ordering::Relaxed) {
            seen.lock().expect("nobody panicked").extend(ages);
        }
    }
}

/// Each vehicle once a second, spread over it.
fn publish_for(live: &Live, began: Instant, time: Duration) {
    let pause = Duration::from_secs(1) / VEHICLES;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < time {
        live.publish(&event(began, count % VEHICLES));
        count += 1;
        wait((pause * count).saturating_sub(start.elapsed()));
    }
}

/// The baseline: the same bytes as often to as many sockets, and nothing else.
fn plain_sockets(time: Duration) -> Vec<u64> {
    let began = Instant::now();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let (seen, ends) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let noting = Arc::new(AtomicBool::new(true));
    let viewers = viewers(address, "", began, (&seen, &noting), &ends);
    let accept = |_| {
        let (stream, _) = listener.accept().expect("a viewer comes");
        stream.set_nodelay(true).expect("it is a socket");
        stream
    };
    let mut streams: Vec<TcpStream> = (0..VIEWERS).map(accept).collect();
    let pause = Duration::from_secs(1) / VEHICLES;
    let (start, mut count, mut block) = (Instant::now(), 0, Vec::new());
    let mut handed_out = Instant::now();
    while start.elapsed() < time {
        let event = event(began, count % VEHICLES);
        let json = serde_json::to_string(&event).expect("it is JSON");
        block.extend_from_slice(format!("event: values\ndata: {json}\n\n").as_bytes());
        if handed_out.elapsed() >= HAND_OUT_EVERY {
            handed_out = Instant::now();
            for stream in &mut streams {
                stream.write_all(&block).expect("the viewers read");
            }
            block.clear();
        }
        count += 1;
        wait((pause * count).saturating_sub(start.elapsed()));
    }
    ends.store(true, Ordering::Relaxed);
    viewers.join().expect("the viewers end");
    let mut seen = std::mem::take(&mut *seen.lock().expect("nobody panicked"));
    seen.sort_unstable();
    seen
}

#[expect(clippy::disallowed_methods, reason = "a load has its pace")]
fn wait(time: Duration) {
    thread::sleep(time);
}

// The same for those who look: each comes after the other.
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The memory of this process, in kB.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
