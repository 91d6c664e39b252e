//! A session with its store on a thread of its own, as `apps` run them.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use v2x_outbox::{Class, NewEntry, Outbox, PayloadKind, Storage};
use v2x_store::{Store, TelemetryRow};
use v2x_units::{Instant, UtcTime};
use v2x_uplink::{Form, Limits, Login, Session, SessionEvent, Settings, Token, Trust, supply};

/// Long enough for any computer; nothing waits that long unless it failed.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

pub(crate) const FIRST_MS: i64 = 1_756_370_845_373;

/// A session with its store on a thread of its own, as `apps` run them.
pub(crate) struct Running {
    events: Arc<Mutex<Vec<SessionEvent>>>,
    pending: Arc<Mutex<u64>>,
    new: crossbeam_channel::Sender<NewEntry>,
    stop: oneshot::Sender<()>,
    session: thread::JoinHandle<()>,
    store: thread::JoinHandle<Store>,
}

impl Running {
    pub(crate) fn start(mut store: Store, settings: Settings) -> Self {
        let (mut outbox_end, session_end) = supply();
        let events = Arc::new(Mutex::new(Vec::new()));
        let pending = Arc::new(Mutex::new(store.usage().entries));
        let left = Arc::clone(&pending);
        let (new, entered) = crossbeam_channel::unbounded();
        let store = thread::spawn(move || {
            let mut outbox = Outbox::default();
            loop {
                crossbeam_channel::select! {
                    recv(outbox_end.requests()) -> request => match request {
                        Ok(request) => {
                            outbox_end.answer(request, &mut outbox, &mut store).unwrap();
                        }
                        Err(_) => return store,
                    },
                    recv(entered) -> entry => {
                        store.push(&[entry.unwrap()]).unwrap();
                        outbox_end.offer(&mut outbox, &store).unwrap();
                    }
                }
                *left.lock().unwrap() = store.usage().entries;
            }
        });
        let told = Arc::clone(&events);
        let (stop, stopped) = oneshot::channel();
        let session = thread::spawn(move || {
            let tell = move |event| {
                // One per message says nothing of how the session does.
                if !matches!(event, SessionEvent::Published { .. }) {
                    told.lock().unwrap().push(event);
                }
            };
            let clock = Box::new(process_clock());
            let session = Session::new(&settings, session_end, tell, clock, Box::new(|| 0));
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let stop = async { stopped.await.unwrap_or(()) };
            runtime.block_on(session.unwrap().run(stop));
        });
        Self {
            events,
            pending,
            new,
            stop,
            session,
            store,
        }
    }

    pub(crate) fn pending(&self) -> u64 {
        *self.pending.lock().unwrap()
    }

    pub(crate) fn happened(&self, seen: impl Fn(&SessionEvent) -> bool) -> usize {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| seen(event)).count()
    }

    pub(crate) fn push(&self, entry: NewEntry) {
        self.new.send(entry).unwrap();
    }

    pub(crate) fn stop(self) -> (Store, Vec<SessionEvent>) {
        self.stop.send(()).unwrap();
        self.session.join().unwrap();
        let store = self.store.join().unwrap();
        drop(self.new);
        let events = self.events.lock().unwrap().clone();
        (store, events)
    }
}

fn process_clock() -> impl Fn() -> Instant + Send {
    #[expect(clippy::disallowed_methods, reason = "the driving loop of the test")]
    let start = std::time::Instant::now();
    move || Instant::from_micros(start.elapsed().as_micros().try_into().unwrap())
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings {
        broker: url.parse().unwrap(),
        login: Login::Token(Token::parse("A1_TEST_TOKEN").unwrap()),
        trust: Trust::System,
        identity: None,
        client_id: "v2x-test".to_owned(),
        limits: Limits::default(),
        form: Form::ThingsBoard,
    }
}

pub(crate) fn values(n: i64) -> String {
    format!(r#"{{"soc":64.42,"odometer":{n}.5,"gear":"Drive","brake":false}}"#)
}

/// A store with so many rows that wait to be sent.
pub(crate) fn store_with(path: &Path, rows: i64) -> Store {
    let mut store = Store::open(path).unwrap();
    let rows: Vec<_> = (0..rows).map(|n| row(n, values(n))).collect();
    for group in rows.chunks(60) {
        assert_eq!(store.record_telemetry(group).unwrap().written, group.len());
    }
    store
}

pub(crate) fn row(n: i64, values: String) -> TelemetryRow {
    let at = UtcTime::from_millis(FIRST_MS + 1000 * n);
    let (class, kind) = (Class::Telemetry, PayloadKind::Telemetry);
    TelemetryRow {
        source: "vehicle".to_owned(),
        at,
        upload: Some(NewEntry::new(class, kind, at, 4, values.clone()).unwrap()),
        values,
    }
}
