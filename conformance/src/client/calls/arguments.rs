//! What a case hands to a call.

use serde_json::Value;
use wechat_client::{
    CardCode, CardId, ImageFile,
    card::{BaseInfo, Card, CodeType, Color, DateInfo, GeneralCoupon, RequiredInfo},
};

/// The arguments of a call.
pub(super) struct Arguments<'a>(pub(super) &'a Value);

impl Arguments<'_> {
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        let text = self.0[name].as_str();
        text.ok_or_else(|| format!("no {name} among the arguments"))
    }

    pub(super) fn number(&self, name: &str) -> Option<u32> {
        u32::try_from(self.0[name].as_u64()?).ok()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.0[name] == true
    }

    pub(super) fn card_id(&self) -> Result<CardId, String> {
        self.text("card_id").map(CardId::from)
    }

    pub(super) fn maybe_card_id(&self) -> Option<CardId> {
        self.0["card_id"].as_str().map(CardId::from)
    }

    pub(super) fn code(&self) -> Result<CardCode, String> {
        self.text("code").map(CardCode::from)
    }

    pub(super) fn codes(&self) -> Result<Vec<CardCode>, String> {
        let codes = self.0["codes"].as_array().ok_or("no codes")?;
        let codes = codes.iter().map(|code| code.as_str().map(CardCode::from));
        codes
            .collect::<Option<_>>()
            .ok_or_else(|| "a code is no text".to_owned())
    }

    pub(super) fn file(&self) -> Result<ImageFile, String> {
        Ok(ImageFile {
            file_name: self.text("file_name")?.to_owned(),
            bytes: fixtures::image(self.text("content")?).into(),
        })
    }

    /// An argument of several members, in the client's words; one that is not known is an error.
    pub(super) fn part<T>(
        &self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, serde_json::Error>,
    ) -> Result<T, String> {
        read(self.0[name].clone()).map_err(|error| format!("{name}: {error}"))
    }

    /// A general coupon, valid between two moments or for some days.
    pub(super) fn card(&self) -> Result<Card, String> {
        let seconds = |name: &str| {
            let seconds = self.0[name].as_i64().ok_or("no number of seconds")?;
            wechat_client::Timestamp::from_seconds(seconds).map_err(|error| error.to_string())
        };
        let date_info = match self.number("days") {
            Some(days) => DateInfo::Term {
                days,
                starts_after_days: self.number("starts_after_days").unwrap_or(0),
                end: None,
            },
            None => DateInfo::Range {
                begin: seconds("begin")?,
                end: seconds("end")?,
            },
        };
        let text = |name: &str| self.text(name).map(str::to_owned);
        let base_info = BaseInfo::required(RequiredInfo {
            logo_url: text("logo_url")?,
            brand_name: text("brand_name")?,
            title: text("title")?,
            code_type: CodeType::Qrcode,
            color: Color::new(self.text("color")?).map_err(|error| error.to_string())?,
            notice: text("notice")?,
            description: text("description")?,
            quantity: u64::from(self.number("quantity").unwrap_or(0)),
            date_info,
        });
        Ok(Card::GeneralCoupon(GeneralCoupon {
            base_info,
            advanced_info: None,
            default_detail: text("default_detail")?,
        }))
    }
}
