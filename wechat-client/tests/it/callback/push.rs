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

#[test]
fn what_is_no_push_is_unreadable() {
    let bomb = "<!DOCTYPE xml [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                <xml><CreateTime>1</CreateTime><Event>&b;</Event></xml>";
    let deep = format!(
        "<xml>{}{}</xml>",
        "<a>".repeat(10_000),
        "</a>".repeat(10_000)
    );
    let many = format!("<xml>{}</xml>", "<a/>".repeat(10_000));
    let open = "<xml>".repeat(10_000);
    let json = "[".repeat(10_000);
    let deep_json = format!("{{\"a\":{json}");
    let faults = [
        "",
        " ",
        "success",
        "<xml>",
        "<xml/>",
        "<html></html>",
        "</xml>",
        "{}",
        "[]",
        "null",
        "{\"Event\":\"x\"}",
        "<xml>text</xml>",
        "<xml></xml><xml></xml>",
        "<xml></xml>x",
        "<xml><Event>x</Event></xml>",
        "<xml><CreateTime>1</CreateTime></xml>",
        "<xml><CreateTime>now</CreateTime><Event>x</Event></xml>",
        "<xml><CreateTime>1</CreateTime><Event>&own;</Event></xml>",
        "<xml><CreateTime>1</CreateTime><Event>user_del_card</Event><CardId>p</CardId></xml>",
        bomb,
        &deep,
        &many,
        &open,
        &json,
        &deep_json,
    ];
    for fault in faults {
        let read = Push::parse(fault);
        assert!(
            matches!(read, Err(CallbackError::Unreadable(_))),
            "{}",
            fault.chars().take(80).collect::<String>()
        );
    }
    for end in claim().char_indices().map(|(end, _)| end) {
        assert!(Push::parse(&claim()[..end]).is_err(), "cut off at {end}");
    }
}
