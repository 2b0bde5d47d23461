//! What happened, event by event, in the names of the official page on card events.

use super::{CallbackError, Elements};
use crate::{CardCode, CardId, Fen, OpenId, UnionId, secret::VerifyCode};

/// The value of an element, from its text; none when the text is empty or says something else.
trait Value: Sized {
    fn read(text: &str) -> Option<Self>;
}

macro_rules! texts {
    ($($type:ty),*) => {
        $(impl Value for $type {
            fn read(text: &str) -> Option<Self> {
                (!text.is_empty()).then(|| text.into())
            }
        })*
    };
}

texts!(String, CardId, CardCode, OpenId, UnionId, VerifyCode);

impl Value for i64 {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for Fen {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

/// Flags come as 0 and 1, and those of gift cards as `true`.
impl Value for bool {
    fn read(text: &str) -> Option<Self> {
        Some(["1", "true"].contains(&text))
    }
}

/// What stands in a struct: a value that must be there, or one that may be.
trait Field: Sized {
    fn field(text: Option<&str>) -> Option<Self>;
}

impl<T: Value> Field for Option<T> {
    fn field(text: Option<&str>) -> Option<Self> {
        Some(text.and_then(T::read))
    }
}

impl Field for bool {
    fn field(text: Option<&str>) -> Option<Self> {
        Some(text.and_then(Self::read).unwrap_or_default())
    }
}

macro_rules! required {
    ($($type:ty),*) => {
        $(impl Field for $type {
            fn field(text: Option<&str>) -> Option<Self> {
                text.and_then(Self::read)
            }
        })*
    };
}

required!(String, CardId, CardCode);

/// A struct per event, and the enum of them.
macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $name:ident $wechat:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $element:literal,)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            #[non_exhaustive]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }
        )*

        /// What a push tells.
        ///
        /// Elements may be missing and come in any order; an [`Option`] or a `bool` need not be there.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
            /// Another event, or no event but a message. What it says stands in
            /// [`Push::elements`](super::Push::elements) and [`Push::raw`](super::Push::raw).
            Unknown {
                /// WeChat's name of the event, or the kind of message.
                name: String,
            },
        }

        impl Event {
            /// WeChat's name of the event.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$name(_) => $wechat,)*
                    Self::Unknown { name } => name,
                }
            }

            pub(super) fn read(elements: &Elements) -> Result<Self, CallbackError> {
                let name = elements.get("Event").or_else(|| elements.get("MsgType"));
                let name = name.ok_or(CallbackError::Unreadable("it names no event"))?;
                match name {
                    $($wechat => Ok(Self::$name($name {
                        $($field: Field::field(elements.get($element)).ok_or(
                            CallbackError::Unreadable(concat!("it has no ", $element)),
                        )?,)*
                    })),)*
                    other => Ok(Self::Unknown { name: other.to_owned() }),
                }
            }
        }
    };
}

