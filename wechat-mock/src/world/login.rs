//! Login codes: what `wx.login` gives a mini-program.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{AccountNo, World, clock, code::UserNo};
use crate::visits;

/// Login codes remembered, so that a used one can be told from one that never was.
pub(super) const LOGINS: usize = 10_000;
/// Seconds a login code lives.
pub(crate) const LOGIN_LIFE: i64 = 300;

/// What `wx.login` gave a mini-program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginCode {
    pub(crate) js_code: String,
    pub(crate) appid: String,
    pub(crate) user: String,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) issued_at: i64,
    pub(crate) used: bool,
}

/// The login codes of a world, oldest first.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(into = "VecDeque<LoginCode>")]
pub(super) struct Logins {
    kept: VecDeque<LoginCode>,
    /// Which login has a code, counted from the first that ever was.
    by_code: HashMap<String, u64>,
    /// Logins that were forgotten.
    forgotten: u64,
}

impl From<VecDeque<LoginCode>> for Logins {
    fn from(kept: VecDeque<LoginCode>) -> Self {
        let mut logins = Self::default();
        for login in kept {
            logins.push(login);
        }
        logins
    }
}

impl From<Logins> for VecDeque<LoginCode> {
    fn from(logins: Logins) -> Self {
        logins.kept
    }
}

impl Logins {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LoginCode> {
        visits::visited(&self.kept)
    }

    fn push(&mut self, login: LoginCode) {
        let number = self.forgotten + self.kept.len() as u64;
        self.by_code.insert(login.js_code.clone(), number);
        self.kept.push_back(login);
        if self.kept.len() > LOGINS
            && let Some(oldest) = self.kept.pop_front()
        {
            // A world file may have one code twice; the later login stays.
            if self.by_code.get(&oldest.js_code) == Some(&self.forgotten) {
                self.by_code.remove(&oldest.js_code);
            }
            self.forgotten += 1;
        }
    }

    fn find_mut(&mut self, js_code: &str) -> Option<&mut LoginCode> {
        visits::count(1);
        let number = self.by_code.get(js_code)? - self.forgotten;
        self.kept.get_mut(usize::try_from(number).ok()?)
    }
}

impl World {
    /// What `wx.login` does: a fresh login code for one mini-program.
    pub(crate) fn login(&mut self, user: UserNo, account: AccountNo) -> String {
        let now = self.now();
        let user = self.user(user).name.clone();
        let account = self.account_mut(account);
        let js_code = account.ids.draw().base64url(32);
        let appid = account.profile.appid.clone();
        self.logins.push(LoginCode {
            js_code: js_code.clone(),
            appid,
            user,
            issued_at: now,
            used: false,
        });
        js_code
    }

    pub(crate) fn login_code_mut(&mut self, js_code: &str) -> Option<&mut LoginCode> {
        self.logins.find_mut(js_code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_login_codes_are_remembered() {
        let mut world = World::starter(1);
        let first = world.login(0, 1);
        let second = world.login(0, 1);
        for _ in 1..LOGINS {
            world.login(0, 1);
        }
        assert_eq!(world.logins.len(), LOGINS);
        assert!(world.login_code_mut(&first).is_none());
        assert!(world.login_code_mut(&second).is_some());
    }

    #[test]
    fn the_later_of_two_logins_with_one_code_is_found() {
        let login = |user: &str| LoginCode {
            js_code: "j".to_owned(),
            appid: "wx".to_owned(),
            user: user.to_owned(),
            issued_at: 0,
            used: false,
        };
        let mut logins = Logins::from(VecDeque::from([login("alice"), login("bob")]));
        for number in 0..LOGINS - 1 {
            logins.push(LoginCode {
                js_code: number.to_string(),
                ..login("carol")
            });
        }
        assert_eq!(logins.find_mut("j").map(|login| &*login.user), Some("bob"));
        assert_eq!(
            logins.find_mut("0").map(|login| &*login.user),
            Some("carol")
        );
        assert!(logins.find_mut("k").is_none());
    }
}
