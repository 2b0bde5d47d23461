//! Access tokens: two kinds that do not disturb each other, and how each ends.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    clock::{self, day},
    ids::Ids,
};

/// Seconds a token lives.
pub(crate) const TOKEN_LIFE: i64 = 7200;
/// In its last seconds the stable token is replaced by a normal call; both live until the old one ends.
const STABLE_OVERLAP: i64 = 300;
/// Two forced refreshes within so many seconds count as one.
const FORCED_PAUSE: i64 = 30;
/// Forced refreshes a day.
const FORCED_A_DAY: u32 = 20;
/// Tokens remembered per account, so that a dead one can be told from one that never was; beyond it
/// the oldest dead one is forgotten, and never a living one.
const REMEMBERED: usize = 1000;
/// Tokens of one account that can be alive: with this many, `/cgi-bin/token` gives out no more.
const ALIVE: usize = 2_500;

/// Which call gave a token out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenKind {
    /// `/cgi-bin/token`: a new one at every call, retiring the former.
    Plain,
    /// `/cgi-bin/stable_token`: the same one until near its end.
    Stable,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) value: String,
    kind: TokenKind,
    #[serde(deserialize_with = "clock::time")]
    issued_at: i64,
    #[serde(deserialize_with = "clock::time")]
    pub(crate) expires_at: i64,
    /// From when a newer token has retired this one.
    #[serde(default, deserialize_with = "clock::optional_time")]
    retired_at: Option<i64>,
}

/// How a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenState {
    Alive,
    /// Older than its life.
    Expired,
    /// A newer one took its place.
    Superseded,
}

impl Token {
    fn is_alive(&self, now: i64) -> bool {
        self.state(now) == TokenState::Alive
    }

    pub(crate) fn state(&self, now: i64) -> TokenState {
        if self.retired_at.is_some_and(|at| now >= at)
            && !crate::breaks::broken("replaced-token-taken")
        {
            TokenState::Superseded
        } else if now + 60 * i64::from(crate::breaks::broken("token-ends-early")) >= self.expires_at
        {
            TokenState::Expired
        } else {
            TokenState::Alive
        }
    }
}

/// What a token call answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) value: String,
    /// Seconds the token has left.
    pub(crate) expires_in: i64,
    /// A token that fell out of memory, to be forgotten by the index too.
    pub(crate) forgotten: Option<String>,
}

/// A living token, as the control API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Living<'a> {
    pub(crate) value: &'a str,
    pub(crate) issued_at: i64,
    /// When it dies: at the end of its life, or of its grace when that is earlier.
    pub(crate) ends_at: i64,
    /// A newer one took its place, and it lives on for its grace.
    pub(crate) is_replaced: bool,
}

/// So many replaced tokens still live on that there is no room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyAlive;

/// The 21st forced refresh of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyForced;

/// The tokens of one account, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tokens {
    pub(crate) issued: VecDeque<Token>,
    /// The day (in China) and number of its forced refreshes.
    forced: (i64, u32),
    #[serde(deserialize_with = "clock::optional_time")]
    last_forced_at: Option<i64>,
}

impl Tokens {
    pub(crate) fn find(&self, value: &str) -> Option<&Token> {
        self.issued.iter().rev().find(|token| token.value == value)
    }

