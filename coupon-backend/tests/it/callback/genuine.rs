//! What WeChat surely did not send now: in clear where it seals, signed at another time, news of a time
//! to come, or none of a coupon service's business.

use super::{
    Answer, CALLBACK_KEY, DAY, Instance, NOW, Shop, claims, event, got, plain_query,
    plain_query_at, post, push_all, pushes, sealed, settled, status,
};
use crate::chance::Chance;

/// Seconds by which the time of a signature may be off, unless a setting says otherwise.
const WINDOW: i64 = 600;

/// The shop's service with the settings that a shop has.
async fn pinned(shop: &Shop) -> Instance {
    let mut settings = shop.settings();
    settings.remove("WECHAT_CALLBACK_MODE");
    settings.remove("WECHAT_CALLBACK_WINDOW");
    shop.instance_with(&settings).await
}

async fn push_at(service: &Instance, at: i64, body: &str) -> Answer {
    post(service, &plain_query_at(&at.to_string()), body.to_owned()).await
}

#[tokio::test]
async fn a_push_in_clear_is_refused_where_pushes_are_sealed() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let appid = shop.mock.official_account().appid;
    let in_clear = got(NOW, &card_id, "000000000001");
    let (query, xml, _) = sealed(&appid, &got(NOW, &card_id, "000000000002"));
    for (mode, takes_clear) in [
        ("", false),
        ("safe", false),
        ("compatible", false),
        ("plain", true),
    ] {
        let mut settings = shop.settings();
        settings.insert("WECHAT_CALLBACK_MODE", mode.to_owned());
        let service = shop.instance_with(&settings).await;
        let expected = if takes_clear { 200 } else { 401 };
        let answer = post(&service, &plain_query(), in_clear.clone()).await;
        assert_eq!(answer.status, expected, "{mode}: {}", answer.text);
        let answer = post(&service, &query, xml.clone()).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, "success"),
            "{mode}"
        );
    }
    settings_without_a_key(&shop).await;
}

/// Without a key pushes come in clear.
async fn settings_without_a_key(shop: &Shop) {
    let mut settings = shop.settings();
    settings.remove("WECHAT_CALLBACK_AES_KEY");
    settings.remove("WECHAT_CALLBACK_MODE");
    let service = shop.instance_with(&settings).await;
    let answer = post(
        &service,
        &plain_query(),
        event("card_pass_check", "o", NOW, "p", &[]),
    )
    .await;
    assert_eq!(answer.text, "success");
}

#[tokio::test]
async fn a_query_that_was_signed_at_another_time_is_refused() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let mut settings = shop.settings();
    settings.remove("WECHAT_CALLBACK_WINDOW");
    let service = shop.instance_with(&settings).await;
    let seed = Chance::seed("PUSH_SEED");
    println!("PUSH_SEED={seed} runs this again");
    let mut chance = Chance::new(seed);
    let body = got(NOW, &card_id, "000000000001");
    for _ in 0..20 {
        let within = i64::try_from(chance.below(590)).unwrap();
        let beyond = WINDOW + 60 + i64::try_from(chance.below(10_000_000)).unwrap();
        for (off, status) in [(within, 200), (-within, 200), (beyond, 401), (-beyond, 401)] {
            let answer = push_at(&service, NOW + off, &body).await;
            assert_eq!(answer.status, status, "{off} s: {}", answer.text);
        }
    }
    for timestamp in [
        "1",
        "0",
        "",
        "now",
        "17980000000",
        "-1",
        "99999999999999999999",
    ] {
        let answer = post(&service, &plain_query_at(timestamp), body.clone()).await;
        assert_eq!(answer.status, 401, "{timestamp}: {}", answer.text);
    }
    assert_eq!(pushes(&shop, "").await.len(), 1);
}

#[tokio::test]
async fn the_time_of_a_push_is_judged_by_wechats_clock_not_by_ours() {
    let shop = Shop::open().await;
    let (_, card_id) = shop.coupon().await;
    let mut settings = shop.settings();
    settings.remove("WECHAT_CALLBACK_WINDOW");
    let service = shop.instance_with(&settings).await;
    // Our clock is eight hours ahead, as one that was set to local time.
    shop.clock.advance(8 * 3600);
    let answer = push_at(&service, NOW, &got(NOW, &card_id, "000000000001")).await;
    assert_eq!(answer.text, "success");
    // WeChat's time moved since we last heard of it.
    for days in 1..4 {
        shop.mock.clock().advance(DAY).unwrap();
        let now = NOW + days * DAY;
        let answer = push_at(
            &service,
            now,
            &got(now, &card_id, &format!("00000000010{days}")),
        )
        .await;
        assert_eq!(answer.text, "success", "after {days} days");
        let answer = push_at(&service, NOW, &got(now, &card_id, "000000000999")).await;
        assert_eq!(answer.status, 401, "the first query, {days} days later");
    }
    settled(&shop).await;
    assert_eq!(claims(&shop).await.len(), 4);
}

