//! A draft as the card that WeChat is asked to make: the border between our words and WeChat's.

use wechat_client::{
    Fen,
    card::{
        self, AdvancedInfo, BaseInfo, Card, Cash, CodeType, Cover, DateInfo, Discount,
        GeneralCoupon, Gift, Groupon, MiniProgramLink, RequiredInfo, UseCondition,
    },
};

use super::draft::{CodeShape, Draft, Kind, TimeLimit, Valid};

impl Draft {
    /// The card that this draft describes.
    pub(crate) fn card(&self) -> Card {
        let base_info = self.base_info();
        let advanced_info = self.advanced_info();
        let detail = self.detail.clone().unwrap_or_default();
        match self.kind {
            Kind::GeneralCoupon => Card::GeneralCoupon(GeneralCoupon {
                base_info,
                advanced_info,
                default_detail: detail,
            }),
            Kind::Groupon => Card::Groupon(Groupon {
                base_info,
                advanced_info,
                deal_detail: detail,
            }),
            Kind::Cash => Card::Cash(Cash {
                base_info,
                advanced_info,
                least_cost: Fen(self.least_cost.unwrap_or(0)),
                reduce_cost: Fen(self.reduce_cost.unwrap_or(0)),
            }),
            Kind::Discount => Card::Discount(Discount {
                base_info,
                advanced_info,
                discount: self.discount.unwrap_or(0),
            }),
            Kind::Gift => Card::Gift(Gift {
                base_info,
                advanced_info,
                gift: self.gift.clone().unwrap_or_default(),
            }),
        }
    }

    fn base_info(&self) -> BaseInfo {
        let link = self.mini_program.as_ref();
        BaseInfo {
            service_phone: self.service_phone.clone(),
            get_limit: Some(self.limit_per_user),
            // A page that is passed on would hand cards to people this service never signed for.
            can_share: Some(false),
            can_give_friend: Some(self.can_give_friend.unwrap_or(false)),
            custom_url_name: link.map(|link| link.name.clone()),
            custom_app: link.map(|link| MiniProgramLink {
                user_name: format!("{}@app", link.original_id),
                path: link.path.clone(),
            }),
            merchant_id: self.merchant_id,
            ..BaseInfo::required(RequiredInfo {
                logo_url: self.logo_url.clone(),
                brand_name: self.brand_name.clone(),
                title: self.title.clone(),
                code_type: match self.code_type {
                    CodeShape::Text => CodeType::Text,
                    CodeShape::Barcode => CodeType::Barcode,
                    CodeShape::Qrcode => CodeType::Qrcode,
                },
                color: self.color.clone(),
                notice: self.notice.clone(),
                description: self.description.clone(),
                quantity: self.stock,
                date_info: match self.valid {
                    Valid::Between { from, to } => DateInfo::Range {
                        begin: from,
                        end: to,
                    },
                    Valid::Days {
                        days,
                        starts_after_days,
                    } => DateInfo::Term {
                        days,
                        starts_after_days,
                        end: None,
                    },
                },
            })
        }
    }

    fn advanced_info(&self) -> Option<AdvancedInfo> {
        // A cash coupon has a field of its own for it.
        let least_cost = self.least_cost.filter(|_| self.kind == Kind::Gift);
        let info = AdvancedInfo {
            use_condition: least_cost.map(|cost| UseCondition {
                least_cost: Some(Fen(cost)),
                ..UseCondition::default()
            }),
            cover: self.cover(),
            time_limit: self.time_limits.iter().map(TimeLimit::limit).collect(),
            business_service: self.services.clone(),
            ..AdvancedInfo::default()
        };
        (info != AdvancedInfo::default()).then_some(info)
    }

    fn cover(&self) -> Option<Cover> {
        if self.abstract_text.is_none() && self.icon_url.is_none() {
            return None;
        }
        Some(Cover {
            abstract_text: self.abstract_text.clone().unwrap_or_default(),
            icon_url_list: self.icon_url.iter().cloned().collect(),
        })
    }
}

impl TimeLimit {
    fn limit(&self) -> card::TimeLimit {
        card::TimeLimit {
            kind: Some(self.day),
            begin_hour: self.begin_hour,
            begin_minute: self.begin_minute,
            end_hour: self.end_hour,
            end_minute: self.end_minute,
        }
    }
}
