//! What V2V costs one core: signing and verifying CAMs, and listening to 50 cars at 10 Hz.
//!
//! Times are those of the thread's own processor time, so that others on the machine do not
//! count. The baseline in the same run is the bare signature or verification of `p256` with the
//! same keys, in turns with ours. The 50 cars are 50 senders of the product in virtual time; the
//! listener is a car among them that speaks too. `v2v/memory` counts every byte of the heap that
//! the listener holds after the 50 cars are known, tickets and replay memory included.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]
#![expect(
    unsafe_code,
    reason = "the allocator counts what is held, around the system's own"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use rand_core::{TryCryptoRng, TryRng};
use rustix::time::{ClockId, clock_gettime};
use v2x_proto::secure::{CertificateHash, SigningKey, Verifier, profile};
use v2x_proto::v2v::{
    Accuracy, Heard, MessageKind, Motion, Neighbour, OwnPosition, Pseudonym, V2v, V2vInput,
    V2vOutput, V2vSettings,
};
use v2x_proto::wire::certificate::{Certificate, DurationUnit, ValidityPeriod};
use v2x_proto::wire::its_time::GenerationTime;
use v2x_units::{Degrees, Instant, MacAddress, Meters, MetersPerSecond, Position, UtcTime};

/// Cars that the listener hears.
const CARS: u32 = 50;
/// CAMs of each, per second.
const RATE: f64 = 10.0;
/// Seconds of listening.
const SECONDS: u32 = 4;
/// Rounds of which the median counts.
const ROUNDS: usize = 7;
/// What is measured at once, at least.
const AT_ONCE: usize = 400;
/// When it all begins, and the same as certificates count it.
const BEGINNING: UtcTime = UtcTime::from_millis(1_767_225_600_000);
const BEGINNING_2004: u32 = 694_310_405;

/// Counts the bytes that are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it hands every request on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Steps of a generator that gives the same numbers each time (SplitMix64).
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let [a, b, c, d, ..] = self.try_next_u64()?.to_le_bytes();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// The processor time of this thread.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("processor time is not negative");
    let nanos = u32::try_from(time.tv_nsec).expect("nanoseconds are below 10^9");
    Duration::new(seconds, nanos)
}

