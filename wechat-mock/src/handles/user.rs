//! A customer and their phone.

use serde_json::Value;

use super::{
    AddCardOutcome, CardExt, ControlError,
    rows::{self, Activated, GiftRow, WalletEntry},
};
use crate::{
    control::{self, Activation, AddCard, Give, Login, Scan, SelfConsumption, Which},
    mock::Mock,
    wallet,
    world::World,
};

/// A customer and their phone.
///
/// It can be cloned, and moved into a task; what it does is refused with status 404 when nobody in the
/// world has its name.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mock = wechat_mock::MockWechat::start().await;
/// let (alice, appid) = (mock.user("alice"), mock.mini_program().appid);
///
/// let login_code = tokio::spawn(async move { alice.login(&appid) }).await.unwrap();
/// assert_eq!(login_code.unwrap().len(), 32);
/// assert_eq!(mock.user("nobody").wallet().unwrap_err().status, 404);
/// assert_eq!(mock.user("nobody").name(), "nobody");
/// # }
/// ```
#[derive(Clone)]
pub struct User {
    pub(super) mock: Mock,
    pub(super) name: String,
    /// Which card's codes are meant, when several cards have the same.
    card_id: Option<String>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("User");
        shown.field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a customer types in who redeems a code without staff.
///
/// # Examples
///
/// ```
/// use wechat_mock::SelfRedemption;
///
/// let typed = SelfRedemption::default().verify_code("1234").remark_amount("9.90");
/// # let _ = typed;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfRedemption {
    verify_code: String,
    remark_amount: String,
}

impl SelfRedemption {
    /// The code that the shop shows.
    #[must_use]
    pub fn verify_code(mut self, verify_code: &str) -> Self {
        verify_code.clone_into(&mut self.verify_code);
        self
    }

    /// The amount that was paid.
    #[must_use]
    pub fn remark_amount(mut self, remark_amount: &str) -> Self {
        remark_amount.clone_into(&mut self.remark_amount);
        self
    }
}

impl User {
    pub(crate) fn new(mock: &Mock, name: &str) -> Self {
        Self {
            mock: mock.clone(),
            name: name.to_owned(),
            card_id: None,
        }
    }

    /// The same customer, whose codes are those of one card: for a code that several cards have.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let alice = mock.user("alice");
    /// let code = alice.wallet()?.remove(0).code;
    /// assert_eq!(alice.of_card("pOther").view(&code).unwrap_err().status, 404);
    /// alice.view(&code)?;
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    #[must_use]
    pub fn of_card(&self, card_id: &str) -> Self {
        Self {
            card_id: Some(card_id.to_owned()),
            ..self.clone()
        }
    }

    fn which(&self) -> Which {
        Which {
            card_id: self.card_id.clone(),
        }
    }

    /// What the world calls them, such as `alice`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Their openid at an account, which differs from account to account.
    ///
    /// # Errors
    ///
    /// 404 when the world has no such account or user.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let openid = mock.user("alice").openid(&mock.mini_program().appid)?;
    /// assert_eq!(openid.len(), 28);
    /// # Ok(())
    /// # }
    /// ```
    pub fn openid(&self, appid: &str) -> Result<String, ControlError> {
        let world = self.mock.world.lock();
        let user = control::user_no(&world, &self.name)?;
        let account = control::account_no(&world, appid)?;
        Ok(world.openid(user, account).to_owned())
    }

    /// What `wx.login` does in the mini-program `appid`: a login code, good once, for 300 seconds.
    ///
    /// # Errors
    ///
    /// 404 or 422 when `appid` is no mini-program of this world.
    pub fn login(&self, appid: &str) -> Result<String, ControlError> {
        let login = Login {
            appid: appid.to_owned(),
        };
        Ok(self.act(|world, name| login.carry_out(world, name))?)
    }

    /// What `wx.addCard` does with one card on the page of `appid`.
    ///
    /// `card_ext` is what the page passes as `cardExt`: a text, or a JSON value, which the phone does not
    /// take.
    ///
    /// # Errors
    ///
    /// 404 when `appid` is no account of this world. That WeChat refuses the card is no error: the
    /// outcome says why.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let appid = mock.mini_program().appid;
    /// let ext = String::from(r#"{"timestamp":"1","signature":"wrong"}"#);
    ///
    /// let outcome = mock.user("alice").add_card(&appid, "pNoSuchCard", &ext)?;
    /// assert!(!outcome.is_success());
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_card(
        &self,
        appid: &str,
        card_id: &str,
        card_ext: impl Into<CardExt>,
    ) -> Result<AddCardOutcome, ControlError> {
        let call = AddCard::one(appid, card_id, card_ext.into().0);
        let answer = self.tell(call.carry_out(&self.mock, &self.name))?;
        Ok(AddCardOutcome::of(answer))
    }

