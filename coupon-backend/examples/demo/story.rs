//! The ten steps, for alice and bob.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    servers::{ADMIN_TOKEN, Servers},
    tell::{both, held, sent, short, step},
};

/// What the flow leaves behind for what follows.
pub(crate) struct Claimed {
    /// The backend's id of the coupon.
    pub(crate) id: String,
    pub(crate) card_id: String,
    /// A cardExt that was claimed with.
    pub(crate) used_ext: String,
}

/// A customer on the way through the flow.
struct Customer {
    name: &'static str,
    session: String,
    card_ext: String,
    encrypted: String,
    code: String,
}

/// Walks the ten steps; every one that does not hold is an error.
pub(crate) async fn walk(servers: &Servers) -> anyhow::Result<Claimed> {
    let story = Story {
        servers,
        told: std::cell::Cell::new(0),
    };
    let logo = story.upload_logo().await.context("step 1")?;
    story.upload_photo().await.context("step 2")?;
    let color = story.colors().await.context("step 3")?;
    let (id, card_id) = story.create(&logo, &color).await.context("step 4")?;
    let mut customers = [story.login("alice").await?, story.login("bob").await?];
    story.ticket(&id, &mut customers).await.context("step 5")?;
    story.signatures(&customers).context("step 6")?;
    for customer in &mut customers {
        story.add_card(customer, &card_id).context("step 7")?;
    }
    // Its pushes are in the ledger before the pages come back, so that every run makes the same calls.
    servers.settled().await.context("step 7")?;
    story
        .decrypt(&mut customers, &card_id)
        .await
        .context("step 8")?;
    story.bound(&customers).await.context("step 9")?;
    story.redeem(&customers).await.context("step 10")?;
    let [alice, _] = customers;
    Ok(Claimed {
        id,
        card_id,
        used_ext: alice.card_ext,
    })
}

struct Story<'a> {
    servers: &'a Servers,
    /// Rows of the mock's journal that were told.
    told: std::cell::Cell<usize>,
}

