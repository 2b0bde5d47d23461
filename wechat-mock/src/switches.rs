//! Switches: each point where WeChat is laxer than its documents, or where nobody knows.
//!
//! The default is what WeChat was seen to do; the strict side is the one that finds more mistakes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The names, in the order of [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    CardTimestampNumber,
    CardExtTimestampNumber,
    Nonce,
    RepeatedTimestamp,
    ForeignImage,
    UnknownKey,
    NumericString,
    NullScalar,
    NumberForText,
    WholeFraction,
    EmptySubMerchant,
    Fraction,
    UnicodeEscape,
    FieldOfOtherType,
    UnlinkedMiniProgram,
    UnknownStore,
    FriendCoupons,
    LinkWithoutMiniProgram,
    FixedTermZero,
    UnknownCodeType,
    SpecialTicketFields,
    GetLimitDefault,
    Retirement,
    TokenGrace,
    DeadToken,
    MalformedToken,
    TicketExpiresIn,
    UploadErrcode,
    SessionErrcode,
    LoginOfOfficialAccount,
    UnknownMediaContent,
    SubMerchantErrcode,
    PaycellIsOpen,
    MediaImageLimit,
    OversizedMedia,
    UnknownCode,
    PercentEncryptCode,
    AbstractBytes,
    UpdateUrlNameBytes,
    TicketTextLength,
    StatsCardType,
    DeletedCard,
    ErrmsgTail,
    ContentType,
    GetCardRetries,
    PassiveReply,
    EmptyFormUrl,
    SexSpelling,
}

struct Row {
    switch: Switch,
    name: &'static str,
    /// The first is the default.
    values: &'static [&'static str],
    strict: &'static str,
    meaning: &'static str,
    /// The same in Chinese.
    meaning_zh: &'static str,
}

