//! What a push says once it is in clear: the same however it is written, or unreadable.

use wechat_client::callback::{CallbackError, Event, Push};

use super::{claim, shown};

#[test]
fn the_same_push_is_read_however_it_is_written() {
    let expected = shown(&Push::parse(claim()).unwrap().event);
    let elements = claim()
        .trim_start_matches("<xml>")
        .trim_end_matches("</xml>");
    let (early, late) = elements.split_at(elements.find("<CardId>").unwrap());
    for written in [
        format!("<xml>\n  {}\n</xml>\n", elements.replace("><", ">\n  <")),
        format!(
            "<xml>{}</xml>",
            elements
                .replace("<![CDATA[", "\n<![CDATA[")
                .replace("]]>", "]]> ")
        ),
        format!("<xml>{late}{early}</xml>"),
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- -->{}",
            claim()
        ),
        format!(
            "<w:xml xmlns:w=\"x\" a='1'>{}</w:xml>",
            elements.replace("<CardId>", "<CardId b=\"2\">")
        ),
        claim()
            .replace(">0<", "><![CDATA[0]]><")
            .replace(">1700000000<", "> <![CDATA[1700000000]]>\n<"),
        claim().replace("<![CDATA[shop-7]]>", "s&#104;op-&#x37;"),
        claim().replace("<OuterId>", "<New><Deep>x</Deep></New><OuterId>"),
        claim().replace(
            "<FriendUserName><![CDATA[]]></FriendUserName>",
            "<FriendUserName/>",
        ),
        claim().replace("<FriendUserName><![CDATA[]]></FriendUserName>", ""),
    ] {
        let push = Push::parse(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
        assert_eq!(shown(&push.event), expected, "{written}");
    }
    let mixed = claim().replace("<![CDATA[shop-7]]>", "&gt;<![CDATA[a&amp;b]]>");
    let mixed = Push::parse(&mixed).unwrap();
    assert_eq!(mixed.elements.get("OuterStr"), Some(">a&amp;b"));
}

#[test]
fn a_push_in_json_is_read_as_one_in_xml() {
    let json = r#"{"ToUserName":"gh_0123456789ab","FromUserName":"oAbCdE1111111111111111111111",
        "CreateTime":1700000000,"MsgType":"event","Event":"user_get_card",
        "CardId":"pAbCdE2222222222222222222222","IsGiveByFriend":0,"UserCardCode":"018255396048",
        "FriendUserName":"","OuterId":0,"OldUserCardCode":"","OuterStr":"shop-7",
        "IsRestoreMemberCard":0,"IsRecommendByFriend":0,"SourceScene":"SOURCE_SCENE_UNKNOW",
        "UnionId":"oUnIoN3333333333333333333333"}"#;
    let (from_json, from_xml) = (Push::parse(json).unwrap(), Push::parse(claim()).unwrap());
    assert_eq!(shown(&from_json.event), shown(&from_xml.event));
    assert_eq!(from_json.dedup_key(), from_xml.dedup_key());
}

#[test]
fn an_event_nobody_knows_is_kept_whole() {
    let xml = claim().replace("user_get_card", "user_eat_card");
    let push = Push::parse(&xml).unwrap();
    assert!(matches!(&push.event, Event::Unknown { name } if name == "user_eat_card"));
    assert_eq!(push.elements.get("UserCardCode"), Some("018255396048"));
    assert_eq!(push.raw, xml);

    let message = "<xml><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>\
                   <MsgType>text</MsgType><Content>满减</Content><MsgId>7</MsgId></xml>";
    let push = Push::parse(message).unwrap();
    assert_eq!(push.event.name(), "text");
    // One character more, or in another element, and it is another message.
    for other in [
        ("满减", "满减!"),
        ("<MsgId>7", "<MsgId>8"),
        ("o1", "o11"),
        ("<MsgId>7</MsgId>", ""),
    ] {
        let other = Push::parse(&message.replace(other.0, other.1)).unwrap();
        assert_ne!(push.dedup_key(), other.dedup_key(), "{}", other.raw);
    }
    let spaced = message.replace("><", ">\n  <");
    assert_eq!(Push::parse(&spaced).unwrap().dedup_key(), push.dedup_key());
    assert!(!push.is_about_cards());
}

#[test]
fn claims_of_one_second_are_told_apart() {
    let first = Push::parse(claim()).unwrap();
    let other = Push::parse(&claim().replace("018255396048", "018255396049")).unwrap();
    assert_ne!(first.dedup_key(), other.dedup_key());
    // Sent again it is written otherwise, and still the same.
    let again = Push::parse(&claim().replace("><", ">\n<")).unwrap();
    assert_eq!(first.dedup_key(), again.dedup_key());
}

