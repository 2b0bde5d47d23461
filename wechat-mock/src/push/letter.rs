//! What a push says, in clear and sealed. Source: official pages of the events and of message-push.

use serde_json::{Map, Value, json};

use crate::{
    msgcrypt::signature,
    world::{
        callback::{Callback, Format, Mode},
        event::{Element, Event},
        ids::Draw,
    },
};

/// What an account is told of one event.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// The original id of the account.
    pub(crate) to: String,
    /// Seconds since 1970 on the mock's clock.
    pub(crate) at: i64,
    pub(crate) event: Event,
}

/// A push as it leaves.
#[derive(Debug)]
pub(crate) struct Parcel {
    /// The callback's URL with the query of this push.
    pub(crate) url: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

/// What makes one push differ from the next.
pub(crate) struct Stamp {
    /// Seconds since 1970 on the mock's clock.
    pub(crate) now: i64,
    pub(crate) draw: Draw,
    pub(crate) is_badly_signed: bool,
}

impl Letter {
    /// The text of an element in CDATA, when the event has it.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let mut elements = self.event.elements.iter();
        elements.find_map(|(known, element)| match element {
            Element::Text(text) if known == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// The message in clear.
    pub(crate) fn clear(&self, format: Format) -> String {
        write(format, &self.elements())
    }

    /// The five elements that all events have, and those of this one.
    fn elements(&self) -> Vec<(&str, Element)> {
        let text = |text: &str| Element::Text(text.to_owned());
        let common = [
            ("ToUserName", text(&self.to)),
            ("FromUserName", text(&self.event.from_user)),
            (
                "CreateTime",
                Element::Number(
                    self.at
                        * if crate::breaks::broken("push-time-in-milliseconds") {
                            1000
                        } else {
                            1
                        },
                ),
            ),
            ("MsgType", text("event")),
            ("Event", text(&self.event.name)),
        ];
        let own = self.event.elements.iter();
        let lost = usize::from(crate::breaks::broken_of(
            "element-missing-of",
            &self.event.name,
        ));
        let own = own.take(self.event.elements.len() - lost);
        let own = own.map(|(name, element)| (name.as_str(), element.clone()));
        common.into_iter().chain(own).collect()
    }

    /// Signs the letter, and seals it where the callback's mode says so.
    pub(crate) fn post(
        &self,
        callback: &Callback,
        format: Format,
        appid: &str,
        mut stamp: Stamp,
    ) -> Parcel {
        let (timestamp, nonce) = (stamp.now.to_string(), stamp.draw.positive().to_string());
        let sign = |sealed: &[&str]| {
            let mut values = vec![callback.token.as_str(), &timestamp, &nonce];
            values.extend(sealed);
            let signed = signature(&values);
            if stamp.is_badly_signed {
                // Another one of the same shape.
                return signed.chars().rev().collect();
            }
            signed
        };
        let mut query = vec![
            (
                "signature",
                if crate::breaks::broken("push-unsigned") {
                    String::new()
                } else {
                    sign(&[])
                },
            ),
            ("timestamp", timestamp.clone()),
            ("nonce", nonce.clone()),
            ("openid", self.event.from_user.clone()),
        ];
        let mut body = self.clear(format);
        let is_sealed = callback.mode != Mode::Plain && !crate::breaks::broken("push-in-clear");
        if let Some(key) = callback.key().filter(|_| is_sealed) {
            let sealed = key.seal(stamp.draw.bytes(), &body, appid);
            query.push(("encrypt_type", "aes".to_owned()));
            query.push(("msg_signature", sign(&[&sealed])));
            let mut elements = self.elements();
            if callback.mode == Mode::Safe
                && !crate::breaks::broken("push-in-clear-beside-the-sealed")
            {
                elements.truncate(1);
            }
            elements.push(("Encrypt", Element::Text(sealed)));
            body = write(format, &elements);
        }
        Parcel {
            url: with_query(&callback.url, &query),
            content_type: match format {
                Format::Xml => "text/xml",
                Format::Json => "application/json",
            },
            body,
        }
    }
}

/// The check of a callback's URL that WeChat makes, and what it wants back.
pub(crate) fn verification(callback: &Callback, mut stamp: Stamp) -> (String, String) {
    let (timestamp, nonce) = (stamp.now.to_string(), stamp.draw.positive().to_string());
    let echostr = stamp.draw.digits(19);
    let query = [
        (
            "signature",
            signature(&[&callback.token, &timestamp, &nonce]),
        ),
        ("timestamp", timestamp),
        ("nonce", nonce),
        ("echostr", echostr.clone()),
    ];
    (with_query(&callback.url, &query), echostr)
}

/// Which answers with status 200 WeChat takes; nothing at all is always taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// `success`.
    Success,
    /// `success`, or a reply to the customer.
    Replies,
    /// Any text.
    Anything,
}

/// Whether an answer is one that WeChat takes, in clear, or sealed where messages are.
pub(crate) fn is_taken(answer: &str, callback: &Callback, appid: &str, taken: Taken) -> bool {
    let is_fine = |text: &str| match taken {
        Taken::Success => matches!(text, "" | "success"),
        Taken::Replies => matches!(text, "" | "success") || is_reply(text),
        Taken::Anything => true,
    };
    if is_fine(answer) {
        return true;
    }
    let key = callback.key().filter(|_| callback.mode != Mode::Plain);
    let opened = key.and_then(|key| key.open(&member(answer, "Encrypt")?, appid));
    opened.is_some_and(|text| is_fine(&text))
}

/// Whether a text is a reply to the customer: a message to somebody, from somebody, of some type.
fn is_reply(text: &str) -> bool {
    ["ToUserName", "FromUserName", "MsgType"]
        .iter()
        .all(|name| member(text, name).is_some_and(|value| !value.is_empty()))
}

/// The text of a member of an answer, in JSON or in XML, with CDATA or without.
fn member(answer: &str, name: &str) -> Option<String> {
    let answer = answer.trim();
    if let Ok(json) = serde_json::from_str::<Value>(answer) {
        return json[name].as_str().map(str::to_owned);
    }
    if !answer.starts_with('<') {
        return None;
    }
    let mut rest = answer;
    while let Some((_, behind)) = rest.split_once('<') {
        if let Some(text) = behind.strip_prefix("![CDATA[") {
            // Whatever stands in a text is no element.
            (_, rest) = text.split_once("]]>")?;
            continue;
        }
        let (tag, inside) = behind.split_once('>')?;
        if tag.trim_end() != name {
            rest = inside;
            continue;
        }
        let inside = inside.trim_start();
        let text = match inside.strip_prefix("<![CDATA[") {
            Some(text) => text.split_once("]]>")?.0,
            None => inside.split_once('<')?.0,
        };
        return Some(text.trim().to_owned());
    }
    None
}

fn with_query(url: &str, query: &[(&str, String)]) -> String {
    // A fragment never leaves.
    let url = url.split('#').next().unwrap_or_default();
    let separator = if url.contains('?') { '&' } else { '?' };
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(query);
    format!("{url}{separator}{}", pairs.finish())
}

fn write(format: Format, elements: &[(&str, Element)]) -> String {
    match format {
        Format::Xml => {
            let written: String = elements
                .iter()
                .map(|(name, value)| xml(name, value))
                .collect();
            format!("<xml>{written}</xml>")
        }
        Format::Json => {
            let members: Map<String, Value> = elements
                .iter()
                .map(|(name, value)| ((*name).to_owned(), as_json(value)))
                .collect();
            Value::Object(members).to_string()
        }
    }
}

fn as_json(element: &Element) -> Value {
    match element {
        Element::Text(text) => json!(text),
        Element::Number(number) => json!(number),
    }
}

fn xml(name: &str, element: &Element) -> String {
    let inner = match element {
        Element::Text(text) if crate::breaks::broken("push-without-cdata") => text.clone(),
        Element::Text(text) => cdata(text),
        Element::Number(number) => number.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}

/// What ends a CDATA section is parted over two of them.
fn cdata(text: &str) -> String {
    let text: String = text.chars().filter(is_xml).collect();
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// XML 1.0 has no way to write the others.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "filter hands characters over by reference"
)]
fn is_xml(character: &char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Letter {
        let event = Event::new("user_get_card", "oAbCdE1111111111111111111111")
            .text("CardId", "pAbCdE2222222222222222222222")
            .number("IsGiveByFriend", 0)
            .text("UserCardCode", "018255396048")
            .text("UnionId", "o&1");
        Letter {
            to: "gh_0123456789ab".to_owned(),
            at: 1_700_000_000,
            event,
        }
    }

    #[test]
    fn a_claim_is_written_as_wechat_writes_it() {
        assert_eq!(
            claim().clear(Format::Xml),
            "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>\
             <FromUserName><![CDATA[oAbCdE1111111111111111111111]]></FromUserName>\
             <CreateTime>1700000000</CreateTime><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[user_get_card]]></Event>\
             <CardId><![CDATA[pAbCdE2222222222222222222222]]></CardId>\
             <IsGiveByFriend>0</IsGiveByFriend>\
             <UserCardCode><![CDATA[018255396048]]></UserCardCode><UnionId><![CDATA[o&1]]></UnionId></xml>"
        );
        assert_eq!(
            claim().clear(Format::Json),
            r#"{"ToUserName":"gh_0123456789ab","FromUserName":"oAbCdE1111111111111111111111","CreateTime":1700000000,"MsgType":"event","Event":"user_get_card","CardId":"pAbCdE2222222222222222222222","IsGiveByFriend":0,"UserCardCode":"018255396048","UnionId":"o&1"}"#
        );
    }

    #[test]
    fn a_text_cannot_end_its_cdata() {
        assert_eq!(cdata("a]]>b"), "<![CDATA[a]]]]><![CDATA[>b]]>");
        assert_eq!(cdata("券\u{0}\u{b}\n"), "<![CDATA[券\n]]>");
    }

    #[test]
    fn the_query_goes_behind_one_that_is_there() {
        let query = [("nonce", "1 2".to_owned())];
        for (url, whole) in [
            ("http://a", "http://a?nonce=1+2"),
            ("http://a/b?c=d", "http://a/b?c=d&nonce=1+2"),
            ("http://a/b#c", "http://a/b?nonce=1+2"),
        ] {
            assert_eq!(with_query(url, &query), whole);
        }
    }

    #[test]
    fn members_are_read_with_cdata_and_without() {
        for answer in [
            "<xml><Encrypt><![CDATA[a+b/c=]]></Encrypt></xml>",
            "<xml><Encrypt>a+b/c=</Encrypt></xml>",
            " \n<xml>\n  <Encrypt >\n    a+b/c=\n  </Encrypt>\n</xml>\n",
            "<?xml version=\"1.0\"?><xml><N><![CDATA[<Encrypt>x]]></N><Encrypt> <![CDATA[ a+b/c= ]]></Encrypt></xml>",
            "{\"Encrypt\": \"a+b/c=\"}",
        ] {
            assert_eq!(
                member(answer, "Encrypt").as_deref(),
                Some("a+b/c="),
                "{answer}"
            );
        }
        for answer in [
            "",
            "success",
            "<",
            "<xml>",
            "<xml><Encrypt>",
            "<xml><Encrypt><![CDATA[a",
            "<xml><N><![CDATA[<Encrypt>x</Encrypt>]]></N></xml>",
            "<Encrypted>a</Encrypted>",
            "{}",
            "Encrypt",
        ] {
            assert_eq!(member(answer, "Encrypt"), None, "{answer}");
        }
    }

    #[test]
    fn a_reply_to_the_customer_names_both_and_its_type() {
        let reply = "<xml><ToUserName><![CDATA[o1]]></ToUserName><FromUserName><![CDATA[gh_1]]>\
                     </FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType>\
                     <Content><![CDATA[hello]]></Content></xml>";
        assert!(is_reply(reply));
        for name in ["ToUserName", "FromUserName", "MsgType"] {
            assert!(!is_reply(&reply.replace(name, "Other")), "{name}");
        }
        for text in [
            "",
            "success",
            "<html><body>502</body></html>",
            "{\"errcode\":0}",
        ] {
            assert!(!is_reply(text), "{text}");
        }
    }
}
