//! Drafts and what becomes of them.

use serde_json::{Value, json};

use crate::support::{Shop, draft};

const LOGO: &str = "http://mmbiz.qpic.cn/mmbiz_jpg/logo/0";

#[tokio::test]
async fn every_kind_of_coupon_is_made_as_wechat_takes_it() {
    let shop = Shop::open().await;
    let kinds: [(&str, &str, Value); 5] = [
        (
            "general_coupon",
            "GENERAL_COUPON",
            json!({"detail": "买单立减"}),
        ),
        ("groupon", "GROUPON", json!({"detail": "双人套餐"})),
        (
            "cash",
            "CASH",
            json!({"least_cost": 10_000, "reduce_cost": 2_000}),
        ),
        ("discount", "DISCOUNT", json!({"discount": 30})),
        (
            "gift",
            "GIFT",
            json!({"gift": "音乐木盒一个", "least_cost": 5_000}),
        ),
    ];
    for (kind, card_type, own) in kinds {
        let (id, card_id) = shop
            .coupon_with(|draft| {
                let draft = draft.as_object_mut().unwrap();
                draft.remove("detail");
                draft.insert("kind".to_owned(), json!(kind));
                draft.extend(own.as_object().unwrap().clone());
            })
            .await;
        let one = shop
            .admin("GET", &format!("/admin/v1/coupons/{id}"), &Value::Null)
            .await
            .json();
        assert_eq!(
            (&one["kind"], &one["card_id"]),
            (&json!(kind), &json!(card_id))
        );
        for (field, value) in own.as_object().unwrap() {
            assert_eq!(one[field], *value, "{kind}.{field}");
        }
        let rows = shop.mock.journal().of_path("/card/create");
        assert_eq!(
            rows.last().unwrap()["request"]["card"]["card_type"],
            card_type
        );
    }
}

#[tokio::test]
async fn a_full_draft_arrives_whole_at_wechat() {
    let shop = Shop::open().await;
    let logo = shop.logo().await;
    shop.coupon_with(|draft| {
        let more = json!({
            "service_phone": "020-88888888",
            "abstract": "本店招牌菜",
            "icon_url": logo,
            "mini_program": {"original_id": "gh_0000000000b0", "path": "pages/order/index", "name": "去点单"},
            "time_limits": [{"type": "HOLIDAY"}, {"type": "MONDAY", "begin_hour": 10, "end_hour": 14}],
            "services": ["BIZ_SERVICE_FREE_WIFI", "BIZ_SERVICE_DELIVER"],
            "can_give_friend": true,
            "valid": {"days": 30, "starts_after_days": 1},
        });
        draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    })
    .await;
    let rows = shop.mock.journal().of_path("/card/create");
    let node = &rows[0]["request"]["card"]["general_coupon"];
    let base = &node["base_info"];
    assert_eq!(
        base["date_info"],
        json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 1})
    );
    assert_eq!(base["sku"], json!({"quantity": 100}));
    assert_eq!(base["get_limit"], 2);
    assert_eq!(base["can_give_friend"], true);
    assert_eq!(base["custom_app_brand_user_name"], "gh_0000000000b0@app");
    assert_eq!(base["custom_url_name"], "去点单");
    assert_eq!(node["advanced_info"]["time_limit"][1]["begin_hour"], 10);
    assert_eq!(node["advanced_info"]["abstract"]["abstract"], "本店招牌菜");
    assert_eq!(
        rows[0]["advice"],
        Value::Null,
        "nothing that WeChat merely tolerates"
    );
}

#[tokio::test]
async fn times_leave_as_whole_seconds_in_strings() {
    let shop = Shop::open().await;
    shop.coupon().await;
    let rows = shop.mock.journal().of_path("/card/create");
    let info = &rows[0]["request"]["card"]["general_coupon"]["base_info"]["date_info"];
    assert_eq!(info["begin_timestamp"], "1798000000");
    assert_eq!(info["end_timestamp"], "1800592000");
}