impl Story<'_> {
    /// Tells what the backend asked WeChat since the last time, from the mock's own journal.
    fn tell_wechat(&self) -> Vec<String> {
        let rows = self.servers.mock.journal().rows();
        let fresh = rows.iter().skip(self.told.replace(rows.len()));
        fresh
            .map(|row| {
                let text = |key: &str| row[key].as_str().unwrap_or_default();
                let call = format!("{} {}", text("method"), text("path"));
                sent("  backend → WeChat", &call, &summary(&row["reply"]));
                text("path").to_owned()
            })
            .collect()
    }

    async fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let answer = self.servers.call(method, path, ADMIN_TOKEN, body).await?;
        let expected = if method == "POST" && path == "/admin/v1/coupons" {
            201
        } else {
            200
        };
        answer.expect(expected)
    }

    async fn upload_logo(&self) -> anyhow::Result<String> {
        step(1, &both("the shop uploads its logo", "商家上传 logo"));
        let answer = self.servers.upload("/admin/v1/logos", "logo.jpg").await?;
        let answer = answer.expect(200)?;
        let url = text(&answer, "url")?;
        sent("shop → backend", "POST /admin/v1/logos  logo.jpg", &url);
        self.tell_wechat();
        ensure!(
            url.starts_with("http://mmbiz.qpic.cn/"),
            "a URL on WeChat's CDN"
        );
        held(&both("a URL on WeChat's CDN", "得到微信 CDN 上的地址"));
        Ok(url)
    }

    async fn upload_photo(&self) -> anyhow::Result<()> {
        step(
            2,
            &both(
                "the shop uploads a photo of its front, kept for three days",
                "商家上传门店照片（临时素材，保留三天）",
            ),
        );
        let answer = self
            .servers
            .upload("/admin/v1/photos", "shop-front.jpg")
            .await?;
        let answer = answer.expect(200)?;
        let kept = format!(
            "media_id {}, until {}",
            short(&text(&answer, "media_id")?),
            text(&answer, "expires_at")?
        );
        sent(
            "shop → backend",
            "POST /admin/v1/photos  shop-front.jpg",
            &kept,
        );
        self.tell_wechat();
        held(&both(
            "a media_id for three days",
            "得到三天有效的 media_id",
        ));
        Ok(())
    }

    async fn colors(&self) -> anyhow::Result<String> {
        step(3, &both("the shop chooses a colour", "商家选择卡券颜色"));
        let answer = self.admin("GET", "/admin/v1/colors", None).await?;
        let colors = answer["colors"].as_array().context("no colors")?;
        let first = &colors.first().context("no colour at all")?;
        let (name, value) = (text(first, "name")?, text(first, "value")?);
        let came = format!("{} colours; {name} is {value}", colors.len());
        sent("shop → backend", "GET /admin/v1/colors", &came);
        self.tell_wechat();
        held(&both(
            format!("{} colours; {name} is {value}", colors.len()),
            format!("共 {} 种颜色；{name} 为 {value}", colors.len()),
        ));
        Ok(name)
    }

    async fn create(&self, logo: &str, color: &str) -> anyhow::Result<(String, String)> {
        step(
            4,
            &both(
                "the shop makes a coupon, and WeChat approves it",
                "商家创建卡券，微信审核通过",
            ),
        );
        let draft = draft(logo, color)?;
        let answer = self
            .admin("POST", "/admin/v1/coupons", Some(&draft))
            .await?;
        let (id, card_id) = (text(&answer, "id")?, text(&answer, "card_id")?);
        let came = format!(
            "coupon {id} is card {card_id}, {}",
            text(&answer, "status")?
        );
        sent(
            "shop → backend",
            "POST /admin/v1/coupons  满百减二十, 100 of them",
            &came,
        );
        self.tell_wechat();
        ensure!(
            answer["status"] == "approved",
            "the card is approved: {answer}"
        );
        held(&both(
            "满百减二十, 100 of them, approved",
            "满百减二十，共 100 张，已通过审核",
        ));
        Ok((id, card_id))
    }

    async fn login(&self, name: &'static str) -> anyhow::Result<Customer> {
        let appid = self.servers.mock.mini_program().appid;
        let js_code = self.servers.mock.user(name).login(&appid)?;
        let body = json!({"js_code": js_code});
        let answer = self
            .servers
            .call("POST", "/v1/login", "", Some(&body))
            .await?;
        let answer = answer.expect(200).context("login")?;
        Ok(Customer {
            name,
            session: text(&answer, "session_token")?,
            card_ext: String::new(),
            encrypted: String::new(),
            code: String::new(),
        })
    }

    async fn ticket(&self, id: &str, customers: &mut [Customer]) -> anyhow::Result<()> {
        step(
            5,
            &both(
                "both customers log in and ask for the coupon; one card ticket, fetched ahead of time, serves all",
                "两位顾客登录并请求领券；提前取得的同一个 api_ticket 供所有人使用",
            ),
        );
        for customer in customers.iter_mut() {
            let path = format!("/v1/coupons/{id}/card-ext");
            let answer = self
                .servers
                .call("POST", &path, &customer.session, None)
                .await?;
            let answer = answer.expect(200)?;
            customer.card_ext = text(&answer, "cardExt")?;
            let who = format!("{} → backend", customer.name);
            sent(
                &who,
                "POST /v1/login, then POST /v1/coupons/{id}/card-ext",
                "",
            );
        }
        self.tell_wechat();
        // It may have been fetched ahead of time, in an earlier step.
        let journal = self.servers.mock.journal();
        let tickets = journal.of_path("/cgi-bin/ticket/getticket").len();
        ensure!(tickets == 1, "one ticket for both, {tickets} were fetched");
        held(&both("one ticket was fetched", "只取了一次 ticket"));
        Ok(())
    }

    fn signatures(&self, customers: &[Customer]) -> anyhow::Result<()> {
        step(
            6,
            &both(
                "the backend signs each claim, with a fresh nonce",
                "后端为每次领取签名，每次使用新的 nonce_str",
            ),
        );
        let mut nonces = Vec::new();
        for customer in customers {
            let ext: Value = serde_json::from_str(&customer.card_ext)?;
            let nonce = text(&ext, "nonce_str")?;
            let shown = format!(
                "cardExt: timestamp \"{}\", nonce_str {}, signature {}",
                text(&ext, "timestamp")?,
                short(&nonce),
                short(&text(&ext, "signature")?)
            );
            sent(&format!("backend → {}", customer.name), &shown, "");
            ensure!(!nonces.contains(&nonce), "a nonce is used once");
            nonces.push(nonce);
        }
        ensure!(self.tell_wechat().is_empty(), "signing asks nobody");
        held(&both(
            "two signatures, two nonces, no call",
            "两个签名，两个 nonce，没有任何调用",
        ));
        Ok(())
    }

    fn add_card(&self, customer: &mut Customer, card_id: &str) -> anyhow::Result<()> {
        if customer.name == "alice" {
            step(
                7,
                &both(
                    "each customer's WeChat checks the claim and puts the card into the wallet",
                    "顾客的微信校验签名，把卡券放入卡包",
                ),
            );
        }
        let appid = self.servers.mock.mini_program().appid;
        let phone = self.servers.mock.user(customer.name);
        let outcome = phone.add_card(&appid, card_id, customer.card_ext.as_str())?;
        let encrypted = outcome.encrypted_code().unwrap_or_default();
        let came = format!("{}, encrypted code {}", outcome.err_msg(), short(encrypted));
        sent(
            &format!("{} → WeChat app", customer.name),
            "wx.addCard",
            &came,
        );
        ensure!(
            outcome.is_success(),
            "the card is taken: {}",
            outcome.explain()
        );
        encrypted.clone_into(&mut customer.encrypted);
        held(&both(
            format!("{}: {}", customer.name, outcome.err_msg()),
            format!("{}：{}", customer.name, outcome.err_msg()),
        ));
        Ok(())
    }

    async fn decrypt(&self, customers: &mut [Customer], card_id: &str) -> anyhow::Result<()> {
        step(
            8,
            &both(
                "the page hands over the encrypted code; the backend learns the real one",
                "页面交出加密 code，后端解码得到真实 code",
            ),
        );
        for customer in customers {
            let body = json!({"card_id": card_id, "encrypt_code": customer.encrypted});
            let answer = self
                .servers
                .call("POST", "/v1/claims", &customer.session, Some(&body))
                .await?;
            let answer = answer.expect(200)?;
            customer.code = text(&answer, "code")?;
            let came = format!(
                "code {}, {}",
                short(&customer.code),
                text(&answer, "status")?
            );
            sent(
                &format!("{} → backend", customer.name),
                "POST /v1/claims",
                &came,
            );
            self.tell_wechat();
            ensure!(customer.code.len() == 12, "a code has 12 digits");
            held(&both(
                format!("{}: code {}", customer.name, short(&customer.code)),
                format!("{}：code {}", customer.name, short(&customer.code)),
            ));
        }
        Ok(())
    }

    async fn bound(&self, customers: &[Customer]) -> anyhow::Result<()> {
        step(
            9,
            &both(
                "each claim is bound to its customer",
                "每张券都归属于领取它的顾客",
            ),
        );
        for customer in customers {
            let answer = self
                .servers
                .call("GET", "/v1/claims", &customer.session, None)
                .await?;
            let answer = answer.expect(200)?;
            let claims = answer["claims"].as_array().context("no claims")?;
            let came = format!("{} claim, code {}", claims.len(), short(&customer.code));
            sent(
                &format!("{} → backend", customer.name),
                "GET /v1/claims",
                &came,
            );
            ensure!(
                claims.len() == 1 && claims[0]["code"] == json!(customer.code),
                "{answer}"
            );
        }
        self.tell_wechat();
        held(&both(
            "one claim each, each with its own code",
            "每人一张，code 各不相同",
        ));
        Ok(())
    }

    async fn redeem(&self, customers: &[Customer]) -> anyhow::Result<()> {
        step(
            10,
            &both(
                "the shop redeems each code, once",
                "商家核销每个 code，只能核销一次",
            ),
        );
        for customer in customers {
            let path = format!("/admin/v1/codes/{}/redeem", customer.code);
            let what = format!("POST /admin/v1/codes/{}/redeem", short(&customer.code));
            let answer = self.admin("POST", &path, None).await?;
            sent(
                "shop → backend",
                &what,
                &format!(
                    "{} at {}",
                    text(&answer, "status")?,
                    text(&answer, "redeemed_at")?
                ),
            );
            self.tell_wechat();

            let again = self.servers.call("POST", &path, ADMIN_TOKEN, None).await?;
            let again = again.expect(409)?;
            let came = format!("409 {}", text(&again["error"], "code")?);
            sent("shop → backend", &format!("{what}, again"), &came);
            self.tell_wechat();
            ensure!(again["error"]["code"] == "already_redeemed", "{again}");
            let code = short(&customer.code);
            held(&both(
                format!("{code} redeemed; again: 409 already_redeemed"),
                format!("{code} 已核销；再次核销：409 already_redeemed"),
            ));
        }
        Ok(())
    }
}

