//! `wechat-mock sign`: what a signature should be, and what is wrong with the one at hand.

use std::process::ExitCode;

use anyhow::bail;
use serde_json::{Map, Value, json};

use super::print;
use crate::{
    facts,
    sign::{
        Values,
        diagnose::{Evidence, Material, OtherSecret},
    },
    wallet::ext::{Ext, NotExt},
};

/// The values of one claim; those of cardExt may also come as they stand in it, by --card-ext.
#[derive(Debug, clap::Args)]
pub(super) struct SignArguments {
    /// The card ticket (not the page's) of the account that made the card.
    #[arg(long, value_name = "TICKET")]
    api_ticket: String,
    /// For `wx.chooseCard` the filter cardId, which may be left out.
    #[arg(long, value_name = "CARD_ID", required_unless_present = "app_id")]
    card_id: Option<String>,
    /// Checks the cardSign of wx.chooseCard: the appid of the account whose page calls it.
    #[arg(long, value_name = "APPID", conflicts_with_all = ["card_ext", "code", "openid", "outer_str", "other_openid"])]
    app_id: Option<String>,
    /// The filter shopId of wx.chooseCard.
    #[arg(long, value_name = "SHOP_ID", requires = "app_id")]
    shop_id: Option<String>,
    /// The filter cardType of wx.chooseCard.
    #[arg(long, value_name = "CARD_TYPE", requires = "app_id")]
    card_type: Option<String>,
    /// The appid of another account, which may have been signed in place of the right one.
    #[arg(long, value_name = "APPID", requires = "app_id")]
    other_app_id: Option<String>,
    /// cardExt as the page passes it, a JSON text.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["timestamp", "nonce_str", "code", "openid", "outer_str", "signature"])]
    card_ext: Option<String>,
    /// Seconds since 1970.
    #[arg(long, value_name = "SECONDS", required_unless_present = "card_ext")]
    timestamp: Option<String>,
    #[arg(long, value_name = "TEXT")]
    nonce_str: Option<String>,
    /// For cards with custom codes alone.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// For cards bound to one customer alone.
    #[arg(long, value_name = "OPENID")]
    openid: Option<String>,
    /// Not signed; given, it is looked for in the wrong sum.
    #[arg(long, value_name = "TEXT")]
    outer_str: Option<String>,
    /// The signature to check; without it, the right one is printed.
    #[arg(long, value_name = "HEX")]
    signature: Option<String>,
    /// The page ticket of the account: signing with it is a common mistake.
    #[arg(long, value_name = "TICKET")]
    jsapi_ticket: Option<String>,
    /// The `AppSecret` of the account, which may have been signed.
    #[arg(long, value_name = "SECRET")]
    app_secret: Option<String>,
    /// A token of the account, which may have been signed.
    #[arg(long, value_name = "TOKEN")]
    access_token: Option<String>,
    /// The customer's openid, which may have been signed though it does not stand in cardExt.
    #[arg(long, value_name = "OPENID")]
    other_openid: Option<String>,
    /// The page's address, for a signature made as wx.config wants it.
    #[arg(long, value_name = "URL")]
    page_url: Option<String>,
}

impl SignArguments {
    /// cardExt, as it came or put together from its values.
    fn ext(&self) -> Result<Ext, NotExt> {
        if let Some(text) = &self.card_ext {
            return Ext::parse(text);
        }
        let members = [
            ("timestamp", &self.timestamp),
            ("nonce_str", &self.nonce_str),
            ("code", &self.code),
            ("openid", &self.openid),
            ("outer_str", &self.outer_str),
            ("signature", &self.signature),
        ];
        let given: Map<String, Value> = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
            .collect();
        Ext::parse(&Value::Object(given).to_string())
    }

    fn material(&self) -> Material {
        let secrets = [
            ("jsapi_ticket", &self.jsapi_ticket),
            ("app_secret", &self.app_secret),
            ("access_token", &self.access_token),
        ];
        Material {
            secrets: secrets
                .into_iter()
                .filter_map(|(mistake, value)| {
                    let value = value.clone()?;
                    Some(OtherSecret { mistake, value })
                })
                .collect(),
            openids: self.other_openid.iter().cloned().collect(),
            urls: self.page_url.iter().cloned().collect(),
            app_ids: self.other_app_id.iter().cloned().collect(),
            ..Material::default()
        }
    }
}

/// Prints the sum; the status is 0 when the signature is right, 1 when it is wrong.
pub(super) fn run(arguments: &SignArguments) -> anyhow::Result<ExitCode> {
    let ext = match arguments.ext() {
        Ok(ext) => ext,
        Err(fault) => {
            let Some(mistake) = fault.mistake else {
                bail!("--card-ext: {}", fault.received);
            };
            print_mistake(mistake);
            return Ok(ExitCode::FAILURE);
        }
    };
    let text = |value: &'_ Option<String>| value.clone().unwrap_or_default();
    let (card_id, app_id) = (text(&arguments.card_id), text(&arguments.app_id));
    let (location_id, card_type) = (text(&arguments.shop_id), text(&arguments.card_type));
    let signed = Values {
        app_id: &app_id,
        location_id: &location_id,
        card_type: &card_type,
        ..Values::from(ext.signed(&arguments.api_ticket, &card_id))
    };
    print(&format!(
        "sorted     {}",
        signed.sorted().join("\n           ")
    ));
    print(&format!("joined     {}", signed.joined()));
    print(&format!("signature  {}", signed.signature()));
    if ext.signature.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!("received   {}", ext.signature));
    if ext.signature == signed.signature() {
        print("right");
        return Ok(ExitCode::SUCCESS);
    }
    let evidence = Evidence {
        signed,
        received: &ext.signature,
        unsigned: &ext.unsigned,
        material: &arguments.material(),
        earlier: &[],
    };
    print_mistake(evidence.mistake());
    Ok(ExitCode::FAILURE)
}

fn print_mistake(id: &str) {
    let texts = facts::mistake(id);
    for (label, column) in [("wrong", "mistake"), ("fix", "fix")] {
        for (label, language) in [(label, "en"), ("", "zh")] {
            let text = texts[column][language].as_str().unwrap_or_default();
            print(&format!("{label:<11}{text}"));
        }
    }
}
