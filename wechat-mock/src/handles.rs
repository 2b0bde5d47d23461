//! What a test holds in its hands: accounts, customers, the clock, the journal.
//!
//! They do the same as the control API, without a call through the port. All of them are owned: they can
//! be cloned and moved into a task, and outlive the [`MockWechat`](crate::MockWechat) they are of.

mod accounts;
mod cards;
mod clock;
mod error;
mod events;
mod expectations;
mod faults;
mod journal;
mod phone;
mod profiles;
mod rows;
mod signatures;
mod subscription;
mod switches;
mod user;
mod users;
mod values;
mod world;

pub use accounts::Accounts;
pub use cards::Cards;
pub use clock::Clock;
pub use error::ControlError;
pub use events::Events;
pub use expectations::{Expectation, ExpectationBuilder, Times};
pub(crate) use expectations::{forgive, is_on_purpose, unmet};
pub use faults::Faults;
pub use journal::Journal;
pub use phone::{AddCardOutcome, AddedCard, CardMessage, ChooseCardOutcome, OpenCardOutcome};
pub use profiles::{AccountProfile, Callback, CardReview, Sex, UserProfile};
pub use rows::{
    AccountRow, Activated, CallbackCheck, CardRow, CodeRow, Credentials, EventRow, EventState,
    Explanation, FaultRow, GiftRow, JournalRow, LivingTicket, LivingToken, Mistake, QuotaRow,
    Sentence, SignatureCheck, Sku, StarterRow, SubMerchantRow, SwitchRow, Try, UserRow,
    WalletEntry,
};
pub use signatures::Signatures;
pub use subscription::{StreamMessage, Subscription};
pub use switches::Switches;
pub use user::{SelfRedemption, User};
pub use users::Users;
pub use values::{CardExt, Seconds};
pub use world::WorldHandle;

use crate::world::profile::Profile;

/// What a program needs to know of an account.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let account = wechat_mock::MockWechat::start().await.official_account();
/// assert!(account.appid.starts_with("wx"));
/// assert!(!format!("{account:?}").contains(&account.secret));
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// What the world calls it, such as `oa`.
    pub name: String,
    /// `wx` and 16 hex digits.
    pub appid: String,
    /// The AppSecret: 32 hex digits, good for nothing but this mock.
    pub secret: String,
    /// `gh_` and 12 hex digits.
    pub original_id: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("appid", &self.appid)
            .field("secret", &"[redacted]")
            .field("original_id", &self.original_id)
            .finish()
    }
}

impl Account {
    pub(crate) fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.clone(),
            appid: profile.appid.clone(),
            secret: profile.secret.clone(),
            original_id: profile.original_id.clone(),
        }
    }
}

/// Waits for what needs no more than a runtime of this thread.
fn block_on<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a runtime");
    runtime.block_on(task)
}
