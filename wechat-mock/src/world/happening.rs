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
        let event = self
            .event("user_consume_card")
            .text("ConsumeSource", consumed.source);
        let event = match consumed.location {
            // Nobody pays in this world, so both numbers of the payment are empty.
            Some(_) => event.text("OutTradeNo", "").text("TransId", ""),
            None => event,
        };
        let event = event
            .text("LocationName", "")
            .text("StaffOpenId", consumed.staff)
            .text("VerifyCode", consumed.verify_code)
            .text("RemarkAmount", consumed.remark_amount)
            .text("OuterStr", consumed.outer_str);
        match consumed.location {
            Some(location) => event.number("LocationId", location),
            None => event,
        }
    }

    /// It was offered to a friend, or came back because the friend did not take it.
    pub(crate) fn gifting(self, friend: &str, is_back: bool) -> Event {
        self.event("user_gifting_card")
            .number("IsReturnBack", i64::from(is_back))
            .text("FriendUserName", friend)
            .number("IsChatRoom", 0)
    }

    /// Its holder claimed it.
    ///
    /// `OuterStr` is there only when the claim named one (captured from 2016 on).
    pub(crate) fn claimed(self, got: &Got<'_>) -> Event {
        let event = Event::new("user_get_card", self.openid)
            .text("CardId", self.card_id)
            .number("IsGiveByFriend", 0)
            .text("UserCardCode", self.code)
            .text("FriendUserName", "")
            .number("OuterId", got.outer_id)
            .text("OldUserCardCode", "");
        let event = match got.outer_str {
            "" => event,
            outer_str => event.text("OuterStr", outer_str),
        };
        event
            .number("IsRestoreMemberCard", i64::from(got.is_restored))
            .number("IsRecommendByFriend", 0)
            .text("SourceScene", got.scene.as_str())
            .text("UnionId", got.unionid)
    }

    /// Its holder accepted it from a friend, who held it under `old_code`.
    ///
    /// WeChat makes this push in another place: it ends with the misspelt `OutetStr` (captured).
    pub(crate) fn accepted(self, giver: &str, old_code: &str) -> Event {
        Event::new("user_get_card", self.openid)
            .text("CardId", self.card_id)
            .number("IsGiveByFriend", 1)
            .text("UserCardCode", self.code)
            .text("FriendUserName", giver)
            .number("OuterId", 0)
            .text("OldUserCardCode", old_code)
            .text("OutetStr", "")
    }
}

/// On which way a customer claimed a card, as `SourceScene` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scene {
    /// `wx.addCard` in a mini-program, and a message with a card: WeChat says that it does not know.
    #[default]
    Unknown,
    /// `wx.addCard` of the JS-SDK, on a page of the account.
    JsSdk,
    /// A QR code.
    QrCode,
}

impl Scene {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "SOURCE_SCENE_UNKNOW",
            Self::JsSdk => "SOURCE_SCENE_APPMSG_JSAPI",
            Self::QrCode if crate::breaks::broken("source-scene-wrong") => "SOURCE_SCENE_UNKNOW",
            Self::QrCode => "SOURCE_SCENE_QRCODE",
        }
    }
}

/// How a code was claimed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Got<'a> {
    pub(crate) outer_id: i64,
    pub(crate) outer_str: &'a str,
    /// A member card that its holder had deleted, found again.
    pub(crate) is_restored: bool,
    pub(crate) scene: Scene,
    pub(crate) unionid: &'a str,
}

/// How a code was redeemed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consumed<'a> {
    /// `FROM_API`, `FROM_MP` or `FROM_MOBILE_HELPER`.
    pub(crate) source: &'a str,
    /// The openid of who redeemed it for the shop; empty when the customer did alone.
    pub(crate) staff: &'a str,
    /// The card's store, 0 when it has none; only for redemptions on the phone.
    pub(crate) location: Option<i64>,
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

    /// The names of the elements, with C for CDATA and N for a bare number.
    fn shape(event: &Event) -> String {
        let shown = event.elements.iter().map(|(name, element)| {
            let kind = match element {
                Element::Text(_) => 'C',
                Element::Number(_) => 'N',
            };
            format!("{name} {kind}")
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn elements_stand_in_the_documented_order_and_kind() {
        let got = Got {
            outer_id: 0,
            outer_str: "shop-7",
            is_restored: true,
            scene: Scene::JsSdk,
            unionid: "u1",
        };
        let consumed = Consumed {
            source: "FROM_API",
            staff: "o3",
            location: None,
            verify_code: "",
            remark_amount: "",
            outer_str: "",
        };
        let cases = [
            (
                CODE.claimed(&got),
                "CardId C, IsGiveByFriend N, UserCardCode C, FriendUserName C, OuterId N, \
                 OldUserCardCode C, OuterStr C, IsRestoreMemberCard N, IsRecommendByFriend N, \
                 SourceScene C, UnionId C",
            ),
            (
                CODE.claimed(&Got {
                    outer_str: "",
                    ..got
                }),
                "CardId C, IsGiveByFriend N, UserCardCode C, FriendUserName C, OuterId N, \
                 OldUserCardCode C, IsRestoreMemberCard N, IsRecommendByFriend N, SourceScene C, \
                 UnionId C",
            ),
            (
                CODE.accepted("o2", "5"),
                "CardId C, IsGiveByFriend N, UserCardCode C, FriendUserName C, OuterId N, \
                 OldUserCardCode C, OutetStr C",
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
            (
                CODE.consumed(&Consumed {
                    location: Some(291_710_000),
                    ..consumed
                }),
                "CardId C, UserCardCode C, ConsumeSource C, OutTradeNo C, TransId C, \
                 LocationName C, StaffOpenId C, VerifyCode C, RemarkAmount C, OuterStr C, \
                 LocationId N",
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