#[tokio::test]
async fn news_of_a_time_to_come_changes_nothing() {
    let shop = Shop::open().await;
    let claimed = shop.claimed("alice").await;
    let mut settings = shop.settings();
    settings.remove("WECHAT_CALLBACK_WINDOW");
    let service = shop.instance_with(&settings).await;
    for (at, counts) in [
        (4_000_000_000, false),
        (NOW + WINDOW + 60, false),
        (NOW + 5, true),
    ] {
        let elements = [("UserCardCode", claimed.code.as_str())];
        let body = event("user_del_card", "oAlice", at, &claimed.card_id, &elements);
        // WeChat would only send it again: it is kept, and not acted upon.
        assert_eq!(push_at(&service, NOW, &body).await.text, "success");
        settled(&shop).await;
        let expected = if counts { "deleted" } else { "claimed" };
        assert_eq!(status(&shop, &claimed.code).await, expected, "{at}");
    }
    assert_eq!(pushes(&shop, "state=unreadable").await.len(), 2);
}

#[tokio::test]
async fn what_people_write_to_the_account_is_not_kept() {
    let shop = Shop::open().await;
    let message = |kind: &str, more: &str| {
        format!(
            "<xml><ToUserName>gh_0</ToUserName><FromUserName>o</FromUserName>\
             <CreateTime>{NOW}</CreateTime><MsgType>{kind}</MsgType>{more}</xml>"
        )
    };
    push_all(
        &shop,
        &[
            message(
                "text",
                "<Content>我的手机号是13800000000</Content><MsgId>1</MsgId>",
            ),
            message("location", "<Location_X>23.1</Location_X><MsgId>2</MsgId>"),
            message("image", "<PicUrl>http://a</PicUrl><MsgId>3</MsgId>"),
            message("event", "<Event>LOCATION</Event><Latitude>23.1</Latitude>"),
            message("event", "<Event>subscribe</Event>"),
            // Of cards, though nobody here knows it.
            message("event", "<Event>card_of_a_later_year</Event>"),
            message("event", "<Event>some_event</Event><CardId>p1</CardId>"),
        ],
    )
    .await;
    let kept = pushes(&shop, "").await;
    let names: Vec<&str> = kept
        .iter()
        .map(|push| push["event"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["some_event", "card_of_a_later_year"]);
}

#[tokio::test]
async fn two_pushes_that_differ_in_anything_are_two() {
    let shop = Shop::open().await;
    let merchant = |id: &str| {
        event(
            "card_merchant_check_result",
            "o",
            NOW,
            "",
            &[("MerchantId", id), ("IsPass", "1")],
        )
    };
    push_all(&shop, &[merchant("1"), merchant("2"), merchant("1")]).await;
    assert_eq!(pushes(&shop, "").await.len(), 2);
}

#[tokio::test]
async fn a_key_without_a_mode_and_a_mode_without_a_key_are_told_at_start() {
    let shop = Shop::open().await;
    let mut settings = shop.settings();
    settings.remove("WECHAT_CALLBACK_AES_KEY");
    for (mode, fault) in [
        ("safe", true),
        ("compatible", true),
        ("plain", false),
        ("sealed", true),
    ] {
        settings.insert("WECHAT_CALLBACK_MODE", mode.to_owned());
        let read = coupon_backend::Config::read(|name| settings.get(name).map(Into::into), None);
        assert_eq!(read.is_err(), fault, "{mode}");
    }
    settings.insert("WECHAT_CALLBACK_AES_KEY", CALLBACK_KEY.to_owned());
    for window in ["0", "-1", "a", "31622401"] {
        settings.insert("WECHAT_CALLBACK_WINDOW", window.to_owned());
        let read = coupon_backend::Config::read(|name| settings.get(name).map(Into::into), None);
        assert!(
            read.unwrap_err()
                .to_string()
                .contains("WECHAT_CALLBACK_WINDOW"),
            "{window}"
        );
    }
    let service = pinned(&shop).await;
    assert_eq!(post(&service, &plain_query(), "").await.status, 401);
}
