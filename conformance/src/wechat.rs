//! WeChat itself as the target.

use std::sync::Arc;

use crate::{
    arrange::{Action, ArrangeError, Arranger, Nobody},
    case::{Case, Layer},
    effects::Effect,
    guard::{Cleaned, Guard, Limits},
    run::{Options, Target},
    scene::Given,
    variables::places,
};

/// Where WeChat answers.
pub(crate) const WECHAT: &str = "https://api.weixin.qq.com";

impl Target {
    /// WeChat, or what plays it at another URL, with a real account: appid and secret.
    ///
    /// Every call passes a guard that keeps to the [`Limits`]; [`Target::clean`] ends the run. Cases
    /// of layer 2 need a person who arranges; those of layer 3 are skipped.
    ///
    /// # Errors
    ///
    /// An [`ArrangeError`] when no HTTP client can be made.
    pub fn wechat(
        url: &str,
        appid: &str,
        secret: &str,
        person: Option<Arc<dyn Arranger>>,
        limits: Limits,
    ) -> Result<Self, ArrangeError> {
        let arranger = person.unwrap_or_else(|| Arc::new(Nobody));
        let options = Options::default().with_account(appid, secret);
        let mut target = Self::with(url, arranger, options)?;
        let given = Given {
            appid: appid.to_owned(),
            secret: secret.to_owned(),
        };
        target.stage.guard = Some(Arc::new(Guard::new(limits, given)));
        "wechat".clone_into(&mut target.kind);
        Ok(target)
    }

    /// Lets no further call out but those that clean up: the cases that are left are skipped.
    ///
    /// Without effect on a target that is not WeChat.
    pub fn stop(&self, why: &str) {
        if let Some(guard) = &self.stage.guard {
            guard.stop(why);
        }
    }

    /// Deletes all that the run has made at WeChat, and says what is left of it.
    pub async fn clean(&self) -> Cleaned {
        match &self.stage.guard {
            Some(guard) => guard.clean(&self.stage.http, &self.stage.url).await,
            None => Cleaned::default(),
        }
    }

    /// Looks at answers and judges none, so that every case is played to its end.
    #[must_use]
    pub fn without_judging(mut self) -> Self {
        self.stage.judges = false;
        self
    }
}

/// Why a case is not played at WeChat.
pub(crate) fn beyond(case: &Case, arranger: &dyn Arranger, guard: &Guard) -> Option<String> {
    if case.layer == Layer::L3 {
        return Some("it is about the mock alone".to_owned());
    }
    let reads_ids = arranger.can(&Action::ReadUser {
        user: String::new(),
    });
    if case.layer == Layer::L2 && !reads_ids {
        return Some("it needs somebody who arranges: --arrange ask".to_owned());
    }
    if case.needs.proxy || case.needs.receiver || case.needs.clock {
        return Some(
            "WeChat is no proxy, does not push here and has a clock of its own".to_owned(),
        );
    }
    if case.needs.fresh {
        return Some("it needs an account that has no other cards".to_owned());
    }
    let mut writes = false;
    for step in case.all_steps() {
        let caller = step["call"]["as"].as_str().unwrap_or("oa");
        if !["oa", "none"].contains(&caller) || step["create"]["card_type"] == "SEED" {
            return Some("it needs a second account".to_owned());
        }
        for place in places(step) {
            let mut parts = place.split([':', '_']);
            if parts.any(|part| ["mp", "stranger"].contains(&part)) {
                return Some("it needs a second account".to_owned());
            }
            if ["oa_original_id", "oa_platform"].contains(&place.as_str()) {
                return Some("what it needs of the account is not known".to_owned());
            }
            let of_a_user = ["openid:", "unionid:", "user:"]
                .iter()
                .any(|prefix| place.starts_with(prefix));
            if of_a_user && !reads_ids {
                return Some("it needs a customer: --arrange ask".to_owned());
            }
            writes |= place == "logo_url";
        }
        if step["create"].is_object() {
            writes = true;
        }
        if let Some(path) = step["call"]["path"].as_str() {
            let effect = Effect::of(path);
            if effect == Effect::Forbidden {
                let why = "what it does at WeChat cannot be taken back";
                return Some(format!("{why}: {path}"));
            }
            writes |= effect.writes();
        }
    }
    (writes && !guard.allows_writes()).then(|| "it writes; --allow-writes runs it".to_owned())
}