/// Our own draft of the coupon, not WeChat's body.
fn draft(logo: &str, color: &str) -> anyhow::Result<Value> {
    let now = OffsetDateTime::now_utc().replace_nanosecond(0)?;
    let month = now + Duration::days(30);
    Ok(json!({
        "kind": "general_coupon",
        "title": "满百减二十",
        "brand_name": "星河小馆",
        "logo_url": logo,
        "color": color,
        "code_type": "qrcode",
        "notice": "结账前请出示券码",
        "description": "可与其他优惠同享\n每桌限用一张",
        "detail": "到店出示本券，买单立减二十元",
        "valid": {"from": now.format(&Rfc3339)?, "to": month.format(&Rfc3339)?},
        "stock": 100,
        "limit_per_user": 10,
        "can_give_friend": true,
        "service_phone": "020-88888888",
        "abstract": "本店招牌菜",
        "icon_url": logo,
        "mini_program": {"original_id": "gh_0000000000b0", "path": "pages/order/index", "name": "去点单"},
        "time_limits": [{"type": "HOLIDAY"}],
        "services": ["BIZ_SERVICE_FREE_WIFI", "BIZ_SERVICE_DELIVER"],
    }))
}

pub(crate) fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    let text = value[key].as_str().map(str::to_owned);
    text.with_context(|| format!("no {key} in {value}"))
}

/// What WeChat answered, in a line; the journal has taken the secrets out.
fn summary(reply: &Value) -> String {
    let Value::Object(members) = reply else {
        return reply.to_string();
    };
    let parts = members
        .iter()
        .filter(|(key, _)| *key != "errmsg" && *key != "item");
    let parts: Vec<String> = parts
        .map(|(key, value)| match value {
            Value::Array(entries) => format!("{key}: {} entries", entries.len()),
            Value::Object(_) => format!("{key}: …"),
            Value::String(text) if key == "code" || key == "media_id" => {
                format!("{key}: {}", short(text))
            }
            Value::String(text) => format!("{key}: {text}"),
            other => format!("{key}: {other}"),
        })
        .collect();
    parts.join(", ")
}