/// One line a switch.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { switch: Switch::CardTimestampNumber, name: "card_timestamp_number", values: &["advice", "refuse"], strict: "refuse", meaning: "A card's `begin_timestamp` or `end_timestamp` that is a number is taken with an advice, or refused with 47001.", meaning_zh: "卡券的 `begin_timestamp` 或 `end_timestamp` 是数字时：接受并给出建议，或以 47001 拒绝。" },
    Row { switch: Switch::CardExtTimestampNumber, name: "card_ext_timestamp_number", values: &["advice", "refuse"], strict: "refuse", meaning: "A timestamp in `cardExt` that is a number is taken with an advice, or the phone refuses the claim.", meaning_zh: "`cardExt` 里的 timestamp 是数字时：接受并给出建议，或由手机拒绝领取。" },
    Row { switch: Switch::Nonce, name: "nonce", values: &["optional", "required"], strict: "required", meaning: "A `cardExt` without `nonce_str` is taken with an advice, or the phone refuses the claim.", meaning_zh: "`cardExt` 没有 `nonce_str` 时：接受并给出建议，或由手机拒绝领取。" },
    Row { switch: Switch::RepeatedTimestamp, name: "repeated_timestamp", values: &["accept", "refuse"], strict: "refuse", meaning: "A second claim of a card with the same timestamp and no `nonce_str` is taken, or refused as a repeated pair.", meaning_zh: "没有 `nonce_str`、用相同 timestamp 第二次领取同一卡券：接受，或按重复使用拒绝。" },
    Row { switch: Switch::ForeignImage, name: "foreign_image", values: &["advice", "refuse"], strict: "refuse", meaning: "A picture on mmbiz.qpic.cn that this account did not upload is taken with an advice, or refused with 40141.", meaning_zh: "图片在 mmbiz.qpic.cn 上但不是本账号上传的：接受并给出建议，或以 40141 拒绝。" },
    Row { switch: Switch::UnknownKey, name: "unknown_key", values: &["refuse", "ignore"], strict: "refuse", meaning: "A key that a call does not know is refused with 47001, or ignored.", meaning_zh: "接口不认识的字段：以 47001 拒绝，或忽略。" },
    Row { switch: Switch::NumericString, name: "numeric_string", values: &["accept", "refuse"], strict: "refuse", meaning: "Digits in a string are taken with an advice where a number is wanted, or refused with 47001; times are strings either way.", meaning_zh: "该用数字的地方是数字字符串：接受并给出建议，或以 47001 拒绝；时间总是字符串。" },
    Row { switch: Switch::NullScalar, name: "null_scalar", values: &["tolerate", "refuse"], strict: "refuse", meaning: "A null counts as absent, whatever is wanted, or is refused with 47001.", meaning_zh: "null 视为没有这个字段，或以 47001 拒绝。" },
    Row { switch: Switch::NumberForText, name: "number_for_text", values: &["accept", "refuse"], strict: "refuse", meaning: "A number where a text is wanted counts as its text, with an advice, or is refused with 47001.", meaning_zh: "该用字符串的地方是数字：当作字符串并给出建议，或以 47001 拒绝。" },
    Row { switch: Switch::WholeFraction, name: "whole_fraction", values: &["accept", "refuse"], strict: "refuse", meaning: "A whole number that is written with a fraction, such as 100.0, is taken, or refused with 47001.", meaning_zh: "写成小数的整数（如 100.0）：接受，或以 47001 拒绝。" },
    Row { switch: Switch::EmptySubMerchant, name: "empty_sub_merchant", values: &["accept", "refuse"], strict: "refuse", meaning: "A `sub_merchant_info` without `merchant_id` counts as none, or is refused with 41011.", meaning_zh: "`sub_merchant_info` 没有 `merchant_id`：视为没有子商户，或以 41011 拒绝。" },
    Row { switch: Switch::Fraction, name: "fraction", values: &["47001", "40079"], strict: "47001", meaning: "What a time with a fraction, such as 1587744000.5, is refused with.", meaning_zh: "时间带小数（如 1587744000.5）时用哪个错误码拒绝。" },
    Row { switch: Switch::UnicodeEscape, name: "unicode_escape", values: &["accept", "literal", "refuse"], strict: "refuse", meaning: "A \\uXXXX in the body of a `/card/` call is read as its character, kept letter by letter, or refused with 47002.", meaning_zh: "`/card/` 接口请求中的 \\uXXXX：读作对应字符、原样保留，或以 47002 拒绝。" },
    Row { switch: Switch::FieldOfOtherType, name: "field_of_other_type", values: &["advice", "refuse"], strict: "refuse", meaning: "A field of `base_info` or `advanced_info` that the card's type does not have is taken with an advice, or refused with 47001.", meaning_zh: "`base_info` 或 `advanced_info` 里有该卡券类型没有的字段：接受并给出建议，或以 47001 拒绝。" },
    Row { switch: Switch::UnlinkedMiniProgram, name: "unlinked_mini_program", values: &["advice", "refuse"], strict: "refuse", meaning: "A mini-program that is not in the mock's world counts as one that is not linked to the account: it is taken with an advice, or refused with 40168.", meaning_zh: "环境数据里没有的小程序视为未关联：接受并给出建议，或以 40168 拒绝。" },
    Row { switch: Switch::UnknownStore, name: "unknown_store", values: &["40072", "40098"], strict: "40072", meaning: "What a store that the account does not have is refused with: two numbers are listed.", meaning_zh: "门店不属于该账号时用哪个错误码拒绝：文档列出了两个。" },
    Row { switch: Switch::FriendCoupons, name: "friend_coupons", values: &["retired", "open"], strict: "retired", meaning: "Coupons shared among friends are refused with 73205, as today, or made, with 40158 for custom codes.", meaning_zh: "朋友的券：按现状以 73205 拒绝，或允许创建（自定义 code 为 40158）。" },
    Row { switch: Switch::LinkWithoutMiniProgram, name: "link_without_mini_program", values: &["refuse", "accept"], strict: "refuse", meaning: "A card with a web link and no mini-program beside it is refused with 73211, as since December 2019, or taken.", meaning_zh: "卡券有网页链接但没有小程序入口：以 73211 拒绝（2019 年 12 月起），或接受。" },
    Row { switch: Switch::FixedTermZero, name: "fixed_term_zero", values: &["refuse", "accept"], strict: "refuse", meaning: "`fixed_term` 0 is refused with 40079, as documented, or means the day of the claim alone.", meaning_zh: "`fixed_term` 为 0：按文档以 40079 拒绝，或表示只在领取当天有效。" },
    Row { switch: Switch::UnknownCodeType, name: "unknown_code_type", values: &["73213", "40072"], strict: "73213", meaning: "What an unknown `code_type` is refused with: the code table has one number, the card error page another.", meaning_zh: "`code_type` 不认识时用哪个错误码：错误码表与卡券错误页不同。" },
    Row { switch: Switch::SpecialTicketFields, name: "special_ticket_fields", values: &["required", "optional"], strict: "required", meaning: "Details of movie tickets, and times and air model of boarding passes, are required as in today's edition, or optional as in older ones.", meaning_zh: "电影票的详情、飞机票的时间与机型：按现行文档必填，或按旧文档选填。" },
    Row { switch: Switch::GetLimitDefault, name: "get_limit_default", values: &["50", "quantity"], strict: "50", meaning: "How many one customer may claim when the card does not say: 50, or as many as the stock, as before 2016.", meaning_zh: "卡券没写每人限领时：50 张，或等于库存（2016 年以前）。" },
    Row { switch: Switch::Retirement, name: "retirement", values: &["off", "48001", "48009"], strict: "off", meaning: "`card/create` for coupons works, or answers what an account may get whose coupon right was withdrawn; member cards work either way.", meaning_zh: "`card/create` 创建优惠券照常可用，或返回优惠券权限被收回的账号会得到的错误码；会员卡不受影响。" },
    Row { switch: Switch::TokenGrace, name: "token_grace", values: &["on", "off"], strict: "off", meaning: "A replaced token of `/cgi-bin/token` lives on for the account's `token_grace`, or dies at once.", meaning_zh: "被替换的 `/cgi-bin/token` 令牌在账号的 `token_grace` 内仍可用，或立即失效。" },
    Row { switch: Switch::DeadToken, name: "dead_token", values: &["42001", "40001"], strict: "40001", meaning: "What a token past its 7200 seconds is refused with: the documents say 42001, practice is often 40001.", meaning_zh: "超过 7200 秒的令牌用哪个错误码拒绝：文档写 42001，实际常见 40001。" },
    Row { switch: Switch::MalformedToken, name: "malformed_token", values: &["40001", "40014"], strict: "40001", meaning: "What a text that cannot be a token is refused with: practice says 40001, the documents 40014.", meaning_zh: "不可能是令牌的文本用哪个错误码拒绝：实际为 40001，文档写 40014。" },
    Row { switch: Switch::TicketExpiresIn, name: "ticket_expires_in", values: &["full", "remaining"], strict: "full", meaning: "`expires_in` of a ticket is always 7200, as captured, or what is left of its life.", meaning_zh: "ticket 的 `expires_in` 总是 7200（抓包所见），或是剩余秒数。" },
    Row { switch: Switch::UploadErrcode, name: "upload_errcode", values: &["absent", "present"], strict: "absent", meaning: "A successful upload is answered without `errcode`, as captured, or with `errcode` 0 and `errmsg` ok, as documented.", meaning_zh: "上传成功的应答不带 `errcode`（抓包所见），或带 `errcode` 0 和 `errmsg` ok（文档所写）。" },
    Row { switch: Switch::SessionErrcode, name: "session_errcode", values: &["absent", "present"], strict: "absent", meaning: "A successful `jscode2session` is answered without `errcode`, as captured, or with `errcode` 0 and `errmsg` ok, as documented.", meaning_zh: "`jscode2session` 成功的应答不带 `errcode`（抓包所见），或带 `errcode` 0 和 `errmsg` ok（文档所写）。" },
    Row { switch: Switch::LoginOfOfficialAccount, name: "login_of_official_account", values: &["40029", "40013"], strict: "40029", meaning: "What a login with appid and secret of an Official Account is refused with: captured as a wrong code; by its appid it would be 40013.", meaning_zh: "用公众号的 appid 和 secret 登录时用哪个错误码：抓包所见为 code 无效，按 appid 则是 40013。" },
    Row { switch: Switch::UnknownMediaContent, name: "unknown_media_content", values: &["40005", "40113"], strict: "40005", meaning: "What a HEIC photograph named like a picture is refused with by `media/upload`: as bytes of another type, or with the number that was captured at another upload.", meaning_zh: "`media/upload` 收到按图片命名的 HEIC 照片：视为其他类型的内容，或用另一种上传抓到的错误码。" },
    Row { switch: Switch::SubMerchantErrcode, name: "sub_merchant_errcode", values: &["present", "absent"], strict: "absent", meaning: "Answers about sub-merchants begin with `errcode` and `errmsg`, as all of `/card/`, or have none, as the samples of their pages.", meaning_zh: "子商户接口的应答以 `errcode` 和 `errmsg` 开头（与其他 `/card/` 接口一致），或没有（文档示例）。" },
    Row { switch: Switch::PaycellIsOpen, name: "paycell_is_open", values: &["required", "optional"], strict: "required", meaning: "`is_open` of `card/paycell/set` is required as in the newest table, or true when it is left out, as in that of 2016.", meaning_zh: "`card/paycell/set` 的 `is_open`：按最新的表必填，或按 2016 年的表缺省为 true。" },
    Row { switch: Switch::MediaImageLimit, name: "media_image_limit", values: &["10MB", "2MB"], strict: "2MB", meaning: "How large a picture `media/upload` takes: one page says both.", meaning_zh: "`media/upload` 接受多大的图片：同一页文档写了两种。" },
    Row { switch: Switch::OversizedMedia, name: "oversized_media", values: &["by_type", "40006", "45001"], strict: "by_type", meaning: "What a file too large for its type is refused with by `media/upload`: 40009 to 40012 by type, or one number for all.", meaning_zh: "`media/upload` 收到过大的文件：按类型用 40009 至 40012，或统一用一个错误码。" },
    Row { switch: Switch::UnknownCode, name: "unknown_code", values: &["40056", "40116"], strict: "40056", meaning: "What an unknown code is refused with: 40056 was captured, 40116 is listed too.", meaning_zh: "未知的 code 用哪个错误码：抓包所见为 40056，文档还列出 40116。" },
    Row { switch: Switch::PercentEncryptCode, name: "percent_encrypt_code", values: &["garbage", "40075"], strict: "40075", meaning: "An `encrypt_code` whose `=` is still `%3D` is answered with the right digits followed by bytes that are no UTF-8, as captured in 2021, or refused.", meaning_zh: "`encrypt_code` 里的 `=` 仍是 `%3D`：应答是正确的数字后面跟着非 UTF-8 的字节（2021 年抓包所见），或拒绝。" },
    Row { switch: Switch::AbstractBytes, name: "abstract_bytes", values: &["open", "24"], strict: "24", meaning: "How long `advanced_info.abstract.abstract` may be: the page's own sample has 57 bytes, its table says string(24).", meaning_zh: "`advanced_info.abstract.abstract` 的长度：文档示例有 57 字节，表中写 string(24)。" },
    Row { switch: Switch::UpdateUrlNameBytes, name: "update_url_name_bytes", values: &["15", "16"], strict: "15", meaning: "How long `custom_url_name` and `promotion_url_name` of a member card may be in `card/update`: as in `card/create`, or as the update table of 2017 says.", meaning_zh: "`card/update` 中会员卡的 `custom_url_name` 和 `promotion_url_name` 的长度：与 `card/create` 相同，或按 2017 年的更新表。" },
    Row { switch: Switch::TicketTextLength, name: "ticket_text_length", values: &["open", "judged"], strict: "judged", meaning: "Whether the texts of a boarding pass and a film ticket are held to the lengths of the table, with 45021; the page's own sample is longer.", meaning_zh: "飞机票和电影票的文本是否按表中的长度以 45021 拒绝；文档自己的示例就超长。" },
    Row { switch: Switch::StatsCardType, name: "stats_card_type", values: &["captured", "page"], strict: "captured", meaning: "The numbers of card types in the statistics: as WeChat was seen to print them (`GENERAL_COUPON` 0, `GROUPON` 1, `MEMBER_CARD` 10 …), or as its page has them (DISCOUNT 0, CASH 1 …).", meaning_zh: "统计接口里卡券类型的编号：按微信实际输出（`GENERAL_COUPON` 0、`GROUPON` 1、`MEMBER_CARD` 10……），或按文档（DISCOUNT 0、CASH 1……）。" },
    Row { switch: Switch::DeletedCard, name: "deleted_card", values: &["shown", "40078"], strict: "40078", meaning: "`card/get` shows a deleted card with `CARD_STATUS_DELETE`, as the page lists the status, or refuses it.", meaning_zh: "`card/get` 查询已删除的卡券：显示为 `CARD_STATUS_DELETE`，或拒绝。" },
    Row { switch: Switch::ErrmsgTail, name: "errmsg_tail", values: &["native", "mixed", "rid"], strict: "native", meaning: "The tail of `errmsg` on `/card/`: a hint; a hint and a rid; a rid alone. Other paths end with a rid always.", meaning_zh: "`/card/` 接口 `errmsg` 的结尾：hint；hint 加 rid；只有 rid。其他接口总是 rid。" },
    Row { switch: Switch::ContentType, name: "content_type", values: &["encoding", "charset"], strict: "encoding", meaning: "JSON replies say encoding=utf-8, as captured until 2020, or charset=utf-8.", meaning_zh: "JSON 应答的 Content-Type 写 encoding=utf-8（2020 年以前抓包所见），或 charset=utf-8。" },
    Row { switch: Switch::GetCardRetries, name: "get_card_retries", values: &["short", "long"], strict: "short", meaning: "A `user_get_card` that was not taken is tried like any push, or by the schedule of its own, on the mock's clock: 3 tries five minutes apart after a wrong answer, 10 within 24 hours while nobody answers.", meaning_zh: "未被接收的 `user_get_card` 与其他推送一样重试，或按自己的计划（按模拟时钟）：应答错误时每五分钟一次共 3 次，无应答时 24 小时内 10 次。" },
    Row { switch: Switch::PassiveReply, name: "passive_reply", values: &["delivered", "wrong_body", "anything"], strict: "wrong_body", meaning: "A receiver that answers a push with a reply to the customer, in clear or sealed, has taken it, or has given a wrong answer; or any text with status 200 will do, as the page speaks of repeats for silence alone.", meaning_zh: "接收方用回复客户的消息应答推送（明文或加密）：视为已接收，或视为应答错误；或者状态 200 的任何文本都算已接收。" },
    Row { switch: Switch::EmptyFormUrl, name: "empty_form_url", values: &["accept", "refuse"], strict: "refuse", meaning: "An empty `url` in `activateuserform/set` counts as none, or is refused with 47001.", meaning_zh: "`activateuserform/set` 里空的 `url`：视为没有，或以 47001 拒绝。" },
    Row { switch: Switch::SexSpelling, name: "sex_spelling", values: &["FEMAIL", "FEMALE"], strict: "FEMAIL", meaning: "How `membercard/userinfo/get` spells the sex of a woman: as captured, or as its page does.", meaning_zh: "`membercard/userinfo/get` 中女性的拼写：按抓包所见，或按文档。" },
];