    /// The living tokens, oldest first.
    pub(crate) fn alive(&self, now: i64) -> impl Iterator<Item = Living<'_>> {
        let alive = self.issued.iter().filter(move |token| token.is_alive(now));
        alive.map(|token| Living {
            value: &token.value,
            issued_at: token.issued_at,
            ends_at: token
                .retired_at
                .map_or(token.expires_at, |at| at.min(token.expires_at)),
            is_replaced: token.retired_at.is_some(),
        })
    }

    /// Seconds since `/cgi-bin/token` gave out the token that is in use.
    pub(crate) fn age(&self, now: i64) -> Option<i64> {
        let mut plain = self.issued.iter().rev();
        let token = plain.find(|token| token.kind == TokenKind::Plain)?;
        (token.state(now) == TokenState::Alive).then_some(now - token.issued_at)
    }

    /// `/cgi-bin/token`: a new token; the former lives on for `grace` seconds.
    pub(crate) fn replace(
        &mut self,
        now: i64,
        grace: i64,
        ids: &mut Ids,
    ) -> Result<Issued, TooManyAlive> {
        let is_full = self.issued.len() >= ALIVE;
        if is_full && self.issued.iter().all(|token| token.is_alive(now)) {
            return Err(TooManyAlive);
        }
        if let Some(former) = self.current(TokenKind::Plain) {
            former.retired_at.get_or_insert(now + grace);
        }
        Ok(self.issue(TokenKind::Plain, now, ids))
    }

    /// `/cgi-bin/stable_token` in normal mode: the same token until its last five minutes.
    pub(crate) fn keep(&mut self, now: i64, ids: &mut Ids) -> Issued {
        match self.current(TokenKind::Stable) {
            Some(token)
                if !crate::breaks::broken("stable-token-new-at-each-call")
                    && token.state(now) == TokenState::Alive
                    && token.expires_at - now > STABLE_OVERLAP =>
            {
                Issued {
                    value: token.value.clone(),
                    expires_in: token.expires_at - now,
                    forgotten: None,
                }
            }
            _ => self.issue(TokenKind::Stable, now, ids),
        }
    }

    /// `/cgi-bin/stable_token` with `force_refresh`: the former token dies at once.
    pub(crate) fn force(&mut self, now: i64, ids: &mut Ids) -> Result<Issued, TooManyForced> {
        if self
            .last_forced_at
            .is_some_and(|at| (0..FORCED_PAUSE).contains(&(now - at)))
        {
            return Ok(self.keep(now, ids));
        }
        let today = day(now);
        let forced = if self.forced.0 == today {
            self.forced.1
        } else {
            0
        };
        if forced >= FORCED_A_DAY && !crate::breaks::broken("forced-refreshes-unlimited") {
            return Err(TooManyForced);
        }
        self.forced = (today, forced + 1);
        self.last_forced_at = Some(now);
        // In its last minutes two stable tokens may be alive.
        for token in &mut self.issued {
            if token.kind == TokenKind::Stable && token.state(now) == TokenState::Alive {
                token.retired_at =
                    (!crate::breaks::broken("forced-refresh-keeps-the-old-token")).then_some(now);
            }
        }
        Ok(self.issue(TokenKind::Stable, now, ids))
    }

    fn current(&mut self, kind: TokenKind) -> Option<&mut Token> {
        self.issued
            .iter_mut()
            .rev()
            .find(|token| token.kind == kind)
    }

    fn issue(&mut self, kind: TokenKind, now: i64, ids: &mut Ids) -> Issued {
        // WeChat's shape (two digits, base64url, 136 characters), yet nobody takes it for a real one.
        let value = format!("00_MOCK{}MOCK00", ids.draw().base64url(123));
        self.issued.push_back(Token {
            value: value.clone(),
            kind,
            issued_at: now,
            expires_at: now + TOKEN_LIFE,
            retired_at: None,
        });
        let forgotten = (self.issued.len() > REMEMBERED)
            .then(|| self.issued.iter().position(|token| !token.is_alive(now)))
            .flatten()
            .and_then(|dead| self.issued.remove(dead))
            .map(|token| token.value);
        Issued {
            value,
            expires_in: TOKEN_LIFE,
            forgotten,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Ids {
        Ids::new(1, "wx", 0)
    }

    fn state(tokens: &Tokens, value: &str, now: i64) -> TokenState {
        tokens.find(value).unwrap().state(now)
    }

    #[test]
    fn an_old_token_lives_on_for_its_own_grace() {
        let (mut tokens, mut ids) = (Tokens::default(), ids());
        let first = tokens.replace(1000, 300, &mut ids).unwrap().value;
        let second = tokens.replace(1100, 300, &mut ids).unwrap().value;
        let third = tokens.replace(1300, 300, &mut ids).unwrap().value;

        assert_eq!(state(&tokens, &first, 1399), TokenState::Alive);
        assert_eq!(state(&tokens, &first, 1400), TokenState::Superseded);
        assert_eq!(state(&tokens, &second, 1599), TokenState::Alive);
        assert_eq!(state(&tokens, &second, 1600), TokenState::Superseded);
        assert_eq!(state(&tokens, &third, 8499), TokenState::Alive);
        assert_eq!(state(&tokens, &third, 8500), TokenState::Expired);
    }

    #[test]
    fn the_stable_token_stays_until_its_last_five_minutes() {
        let (mut tokens, mut ids) = (Tokens::default(), ids());
        let first = tokens.keep(0, &mut ids);
        let again = tokens.keep(6899, &mut ids);
        assert_eq!((again.value, again.expires_in), (first.value.clone(), 301));

        let next = tokens.keep(6900, &mut ids).value;
        assert_ne!(next, first.value);
        assert_eq!(state(&tokens, &first.value, 7199), TokenState::Alive);
        assert_eq!(state(&tokens, &next, 7199), TokenState::Alive);
    }

    #[test]
    fn a_forced_refresh_kills_at_once_and_is_counted() {
        let (mut tokens, mut ids) = (Tokens::default(), ids());
        let first = tokens.keep(0, &mut ids).value;
        let forced = tokens.force(10, &mut ids).unwrap().value;
        assert_eq!(state(&tokens, &first, 10), TokenState::Superseded);
        assert_eq!(tokens.force(39, &mut ids).unwrap().value, forced);

        for nth in 1..20 {
            assert!(tokens.force(10 + nth * 30, &mut ids).is_ok());
        }
        assert_eq!(tokens.force(2000, &mut ids), Err(TooManyForced));
        // The next day, which starts at 16:00 UTC.
        assert!(tokens.force(16 * 3600, &mut ids).is_ok());
    }

    #[test]
    fn the_two_kinds_leave_each_other_alone() {
        let (mut tokens, mut ids) = (Tokens::default(), ids());
        let plain = tokens.replace(0, 0, &mut ids).unwrap().value;
        let stable = tokens.keep(0, &mut ids).value;
        tokens.replace(1, 0, &mut ids).unwrap();
        tokens.force(1, &mut ids).unwrap();

        assert_eq!(state(&tokens, &plain, 2), TokenState::Superseded);
        assert_eq!(state(&tokens, &stable, 2), TokenState::Superseded);
        tokens.replace(3, 0, &mut ids).unwrap();
        let kept = tokens.keep(3, &mut ids).value;
        assert_eq!(state(&tokens, &kept, 4), TokenState::Alive);
    }

    #[test]
    fn a_token_has_the_shape_of_wechats() {
        let value = Tokens::default().replace(0, 300, &mut ids()).unwrap().value;
        assert_eq!(value.len(), 136);
        assert!(value.starts_with("00_"));
    }

    #[test]
    fn a_living_token_is_never_forgotten() {
        let (mut tokens, mut ids) = (Tokens::default(), ids());
        let stable = tokens.keep(0, &mut ids).value;
        for _ in 0..3 * REMEMBERED {
            tokens.replace(0, 0, &mut ids).unwrap();
        }
        assert_eq!(tokens.issued.len(), REMEMBERED);
        assert_eq!(state(&tokens, &stable, 1), TokenState::Alive);
        assert_eq!(tokens.keep(1, &mut ids).value, stable);
        // Once it is dead it goes like the others.
        for _ in 0..2 {
            tokens.replace(TOKEN_LIFE, 0, &mut ids).unwrap();
        }
        assert!(tokens.find(&stable).is_none());
    }

    #[test]
    fn with_too_many_alive_there_is_no_new_one_until_some_end() {
        let (mut tokens, mut ids) = (Tokens::default(), ids());
        let first = tokens.replace(0, 300, &mut ids).unwrap().value;
        for _ in 1..ALIVE {
            tokens.replace(0, 300, &mut ids).unwrap();
        }
        assert_eq!(tokens.replace(299, 300, &mut ids), Err(TooManyAlive));
        assert_eq!(state(&tokens, &first, 299), TokenState::Alive);
        assert!(tokens.replace(300, 300, &mut ids).is_ok());
    }
}
