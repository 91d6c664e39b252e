//! The two ends between the session, which hears commands, and the role, which carries them out.
//!
//! Neither end waits for the other. When the role has not taken [`COMMANDS_MAX`] commands yet, the
//! next one is answered at once as refused. Answers travel with QoS 0: one that is lost with its
//! connection is a time-out at the server, which asks again or gives up.

use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;
use v2x_units::Instant;

use crate::thingsboard::message::Answer;
use crate::thingsboard::rpc::{Asked, Command, DEVICE_COMMANDS_FILTER, GATEWAY_COMMANDS_TOPIC};

/// Commands under way at once; people press buttons, so a few are many.
pub const COMMANDS_MAX: usize = 16;

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
    /// What to subscribe to.
    pub(super) fn filters(&self) -> impl Iterator<Item = &'static str> {
        let behind = self.is_gateway.then_some(GATEWAY_COMMANDS_TOPIC);
        std::iter::once(DEVICE_COMMANDS_FILTER).chain(behind)
    }

    /// Takes a message that was heard; gives the answer to a command that is refused at once. One
    /// that the broker has kept for whoever comes is old, and nobody waits for it.
    pub(super) fn heard(
        &self,
        (topic, payload): (&str, &[u8]),
        is_retained: bool,
        now: Instant,
    ) -> Option<Answer> {
        let command = Command::parse(topic, payload, now)?;
        let problem = "a retained command is not carried out: it may be old; send it unretained";
        if is_retained {
            return Some(refusal(&command.asked, problem));
        }
        let refused = self.received.try_send(command).err()?;
        let problem = "too many commands at once; ask again";
        Some(refusal(&refused.into_inner().asked, problem))
    }
}

fn refusal(asked: &Asked, problem: &str) -> Answer {
    let (topic, payload) = asked.answer(&json!({ "ok": false, "error": problem }));
    Answer { topic, payload }
}

/// Waits for the role's next answer; for ever when no commands are heard.
pub(super) async fn next_answer(commands: &mut Option<SessionCommands>) -> Answer {
    if let Some(commands) = commands
        && let Some(answer) = commands.answers.recv().await
    {
        return answer;
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: (&str, &[u8]) = ("v1/devices/me/rpc/request/1", br#"{"method":"stop"}"#);

    #[test]
    fn retained_command_is_answered_and_not_handed_on() {
        let (role, session) = commands(false);
        let answer = session.heard(STOP, true, Instant::BOOT).unwrap();
        assert_eq!(answer.topic, "v1/devices/me/rpc/response/1");
        assert!(answer.payload.contains("retained"), "{}", answer.payload);
        assert!(role.received().try_recv().is_err());
        assert!(session.heard(STOP, false, Instant::BOOT).is_none());
        assert_eq!(role.received().try_recv().unwrap().asked.id, 1);
    }

    #[test]
    fn full_channel_answers_what_it_cannot_take() {
        let (_role, session) = commands(false);
        for _ in 0..COMMANDS_MAX {
            assert!(session.heard(STOP, false, Instant::BOOT).is_none());
        }
        let answer = session.heard(STOP, false, Instant::BOOT).unwrap();
        assert!(answer.payload.contains("too many"), "{}", answer.payload);
    }
}
