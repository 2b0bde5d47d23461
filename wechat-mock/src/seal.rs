//! Encrypted codes: what `wx.addCard` gives the page, and `/card/code/decrypt` opens.
//!
//! WeChat does not publish its scheme; only the shape is known: standard base64 of 32 bytes for its
//! own codes of 12 digits, 48 for longer ones. Ours has that shape: one AES block of IV, then the
//! code in AES-256-CBC. The IV is an HMAC of the code, so that the text proves by itself which
//! account it belongs to: another account's key gives another IV than the one that came.

use aes::{
    Aes256,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

const IV_BYTES: usize = 16;

/// The key of one account, made from the world's seed and the appid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealKey {
    cipher: [u8; 32],
    mac: [u8; 20],
}

/// Why a text could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsealable {
    /// Not standard base64 of an IV and whole blocks.
    Shape,
    /// Well formed, but sealed with another key.
    Key,
}

impl SealKey {
    pub(crate) fn new(cipher: [u8; 32], mac: [u8; 20]) -> Self {
        Self { cipher, mac }
    }

    /// Encrypts a code; the same code always gives the same text.
    pub(crate) fn seal(&self, code: &str) -> String {
        let iv = self.iv(code.as_bytes());
        let sealed = cbc::Encryptor::<Aes256>::new(&self.cipher.into(), &iv.into())
            .encrypt_padded_vec::<Pkcs7>(code.as_bytes());
        STANDARD.encode([iv.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] made with the same key.
    pub(crate) fn open(&self, text: &str) -> Result<String, Unsealable> {
        let bytes = STANDARD.decode(text).map_err(|_| Unsealable::Shape)?;
        let (iv, sealed) = bytes
            .split_first_chunk::<IV_BYTES>()
            .ok_or(Unsealable::Shape)?;
        if sealed.is_empty() || sealed.len() % IV_BYTES != 0 {
            return Err(Unsealable::Shape);
        }
        let code = cbc::Decryptor::<Aes256>::new(&self.cipher.into(), iv.into())
            .decrypt_padded_vec::<Pkcs7>(sealed)
            .map_err(|_| Unsealable::Key)?;
        if self.iv(&code) != *iv {
            return Err(Unsealable::Key);
        }
        String::from_utf8(code).map_err(|_| Unsealable::Key)
    }

    fn iv(&self, code: &[u8]) -> [u8; IV_BYTES] {
        let mut mac =
            Hmac::<Sha1>::new_from_slice(&self.mac).expect("an HMAC takes a key of any length");
        mac.update(code);
        let tag: [u8; 20] = mac.finalize().into_bytes().into();
        *tag.first_chunk().expect("16 of 20 bytes")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> SealKey {
        SealKey::new([byte; 32], [byte; 20])
    }

    #[test]
    fn a_code_of_twelve_digits_becomes_44_characters_and_a_long_one_64() {
        assert_eq!(key(1).seal("018255396048").len(), 44);
        assert_eq!(key(1).seal("ABCDEFGHIJ0123456789").len(), 64);
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_again(code in "[0-9A-Za-z_-]{1,20}", byte: u8) {
            prop_assert_eq!(key(byte).open(&key(byte).seal(&code)), Ok(code));
        }

        #[test]
        fn another_account_cannot_open_it(code in "[0-9]{12}", one: u8, two: u8) {
            prop_assume!(one != two);
            prop_assert_eq!(key(two).open(&key(one).seal(&code)), Err(Unsealable::Key));
        }

        #[test]
        fn a_text_that_was_not_sealed_does_not_open(text in "[ -~]{0,80}") {
            prop_assert!(key(1).open(&text).is_err());
        }

        #[test]
        fn a_changed_character_is_noticed(code in "[0-9]{12}", at in 0_usize..43) {
            let mut text = key(1).seal(&code).into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            // The last character before the padding carries two bits that mean nothing.
            prop_assume!(at < 42);
            prop_assert!(key(1).open(std::str::from_utf8(&text).unwrap()).is_err());
        }
    }
}