#[tokio::test]
async fn a_faulty_draft_is_told_all_its_faults_and_wechat_nothing() {
    let shop = Shop::open().await;
    let mut body = draft("https://example.com/logo.png");
    let more = json!({
        "title": "十个汉字就太长了真的呀", "color": "#63b359", "stock": 0, "limit_per_user": 51,
        "valid": {"from": "2026-12-23", "to": "2020-01-01T00:00:00Z"},
        "time_limits": [{"type": "SOMEDAY"}], "discount": 30, "colour": "red",
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = shop.admin("POST", "/admin/v1/coupons", &body).await;

    assert_eq!(answer.error(), (422, "invalid_request".to_owned()));
    let mut fields = answer.fields();
    fields.sort();
    assert_eq!(
        fields,
        [
            "color",
            "colour",
            "discount",
            "limit_per_user",
            "logo_url",
            "stock",
            "time_limits[0].type",
            "title",
            "valid.from",
        ]
    );
    // What the service asks by itself, such as for a token, may be there; nothing of the draft is.
    for row in shop.mock.journal().rows() {
        let row = row.raw().to_string();
        assert!(
            !row.contains("/card/create") && !row.contains("uploadimg"),
            "{row}"
        );
    }
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list, json!({"coupons": []}));
}

#[tokio::test]
async fn a_card_that_wechat_refuses_leaves_no_coupon() {
    let shop = Shop::open().await;
    let mut body = draft(LOGO);
    body["merchant_id"] = json!(7);
    let answer = shop.admin("POST", "/admin/v1/coupons", &body).await;
    assert_eq!(answer.error(), (502, "wechat_refused".to_owned()));
    assert_eq!(answer.json()["error"]["wechat_errcode"], 40139);
    let list = shop
        .admin("GET", "/admin/v1/coupons", &Value::Null)
        .await
        .json();
    assert_eq!(list, json!({"coupons": []}));
}

#[tokio::test]
async fn a_coupon_follows_its_review() {
    for (pass, status) in [(true, "approved"), (false, "refused")] {
        let shop = Shop::open().await;
        shop.review_by_hand().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (id, card_id) = shop.coupon().await;
        let session = shop.login("alice").await;
        let waiting = shop.card_ext(&id, &session).await;
        assert_eq!(waiting.error(), (409, "not_claimable".to_owned()));
        assert_eq!(waiting.json()["error"]["reason"], "in_review");
        let list = shop
            .service
            .call("GET", "/v1/coupons", &session, &Value::Null)
            .await
            .json();
        assert_eq!(list, json!({"coupons": []}));

        let review = format!("{}/_mock/v1/cards/{card_id}/review", shop.mock.url());
        http.post(review)
            .body(json!({"pass": pass}).to_string())
            .send()
            .await
            .unwrap();
        let one = shop
            .admin("GET", &format!("/admin/v1/coupons/{id}"), &Value::Null)
            .await;
        assert_eq!(one.get("status"), status);
        assert_eq!(
            shop.card_ext(&id, &session).await.status,
            if pass { 200 } else { 409 }
        );
        let list = shop
            .service
            .call("GET", "/v1/coupons", &session, &Value::Null)
            .await
            .json();
        assert_eq!(list["coupons"].as_array().unwrap().len(), usize::from(pass));
    }
}

#[tokio::test]
async fn a_coupon_whose_time_is_over_is_not_signed_for() {
    let shop = Shop::open().await;
    let (id, _) = shop.coupon().await;
    shop.advance(30 * 86_400 + 1);
    let session = shop.login("alice").await;
    let answer = shop.card_ext(&id, &session).await;
    assert_eq!(answer.error(), (409, "not_claimable".to_owned()));
    let list = shop
        .service
        .call("GET", "/v1/coupons", &session, &Value::Null)
        .await
        .json();
    assert_eq!(list, json!({"coupons": []}));
    let unknown = shop.card_ext("nothing", &session).await;
    assert_eq!(unknown.error(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let shop = Shop::open().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, shop.coupon().await.0);
    }
    let mut seen = Vec::new();
    let mut path = "/admin/v1/coupons?limit=2".to_owned();
    loop {
        let page = shop.admin("GET", &path, &Value::Null).await.json();
        let coupons = page["coupons"].as_array().unwrap();
        assert!(coupons.len() <= 2);
        seen.extend(
            coupons
                .iter()
                .map(|coupon| coupon["id"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/admin/v1/coupons?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, made, "newest first, each once");

    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("page=2", "page"),
    ] {
        let answer = shop
            .admin("GET", &format!("/admin/v1/coupons?{query}"), &Value::Null)
            .await;
        assert_eq!(
            (answer.status, answer.fields()),
            (422, vec![field.to_owned()]),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_customer_sees_the_coupon_and_not_the_shops_business() {
    let shop = Shop::open().await;
    let (id, card_id) = shop.coupon().await;
    let session = shop.login("alice").await;
    let list = shop
        .service
        .call("GET", "/v1/coupons", &session, &Value::Null)
        .await
        .json();
    let coupon = &list["coupons"][0];
    assert_eq!(
        (&coupon["id"], &coupon["card_id"]),
        (&json!(id), &json!(card_id))
    );
    assert_eq!(coupon["title"], "满百减二十");
    assert_eq!(coupon["valid"]["to"], "2027-01-22T04:26:40Z");
    assert_eq!(coupon["stock"], Value::Null);
}
