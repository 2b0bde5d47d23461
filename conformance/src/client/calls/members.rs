//! Calls on member cards.

use serde::Deserialize;
use serde_json::{Value, json};
use wechat_client::{
    Client, CodeRef, Error, Fen, Timestamp,
    member::{
        Activation, ActivationForm, Change, CommonField, FilledForm, FilledValue, FormLink,
        FormPart, GeneralCardUpdate, Member, MemberUpdate, NotifyOptional, RichField, RichKind,
        UpdatedUser,
    },
};

use super::{Arguments, Made, done, merchants};

#[derive(Deserialize)]
#[serde(remote = "Activation", deny_unknown_fields)]
struct Opening {
    membership_number: String,
    background_pic_url: Option<String>,
    activate_begin_time: Option<Timestamp>,
    activate_end_time: Option<Timestamp>,
    init_bonus: Option<u64>,
    init_bonus_record: Option<String>,
    init_balance: Option<Fen>,
    init_custom_field_value1: Option<String>,
    init_custom_field_value2: Option<String>,
    init_custom_field_value3: Option<String>,
}

/// `{"to": 5}` or `{"by": -5}`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Amount {
    To(u64),
    By(i64),
}

impl Amount {
    fn of<T>(self, value: impl FnOnce(u64) -> T) -> Change<T> {
        match self {
            Self::To(amount) => Change::To(value(amount)),
            Self::By(amount) => Change::By(amount),
        }
    }
}

#[derive(Deserialize)]
#[serde(remote = "NotifyOptional", deny_unknown_fields)]
struct Notices {
    is_notify_bonus: Option<bool>,
    is_notify_balance: Option<bool>,
    is_notify_custom_field1: Option<bool>,
    is_notify_custom_field2: Option<bool>,
    is_notify_custom_field3: Option<bool>,
}

fn notices<'de, D: serde::Deserializer<'de>>(of: D) -> Result<Option<NotifyOptional>, D::Error> {
    Notices::deserialize(of).map(Some)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Updated {
    background_pic_url: Option<String>,
    bonus: Option<Amount>,
    record_bonus: Option<String>,
    balance: Option<Amount>,
    record_balance: Option<String>,
    custom_field_value1: Option<String>,
    custom_field_value2: Option<String>,
    custom_field_value3: Option<String>,
    #[serde(deserialize_with = "notices")]
    notify_optional: Option<NotifyOptional>,
}

impl From<Updated> for MemberUpdate {
    fn from(updated: Updated) -> Self {
        Self {
            background_pic_url: updated.background_pic_url,
            bonus: updated.bonus.map(|amount| amount.of(|points| points)),
            record_bonus: updated.record_bonus,
            balance: updated.balance.map(|amount| amount.of(Fen)),
            record_balance: updated.record_balance,
            custom_field_value1: updated.custom_field_value1,
            custom_field_value2: updated.custom_field_value2,
            custom_field_value3: updated.custom_field_value3,
            notify_optional: updated.notify_optional,
        }
    }
}

#[derive(Deserialize)]
#[serde(remote = "GeneralCardUpdate", deny_unknown_fields)]
struct GeneralCard {
    background_pic_url: Option<String>,
    record_bonus: Option<String>,
    bonus: Option<u64>,
    balance: Option<Fen>,
    custom_field_value1: Option<String>,
    custom_field_value2: Option<String>,
    custom_field_value3: Option<String>,
    can_give_friend: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    name: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rich {
    kind: RichKind,
    name: String,
    values: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Part {
    can_modify: Option<bool>,
    common_fields: Vec<CommonField>,
    custom_fields: Vec<String>,
    rich_fields: Vec<Rich>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Form {
    service_statement: Option<Link>,
    bind_old_card: Option<Link>,
    required_form: Option<Part>,
    optional_form: Option<Part>,
}

impl From<Form> for ActivationForm {
    fn from(form: Form) -> Self {
        let link = |link: Link| FormLink {
            name: link.name,
            url: link.url,
        };
        let part = |part: Part| FormPart {
            can_modify: part.can_modify,
            common_fields: part.common_fields,
            custom_fields: part.custom_fields,
            rich_fields: part.rich_fields.into_iter().map(rich).collect(),
        };
        Self {
            service_statement: form.service_statement.map(link),
            bind_old_card: form.bind_old_card.map(link),
            required_form: form.required_form.map(part),
            optional_form: form.optional_form.map(part),
        }
    }
}

fn rich(field: Rich) -> RichField {
    RichField {
        kind: field.kind,
        name: field.name,
        values: field.values,
    }
}

pub(super) async fn make(client: &Client, name: &str, arguments: &Arguments<'_>) -> Made {
    match name {
        "activate_member" => {
            let activation = arguments.part("activation", Opening::deserialize)?;
            let (code, card_id) = (arguments.code()?, arguments.maybe_card_id());
            let code = CodeRef {
                code: &code,
                card_id: card_id.as_ref(),
            };
            Ok(done(client.activate_member(code, &activation).await))
        }
        "activation_url" => {
            let outer_str = arguments.0["outer_str"].as_str();
            let url = client
                .activation_url(&arguments.card_id()?, outer_str)
                .await;
            Ok(url.map(|url| json!(url)))
        }
        "filled_form" => {
            let ticket = arguments.text("activate_ticket")?.into();
            let form = client.filled_form(&ticket).await;
            Ok(form.map(|form| of_form(&form)))
        }
        "set_activation_form" => {
            let form = arguments.part("form", Form::deserialize)?.into();
            let card_id = arguments.card_id()?;
            Ok(done(client.set_activation_form(&card_id, &form).await))
        }
        "member" => {
            let (card_id, code) = (arguments.card_id()?, arguments.code()?);
            let member = client.member(&card_id, &code).await;
            Ok(member.map(|member| of_member(&member)))
        }
        "update_member" => {
            let (card_id, code) = (arguments.card_id()?, arguments.code()?);
            let update = arguments.part("update", Updated::deserialize)?.into();
            let updated = client.update_member(&card_id, &code, &update).await;
            Ok(of_updated(updated))
        }
        "update_general_card" => {
            let (card_id, code) = (arguments.card_id()?, arguments.code()?);
            let update = arguments.part("update", GeneralCard::deserialize)?;
            let updated = client.update_general_card(&card_id, &code, &update).await;
            Ok(of_updated(updated))
        }
        _ => merchants::make(client, name, arguments).await,
    }
}

fn of_updated(updated: Result<UpdatedUser, Error>) -> Result<Value, Error> {
    updated.map(|updated| members!(updated; bonus, balance, openid))
}

fn of_member(member: &Member) -> Value {
    let mut shown = members!(
        member; openid, nickname, membership_number, bonus, balance, sex, has_active
    );
    shown["user_info"] = of_form(&member.user_info);
    shown["user_card_status"] = json!(format!("{:?}", member.user_card_status));
    shown
}

fn of_form(form: &FilledForm) -> Value {
    let list = |fields: &[FilledValue]| -> Value {
        let fields = fields
            .iter()
            .map(|field| members!(field; name, value, value_list));
        fields.collect()
    };
    json!({
        "common_field_list": list(&form.common_field_list),
        "custom_field_list": list(&form.custom_field_list),
    })
}