/// Seconds of processor time that something takes.
fn seconds(work: impl FnOnce()) -> f64 {
    let begun = spent();
    work();
    (spent() - begun).as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn key_bytes(number: u32) -> [u8; 32] {
    let mut bytes = [0x42; 32];
    bytes[28..].copy_from_slice(&(number + 1).to_be_bytes());
    bytes
}

fn key(number: u32) -> SigningKey {
    SigningKey::from_bytes(&key_bytes(number)).expect("the number is below the order")
}

/// A small operator.
struct Operator {
    root: Certificate,
    authority: Certificate,
}

const VALIDITY: ValidityPeriod = ValidityPeriod {
    start: BEGINNING_2004 - 3600,
    amount: 48,
    unit: DurationUnit::Hours,
};

impl Operator {
    fn new() -> Self {
        let root = profile::root("bench", VALIDITY, key(0).public_key());
        let root = key(0).issue_root(root.expect("the name is short"));
        let authority = profile::authority("bench", VALIDITY, key(1).public_key());
        let authority = authority.expect("the name is short");
        Self {
            authority: key(0).issue(authority, CertificateHash::of(&root)),
            root,
        }
    }

    fn verifier(&self) -> Verifier {
        let mut verifier = Verifier::default();
        let certificates = &mut verifier.certificates;
        let trusted = certificates
            .add_root(self.root.clone())
            .and_then(|_| certificates.add_authority(self.authority.clone()));
        trusted.expect("they are made for each other");
        verifier
    }

    fn pseudonym(&self, number: u32) -> Pseudonym {
        let key = key(number);
        let says = profile::ticket(VALIDITY, None, key.public_key(), false);
        let says = says.expect("it is within its bounds");
        let ticket = key_of_authority().issue(says, CertificateHash::of(&self.authority));
        Pseudonym::new(ticket, key).expect("the key is the ticket's")
    }
}

fn key_of_authority() -> SigningKey {
    key(1)
}

/// A car on a road through the middle, driving north at 45 m/s so that 10 CAMs a second are due.
struct Sender {
    v2v: V2v,
    rng: Seeded,
    east: f64,
    begins: f64,
    address: MacAddress,
}

const SPEED: f64 = 45.0;

impl Sender {
    fn new(operator: &Operator, number: u32) -> Self {
        let mut sender = Self {
            v2v: V2v::new(V2vSettings::default(), operator.verifier()),
            rng: Seeded(number.into()),
            east: 4.0 * f64::from(number % 5),
            begins: -12.0 * f64::from(number / 5),
            address: MacAddress::BROADCAST,
        };
        let pseudonyms = vec![operator.pseudonym(10 + number)];
        sender.handle(Instant::BOOT, V2vInput::Clock(Some(BEGINNING)));
        sender.handle(Instant::BOOT, V2vInput::Pseudonyms(pseudonyms));
        sender
    }

    fn handle(&mut self, now: Instant, input: V2vInput<'_>) {
        self.v2v.handle(now, input, &mut self.rng);
    }

    fn drive(&mut self, now: Instant) {
        let north = self.begins + SPEED * now.since(Instant::BOOT).as_secs_f64();
        let degree = 111_195.08;
        let position = Position::new(
            Degrees::new(34.0 + north / degree),
            Degrees::new(-6.8 + self.east / (degree * 0.829)),
        );
        let position = OwnPosition {
            at: now,
            position: position.expect("it is in Morocco"),
            accuracy: Some(Accuracy::circle(Meters::new(2.0))),
            altitude: None,
            course: Some(Degrees::ZERO),
        };
        let motion = Motion::speed(now, MetersPerSecond::new(SPEED));
        self.handle(now, V2vInput::Motion(motion));
        self.handle(now, V2vInput::Position(position));
    }

    /// Everything that is to be sent now.
    fn turn(&mut self, now: Instant) -> Vec<(MessageKind, Vec<u8>)> {
        let mut out = Vec::new();
        loop {
            match self.v2v.poll(now, &mut self.rng) {
                V2vOutput::SetAddress(address) => self.address = address,
                V2vOutput::Send(outgoing) => out.push((outgoing.kind, outgoing.payload)),
                V2vOutput::Event(event) => {
                    black_box(event);
                }
                V2vOutput::WakeAt(_) => return out,
            }
        }
    }
}

/// A frame on the air.
struct Frame {
    at: Instant,
    from: MacAddress,
    kind: MessageKind,
    payload: Vec<u8>,
}

/// Everything that the cars say.
fn traffic(operator: &Operator) -> Vec<Frame> {
    let mut cars: Vec<_> = (0..CARS).map(|it| Sender::new(operator, it)).collect();
    let mut frames = Vec::new();
    for step in 0..SECONDS * 20 {
        for (place, car) in (0_u64..).zip(&mut cars) {
            // Not all at the same moment: 50 cars within 50 ms.
            let at =
                Instant::BOOT + Duration::from_millis(50) * step + Duration::from_millis(place);
            car.drive(at);
            let said = car.turn(at);
            let from = car.address;
            frames.extend(said.into_iter().map(|(kind, payload)| Frame {
                at,
                from,
                kind,
                payload,
            }));
        }
    }
    frames.sort_by_key(|frame| frame.at);
    frames
}

fn time_of(at: Instant) -> GenerationTime {
    GenerationTime::from_utc(BEGINNING + at.since(Instant::BOOT)).expect("it is after 2004")
}

fn main() {
    let operator = Operator::new();
    signing(&operator);
    let frames = traffic(&operator);
    verifying(&operator, &frames);
    listening(&operator, &frames);
}

/// CAMs made and signed per second, against bare signatures.
fn signing(operator: &Operator) {
    let bare_key = p256::ecdsa::SigningKey::from_slice(&key_bytes(10)).expect("it is a key");
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut sender = Sender::new(operator, 0);
        let mut cams = 0_u32;
        let mut millis = 0;
        let time = seconds(|| {
            while usize::try_from(cams).unwrap_or(usize::MAX) < AT_ONCE {
                millis += 100;
                let now = Instant::BOOT + Duration::from_millis(millis);
                sender.drive(now);
                let said = sender.turn(now);
                let is_cam = |it: &&(MessageKind, Vec<u8>)| it.0 == MessageKind::Cam;
                cams += u32::try_from(said.iter().filter(is_cam).count()).unwrap_or(0);
                black_box(said);
            }
        });
        ours.push(f64::from(cams) / time);
        let digest = [u8::try_from(round).unwrap_or(0); 32];
        let time = seconds(|| {
            for _ in 0..cams {
                let signature: p256::ecdsa::Signature = bare_key
                    .sign_prehash(black_box(&digest))
                    .expect("a digest of 32 bytes can always be signed");
                black_box(signature);
            }
        });
        bare.push(f64::from(cams) / time);
    }
    let (ours, bare) = (median(ours), median(bare));
    println!(
        "bench v2v/sign: {ours:.0} CAM/s made and signed, {:.2} x p256 signing alone, {bare:.0}/s",
        ours / bare
    );
}

