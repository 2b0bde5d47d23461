use wechat_client::{
    Client,
    merchant::{MerchantApplication, MerchantStatus},
};

use super::{Made, shown, time};

pub(super) async fn make(client: &Client, name: &str) -> Made {
    let merchant_id = 12.into();
    match name {
        "merchant/categories" => shown(client.merchant_categories().await),
        "merchant/submit" => shown(client.submit_merchant(&application()).await),
        "merchant/submit_foreign_logo" => {
            let application = MerchantApplication {
                app_id: None,
                logo_url: "http://www.qq.com/logo.jpg".to_owned(),
                agreement_media_id: None,
                operator_media_id: None,
                ..application()
            };
            shown(client.submit_merchant(&application).await)
        }
        "merchant/update" => shown(client.update_merchant(merchant_id, &application()).await),
        "merchant/get" | "merchant/get_unknown" => shown(client.merchant(merchant_id).await),
        "merchant/list" => {
            let merchants = client.merchants(MerchantStatus::Approved);
            shown(merchants.try_collect().await)
        }
        _ => panic!("no call for {name}"),
    }
}

fn application() -> MerchantApplication {
    MerchantApplication {
        brand_name: "星河小馆".to_owned(),
        app_id: Some("wx00000000000000c0".into()),
        logo_url: "http://mmbiz.qpic.cn/mmbiz_jpg/logo/0".to_owned(),
        protocol: "mdasdfkl".into(),
        agreement_media_id: Some("agreement".into()),
        operator_media_id: Some("operator".into()),
        end_time: time(1_829_536_000),
        primary_category_id: 1,
        secondary_category_id: 101,
    }
}
