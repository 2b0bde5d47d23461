//! The events of cards and codes, each with WeChat's elements in WeChat's order.

use super::event::Event;

/// A code, as events name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeOf<'a> {
    pub(crate) card_id: &'a str,
    pub(crate) code: &'a str,
    /// The openid of its holder.
    pub(crate) openid: &'a str,
}

impl CodeOf<'_> {
    fn event(self, name: &str) -> Event {
        Event::new(name, self.openid)
            .text("CardId", self.card_id)
            .text("UserCardCode", self.code)
    }

    /// The holder threw it away.
    pub(crate) fn deleted(self) -> Event {
        self.event("user_del_card")
    }

    /// The holder looked at it.
    pub(crate) fn viewed(self, outer_str: &str) -> Event {
        self.event("user_view_card").text("OuterStr", outer_str)
    }

    /// It was redeemed.
    pub(crate) fn consumed(self, consumed: &Consumed<'_>) -> Event {
        self.event("user_consume_card")
            .text("ConsumeSource", consumed.source)
            .text("LocationName", "")
            .text("StaffOpenId", "")
            .text("VerifyCode", consumed.verify_code)
            .text("RemarkAmount", consumed.remark_amount)
            .text("OuterStr", consumed.outer_str)
    }

    /// It was offered to a friend, or came back because the friend did not take it.
    pub(crate) fn gifting(self, friend: &str, is_back: bool) -> Event {
        self.event("user_gifting_card")
            .number("IsReturnBack", i64::from(is_back))
            .text("FriendUserName", friend)
            .number("IsChatRoom", 0)
    }

    /// It came to its holder.
    pub(crate) fn got(self, got: &Got<'_>) -> Event {
        let (giver, old_code) = got.gift_of.unwrap_or_default();
        Event::new("user_get_card", self.openid)
            .text("CardId", self.card_id)
            .number("IsGiveByFriend", i64::from(got.gift_of.is_some()))
            .text("UserCardCode", self.code)
            .text("FriendUserName", giver)
            .number("OuterId", got.outer_id)
            .text("OldUserCardCode", old_code)
            .text("OuterStr", got.outer_str)
            .number("IsRestoreMemberCard", 0)
            .number("IsRecommendByFriend", 0)
            .bare("UnionId", got.unionid)
    }
}

/// How a code came to its holder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Got<'a> {
    /// The giver's openid and code.
    pub(crate) gift_of: Option<(&'a str, &'a str)>,
    pub(crate) outer_id: i64,
    pub(crate) outer_str: &'a str,
    pub(crate) unionid: &'a str,
}

/// How a code was redeemed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consumed<'a> {
    /// `FROM_API`, `FROM_MP` or `FROM_MOBILE_HELPER`.
    pub(crate) source: &'a str,
    pub(crate) verify_code: &'a str,
    pub(crate) remark_amount: &'a str,
    pub(crate) outer_str: &'a str,
}

/// A card was reviewed; `reason` says why it was refused.
pub(crate) fn reviewed(platform: &str, card_id: &str, is_passed: bool, reason: &str) -> Event {
    let name = if is_passed {
        "card_pass_check"
    } else {
        "card_not_pass_check"
    };
    Event::new(name, platform)
        .text("CardId", card_id)
        .text("RefuseReason", reason)
}

/// The stock of a card runs low.
pub(crate) fn stock_runs_low(platform: &str, card_id: &str, left: u64) -> Event {
    Event::new("card_sku_remind", platform)
        .text("CardId", card_id)
        .text("Detail", format!("the card's quantity is equal to {left}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::event::Element;

    const CODE: CodeOf<'_> = CodeOf {
        card_id: "p1",
        code: "018255396048",
        openid: "o1",
    };

    /// The names of the elements, with C for CDATA, N for a bare number and T for a bare text.
    fn shape(event: &Event) -> String {
        let shown = event.elements.iter().map(|(name, element)| {
            let kind = match element {
                Element::Text(_) => 'C',
                Element::Number(_) => 'N',
                Element::Bare(_) => 'T',
            };
            format!("{name} {kind}")
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn elements_stand_in_the_documented_order_and_kind() {
        let got = Got {
            gift_of: Some(("o2", "5")),
            outer_id: 0,
            outer_str: "shop-7",
            unionid: "u1",
        };
        let consumed = Consumed {
            source: "FROM_API",
            verify_code: "",
            remark_amount: "",
            outer_str: "",
        };
        let cases = [
            (
                CODE.got(&got),
                "CardId C, IsGiveByFriend N, UserCardCode C, FriendUserName C, OuterId N, \
                 OldUserCardCode C, OuterStr C, IsRestoreMemberCard N, IsRecommendByFriend N, UnionId T",
            ),
            (
                CODE.gifting("o2", true),
                "CardId C, UserCardCode C, IsReturnBack N, FriendUserName C, IsChatRoom N",
            ),
            (CODE.deleted(), "CardId C, UserCardCode C"),
            (
                CODE.consumed(&consumed),
                "CardId C, UserCardCode C, ConsumeSource C, LocationName C, StaffOpenId C, \
                 VerifyCode C, RemarkAmount C, OuterStr C",
            ),
            (CODE.viewed(""), "CardId C, UserCardCode C, OuterStr C"),
            (reviewed("o0", "p1", true, ""), "CardId C, RefuseReason C"),
            (stock_runs_low("o0", "p1", 0), "CardId C, Detail C"),
        ];
        for (event, expected) in cases {
            assert_eq!(shape(&event), expected, "{}", event.name);
        }
    }
}
