//! Official Accounts and mini-programs.

use serde_json::{Value, json};

use super::{
    AccountProfile, ControlError, block_on,
    rows::{self, AccountRow, CallbackCheck, Credentials, SubMerchantRow},
};
use crate::{
    control::{self, Verdict},
    mock::Mock,
    world::profile::ProfileDraft,
};

/// Official Accounts and mini-programs.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), wechat_mock::ControlError> {
/// use wechat_mock::{AccountProfile, MockWechat};
///
/// let mock = MockWechat::start_blocking();
/// let accounts = mock.accounts();
/// let shop = accounts.add(AccountProfile::official_account("my-shop"))?;
///
/// assert_eq!(accounts.list().last(), Some(&shop));
/// assert_eq!(mock.account("my-shop").unwrap().appid, shop.appid);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Accounts(Mock);

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Accounts").field(&self.list()).finish()
    }
}

impl Accounts {
    pub(crate) fn new(mock: &Mock) -> Self {
        Self(mock.clone())
    }

    /// All accounts, in the order in which they came into the world.
    pub fn list(&self) -> Vec<AccountRow> {
        rows::all(control::accounts_of(&self.0.world.lock()), AccountRow::of)
    }

    /// Adds an account; what its profile leaves out is invented.
    ///
    /// # Errors
    ///
    /// 409 when its appid is taken, 422 for a value that cannot be.
    pub fn add(&self, profile: AccountProfile) -> Result<AccountRow, ControlError> {
        let draft: ProfileDraft = control::read_value(Value::Object(profile.0))?;
        let added = {
            let mut world = self.0.world.lock();
            control::add_account(&mut world, draft).map(|profile| json!(profile))?
        };
        self.0.broadcast.tell_change("account");
        Ok(AccountRow::of(added))
    }

    /// Changes an account; what the profile leaves out stays.
    ///
    /// # Errors
    ///
    /// 404 when no account has the appid, 422 for a value that cannot be, and for another appid or kind.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// use wechat_mock::{AccountProfile, CardReview, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let manual = AccountProfile::default().review(CardReview::Manual);
    /// assert_eq!(mock.accounts().change(&appid, manual)?["review"], "manual");
    /// # Ok(())
    /// # }
    /// ```
    pub fn change(&self, appid: &str, profile: AccountProfile) -> Result<AccountRow, ControlError> {
        let draft: ProfileDraft = control::read_value(Value::Object(profile.0))?;
        let changed = {
            let mut world = self.0.world.lock();
            control::change_account(&mut world, appid, draft).map(|profile| json!(profile))?
        };
        self.0.broadcast.tell_change("account");
        Ok(AccountRow::of(changed))
    }

    /// The living tokens and tickets of an account, and today's use of its quotas.
    ///
    /// # Errors
    ///
    /// 404 when no account has the appid.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let credentials = mock.accounts().credentials(&mock.official_account().appid)?;
    /// assert!(credentials.access_tokens.is_empty());
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn credentials(&self, appid: &str) -> Result<Credentials, ControlError> {
        let shown = control::credentials_of(&self.0.world.lock(), appid)?;
        Ok(Credentials::of(shown))
    }

    /// Makes WeChat's check of an account's callback: a GET with an `echostr` that has to come back.
    ///
    /// # Errors
    ///
    /// 404 when no account has the appid, 409 when it has no callback. That the callback does not pass
    /// is no error: the result says why.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let appid = mock.official_account().appid;
    /// assert_eq!(mock.accounts().verify_callback(&appid).await.unwrap_err().status, 409);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify_callback(&self, appid: &str) -> Result<CallbackCheck, ControlError> {
        let checked = control::check_callback(&self.0, appid).await?;
        Ok(CallbackCheck {
            reason: checked.err(),
        })
    }

    /// [`Self::verify_callback`] for a test without a runtime.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// Within a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// use wechat_mock::{AccountProfile, Callback, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// // Nobody listens there.
    /// let callback = Callback::new("http://127.0.0.1:1/wechat", "token123");
    /// mock.accounts().change(&appid, AccountProfile::default().callback(callback))?;
    /// assert!(!mock.accounts().verify_callback_blocking(&appid)?.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify_callback_blocking(&self, appid: &str) -> Result<CallbackCheck, ControlError> {
        block_on(self.verify_callback(appid))
    }

    /// The reviewer approves a sub-merchant that waits.
    ///
    /// # Errors
    ///
    /// 404 when there is no such account or sub-merchant, 409 when it does not wait.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), wechat_mock::ControlError> {
    /// use serde_json::json;
    /// use wechat_mock::{AccountProfile, MockWechat};
    ///
    /// let mock = MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let waiting = json!([{"merchant_id": 7, "brand_name": "Tea", "status": "CHECKING"}]);
    /// let profile = AccountProfile::default().set("sub_merchants", waiting);
    /// mock.accounts().change(&appid, profile)?;
    ///
    /// let brand = mock.accounts().approve_sub_merchant(&appid, 7)?;
    /// assert_eq!((brand.merchant_id, brand.status.as_str()), (7, "APPROVED"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn approve_sub_merchant(
        &self,
        appid: &str,
        merchant_id: u64,
    ) -> Result<SubMerchantRow, ControlError> {
        self.review_sub_merchant(appid, merchant_id, &Verdict::pass())
    }

    /// The reviewer turns a sub-merchant away that waits, and says why.
    ///
    /// # Errors
    ///
    /// As [`Self::approve_sub_merchant`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let appid = mock.official_account().appid;
    /// let refused = mock.accounts().refuse_sub_merchant(&appid, 7, "no licence");
    /// assert_eq!(refused.unwrap_err().status, 404);
    /// ```
    pub fn refuse_sub_merchant(
        &self,
        appid: &str,
        merchant_id: u64,
        reason: &str,
    ) -> Result<SubMerchantRow, ControlError> {
        self.review_sub_merchant(appid, merchant_id, &Verdict::refuse(reason))
    }

    fn review_sub_merchant(
        &self,
        appid: &str,
        merchant_id: u64,
        verdict: &Verdict,
    ) -> Result<SubMerchantRow, ControlError> {
        let id = merchant_id.to_string();
        let reviewed = {
            let mut world = self.0.world.lock();
            control::review_sub_merchant(&mut world, (appid, &id), verdict)?
        };
        self.0.broadcast.tell_change("account");
        Ok(SubMerchantRow::of(reviewed))
    }
}
