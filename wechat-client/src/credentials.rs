//! Where tokens and tickets are kept, so that many instances share one.

use std::{collections::HashMap, fmt, pin::Pin, sync::Mutex};

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

/// Keeps credentials; share one between instances, in a database say, and they share one token.
pub trait CredentialStore: fmt::Debug + Send + Sync + 'static {
    /// What is kept under a key.
    fn load<'a>(
        &'a self,
        key: &'a CredentialKey,
    ) -> BoxFuture<'a, Result<Option<Credential>, StoreError>>;

    /// Keeps a credential in place of the former one.
    fn save<'a>(
        &'a self,
        key: &'a CredentialKey,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// Keeps credentials in this process.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<HashMap<CredentialKey, Credential>>);

impl CredentialStore for MemoryStore {
    fn load<'a>(
        &'a self,
        key: &'a CredentialKey,
    ) -> BoxFuture<'a, Result<Option<Credential>, StoreError>> {
        let kept = self.lock().get(key).cloned();
        Box::pin(async move { Ok(kept) })
    }

    fn save<'a>(
        &'a self,
        key: &'a CredentialKey,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.lock().insert(key.clone(), credential.clone());
        Box::pin(async { Ok(()) })
    }
}

impl MemoryStore {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CredentialKey, Credential>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
