//! `wechat-mock sign`: what a signature should be, and what is wrong with the one at hand.

use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::Value;

use super::print;
use crate::sign::{
    Signed,
    diagnose::{Evidence, OtherSecret},
};

/// The values of one claim; those of cardExt may also come as they stand in it, by --card-ext.
#[derive(Debug, clap::Args)]
pub(super) struct SignArguments {
    /// The card ticket (not the page's) of the account that made the card.
    #[arg(long, value_name = "TICKET")]
    api_ticket: String,
    #[arg(long, value_name = "CARD_ID")]
    card_id: String,
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
}

/// The values of cardExt as text.
#[derive(Debug, Default)]
struct Ext {
    timestamp: String,
    nonce_str: String,
    code: String,
    openid: String,
    outer_str: String,
    signature: String,
}

impl Ext {
    fn of(arguments: &SignArguments) -> anyhow::Result<Self> {
        let Some(text) = &arguments.card_ext else {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            return Ok(Self {
                timestamp: text(&arguments.timestamp),
                nonce_str: text(&arguments.nonce_str),
                code: text(&arguments.code),
                openid: text(&arguments.openid),
                outer_str: text(&arguments.outer_str),
                signature: text(&arguments.signature),
            });
        };
        let value: Value = serde_json::from_str(text).context("--card-ext is no JSON")?;
        if !value.is_object() {
            bail!("--card-ext is no JSON object");
        }
        let text = |key: &str| match &value[key] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        Ok(Self {
            timestamp: text("timestamp"),
            nonce_str: text("nonce_str"),
            code: text("code"),
            openid: text("openid"),
            outer_str: text("outer_str"),
            signature: text("signature"),
        })
    }
}

/// Prints the sum; the status is 0 when the signature is right, 1 when it is wrong.
pub(super) fn run(arguments: &SignArguments) -> anyhow::Result<ExitCode> {
    let ext = Ext::of(arguments)?;
    let signed = Signed {
        api_ticket: &arguments.api_ticket,
        timestamp: &ext.timestamp,
        card_id: &arguments.card_id,
        nonce_str: &ext.nonce_str,
        code: &ext.code,
        openid: &ext.openid,
    };
    let others = arguments.jsapi_ticket.iter().map(|value| OtherSecret {
        mistake: "jsapi_ticket",
        value: value.clone(),
    });
    let evidence = Evidence {
        signed,
        received: &ext.signature,
        unsigned: Some(ext.outer_str.as_str())
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect(),
        others: others.collect(),
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
    let mistake = &evidence.describe()["mistake"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    print(&format!("wrong      {}", text(&mistake["en"])));
    print(&format!("           {}", text(&mistake["zh"])));
    print(&format!("fix        {}", text(&mistake["fix"]["en"])));
    print(&format!("           {}", text(&mistake["fix"]["zh"])));
    Ok(ExitCode::FAILURE)
}
