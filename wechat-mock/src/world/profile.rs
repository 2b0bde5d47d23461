//! What an account is, as the control API shows it and takes it.

use std::{collections::BTreeSet, net::IpAddr};

use serde::{Deserialize, Serialize};

pub(crate) use super::merchant::{SubMerchant, SubMerchantStatus};
use super::{
    callback::{Callback, CallbackDraft},
    field::{BadField, check_name},
    ids::Draw,
    quota::Limits,
    restrictions::Restrictions,
};

/// What kind of account it is; tokens carry it along.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountKind {
    OfficialAccount,
    MiniProgram,
}

/// How a new card is reviewed.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Review {
    /// Approved at once.
    Auto,
    /// Waits for the control API's reviewer.
    Manual,
    /// Approved after so many seconds of the mock's clock.
    After(u32),
}

/// What the control API shows of an account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) kind: AccountKind,
    pub(crate) appid: String,
    pub(crate) secret: String,
    /// `gh_…`, the account's id in pushes and in links to mini-programs.
    pub(crate) original_id: String,
    pub(crate) card_right: bool,
    /// Accounts under the same Open Platform account may use each other's cards.
    pub(crate) open_platform: String,
    pub(crate) review: Review,
    /// Seconds for which a replaced token lives on.
    pub(crate) token_grace: u32,
    /// Calls a day by path, where they differ from the published limits.
    pub(crate) quotas: Limits,
    /// Addresses that may ask for tokens; with none listed, all may.
    pub(crate) ip_whitelist: BTreeSet<IpAddr>,
    pub(crate) sub_merchants: Vec<SubMerchant>,
    pub(crate) restrictions: Restrictions,
    /// Where its pushes go.
    pub(crate) callback: Option<Callback>,
}

impl Profile {
    /// Whether it is bound to an Open Platform account that somebody named: only then WeChat tells who
    /// its users are elsewhere.
    pub(crate) fn is_bound(&self) -> bool {
        self.open_platform != alone(&self.appid)
    }

    pub(crate) fn approves_at_once(&self) -> bool {
        self.review == Review::Auto
    }
}

/// What the control API and the world file take: what is left out is invented, or stays.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileDraft {
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<AccountKind>,
    pub(crate) appid: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) original_id: Option<String>,
    pub(crate) card_right: Option<bool>,
    pub(crate) open_platform: Option<String>,
    pub(crate) review: Option<Review>,
    pub(crate) token_grace: Option<u32>,
    pub(crate) quotas: Option<Limits>,
    pub(crate) ip_whitelist: Option<BTreeSet<IpAddr>>,
    pub(crate) sub_merchants: Option<Vec<SubMerchant>>,
    pub(crate) restrictions: Option<Restrictions>,
    #[serde(default)]
    #[cfg_attr(
        feature = "console",
        schemars(with = "Option<super::callback::Callback>")
    )]
    pub(crate) callback: CallbackDraft,
}

impl ProfileDraft {
    /// Checks the shapes that WeChat's own values have.
    pub(crate) fn check(&self) -> Result<(), BadField> {
        let lower_hex = |text: &str| {
            text.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        if let Some(appid) = &self.appid
            && !(appid.len() == 18 && appid.strip_prefix("wx").is_some_and(lower_hex))
        {
            return Err(BadField::new("appid", "wx and 16 lower-case hex digits"));
        }
        if let Some(secret) = &self.secret
            && !(secret.len() == 32 && lower_hex(secret))
        {
            return Err(BadField::new("secret", "32 lower-case hex digits"));
        }
        if let Some(id) = &self.original_id
            && !id
                .strip_prefix("gh_")
                .is_some_and(|rest| rest.len() == 12 && lower_hex(rest))
        {
            return Err(BadField::new(
                "original_id",
                "gh_ and 12 lower-case hex digits",
            ));
        }
        for path in self.quotas.iter().flat_map(Limits::keys) {
            if !crate::paths().any(|known| known == path) {
                let message = format!("{path} is no path of WeChat's that this mock answers");
                return Err(BadField::new("quotas", message));
            }
        }
        if self.open_platform.as_deref().is_some_and(str::is_empty) {
            return Err(BadField::new("open_platform", "must not be empty"));
        }
        self.callback.check()?;
        self.restrictions
            .as_ref()
            .map_or(Ok(()), Restrictions::check)
    }

    /// The profile of a new account; what is not given comes from `draw`.
    pub(crate) fn complete(self, draw: &mut Draw) -> Profile {
        // Always drawn, so that giving one value does not change the others.
        let invented = [draw.hex(16), draw.hex(32), draw.hex(12)];
        let appid = self.appid.unwrap_or_else(|| format!("wx{}", invented[0]));
        let kind = self.kind.unwrap_or(AccountKind::OfficialAccount);
        let mut callback = None;
        self.callback.apply(&mut callback);
        Profile {
            name: self.name.unwrap_or_else(|| appid.clone()),
            kind,
            secret: self.secret.unwrap_or_else(|| invented[1].clone()),
            original_id: self
                .original_id
                .unwrap_or_else(|| format!("gh_{}", invented[2])),
            card_right: self
                .card_right
                .unwrap_or(kind == AccountKind::OfficialAccount),
            open_platform: self.open_platform.unwrap_or_else(|| alone(&appid)),
            review: self.review.unwrap_or(Review::Auto),
            token_grace: self.token_grace.unwrap_or(300),
            quotas: self.quotas.unwrap_or_default(),
            ip_whitelist: self.ip_whitelist.unwrap_or_default(),
            restrictions: self.restrictions.unwrap_or_default(),
            sub_merchants: self.sub_merchants.unwrap_or_default(),
            callback,
            appid,
        }
    }

    /// Changes an account; its appid and kind are what it is, and stay.
    pub(crate) fn apply(self, profile: &mut Profile) -> Result<(), BadField> {
        if self.appid.is_some_and(|appid| appid != profile.appid) {
            return Err(BadField::new("appid", "an account keeps its appid"));
        }
        if self.kind.is_some_and(|kind| kind != profile.kind) {
            return Err(BadField::new("kind", "an account keeps its kind"));
        }
        set(&mut profile.name, self.name);
        set(&mut profile.secret, self.secret);
        set(&mut profile.original_id, self.original_id);
        set(&mut profile.open_platform, self.open_platform);
        set(&mut profile.card_right, self.card_right);
        set(&mut profile.review, self.review);
        set(&mut profile.token_grace, self.token_grace);
        set(&mut profile.quotas, self.quotas);
        set(&mut profile.ip_whitelist, self.ip_whitelist);
        set(&mut profile.sub_merchants, self.sub_merchants);
        set(&mut profile.restrictions, self.restrictions);
        self.callback.apply(&mut profile.callback);
        Ok(())
    }
}

/// The Open Platform account of an account that is bound to none: it shares it with nobody.
fn alone(appid: &str) -> String {
    format!("open-{appid}")
}

fn set<T>(into: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *into = value;
    }
}
