//! What a call is about: a card as it is or will be, a code, and what stands beside them in the body.

use serde_json::Value;

use super::{Attribute, Found};
use crate::{
    api::schema::Fields,
    world::{
        AccountNo, World,
        card::{Card, CardType, Terms, is_custom_code},
        life::{CardAt, CodeAt},
    },
};

/// A card that a call is about, and what the call says of it.
#[derive(Clone, Copy)]
pub(in crate::api) struct Subject<'a> {
    pub(super) world: &'a World,
    account: AccountNo,
    card_type: CardType,
    terms: Terms,
    /// The card, when there is one already.
    card: Option<&'a Card>,
    /// The same as they would be after the call.
    changed: Option<Terms>,
    pub(super) code: Option<CodeAt>,
    /// The object of the body in which the card is named.
    beside: Option<Fields<'a>>,
}

impl<'a> Subject<'a> {
    /// A card that is there.
    pub(in crate::api) fn card(world: &'a World, at: CardAt) -> Self {
        let card = world.card(at);
        Self {
            card: Some(card),
            ..Self::new_card(world, at.0, card.card_type, card.terms)
        }
    }

    /// A code, and its card.
    pub(in crate::api) fn code(world: &'a World, at: CodeAt) -> Self {
        Self {
            code: Some(at),
            ..Self::card(world, (at.0, world.code(at).card))
        }
    }

    /// A card that is to be made.
    pub(in crate::api) fn new_card(
        world: &'a World,
        account: AccountNo,
        card_type: CardType,
        terms: Terms,
    ) -> Self {
        Self {
            world,
            account,
            card_type,
            terms,
            card: None,
            changed: None,
            code: None,
            beside: None,
        }
    }

    /// The same card with what it would be after the call.
    pub(in crate::api) fn changed_to(mut self, terms: Terms) -> Self {
        self.changed = Some(terms);
        self
    }

    /// The same card with the object of the body that names it.
    pub(in crate::api) fn beside(mut self, fields: Fields<'a>) -> Self {
        self.beside = Some(fields);
        self
    }

    /// Whether a field beside the card is there and not empty.
    pub(super) fn is_given(&self, field: &str) -> bool {
        let value = self.beside.and_then(|fields| fields.value(field));
        match value {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(entries)) => !entries.is_empty(),
            Some(_) => true,
        }
    }

    /// An attribute of what the call is about; [`None`] where there is nothing of the kind.
    pub(super) fn find(&self, attribute: Attribute, is_new: bool) -> Option<Found<'a>> {
        self.of_card(attribute)
            .or_else(|| self.of_node(attribute, is_new))
            .or_else(|| self.of_code(attribute))
            .or_else(|| self.of_call(attribute))
    }

    fn of_card(&self, attribute: Attribute) -> Option<Found<'a>> {
        let restrictions = &self.world.account(self.account).profile.restrictions;
        Some(match attribute {
            Attribute::CardType => Found::Text(self.card_type.name),
            Attribute::CategoryClosed => {
                Found::Flag(restrictions.are_closed_for(self.card_type.name))
            }
            Attribute::Status => Found::Text(self.card?.status().as_str()),
            Attribute::InStock => Found::Flag(self.card?.quantity > 0),
            Attribute::PayCellOpen => Found::Flag(self.card?.cells.pay),
            Attribute::SelfConsumeCellOpen => Found::Flag(self.card?.cells.self_consume.is_some()),
            _ => return None,
        })
    }

    fn of_node(&self, attribute: Attribute, is_new: bool) -> Option<Found<'a>> {
        let terms = self.changed.filter(|_| is_new).unwrap_or(self.terms);
        Some(match attribute {
            Attribute::UseCustomCode => Found::Flag(terms.use_custom_code),
            Attribute::Deposit => Found::Flag(terms.deposit),
            Attribute::BindOpenid => Found::Flag(terms.bind_openid),
            Attribute::Quantity => Found::Number(i64::try_from(terms.first_stock).ok()?),
            Attribute::HasStore => Found::Flag(terms.has_store),
            Attribute::HasCentre => Found::Flag(terms.has_centre),
            Attribute::AutoActivate => Found::Flag(terms.auto_activate),
            Attribute::WxActivate => Found::Flag(terms.wx_activate),
            Attribute::SupplyBonus => Found::Flag(terms.supply_bonus),
            Attribute::HasActivateUrl => Found::Flag(terms.has_activate_url),
            Attribute::ShownFields => {
                let supplied = [terms.supply_bonus, terms.supply_balance];
                let supplied = supplied.into_iter().map(u8::from).sum::<u8>();
                Found::Number((supplied + terms.custom_fields).into())
            }
            _ => return None,
        })
    }

    fn of_code(&self, attribute: Attribute) -> Option<Found<'a>> {
        let at = self.code?;
        let (world, account) = (self.world, self.world.account(at.0));
        Some(match attribute {
            Attribute::CodeStatus => Found::Text(world.code_status(at).as_str()),
            Attribute::Began => Found::Flag(world.dates(at).0 <= world.now()),
            Attribute::UseLimitReached => Found::Flag(world.use_limit_reached(at).is_some()),
            Attribute::MemberActive => {
                let member = account.members.of_code(at.1);
                Found::Flag(member.is_some_and(|member| member.activated_at.is_some()))
            }
            Attribute::MarkedForAnother => {
                let openid = self.beside?.text("openid")?;
                let notes = account.codes.notes(at.1);
                let holder = notes.and_then(|notes| notes.marked_for(world.now()));
                let user = world.of_openid(openid, at.0);
                Found::Flag(holder.is_some_and(|holder| Some(holder) != user))
            }
            _ => return None,
        })
    }

    fn of_call(&self, attribute: Attribute) -> Option<Found<'a>> {
        let fields = self.beside?;
        Some(match attribute {
            Attribute::IsOpen => Found::Flag(fields.flag("is_open").unwrap_or(true)),
            Attribute::CheckConsume => Found::Flag(fields.flag("check_consume").unwrap_or(true)),
            Attribute::IsUniqueCode => Found::Flag(fields.flag("is_unique_code").unwrap_or(false)),
            Attribute::CustomCodeIsLegal => Found::Flag(is_custom_code(fields.text("code")?)),
            Attribute::RuleType => Found::Text(fields.text("type")?),
            Attribute::Msgtype => Found::Text(fields.text("msgtype")?),
            _ => return None,
        })
    }
}
