//! Sealing and opening transport datagrams with the keys of one handshake.
//!
//! Not the handshake (`noise.rs`), not who is at the other end (`trust.rs`). Datagrams may be
//! lost, come twice or in another order, so each carries its number: 64 bits that are the cipher's
//! nonce and are never used twice. Noise revision 34, section 11.4 (out-of-order transport).

use noise_protocol::Cipher;
use thiserror::Error;

use super::datagram::{ChannelId, Datagram, Sealed, transport_header};
use super::noise::{ChaChaPoly, Secret, TAG};
use super::record::{Record, RecordError};
use super::replay_window::ReplayWindow;
use crate::limits::{DATAGRAMS_PER_KEY, PLAINTEXT_MAX};

/// Why a transport datagram of a known channel was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum OpenError {
    #[error("the datagram was here before, or lies behind the window")]
    Replayed,
    #[error("the datagram was not made with the key of this channel, or was changed")]
    Forged,
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The key has sealed as many datagrams as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the key has sealed {DATAGRAMS_PER_KEY} datagrams; a new handshake must replace it")]
pub(super) struct Spent;

/// One end of an encrypted channel.
pub(super) struct Tunnel {
    channel: ChannelId,
    seal_key: Secret,
    open_key: Secret,
    next: u64,
    window: ReplayWindow,
}

impl Tunnel {
    pub(super) fn new(channel: ChannelId, seal_key: Secret, open_key: Secret) -> Self {
        Self {
            channel,
            seal_key,
            open_key,
            next: 0,
            window: ReplayWindow::default(),
        }
    }

    pub(super) const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Seals a record under the next number.
    pub(super) fn seal(&mut self, record: &Record) -> Result<Datagram, Spent> {
        if self.next >= DATAGRAMS_PER_KEY {
            return Err(Spent);
        }
        let header = transport_header(self.channel, self.next);
        let plaintext = record.emit();
        let mut sealed = [0; PLAINTEXT_MAX + TAG];
        let sealed = &mut sealed[..plaintext.len() + TAG];
        ChaChaPoly::encrypt(&self.seal_key, self.next, &header, &plaintext, sealed);
        self.next += 1;
        let mut datagram = Datagram::new();
        for part in [&header[..], sealed] {
            datagram
                .extend_from_slice(part)
                .expect("the longest plaintext with header and tag has 249 bytes");
        }
        Ok(datagram)
    }

    /// Opens a datagram of this channel.
    pub(super) fn open(&mut self, sealed: &Sealed<'_>) -> Result<Record, OpenError> {
        if !self.window.is_new(sealed.number) {
            return Err(OpenError::Replayed);
        }
        let mut plaintext = [0; PLAINTEXT_MAX];
        let length = sealed.text.len().saturating_sub(TAG);
        let plaintext = plaintext.get_mut(..length).ok_or(OpenError::Forged)?;
        let (number, header) = (sealed.number, sealed.header);
        ChaChaPoly::decrypt(&self.open_key, number, header, sealed.text, plaintext)
            .map_err(|()| OpenError::Forged)?;
        self.window.enter(number);
        Ok(Record::parse(plaintext)?)
    }
}
