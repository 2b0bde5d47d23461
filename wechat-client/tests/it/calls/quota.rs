use wechat_client::Client;

use super::{Made, shown};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    match name {
        "quota/clear" | "quota/cleared_too_often" => shown(client.clear_quota().await),
        "quota/get" => shown(client.quota("/card/create").await),
        "quota/rid" => shown(client.call_of_rid("6ac5d3e0-1b7c36a5-22a01f4e").await),
        "quota/callback_ip" => shown(client.callback_addresses().await),
        _ => panic!("no call for {name}"),
    }
}
