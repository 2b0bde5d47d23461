//! Ids, tokens, tickets and codes: random in looks, the same for the same seed.
//!
//! Every account draws from a stream of its own, so that what one account does never changes what
//! another is given. The state of a stream is one number, which a world file can hold.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use serde::{Deserialize, Deserializer, de::Error};
use sha2::{Digest, Sha256};

/// The stream of one account.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    key: [u8; 32],
    drawn: u64,
}

impl Ids {
    /// The stream of `scope` (an appid) under the world's seed, after `drawn` draws.
    pub(crate) fn new(seed: u64, scope: &str, drawn: u64) -> Self {
        let key = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(scope)
            .finalize();
        Self {
            key: key.into(),
            drawn,
        }
    }

    /// How far a world file may have drawn: what every JSON reader keeps exact, and never runs over.
    const MOST_DRAWN: u64 = 1 << 53;

    /// The number of draws, as a world file holds it.
    pub(crate) fn read_drawn<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let drawn = u64::deserialize(from)?;
        if drawn > Self::MOST_DRAWN {
            let message = format!("at most {} draws", Self::MOST_DRAWN);
            return Err(D::Error::custom(message));
        }
        Ok(drawn)
    }

    pub(crate) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// The next draw.
    pub(crate) fn draw(&mut self) -> Draw {
        let mut source = ChaCha8Rng::from_seed(self.key);
        source.set_stream(self.drawn);
        self.drawn += 1;
        Draw(source)
    }

    /// A draw that depends on `name` alone: keys, prefixes, openids.
    pub(crate) fn fixed(&self, name: &str) -> Draw {
        let key = Sha256::new()
            .chain_update(self.key)
            .chain_update(name)
            .finalize();
        Draw(ChaCha8Rng::from_seed(key.into()))
    }
}

/// Randomness for one value.
#[derive(Debug)]
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// `length` characters of `[A-Za-z0-9_-]`.
    pub(crate) fn base64url(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length.div_ceil(4) * 3];
        self.0.fill_bytes(&mut bytes);
        let mut text = URL_SAFE_NO_PAD.encode(bytes);
        text.truncate(length);
        text
    }

    /// `length` decimal digits; the first may be 0.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        // The bias of a remainder of 32 bits is of no concern here.
        (0..length)
            .map(|_| char::from(b'0' + u8::try_from(self.0.next_u32() % 10).unwrap_or_default()))
            .collect()
    }

    /// A number from 1 up to, and without, 2^31.
    pub(crate) fn positive(&mut self) -> u32 {
        (self.0.next_u32() >> 1).max(1)
    }

    /// A number from 0 up to, and without, 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// `length` lower-case hex digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length.div_ceil(2)];
        self.0.fill_bytes(&mut bytes);
        let mut text = hex::encode(bytes);
        text.truncate(length);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_values_in_the_same_order() {
        let mut one = Ids::new(7, "wx00000000000000a0", 0);
        let mut two = one.clone();
        assert_eq!(one.draw().base64url(86), two.draw().base64url(86));
        assert_eq!(one.draw().digits(12), two.draw().digits(12));
        assert_eq!(one.drawn(), 2);

        let mut later = Ids::new(7, "wx00000000000000a0", 2);
        assert_eq!(one.draw().hex(32), later.draw().hex(32));
    }

    #[test]
    fn seeds_accounts_and_draws_differ() {
        let draw = |seed, scope, drawn| Ids::new(seed, scope, drawn).draw().base64url(27);
        let first = draw(7, "a", 0);
        assert_ne!(first, draw(8, "a", 0));
        assert_ne!(first, draw(7, "b", 0));
        assert_ne!(first, draw(7, "a", 1));
    }

    #[test]
    fn values_have_the_length_that_was_asked_for() {
        let mut ids = Ids::new(1, "a", 0);
        assert_eq!(ids.draw().base64url(27).len(), 27);
        assert_eq!(ids.draw().hex(15).len(), 15);
        assert_eq!(ids.draw().digits(12).len(), 12);
        assert!((0..1000).all(|_| (1..1 << 31).contains(&ids.draw().positive())));
    }
}