    /// What `wx.addCard` does with several cards at once, each with its `cardExt`.
    ///
    /// # Errors
    ///
    /// 404 when `appid` is no account of this world, 422 for no card or more than 100.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_mock::ControlError> {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let appid = mock.mini_program().appid;
    ///
    /// let outcome = mock.user("alice").add_cards(&appid, [("pOne", "{}"), ("pTwo", "{}")])?;
    /// assert_eq!(outcome.cards().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_cards<I, C, E>(&self, appid: &str, cards: I) -> Result<AddCardOutcome, ControlError>
    where
        I: IntoIterator<Item = (C, E)>,
        C: Into<String>,
        E: Into<CardExt>,
    {
        let cards = cards.into_iter();
        let cards = cards.map(|(card_id, ext)| (card_id.into(), ext.into().0));
        let call = AddCard::several(appid, cards.collect());
        let answer = self.tell(call.carry_out(&self.mock, &self.name))?;
        Ok(AddCardOutcome::of(answer))
    }

    /// Offers a code to a friend, who has a day of the mock's clock to take it.
    ///
    /// # Errors
    ///
    /// 404 when this customer has no such code or nobody is called `to`, 409 or 422 when the code cannot
    /// be given.
    pub fn gift(&self, code: &str, to: &str) -> Result<(), ControlError> {
        let give = Give {
            to: to.to_owned(),
            card_id: self.card_id.clone(),
        };
        self.act(|world, name| give.carry_out(world, name, code))?;
        Ok(())
    }

