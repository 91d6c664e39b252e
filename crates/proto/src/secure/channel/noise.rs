//! The handshake `Noise_XX_25519_ChaChaPoly_SHA256`: three messages, then a key for each way.
//!
//! Not when they are sent again (`initiator.rs`, `responder.rs`) and not who the other end is: a
//! handshake proves that it owns a static key, a credential says whose that is (`trust.rs`).
//! The Noise Protocol Framework, revision 34; `noise-protocol` walks through the pattern, this file
//! gives it curve, cipher and hash.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};
use noise_protocol::patterns::noise_xx;
use noise_protocol::{Cipher, DH, HandshakeState, Hash, U8Array};
use rand_core::CryptoRng;
use sha2::Digest;
use thiserror::Error;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroize;

/// Bytes of the first message: the car's ephemeral key.
pub const MESSAGE_1: usize = 32;
/// Bytes of the second: ephemeral key, sealed static key, tag.
pub const MESSAGE_2: usize = 32 + 48 + 16;
/// Bytes of the third: sealed static key, tag.
pub const MESSAGE_3: usize = 48 + 16;
/// Bytes of an authentication tag.
pub const TAG: usize = 16;

/// What both ends mix in first, so that a handshake of another protocol or version never fits.
pub const PROLOGUE: &[u8] = b"twizy-v2x v2g 1";

/// A message of the handshake that was not made by whoever began it, or was changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the handshake message is forged or belongs to another handshake")]
pub struct Forged;

/// 32 secret bytes, wiped when dropped and never printed.
#[derive(Clone)]
pub(super) struct Secret([u8; 32]);

impl Secret {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Draws a new one.
    pub(super) fn draw(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public X25519 key that belongs to it.
    pub(super) fn public(&self) -> [u8; 32] {
        PublicKey::from(&StaticSecret::from(self.0)).to_bytes()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl U8Array for Secret {
    fn new() -> Self {
        Self([0; 32])
    }

    fn new_with(byte: u8) -> Self {
        Self([byte; 32])
    }

    fn from_slice(bytes: &[u8]) -> Self {
        Self(<[u8; 32]>::from_slice(bytes))
    }

    fn len() -> usize {
        32
    }

    fn as_slice(&self) -> &[u8] {
        &self.0
    }

    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// X25519 of RFC 7748.
enum X25519 {}

impl DH for X25519 {
    type Key = Secret;
    type Pubkey = [u8; 32];
    type Output = [u8; 32];

    fn name() -> &'static str {
        "25519"
    }

    fn genkey() -> Secret {
        unreachable!("every handshake is given its ephemeral key")
    }

    fn pubkey(key: &Secret) -> [u8; 32] {
        key.public()
    }

    fn dh(key: &Secret, other: &[u8; 32]) -> Result<[u8; 32], ()> {
        let shared = StaticSecret::from(key.0).diffie_hellman(&PublicKey::from(*other));
        // A point of small order would give a secret that everybody knows.
        shared
            .was_contributory()
            .then(|| shared.to_bytes())
            .ok_or(())
    }
}

/// ChaCha20-Poly1305 of RFC 8439 with Noise's nonce: four zero bytes, then 64 bits little-endian.
pub(super) enum ChaChaPoly {}

fn nonce_of(number: u64) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[4..].copy_from_slice(&number.to_le_bytes());
    nonce
}

impl Cipher for ChaChaPoly {
    type Key = Secret;

    fn name() -> &'static str {
        "ChaChaPoly"
    }

    fn encrypt(key: &Secret, nonce: u64, ad: &[u8], plaintext: &[u8], out: &mut [u8]) {
        out[..plaintext.len()].copy_from_slice(plaintext);
        Self::encrypt_in_place(key, nonce, ad, out, plaintext.len());
    }

    fn encrypt_in_place(
        key: &Secret,
        nonce: u64,
        ad: &[u8],
        in_out: &mut [u8],
        plaintext_len: usize,
    ) -> usize {
        let (text, rest) = in_out.split_at_mut(plaintext_len);
        let tag = ChaCha20Poly1305::new(&Key::from(key.0))
            .encrypt_inout_detached(&nonce_of(nonce), ad, text.into())
            .expect("a datagram is shorter than the 256 GB that the cipher takes");
        rest[..TAG].copy_from_slice(&tag);
        plaintext_len + TAG
    }

    fn decrypt(
        key: &Secret,
        nonce: u64,
        ad: &[u8],
        ciphertext: &[u8],
        out: &mut [u8],
    ) -> Result<(), ()> {
        let (text, tag) = ciphertext.split_last_chunk::<TAG>().ok_or(())?;
        out.copy_from_slice(text);
        ChaCha20Poly1305::new(&Key::from(key.0))
            .decrypt_inout_detached(&nonce_of(nonce), ad, out.into(), &Tag::from(*tag))
            .map_err(|_| ())
    }

    fn decrypt_in_place(
        key: &Secret,
        nonce: u64,
        ad: &[u8],
        in_out: &mut [u8],
        ciphertext_len: usize,
    ) -> Result<usize, ()> {
        let (text, tag) = in_out[..ciphertext_len]
            .split_last_chunk_mut::<TAG>()
            .ok_or(())?;
        ChaCha20Poly1305::new(&Key::from(key.0))
            .decrypt_inout_detached(&nonce_of(nonce), ad, text.into(), &Tag::from(*tag))
            .map_err(|_| ())?;
        Ok(ciphertext_len - TAG)
    }
}

/// SHA-256 of FIPS 180-4.
#[derive(Default)]
struct Sha256(sha2::Sha256);

impl Hash for Sha256 {
    type Block = [u8; 64];
    type Output = [u8; 32];