/// How all switches stand: the place of each one's value among its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<String, String>",
    into = "BTreeMap<String, String>"
)]
pub(crate) struct Switches([u8; TABLE.len()]);

impl Default for Switches {
    /// All at their first value.
    fn default() -> Self {
        Self([0; TABLE.len()])
    }
}

impl Row {
    fn place(&self, value: &str) -> Option<u8> {
        let place = self.values.iter().position(|known| *known == value)?;
        u8::try_from(place).ok()
    }

    fn value(&self, place: u8) -> &'static str {
        self.values[usize::from(place)]
    }
}

/// A name or value that no switch has.
///
/// # Examples
///
/// ```
/// use wechat_mock::{MockWechat, StartError, SwitchError};
///
/// let misspelt = MockWechat::builder().switch("nonce", "sometimes").try_start_blocking();
/// let Err(StartError::Switch(SwitchError::Value { name, values, .. })) = misspelt else {
///     panic!("nonce has no such value");
/// };
/// assert_eq!(name, "nonce");
/// assert!(values.contains(&"required"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchError {
    /// No switch is called so.
    #[error("no switch is called {0}; wechat-mock switches lists them")]
    Name(String),
    /// The switch has other values.
    #[error("{name} is one of {values}, not {value}", values = .values.join(", "))]
    Value {
        /// The switch.
        name: &'static str,
        /// What was asked for.
        value: String,
        /// What it takes.
        values: &'static [&'static str],
    },
}

