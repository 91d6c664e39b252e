//! Commands that were answered, so that a repeated one is answered again and done once.
//!
//! Not here: what a command does. A line can lose the answer; the computer then asks again under
//! the same id. A computer that starts anew counts its ids anew, which its boot id shows.

use core::fmt;

use heapless::{Deque, String};
use v2x_proto::link::message::CommandResult;
use v2x_units::BootId;

use crate::limits::{ANSWERS_KEPT, TEXT_MAX};

/// A text of bounded length; what is too long is cut at a letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(String<TEXT_MAX>);

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            if self.0.push(letter).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is done.
    pub result: CommandResult,
    /// The value asked for, or the reason.
    pub detail: Text,
}

impl Answer {
    /// It is done, and there is no more to say.
    #[must_use]
    pub fn done() -> Self {
        Self::of(CommandResult::Done, "")
    }

    /// A result and what there is to say of it.
    #[must_use]
    pub fn of(result: CommandResult, detail: &str) -> Self {
        let detail = Text::cut(format_args!("{detail}"));
        Self { result, detail }
    }
}

/// The last answers to one computer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    computer: Option<BootId>,
    kept: Deque<(u16, Answer), ANSWERS_KEPT>,
}

impl Answers {
    /// The computer with this boot speaks; another than before has asked nothing yet.
    pub(super) fn hear(&mut self, boot: BootId) {
        if self.computer != Some(boot) {
            self.computer = Some(boot);
            self.kept.clear();
        }
    }

    /// The answer that was given under this id.
    pub(super) fn given(&self, id: u16) -> Option<&Answer> {
        self.kept
            .iter()
            .find_map(|(kept, answer)| (*kept == id).then_some(answer))
    }

    /// Remembers an answer; the oldest goes when there is no room.
    pub(super) fn keep(&mut self, id: u16, answer: Answer) {
        if self.kept.is_full() {
            self.kept.pop_front();
        }
        // There is room: the oldest has just gone.
        let _kept = self.kept.push_back((id, answer));
    }
}
