//! The driver's commands over the daemon's socket: stop the charge, how it goes, what is wanted.
//!
//! | request | answered when |
//! |---|---|
//! | `{"do":"status"}` | at once |
//! | `{"do":"stop"}` | the station has ended the power, or says nothing for five seconds |
//! | `{"do":"set","desired_soc":80,"departure":1800000000,"cost_limit":"20.00 MAD"}` | the wishes are on disk and agreed upon; `null`: none, `"settings"`: as the settings say |
//!
//! Each is noted as an event. They run in the thread of the socket; the radio's thread only hears
//! what is to be done, and waits for nothing.

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::{Value as Json, json};
use tracing::info;
use v2x_roles::vehicle::radio::{Order, Wishes};

use super::super::keeper::ToKeep;
use super::wishes;
use crate::daemon::control::refusal;

/// The kind of event that a command leaves behind.
const EVENT: &str = "charge_command";
/// The radio's thread answers within five seconds, or says that the station has not.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Commands come one after the other.
const WAITING: usize = 2;
const REQUESTS: &str = "status, stop, set";

/// An order and where its answer goes.
pub(in crate::vehicle) struct Asked {
    pub(in crate::vehicle) order: Order,
    pub(in crate::vehicle) answer: Sender<Json>,
}

/// The end in the thread of the socket.
pub(in crate::vehicle) struct Local {
    folder: PathBuf,
    wishes: Wishes,
    orders: Sender<Asked>,
    to_keep: Sender<ToKeep>,
}

impl Local {
    /// Both ends; the wishes are those of the folder.
    pub(in crate::vehicle) fn new(
        folder: PathBuf,
        wishes: Wishes,
        to_keep: Sender<ToKeep>,
    ) -> (Self, Receiver<Asked>) {
        let (orders, asked) = bounded(WAITING);
        let local = Self {
            folder,
            wishes,
            orders,
            to_keep,
        };
        (local, asked)
    }

    /// Carries out a request of a user, and notes it.
    pub(in crate::vehicle) fn answer(&mut self, request: &Json, user: u32) -> Json {
        let answer = self
            .attempt(request)
            .unwrap_or_else(|problem| refusal(&problem));
        let is_question = request["do"] == "status";
        if !is_question {
            info!(user, %request, %answer, "local command");
            let detail =
                json!({ "by": "local", "user": user, "request": request, "answer": answer });
            let event = ToKeep::Event {
                kind: EVENT,
                detail: detail.to_string(),
            };
            // The keeper ends after this thread.
            self.to_keep.send(event).ok();
        }
        answer
    }

    fn attempt(&mut self, request: &Json) -> Result<Json, String> {
        let order = match request["do"].as_str() {
            Some("status") => Order::Status,
            Some("stop") => Order::Stop,
            Some("set") => {
                let mut fields = request.clone();
                if let Some(fields) = fields.as_object_mut() {
                    fields.remove("do");
                }
                let wanted = self.wishes.clone().with(&fields)?;
                let kept = wishes::keep(&wanted, &self.folder);
                kept.map_err(|error| format!("the wishes cannot be kept: {error}"))?;
                self.wishes = wanted.clone();
                Order::Wishes(wanted)
            }
            _ => {
                let seen: String = request.to_string().chars().take(60).collect();
                return Err(format!("`{seen}` does nothing; `do` is one of: {REQUESTS}"));
            }
        };
        let (answer, answered) = bounded(1);
        let asked = Asked { order, answer };
        let gone = "the radio has ended; look at the daemon's log";
        self.orders.try_send(asked).map_err(|_| gone)?;
        let answered = answered.recv_timeout(ANSWER_WITHIN);
        answered.map_err(|_| gone.to_owned())
    }
}
