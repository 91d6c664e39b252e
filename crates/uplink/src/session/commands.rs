//! The two ends between the session, which hears commands, and the role, which carries them out.
//!
//! Neither end waits for the other. When the role has not taken [`COMMANDS_MAX`] commands yet, the
//! next one is answered at once as refused. Answers travel with QoS 0: one that is lost with its
//! connection is a time-out at the server, which asks again or gives up.

use crossbeam_channel::{Receiver, Sender, bounded};
use rumqttc::{AsyncClient, QoS};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

use crate::thingsboard::rpc::{Asked, Command, DEVICE_COMMANDS_FILTER, GATEWAY_COMMANDS_TOPIC};

/// Commands under way at once; people press buttons, so a few are many.
pub const COMMANDS_MAX: usize = 16;

/// Subscriptions of a session that hears commands.
pub(super) const SUBSCRIPTIONS: usize = 2;

/// An answer, ready to be published.
#[derive(Debug)]
struct Answer {
    topic: String,
    payload: String,
}

/// The end in the role.
#[derive(Debug)]
pub struct CommandsEnd {
    received: Receiver<Command>,
    answers: mpsc::Sender<Answer>,
}

/// The end in the session.
#[derive(Debug)]
pub struct SessionCommands {
    received: Sender<Command>,
    answers: mpsc::Receiver<Answer>,
    /// Whether devices behind the connection are spoken for.
    is_gateway: bool,
    /// Handed to rumqttc, which has not sent them yet.
    unsent: usize,
}

/// Makes the two ends; `is_gateway` hears commands to the devices behind the connection as well.
#[must_use]
pub fn commands(is_gateway: bool) -> (CommandsEnd, SessionCommands) {
    let (sender, received) = bounded(COMMANDS_MAX);
    let (answer, answers) = mpsc::channel(COMMANDS_MAX);
    let role = CommandsEnd {
        received,
        answers: answer,
    };
    let session = SessionCommands {
        received: sender,
        answers,
        is_gateway,
        unsent: 0,
    };
    (role, session)
}

impl CommandsEnd {
    /// Where commands arrive; each wants [`CommandsEnd::answer`].
    #[must_use]
    pub const fn received(&self) -> &Receiver<Command> {
        &self.received
    }

    /// Answers a command; `false` when the session has no room for the answer or has ended.
    #[must_use]
    pub fn answer(&self, asked: &Asked, data: &Json) -> bool {
        let (topic, payload) = asked.answer(data);
        self.answers.try_send(Answer { topic, payload }).is_ok()
    }
}

impl SessionCommands {
    /// Subscribes to commands; the client's channel has room for it.
    pub(super) fn subscribe(&mut self, client: &AsyncClient) {
        self.unsent = 0;
        let behind = self.is_gateway.then_some(GATEWAY_COMMANDS_TOPIC);
        for filter in std::iter::once(DEVICE_COMMANDS_FILTER).chain(behind) {
            client
                .try_subscribe(filter, QoS::AtLeastOnce)
                .expect("rumqttc's channel has room for the subscriptions");
        }
    }

    /// Takes a message that was heard.
    pub(super) fn heard(&mut self, client: &AsyncClient, topic: &str, payload: &[u8]) {
        let Some(command) = Command::parse(topic, payload) else {
            return;
        };
        if let Err(refused) = self.received.try_send(command) {
            let asked = refused.into_inner().asked;
            let data = json!({ "ok": false, "error": "too many commands at once; ask again" });
            let (topic, payload) = asked.answer(&data);
            if self.has_room() {
                self.publish(client, Answer { topic, payload });
            }
        }
    }

    /// Whether another answer fits rumqttc's channel.
    pub(super) const fn has_room(&self) -> bool {
        self.unsent < COMMANDS_MAX
    }

    /// An answer left rumqttc's channel.
    pub(super) const fn sent(&mut self) {
        self.unsent = self.unsent.saturating_sub(1);
    }

    fn publish(&mut self, client: &AsyncClient, answer: Answer) {
        client
            .try_publish(answer.topic, QoS::AtMostOnce, false, answer.payload)
            .expect("rumqttc's channel has room for so many answers");
        self.unsent += 1;
    }
}

/// Waits for the role's next answer; for ever when no commands are heard.
pub(super) async fn next_answer(commands: &mut Option<SessionCommands>) -> NextAnswer {
    if let Some(commands) = commands
        && let Some(answer) = commands.answers.recv().await
    {
        return NextAnswer(answer);
    }
    std::future::pending().await
}

/// An answer on its way from the role to the client.
pub(super) struct NextAnswer(Answer);

impl NextAnswer {
    /// Hands it to the client.
    pub(super) fn publish(self, commands: &mut Option<SessionCommands>, client: &AsyncClient) {
        if let Some(commands) = commands {
            commands.publish(client, self.0);
        }
    }
}
