//! The key of an account's callback, and what it opens and seals: AES-256-CBC over 16 random bytes,
//! the length of the message, the message and the appid.

use std::{fmt, sync::Arc};

use aes::{
    Aes256,
    cipher::{
        BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::NoPadding,
    },
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use secrecy::{ExposeSecret as _, SecretBox};

use super::CallbackError;
use crate::AppId;

const KEY: usize = 32;
const RANDOM: usize = 16;
/// Bytes of the number that says how long the message is.
const LENGTH: usize = 4;
/// The padding goes to 32, twice the cipher's block.
const PAD_TO: usize = 32;

/// 43 characters hold two bits more than a key has, and in WeChat's keys they are not always zero.
const LOOSE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The `EncodingAESKey` of WeChat's console: 43 characters.
#[derive(Clone)]
pub struct EncodingAesKey(Arc<SecretBox<[u8; KEY]>>);

/// A text that is no [`EncodingAesKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an EncodingAESKey is 43 characters of base64")]
pub struct AesKeyError;

impl EncodingAesKey {
    /// Reads the 43 characters.
    ///
    /// # Errors
    ///
    /// [`AesKeyError`] when they are not 43, or no base64.
    pub fn parse(text: &str) -> Result<Self, AesKeyError> {
        let bytes = LOOSE.decode(text).map_err(|_| AesKeyError)?;
        let key: [u8; KEY] = bytes.try_into().map_err(|_| AesKeyError)?;
        Ok(Self(Arc::new(SecretBox::new(Box::new(key)))))
    }

    fn iv(&self) -> &[u8; 16] {
        let iv = self.0.expose_secret().first_chunk();
        iv.expect("a key is longer than an IV")
    }

    /// Opens a sealed text and gives the message in it, if it is meant for this app.
    pub(super) fn open(&self, sealed: &str, app_id: &AppId) -> Result<String, CallbackError> {
        let sealed = STANDARD
            .decode(sealed)
            .map_err(|_| CallbackError::Unreadable("what is sealed is no base64"))?;
        let opened = cbc::Decryptor::<Aes256>::new(self.0.expose_secret().into(), self.iv().into())
            .decrypt_padded_vec::<NoPadding>(&sealed)
            .map_err(|_| CallbackError::Unreadable("what is sealed is cut off"))?;
        let opened =
            unpadded(&opened).ok_or(CallbackError::Unreadable("what is sealed has no padding"))?;
        let (message, owner) = split(opened).ok_or(CallbackError::Unreadable(
            "what is sealed has a wrong length",
        ))?;
        if owner != app_id.as_str().as_bytes() {
            return Err(CallbackError::AnotherApp);
        }
        String::from_utf8(message.to_owned())
            .map_err(|_| CallbackError::Unreadable("what is sealed is no UTF-8"))
    }

    pub(super) fn seal(&self, message: &str, app_id: &AppId, random: [u8; RANDOM]) -> String {
        let length = u32::try_from(message.len()).expect("an answer is below 4 GiB");
        let mut clear = [
            &random[..],
            &length.to_be_bytes(),
            message.as_bytes(),
            app_id.as_str().as_bytes(),
        ]
        .concat();
        let padding = PAD_TO - clear.len() % PAD_TO;
        clear.resize(
            clear.len() + padding,
            u8::try_from(padding).expect("a padding is at most 32"),
        );
        let sealed = cbc::Encryptor::<Aes256>::new(self.0.expose_secret().into(), self.iv().into())
            .encrypt_padded_vec::<NoPadding>(&clear);
        STANDARD.encode(sealed)
    }
}

impl fmt::Debug for EncodingAesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncodingAesKey([redacted])")
    }
}

/// Without its padding: 1 to 32 bytes, each of which says how many they are.
fn unpadded(padded: &[u8]) -> Option<&[u8]> {
    let padding = *padded.last()?;
    let count = usize::from(padding);
    if !(1..=PAD_TO).contains(&count) {
        return None;
    }
    let (rest, tail) = padded.split_at_checked(padded.len().checked_sub(count)?)?;
    tail.iter().all(|byte| *byte == padding).then_some(rest)
}

/// The message and the appid behind it.
fn split(opened: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = opened.get(RANDOM..)?.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}