    fn name() -> &'static str {
        "SHA256"
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self) -> [u8; 32] {
        self.0.finalize_reset().into()
    }
}

/// What a finished handshake gives.
pub(super) struct Keys {
    /// Seals what the car sends.
    pub(super) from_car: Secret,
    /// Seals what the station sends.
    pub(super) from_station: Secret,
    /// The static key that the other end has proven to own.
    pub(super) peer: [u8; 32],
}

/// One handshake in progress.
#[derive(Clone)]
pub(super) struct Handshake(HandshakeState<X25519, ChaChaPoly, Sha256>);

impl Handshake {
    /// The car's end, which writes first.
    pub(super) fn initiate(own: &Secret, ephemeral: Secret) -> Self {
        Self::begin(true, own, ephemeral)
    }

    /// The station's end.
    pub(super) fn respond(own: &Secret, ephemeral: Secret) -> Self {
        Self::begin(false, own, ephemeral)
    }

    fn begin(is_initiator: bool, own: &Secret, ephemeral: Secret) -> Self {
        let (own, ephemeral) = (Some(Clone::clone(own)), Some(ephemeral));
        let state = HandshakeState::new(
            noise_xx(),
            is_initiator,
            PROLOGUE,
            own,
            ephemeral,
            None,
            None,
        );
        Self(state)
    }

    /// Writes the next message, which has `N` bytes; fails only against a key of small order.
    pub(super) fn write<const N: usize>(&mut self) -> Result<[u8; N], Forged> {
        let mut message = [0; N];
        self.0
            .write_message(&[], &mut message)
            .map_err(|_| Forged)?;
        Ok(message)
    }

    /// Reads the next message and gives the handshake after it; a forged one leaves this
    /// handshake as it was, so that a stranger cannot spoil it.
    pub(super) fn read<const N: usize>(&self, message: &[u8; N]) -> Result<Self, Forged> {
        let mut after = self.clone();
        after.0.read_message(message, &mut []).map_err(|_| Forged)?;
        Ok(after)
    }

    /// The keys, once all three messages went through.
    pub(super) fn keys(&self) -> Keys {
        let (from_car, from_station) = self.0.get_ciphers();
        Keys {
            from_car: from_car.extract().0,
            from_station: from_station.extract().0,
            peer: self
                .0
                .get_rs()
                .expect("in the pattern XX both ends send their static keys"),
        }
    }
}