/// CAMs verified and decoded per second, against bare verifications.
fn verifying(operator: &Operator, frames: &[Frame]) {
    let cams: Vec<_> = frames
        .iter()
        .filter(|it| it.kind == MessageKind::Cam)
        .collect();
    let mut known = operator.verifier();
    for car in 0..CARS {
        let ticket = operator.pseudonym(10 + car).certificate().clone();
        known
            .certificates
            .add_ticket(ticket)
            .expect("it is issued by the authority");
    }
    let bare_keys: Vec<_> = (0..CARS)
        .map(|car| {
            let key = p256::ecdsa::SigningKey::from_slice(&key_bytes(10 + car)).expect("a key");
            let digest = key_bytes(1000 + car);
            let signature: p256::ecdsa::Signature =
                key.sign_prehash(&digest).expect("a digest can be signed");
            (*key.verifying_key(), digest, signature)
        })
        .collect();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut verifier = known.clone();
        let time = seconds(|| {
            for cam in &cams {
                let verified = verifier.verify(time_of(cam.at), &cam.payload);
                black_box(verified.expect("it is genuine"));
            }
        });
        let count = f64::from(u32::try_from(cams.len()).expect("a few thousand"));
        ours.push(count / time);
        let time = seconds(|| {
            for (key, digest, signature) in bare_keys.iter().cycle().take(cams.len()) {
                let verified = key.verify_prehash(black_box(digest), signature);
                black_box(verified).expect("it is genuine");
            }
        });
        bare.push(count / time);
    }
    let (ours, bare) = (median(ours), median(bare));
    println!(
        "bench v2v/verify: {ours:.0} CAM/s verified and decoded, {:.2} x p256 verifying alone, \
         {bare:.0}/s",
        ours / bare
    );
}

/// What listening to all of them costs a car that is among them, and what it holds of them.
fn listening(operator: &Operator, frames: &[Frame]) {
    let cams = frames
        .iter()
        .filter(|it| it.kind == MessageKind::Cam)
        .count();
    let per_second = f64::from(u32::try_from(cams).expect("a few thousand")) / f64::from(SECONDS);
    let held_before = HELD.load(Ordering::Relaxed);
    let mut listener = Sender::new(operator, CARS + 1);
    let held_alone = HELD.load(Ordering::Relaxed) - held_before;
    let mut fixes = 0_u32;
    let time = seconds(|| {
        for frame in frames {
            let ten_times = Duration::from_millis(100) * fixes;
            if frame.at.since(Instant::BOOT) >= ten_times {
                fixes += 1;
                listener.drive(frame.at);
            }
            let heard = Heard {
                from: frame.from,
                rssi_dbm: Some(-60),
                payload: &frame.payload,
            };
            listener.handle(frame.at, V2vInput::Heard(heard));
            black_box(listener.turn(frame.at));
        }
    });
    let held = HELD.load(Ordering::Relaxed) - held_before - held_alone;
    let counters = listener.v2v.counters();
    let share = 100.0 * time / f64::from(SECONDS);
    let wanted = RATE * f64::from(CARS);
    let share_at_wanted = share * wanted / per_second;
    let budget = 20.0;
    println!(
        "bench v2v/listener: {share_at_wanted:.1} % of a core at {wanted:.0} CAM/s, {:.2} x the \
         budget of {budget} %; heard {per_second:.0} CAM/s, took {}, refused {}, sent {}",
        budget / share_at_wanted,
        counters.cams,
        counters.refused().map(|it| it.1).sum::<u64>(),
        counters.sent_cams,
    );
    let neighbours = listener.v2v.map().neighbours().len();
    let each = held / neighbours.max(1);
    let entry = size_of::<Neighbour>();
    println!(
        "bench v2v/memory: {each} bytes a neighbour of {neighbours}, {:.2} x the {entry} bytes of \
         its entry in the table; the rest is ticket, key and replay memory",
        f64::from(u32::try_from(entry).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(each).unwrap_or(u32::MAX))
    );
}
