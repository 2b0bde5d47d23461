use wechat_client::Client;

use super::{Made, card_id, openid, shown};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    match name {
        "wallet/getcardlist" => shown(client.user_cards(&openid(), Some(&card_id())).await),
        "wallet/getcardlist_all" | "wallet/getcardlist_foreign" => {
            shown(client.user_cards(&openid(), None).await)
        }
        _ => panic!("no call for {name}"),
    }
}
