//! The form that a customer fills in to open a member card.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    CardId, Client, Error,
    transport::Call,
    wire::{open_names, text},
};

open_names! {
    /// A field that WeChat knows and can fill in by itself.
    CommonField {
        /// The telephone.
        Mobile = "USER_FORM_INFO_FLAG_MOBILE",
        /// The sex.
        Sex = "USER_FORM_INFO_FLAG_SEX",
        /// The name.
        Name = "USER_FORM_INFO_FLAG_NAME",
        /// The day of birth.
        Birthday = "USER_FORM_INFO_FLAG_BIRTHDAY",
        /// The number of the identity card.
        Idcard = "USER_FORM_INFO_FLAG_IDCARD",
        /// The mail address.
        Email = "USER_FORM_INFO_FLAG_EMAIL",
        /// The place.
        Location = "USER_FORM_INFO_FLAG_LOCATION",
        /// The address.
        DetailLocation = "USER_FORM_INFO_FLAG_DETAIL_LOCATION",
        /// The schooling; WeChat's name ends so.
        Education = "USER_FORM_INFO_FLAG_EDUCATION_BACKGRO",
        /// The profession.
        Career = "USER_FORM_INFO_FLAG_CAREER",
        /// The trade.
        Industry = "USER_FORM_INFO_FLAG_INDUSTRY",
        /// The income.
        Income = "USER_FORM_INFO_FLAG_INCOME",
        /// The hobbies.
        Habit = "USER_FORM_INFO_FLAG_HABIT",
    }
}

open_names! {
    /// How a field of the shop's own is filled in.
    RichKind {
        /// One of a few, all shown.
        Radio = "FORM_FIELD_RADIO",
        /// One of a list.
        Select = "FORM_FIELD_SELECT",
        /// Several of a few.
        CheckBox = "FORM_FIELD_CHECK_BOX",
    }
}

/// The form of a member card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ActivationForm {
    /// The terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_statement: Option<FormLink>,
    /// Where a card from before is brought in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_old_card: Option<FormLink>,
    /// What must be filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_form: Option<FormPart>,
    /// What can be filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional_form: Option<FormPart>,
}

/// A link on the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormLink {
    /// Its text.
    pub name: String,
    /// Where it leads.
    pub url: String,
}

/// Fields of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FormPart {
    /// Whether members can change them later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_modify: Option<bool>,
    /// Fields that WeChat knows.
    #[serde(rename = "common_field_id_list", skip_serializing_if = "Vec::is_empty")]
    pub common_fields: Vec<CommonField>,
    /// Fields of the shop's own, for text.
    #[serde(rename = "custom_field_list", skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<String>,
    /// Fields of the shop's own, to choose from.
    #[serde(rename = "rich_field_list", skip_serializing_if = "Vec::is_empty")]
    pub rich_fields: Vec<RichField>,
}

/// A field of the shop's own, to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RichField {
    /// How it is filled in.
    #[serde(rename = "type")]
    pub kind: RichKind,
    /// Its name.
    pub name: String,
    /// What there is to choose.
    pub values: Vec<String>,
}

/// What a customer filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FilledForm {
    /// Fields that WeChat knows.
    pub common_field_list: Vec<FilledValue>,
    /// Fields of the shop's own.
    pub custom_field_list: Vec<FilledValue>,
}

/// One field that was filled in. It says who somebody is, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct FilledValue {
    /// Its name; that of a [`CommonField`], or the shop's own.
    pub name: String,
    /// What stands in it; empty where several answers were ticked.
    #[serde(default, deserialize_with = "text")]
    pub value: String,
    /// The answers that were ticked where several could be.
    #[serde(default)]
    pub value_list: Vec<String>,
}

impl fmt::Debug for FilledValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilledValue")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Sets the form that a customer fills in to open a member card.
    ///
    /// Source: official page `Manage_Member_Card`.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::DATA_FORMAT`] when WeChat does not know a field.
    pub async fn set_activation_form(
        &self,
        card_id: &CardId,
        form: &ActivationForm,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            card_id: &'a CardId,
            #[serde(flatten)]
            form: &'a ActivationForm,
        }

        let request = Request { card_id, form };
        self.done(Call::act("/card/membercard/activateuserform/set", &request))
            .await
    }
}