impl Switches {
    /// Whether a switch stands at a value.
    ///
    /// # Panics
    ///
    /// When the switch has no such value: it would never be asked for.
    pub(crate) fn is(&self, switch: Switch, value: &str) -> bool {
        let row = &TABLE[switch as usize];
        let place = row.place(value);
        assert!(place.is_some(), "{} is never {value}", row.name);
        place == Some(self.0[switch as usize])
    }

    /// Whether the switch of a name stands at a value; no other name stands at any.
    pub(crate) fn stands(&self, name: &str, value: &str) -> bool {
        let row = TABLE.iter().find(|row| row.name == name);
        row.is_some_and(|row| row.value(self.0[row.switch as usize]) == value)
    }

    /// A switch whose values are numbers.
    pub(crate) fn errcode(&self, switch: Switch) -> Option<i64> {
        let value = TABLE[switch as usize].value(self.0[switch as usize]);
        value.parse().ok()
    }

    /// Sets one switch.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), SwitchError> {
        let row = TABLE
            .iter()
            .find(|row| row.name == name)
            .ok_or_else(|| SwitchError::Name(name.to_owned()))?;
        self.0[row.switch as usize] = row.place(value).ok_or_else(|| SwitchError::Value {
            name: row.name,
            value: value.to_owned(),
            values: row.values,
        })?;
        Ok(())
    }

    /// Sets all switches to their strict side.
    pub(crate) fn be_strict(&mut self) {
        for (place, row) in self.0.iter_mut().zip(TABLE) {
            *place = row.place(row.strict).unwrap_or_default();
        }
    }

    /// One row a switch: how it stands, how it could stand, and what that means.
    pub(crate) fn show(&self) -> Value {
        let rows = TABLE.iter().zip(self.0).map(|(row, place)| {
            json!({
                "name": row.name,
                "value": row.value(place),
                "default": row.values[0],
                "strict": row.strict,
                "values": row.values,
                "meaning": row.meaning,
                "meaning_zh": row.meaning_zh,
            })
        });
        rows.collect()
    }
}

