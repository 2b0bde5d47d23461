//! Where tokens and tickets are kept, so that many instances share one.

use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};

use crate::AppId;

/// A future of a [`CredentialStore`].
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What kind of credential it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// What calls are made with.
    AccessToken,
    /// What cards are signed with.
    CardTicket,
}

impl CredentialKind {
    /// A name for a column: `access_token` or `card_ticket`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::CardTicket => "card_ticket",
        }
    }
}

/// Whose credential, and which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CredentialKey {
    /// The app it belongs to.
    pub app_id: AppId,
    /// Which of its credentials.
    pub kind: CredentialKind,
}

/// A token or ticket, with its times in seconds since 1970.
#[derive(Clone)]
pub struct Credential {
    value: SecretString,
    /// When it ends.
    pub expires_at: i64,
    /// When it was first given to us.
    pub first_seen: i64,
    /// When WeChat last said that it is this one.
    pub checked_at: i64,
}

impl Credential {
    /// A credential as a store gives it back.
    pub fn new(
        value: impl Into<String>,
        expires_at: i64,
        first_seen: i64,
        checked_at: i64,
    ) -> Self {
        Self {
            value: SecretString::from(value.into()),
            expires_at,
            first_seen,
            checked_at,
        }
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("expires_at", &self.expires_at)
            .field("first_seen", &self.first_seen)
            .field("checked_at", &self.checked_at)
            .finish_non_exhaustive()
    }
}

/// The store failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(pub Box<dyn std::error::Error + Send + Sync>);

/// A credential as a store keeps it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The credential.
    pub credential: Credential,
    /// How often the store has saved under this key: 1 for the first credential.
    pub version: u64,
}

/// Keeps credentials; share one between instances, in a database say, and they share one token.
///
/// Two rules make that safe. Only the holder of the lease asks WeChat, so that many instances make
/// one call; and what is saved must follow from what was read, so that the slower of two never
/// overwrites the newer credential.
pub trait CredentialStore: fmt::Debug + Send + Sync + 'static {
    /// What is kept under a key.
    fn load<'a>(
        &'a self,
        key: &'a CredentialKey,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>>;

    /// Keeps `fresh` if what is kept still has the version `expected`; 0 means that nothing is kept.
    ///
    /// False when somebody else saved since: what they saved stays.
    fn compare_and_save<'a>(
        &'a self,
        key: &'a CredentialKey,
        expected: u64,
        fresh: &'a Credential,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Takes the right to refresh a credential for so many seconds, or prolongs it for its holder.
    ///
    /// False while another has it. A lease ends by itself, and one that ends later than any lease
    /// can was written by a clock that was wrong: it counts as ended.
    fn try_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
        seconds: u32,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Gives the right back; nothing happens when it is somebody else's.
    fn release_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// Keeps credentials in this process.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<HashMap<CredentialKey, Slot>>);

#[derive(Debug, Default)]
struct Slot {
    stored: Option<Stored>,
    lease: Option<(String, Instant)>,
}

impl CredentialStore for MemoryStore {
    fn load<'a>(
        &'a self,
        key: &'a CredentialKey,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        let stored = self.lock().get(key).and_then(|slot| slot.stored.clone());
        Box::pin(async move { Ok(stored) })
    }

    fn compare_and_save<'a>(
        &'a self,
        key: &'a CredentialKey,
        expected: u64,
        fresh: &'a Credential,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let mut slots = self.lock();
        let slot = slots.entry(key.clone()).or_default();
        let kept = slot.stored.as_ref().map_or(0, |stored| stored.version);
        let is_expected = kept == expected;
        if is_expected {
            slot.stored = Some(Stored {
                credential: fresh.clone(),
                version: expected + 1,
            });
        }
        Box::pin(async move { Ok(is_expected) })
    }

    fn try_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
        seconds: u32,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let mut slots = self.lock();
        let slot = slots.entry(key.clone()).or_default();
        let now = Instant::now();
        let is_free = slot
            .lease
            .as_ref()
            .is_none_or(|(other, until)| other == holder || *until <= now);
        if is_free {
            let until = now + Duration::from_secs(seconds.into());
            slot.lease = Some((holder.to_owned(), until));
        }
        Box::pin(async move { Ok(is_free) })
    }

    fn release_lease<'a>(
        &'a self,
        key: &'a CredentialKey,
        holder: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        if let Some(slot) = self.lock().get_mut(key) {
            slot.lease.take_if(|(other, _)| other == holder);
        }
        Box::pin(async { Ok(()) })
    }
}

impl MemoryStore {
    fn lock(&self) -> MutexGuard<'_, HashMap<CredentialKey, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
