//! Somebody who plays ThingsBoard's part at a broker: it answers for shared attributes, sends
//! commands and hears what the device says.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use v2x_testbench::{Received, Subscriber, wait_until};

use super::{SOON, telemetry};

const ATTRIBUTES: &str = "v1/devices/me/attributes";
const REQUEST: &str = "v1/devices/me/attributes/request/";

/// The server; it answers while the test waits for something.
pub(crate) struct Server {
    subscriber: Subscriber,
    /// Messages that were looked at.
    seen: Cell<usize>,
    /// The shared attributes; null: no answer.
    shared: RefCell<Json>,
}

impl Server {
    /// Begins to listen; when this returns, the broker has confirmed.
    pub(crate) fn start(port: u16) -> Self {
        Self {
            subscriber: Subscriber::start(port),
            seen: Cell::new(0),
            shared: RefCell::new(json!({})),
        }
    }

    /// Waits, and answers meanwhile.
    pub(crate) fn wait(&self, what: &str, mut condition: impl FnMut() -> bool) {
        wait_until(SOON, what, || {
            self.answer_requests();
            condition()
        });
    }

    fn answer_requests(&self) {
        let received = self.received();
        let new = received.iter().skip(self.seen.replace(received.len()));
        for message in new {
            let has = self.shared.borrow();
            if let Some(id) = message.topic.strip_prefix(REQUEST)
                && !has.is_null()
            {
                let topic = format!("{ATTRIBUTES}/response/{id}");
                self.subscriber
                    .publish(&topic, &shared_answer(&message.payload, &has));
            }
        }
    }

    /// What it answers for shared attributes from now on; null: nothing.
    pub(crate) fn has(&self, shared: Json) {
        *self.shared.borrow_mut() = shared;
    }

    /// Tells the device that shared attributes have changed.
    pub(crate) fn sets(&self, update: &Json) {
        self.subscriber.publish(ATTRIBUTES, &update.to_string());
    }

    /// Everything that came so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.subscriber.received()
    }

    /// How many messages came so far.
    pub(crate) fn count(&self) -> usize {
        self.subscriber.count()
    }

    /// The rows that came so far.
    pub(crate) fn rows(&self) -> telemetry::Rows {
        let rows = self.received().into_iter();
        let rows = rows.filter(|message| message.topic == "v1/devices/me/telemetry");
        let rows: Vec<_> = rows
            .filter(|message| !String::from_utf8_lossy(&message.payload).contains("\"event\""))
            .collect();
        telemetry::heard(&rows)
    }

    /// Waits for client attributes that are as wanted.
    pub(crate) fn await_attributes(
        &self,
        what: &str,
        wanted: impl Fn(&Map<String, Json>) -> bool,
    ) -> Map<String, Json> {
        self.await_attributes_after(0, what, wanted)
    }

    /// The same of those that come after so many messages.
    pub(crate) fn await_attributes_after(
        &self,
        before: usize,
        what: &str,
        wanted: impl Fn(&Map<String, Json>) -> bool,
    ) -> Map<String, Json> {
        let mut found = None;
        self.wait(what, || {
            let newest = self.received().into_iter().skip(before).rev();
            let mut told = newest
                .filter(|message| message.topic == ATTRIBUTES)
                .filter_map(|message| serde_json::from_slice::<Map<_, _>>(&message.payload).ok())
                .filter(|told| told.contains_key("software"));
            found = told.next().filter(&wanted);
            found.is_some()
        });
        found.unwrap()
    }

    /// Sends a command and waits for its answer.
    pub(crate) fn ask(&self, id: u32, command: &Json) -> Json {
        self.subscriber.publish(&request(id), &command.to_string());
        self.answer_to(id)
    }

    /// Sends a command again, and waits for its next answer.
    pub(crate) fn ask_again(&self, id: u32, command: &Json) -> Json {
        let before = self.answers_to(id).len();
        self.subscriber.publish(&request(id), &command.to_string());
        self.wait("another answer", || self.answers_to(id).len() > before);
        self.answers_to(id).pop().unwrap()
    }

    /// Sends a command that the broker keeps for whoever comes, and waits for its first answer.
    pub(crate) fn retain(&self, id: u32, command: &Json) {
        self.subscriber
            .publish_retained(&request(id), &command.to_string());
        self.answer_to(id);
    }

    /// Waits for the first answer to a command.
    pub(crate) fn answer_to(&self, id: u32) -> Json {
        self.wait("an answer", || !self.answers_to(id).is_empty());
        self.answers_to(id).remove(0)
    }

    /// All answers to a command so far.
    pub(crate) fn answers_to(&self, id: u32) -> Vec<Json> {
        let topic = format!("v1/devices/me/rpc/response/{id}");
        let answers = self.received().into_iter();
        let answers = answers.filter(|message| message.topic == topic);
        answers
            .map(|message| serde_json::from_slice(&message.payload).unwrap())
            .collect()
    }
}

fn request(id: u32) -> String {
    format!("v1/devices/me/rpc/request/{id}")
}

/// As ThingsBoard answers: of the keys that were asked for those that it has, and without any no
/// member at all.
fn shared_answer(request: &[u8], has: &Json) -> String {
    let request: Json = serde_json::from_slice(request).unwrap();
    let keys = request["sharedKeys"].as_str().unwrap().split(',');
    let found: BTreeMap<_, _> = keys
        .filter_map(|key| Some((key, has.get(key)?.clone())))
        .collect();
    if found.is_empty() {
        return json!({}).to_string();
    }
    json!({ "shared": found }).to_string()
}