impl TryFrom<BTreeMap<String, String>> for Switches {
    type Error = SwitchError;

    fn try_from(named: BTreeMap<String, String>) -> Result<Self, SwitchError> {
        let mut switches = Self::default();
        for (name, value) in named {
            switches.set(&name, &value)?;
        }
        Ok(switches)
    }
}

impl From<Switches> for BTreeMap<String, String> {
    fn from(switches: Switches) -> Self {
        let named = TABLE.iter().zip(switches.0);
        named
            .map(|(row, place)| (row.name.to_owned(), row.value(place).to_owned()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_names() {
        for (number, row) in TABLE.iter().enumerate() {
            assert_eq!(row.switch as usize, number, "{}", row.name);
            assert!(row.values.contains(&row.strict), "{}", row.name);
            assert!(row.values.len() > 1, "{}", row.name);
            let is_han = |letter| ('\u{4e00}'..='\u{9fff}').contains(&letter);
            assert!(row.meaning_zh.contains(is_han), "{}", row.name);
            assert!(row.meaning_zh.ends_with('。'), "{}", row.name);
        }
    }

    #[test]
    fn the_readme_lists_every_switch_as_it_is() {
        let readme = include_str!("../README.md");
        for row in TABLE {
            let line = format!(
                "| `{}` | {} | `{}` | {} |",
                row.name,
                quoted(row.values),
                row.strict,
                row.meaning
            );
            assert!(readme.contains(&line), "README.md wants this line:\n{line}");
        }
    }

    fn quoted(values: &[&str]) -> String {
        let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        quoted.join(", ")
    }

    #[test]
    fn a_wrong_name_or_value_is_named() {
        let mut switches = Switches::default();
        let unknown = switches.set("colour", "red").unwrap_err();
        assert!(unknown.to_string().contains("colour"));
        let value = switches.set("nonce", "maybe").unwrap_err();
        assert!(value.to_string().contains("optional, required"), "{value}");
        assert_eq!(switches, Switches::default());
    }

    #[test]
    fn switches_survive_a_file() {
        let mut switches = Switches::default();
        switches.be_strict();
        let file = serde_json::to_value(switches).unwrap();
        assert_eq!(serde_json::from_value::<Switches>(file).unwrap(), switches);
    }
}