const NO_XML: &str = "it is no XML";
const NO_TIME: &str = "it has no CreateTime";
const TOO_DEEP: &str = "its elements nest too deep";
const TOO_MANY: &str = "it has too many elements";

fn nested(levels: usize) -> String {
    "<a>".repeat(levels) + &"</a>".repeat(levels)
}

#[test]
fn what_is_no_push_is_unreadable() {
    let bomb = "<!DOCTYPE xml [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                <xml><CreateTime>1</CreateTime><Event>&b;</Event></xml>";
    let deep = format!("<xml>{}</xml>", nested(10_000));
    let many = format!("<xml>{}</xml>", "<a/>".repeat(10_000));
    let open = "<xml>".repeat(10_000);
    let json = "[".repeat(10_000);
    let deep_json = format!("{{\"a\":{json}");
    let below_the_root =
        |elements: &str| format!("<xml><CreateTime>1</CreateTime><Event>x</Event>{elements}</xml>");
    let faults = [
        (NO_XML, ""),
        (NO_XML, " "),
        (NO_XML, "success"),
        (NO_XML, "<xml>"),
        (NO_TIME, "<xml/>"),
        (NO_XML, "<xml/>x"),
        (NO_XML, "<html></html>"),
        (
            NO_XML,
            "<html><CreateTime>1</CreateTime><Event>x</Event></html>",
        ),
        (NO_XML, "</xml>"),
        (NO_TIME, "{}"),
        (NO_XML, "[]"),
        (NO_XML, "null"),
        (NO_TIME, "{\"Event\":\"x\"}"),
        (NO_XML, "<xml>text</xml>"),
        (
            NO_XML,
            "<xml>text<CreateTime>1</CreateTime><Event>x</Event></xml>",
        ),
        (NO_XML, &below_the_root("text")),
        (NO_XML, "<xml></xml><xml></xml>"),
        (NO_XML, &below_the_root("").repeat(2)),
        (NO_XML, "<xml></xml>x"),
        (NO_XML, &(below_the_root("") + "x")),
        (NO_TIME, "<xml><Event>x</Event></xml>"),
        ("it names no event", "<xml><CreateTime>1</CreateTime></xml>"),
        (
            NO_TIME,
            "<xml><CreateTime>now</CreateTime><Event>x</Event></xml>",
        ),
        (
            "it has an entity of its own",
            "<xml><CreateTime>1</CreateTime><Event>&own;</Event></xml>",
        ),
        (
            "it has no UserCardCode",
            "<xml><CreateTime>1</CreateTime><Event>user_del_card</Event><CardId>p</CardId></xml>",
        ),
        ("it declares a document type", bomb),
        (TOO_DEEP, &deep),
        (TOO_DEEP, &below_the_root(&nested(16))),
        (TOO_MANY, &many),
        (TOO_MANY, &below_the_root(&"<a/>".repeat(255))),
        (TOO_DEEP, &open),
        (NO_XML, &json),
        ("it is no object in JSON", &deep_json),
    ];
    for (reason, fault) in faults {
        let shown = fault.chars().take(80).collect::<String>();
        match Push::parse(fault) {
            Err(refused) => assert_eq!(refused, CallbackError::Unreadable(reason), "{shown}"),
            Ok(push) => panic!("{push:?}: {shown}"),
        }
    }
    // As deep and as many as can be.
    for written in [
        below_the_root(&nested(15)),
        below_the_root(&"<a/>".repeat(254)),
    ] {
        assert!(Push::parse(&written).is_ok(), "{written}");
    }
    for end in claim().char_indices().map(|(end, _)| end) {
        assert!(Push::parse(&claim()[..end]).is_err(), "cut off at {end}");
    }
}

#[test]
fn what_is_about_cards_is_told_from_what_customers_write() {
    let push = |elements: &str| {
        let xml = format!("<xml><CreateTime>1</CreateTime>{elements}</xml>");
        Push::parse(&xml).unwrap()
    };
    for (is_about_cards, elements) in [
        (true, "<Event>giftcard_pay_done</Event><OrderId>1</OrderId>"),
        (true, "<Event>user_eat_card</Event>"),
        (true, "<Event>new</Event><CardId>p1</CardId>"),
        (true, "<Event>user_eat_card</Event><CardId>p1</CardId>"),
        (false, "<Event>subscribe</Event>"),
        (false, "<MsgType>text</MsgType><Content>card</Content>"),
    ] {
        assert_eq!(
            push(elements).is_about_cards(),
            is_about_cards,
            "{elements}"
        );
    }
}
