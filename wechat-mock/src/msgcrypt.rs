//! How pushes are signed and sealed.
//!
//! Written apart from the client's on purpose, as [`crate::sign`] is; both are held to the known
//! answers in `fixtures`. Source: official message-push guide.

use aes::{
    Aes256,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding},
};
use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use sha1::{Digest, Sha1};

/// Characters of an `EncodingAESKey`.
const KEY_CHARACTERS: usize = 43;
/// Messages are padded to whole blocks of so many bytes, twice AES's own.
const BLOCK: usize = 32;
/// Random bytes ahead of a message.
pub(crate) const SALT: usize = 16;
/// Bytes ahead of a message: the random ones, and its length.
const HEAD: usize = SALT + 4;

/// 43 characters hold two bits more than a key, and published keys have them set.
const LOOSE: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The signature over some values: SHA-1 of all, sorted as bytes and joined, in lower-case hex.
pub(crate) fn signature(values: &[&str]) -> String {
    let mut sorted = values.to_vec();
    if !crate::breaks::broken("push-signature-unsorted") {
        sorted.sort_unstable();
    }
    hex::encode(Sha1::digest(sorted.concat()))
}

/// The key that an account and its receiver share.
#[derive(Clone)]
pub(crate) struct MessageKey([u8; 32]);

impl MessageKey {
    /// Reads an `EncodingAESKey`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.len() != KEY_CHARACTERS {
            return None;
        }
        let bytes = LOOSE.decode(format!("{text}=")).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The first half of the key is the IV.
    fn iv(&self) -> [u8; 16] {
        *self.0.first_chunk().expect("16 of 32 bytes")
    }

    /// Seals a message for an account.
    pub(crate) fn seal(&self, salt: [u8; SALT], message: &str, appid: &str) -> String {
        let length = u32::try_from(message.len()).expect("a message is no gigabytes");
        let mut plain = [
            &salt[..],
            &length.to_be_bytes(),
            message.as_bytes(),
            appid.as_bytes(),
        ]
        .concat();
        let padding = BLOCK - plain.len() % BLOCK;
        let byte = u8::try_from(padding).expect("1 to 32");
        plain.resize(plain.len() + padding, byte);
        let sealed = cbc::Encryptor::<Aes256>::new(&self.0.into(), &self.iv().into())
            .encrypt_padded_vec::<NoPadding>(&plain);
        STANDARD.encode(sealed)
    }

    /// The message of a sealed text, if it was sealed with this key for this account.
    pub(crate) fn open(&self, text: &str, appid: &str) -> Option<String> {
        let sealed = STANDARD.decode(text).ok()?;
        let plain = cbc::Decryptor::<Aes256>::new(&self.0.into(), &self.iv().into())
            .decrypt_padded_vec::<NoPadding>(&sealed)
            .ok()?;
        let padding = usize::from(*plain.last()?);
        if !(1..=BLOCK).contains(&padding) {
            return None;
        }
        let plain = &plain[..plain.len().checked_sub(padding)?];
        let length = u32::from_be_bytes(*plain.get(SALT..)?.first_chunk()?);
        let rest = &plain[HEAD..];
        let (message, owner) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        if owner != appid.as_bytes() {
            return None;
        }
        String::from_utf8(message.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    fn text<'a>(vector: &'a Map<String, Value>, name: &str) -> &'a str {
        vector[name].as_str().unwrap()
    }

    /// Reads a sealed message as a receiver does: its signature first.
    fn receive(vector: &Map<String, Value>) -> Option<String> {
        let get = |name| text(vector, name);
        let signed = signature(&[get("token"), get("timestamp"), get("nonce"), get("encrypt")]);
        if signed != get("msg_signature") {
            return None;
        }
        MessageKey::read(get("encoding_aes_key"))?.open(get("encrypt"), get("appid"))
    }

    fn rows(table: &'static Value) -> impl Iterator<Item = &'static Map<String, Value>> {
        let rows = table.as_array().unwrap().iter();
        rows.map(|row| row.as_object().unwrap())
    }

    #[test]
    fn every_known_answer_comes_out() {
        let mut sealed = 0;
        for vector in rows(fixtures::msgcrypt_vectors()) {
            let get = |name| text(vector, name);
            let id = get("id");
            if vector.contains_key("signature") {
                let signed = signature(&[get("token"), get("timestamp"), get("nonce")]);
                assert_eq!(signed, get("signature"), "{id}");
            }
            if get("kind") == "signature" {
                continue;
            }
            let salt = hex::decode(get("random16_hex")).unwrap();
            let key = MessageKey::read(get("encoding_aes_key")).unwrap();
            let again = key.seal(salt.try_into().unwrap(), get("plaintext"), get("appid"));
            assert_eq!(again, get("encrypt"), "{id}");
            assert_eq!(receive(vector).as_deref(), Some(get("plaintext")), "{id}");
            sealed += 1;
        }
        assert_eq!(sealed, 18);
    }

    #[test]
    fn what_a_receiver_has_to_refuse_is_refused() {
        let mut refused = 0;
        for change in rows(fixtures::msgcrypt_negatives()) {
            let base =
                rows(fixtures::msgcrypt_vectors()).find(|vector| vector["id"] == change["base"]);
            let mut vector = base.unwrap().clone();
            vector.extend(change["override"].as_object().unwrap().clone());
            assert_eq!(receive(&vector), None, "{}", text(change, "id"));
            refused += 1;
        }
        assert_eq!(refused, 5);
    }

    #[test]
    fn a_key_is_43_characters_of_base64() {
        assert!(MessageKey::read(KEY).is_some());
        for wrong in ["", &KEY[1..], &format!("{KEY}A"), &KEY.replace('a', "-")] {
            assert!(MessageKey::read(wrong).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_again(salt: [u8; SALT], message in "\\PC{0,80}") {
            let key = MessageKey::read(KEY).unwrap();
            let sealed = key.seal(salt, &message, "wx1");
            prop_assert_eq!(key.open(&sealed, "wx1"), Some(message));
            prop_assert_eq!(key.open(&sealed, "wx2"), None);
        }

        #[test]
        fn a_text_that_was_not_sealed_does_not_open(bytes: Vec<u8>) {
            let key = MessageKey::read(KEY).unwrap();
            prop_assert_eq!(key.open(&STANDARD.encode(bytes), "wx1"), None);
        }
    }
}