events! {
    /// `card_pass_check`: the reviewers let a card pass.
    CardPassCheck "card_pass_check" {
        /// The card.
        card_id: CardId = "CardId",
        /// Empty where it is there at all.
        refuse_reason: Option<String> = "RefuseReason",
    }
    /// `card_not_pass_check`: the reviewers turned a card down.
    CardNotPassCheck "card_not_pass_check" {
        /// The card.
        card_id: CardId = "CardId",
        /// Why, in the reviewers' words.
        refuse_reason: Option<String> = "RefuseReason",
    }
    /// `user_get_card`: a customer has a card now, claimed or given.
    UserGetCard "user_get_card" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code, in clear. On a gift it is new, unless the shop gives out codes of its own.
        code: CardCode = "UserCardCode",
        /// Whether it was a gift.
        is_give_by_friend: bool = "IsGiveByFriend",
        /// Who gave it.
        friend: Option<OpenId> = "FriendUserName",
        /// What its code was while it was the giver's.
        old_code: Option<CardCode> = "OldUserCardCode",
        /// The number of the scene, 0 where that is a text.
        outer_id: Option<i64> = "OuterId",
        /// The tag that the claim was signed with.
        outer_str: Option<String> = "OuterStr",
        /// Whether a member card was thrown away before and is back.
        is_restore_member_card: bool = "IsRestoreMemberCard",
        /// Whether a friend recommended it.
        is_recommend_by_friend: bool = "IsRecommendByFriend",
        /// Who has it, for accounts bound to an Open Platform account alone.
        union_id: Option<UnionId> = "UnionId",
    }
    /// `user_gifting_card`: a customer is giving a card away, or has it back.
    UserGiftingCard "user_gifting_card" {
        /// The card.
        card_id: CardId = "CardId",
        /// The giver's code.
        code: CardCode = "UserCardCode",
        /// Whether nobody took it, so that it came back.
        is_return_back: bool = "IsReturnBack",
        /// Who it is meant for.
        friend: Option<OpenId> = "FriendUserName",
        /// Whether it was put into a group's chat.
        is_chat_room: bool = "IsChatRoom",
    }
    /// `user_del_card`: a customer threw a card away.
    UserDelCard "user_del_card" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code.
        code: CardCode = "UserCardCode",
    }
    /// `user_consume_card`: a card was redeemed.
    UserConsumeCard "user_consume_card" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code.
        code: CardCode = "UserCardCode",
        /// `FROM_API`, `FROM_MP` (the web console) or `FROM_MOBILE_HELPER`.
        consume_source: Option<String> = "ConsumeSource",
        /// The shop's name.
        location_name: Option<String> = "LocationName",
        /// The shop's number.
        location_id: Option<i64> = "LocationId",
        /// Who redeemed it.
        staff_open_id: Option<OpenId> = "StaffOpenId",
        /// What a customer typed to redeem it without staff.
        verify_code: Option<VerifyCode> = "VerifyCode",
        /// An amount that staff noted.
        remark_amount: Option<String> = "RemarkAmount",
        /// The order that it was used for.
        out_trade_no: Option<String> = "OutTradeNo",
        /// The payment that it was used for.
        trans_id: Option<String> = "TransId",
        /// The tag that the claim was signed with.
        outer_str: Option<String> = "OuterStr",
    }
    /// `user_pay_from_pay_cell`: a customer paid from a card.
    UserPayFromPayCell "user_pay_from_pay_cell" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code.
        code: CardCode = "UserCardCode",
        /// The payment.
        trans_id: Option<String> = "TransId",
        /// The shop's number.
        location_id: Option<i64> = "LocationId",
        /// What was paid.
        fee: Option<Fen> = "Fee",
        /// What it would have been without the card.
        original_fee: Option<Fen> = "OriginalFee",
    }
    /// `user_view_card`: a customer looked at a card that has `need_push_on_view`.
    UserViewCard "user_view_card" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code.
        code: CardCode = "UserCardCode",
        /// The tag that the claim was signed with.
        outer_str: Option<String> = "OuterStr",
    }
    /// `user_enter_session_from_card`: a follower came to the account through a card.
    UserEnterSessionFromCard "user_enter_session_from_card" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code.
        code: CardCode = "UserCardCode",
    }
    /// `update_member_card`: points or balance of a member card changed.
    UpdateMemberCard "update_member_card" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code.
        code: CardCode = "UserCardCode",
        /// Points, more or less.
        modify_bonus: Option<i64> = "ModifyBonus",
        /// Balance, more or less.
        modify_balance: Option<i64> = "ModifyBalance",
    }
    /// `card_sku_remind`: a card's stock is nearly used up.
    CardSkuRemind "card_sku_remind" {
        /// The card.
        card_id: CardId = "CardId",
        /// How much is left, in WeChat's words.
        detail: Option<String> = "Detail",
    }
    /// `card_pay_order`: an order of the account's card coins moved on.
    CardPayOrder "card_pay_order" {
        /// The order.
        order_id: String = "OrderId",
        /// `ORDER_STATUS_…`.
        status: Option<String> = "Status",
        /// When it was made; older pushes give that as a second `CreateTime`.
        create_order_time: Option<i64> = "CreateOrderTime",
        /// When it was paid.
        pay_finish_time: Option<i64> = "PayFinishTime",
        /// How it was paid, for people.
        desc: Option<String> = "Desc",
        /// Free coins in it.
        free_coin_count: Option<String> = "FreeCoinCount",
        /// Paid coins in it.
        pay_coin_count: Option<String> = "PayCoinCount",
        /// Free coins that came back.
        refund_free_coin_count: Option<String> = "RefundFreeCoinCount",
        /// Paid coins that came back.
        refund_pay_coin_count: Option<String> = "RefundPayCoinCount",
        /// `ORDER_TYPE_…`.
        order_type: Option<String> = "OrderType",
        /// A note.
        memo: Option<String> = "Memo",
        /// About its receipt.
        receipt_info: Option<String> = "ReceiptInfo",
    }
    /// `submit_membercard_user_info`: a customer filled in a member card's form.
    SubmitMembercardUserInfo "submit_membercard_user_info" {
        /// The card.
        card_id: CardId = "CardId",
        /// Its code.
        code: CardCode = "UserCardCode",
    }
    /// `card_merchant_check_result`: a sub-merchant was let pass or turned down.
    CardMerchantCheckResult "card_merchant_check_result" {
        /// The sub-merchant.
        merchant_id: Option<i64> = "MerchantId",
        /// Whether it passed.
        is_pass: bool = "IsPass",
        /// Why not.
        reason: Option<String> = "Reason",
    }
    /// `giftcard_pay_done`: a gift card was paid.
    GiftcardPayDone "giftcard_pay_done" {
        /// The page it was bought on.
        page_id: Option<String> = "PageId",
        /// The order.
        order_id: String = "OrderId",
    }
    /// `giftcard_user_accept`: somebody took a gift card.
    GiftcardUserAccept "giftcard_user_accept" {
        /// The page it was bought on.
        page_id: Option<String> = "PageId",
        /// The order.
        order_id: String = "OrderId",
        /// Whether it was put into a group's chat.
        is_chat_room: bool = "IsChatRoom",
    }
    /// `giftcard_send_to_friend`: a gift card was sent, or came back.
    GiftcardSendToFriend "giftcard_send_to_friend" {
        /// The page it was bought on.
        page_id: Option<String> = "PageId",
        /// The order.
        order_id: String = "OrderId",
        /// Whether it was put into a group's chat.
        is_chat_room: bool = "IsChatRoom",
        /// Whether nobody took it, so that it came back.
        is_return_back: bool = "IsReturnBack",
    }
}