    /// Takes what a friend offers under `code`; returns the code under which it is held from now on.
    ///
    /// # Errors
    ///
    /// 404 or 409 when nobody offers this code to this customer.
    pub fn accept(&self, code: &str) -> Result<String, ControlError> {
        let taken = self.act(|world, name| self.which().accept(world, name, code))?;
        Ok(taken["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Throws a code away.
    ///
    /// # Errors
    ///
    /// 404 when this customer has no such code, 409 when it is used up.
    pub fn delete(&self, code: &str) -> Result<(), ControlError> {
        self.act(|world, name| self.which().delete(world, name, code))?;
        Ok(())
    }

    /// Opens a code, as `wx.openCard` does.
    ///
    /// # Errors
    ///
    /// 404 when this customer has no such code, 409 when it was given away.
    pub fn view(&self, code: &str) -> Result<(), ControlError> {
        self.act(|world, name| self.which().view(world, name, code))?;
        Ok(())
    }

    /// Redeems a code without staff, by the cell that `/card/selfconsumecell/set` opens.
    ///
    /// # Errors
    ///
    /// 404 when this customer has no such code, 409 when it cannot be redeemed or the cell is closed, 422
    /// when the cell asks for more.
    pub fn consume(&self, code: &str) -> Result<(), ControlError> {
        self.consume_with(code, &SelfRedemption::default())
    }

    /// [`Self::consume`] with what the cell asks for.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wechat_mock::{MockWechat, SelfRedemption};
    ///
    /// let mock = MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let alice = mock.user("alice");
    /// let code = alice.wallet()?.remove(0).code;
    /// // The card's cell is closed.
    /// let typed = SelfRedemption::default().verify_code("1234");
    /// assert_eq!(alice.consume_with(&code, &typed).unwrap_err().status, 409);
    /// assert_eq!(alice.consume(&code).unwrap_err().status, 409);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn consume_with(&self, code: &str, typed: &SelfRedemption) -> Result<(), ControlError> {
        let consumption = SelfConsumption {
            card_id: self.card_id.clone(),
            verify_code: typed.verify_code.clone(),
            remark_amount: typed.remark_amount.clone(),
        };
        self.act(|world, name| consumption.carry_out(world, name, code))?;
        Ok(())
    }

    /// What friends offer this customer.
    ///
    /// # Errors
    ///
    /// 404 when nobody in this world has the customer's name.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// mock.world().reset_to("shop")?;
    /// let code = mock.user("alice").wallet()?.remove(0).code;
    /// mock.user("alice").gift(&code, "carol")?;
    /// let gift = mock.user("carol").gifts()?.remove(0);
    /// assert_eq!((&gift.code, gift.from.as_str()), (&code, "alice"));
    /// let taken = mock.user("carol").accept(&code)?;
    /// mock.user("carol").delete(&taken)?;
    /// assert_eq!(mock.user("carol").wallet()?[0].status, "DELETE");
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn gifts(&self) -> Result<Vec<GiftRow>, ControlError> {
        let shown = control::all_gifts(&self.mock.world.lock(), &self.name)?;
        Ok(rows::all(shown, GiftRow::of))
    }

    /// Sends the form of a member card off, as `{"common": {…}, "custom": {…}}`, each by field: a text, or
    /// a list of what was ticked.
    ///
    /// # Errors
    ///
    /// 404 when this customer has no such code, 409 when the card has no form of WeChat's or the customer
    /// is a member already, 422 for a field that is missing or that nobody asks for.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mock = wechat_mock::MockWechat::start().await;
    /// let form = serde_json::json!({"common": {"USER_FORM_INFO_FLAG_MOBILE": "13800000000"}});
    ///
    /// let error = mock.user("alice").activate("110201201245", form).unwrap_err();
    /// assert_eq!(error.message, "this customer has no code 110201201245");
    /// # }
    /// ```
    pub fn activate(&self, code: &str, form: Value) -> Result<Activated, ControlError> {
        let mut form: Activation = control::read_value(form)?;
        form.card_id = form.card_id.or_else(|| self.card_id.clone());
        let answer = self.act(|world, name| form.carry_out(world, name, code))?;
        Ok(Activated::of(answer))
    }

    /// Claims what the QR code behind `ticket` offers.
    ///
    /// # Errors
    ///
    /// 404 when there is no such QR code, 409 when it has ended.
    pub fn scan(&self, ticket: &str) -> Result<AddCardOutcome, ControlError> {
        let scan = Scan {
            ticket: Some(ticket.to_owned()),
            url: None,
        };
        let answer = self.tell(scan.carry_out(&self.mock, &self.name))?;
        Ok(AddCardOutcome::of(answer))
    }

    /// Claims what the QR code that holds `url` offers.
    ///
    /// # Errors
    ///
    /// 404 when there is no such QR code, 409 when it has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// let error = mock.user("alice").scan_url("http://weixin.qq.com/q/none").unwrap_err();
    /// assert_eq!(error.status, 404);
    /// assert_eq!(mock.user("alice").scan("none").unwrap_err().status, 404);
    /// ```
    pub fn scan_url(&self, url: &str) -> Result<AddCardOutcome, ControlError> {
        let scan = Scan {
            ticket: None,
            url: Some(url.to_owned()),
        };
        let answer = self.tell(scan.carry_out(&self.mock, &self.name))?;
        Ok(AddCardOutcome::of(answer))
    }

    /// The cards this customer holds, at each account in the order in which they came.
    ///
    /// # Errors
    ///
    /// 404 when nobody in this world has the customer's name.
    ///
    /// # Examples
    ///
    /// ```
    /// let mock = wechat_mock::MockWechat::start_blocking();
    /// assert_eq!(mock.user("alice").wallet()?, []);
    /// # Ok::<(), wechat_mock::ControlError>(())
    /// ```
    pub fn wallet(&self) -> Result<Vec<WalletEntry>, ControlError> {
        let world = self.mock.world.lock();
        let user = control::user_no(&world, &self.name)?;
        Ok(rows::all(wallet::wallet(&world, user), WalletEntry::of))
    }

    fn act<T>(
        &self,
        act: impl FnOnce(&mut World, &str) -> Result<T, control::Fault>,
    ) -> Result<T, control::Fault> {
        let done = act(&mut self.mock.world.lock(), &self.name);
        self.tell(done)
    }

    /// Tells whoever listens to the stream of what was done, as the control API does.
    pub(super) fn tell<T>(&self, done: Result<T, control::Fault>) -> Result<T, control::Fault> {
        self.mock.broadcast.tell_done("user", done)
    }
}
