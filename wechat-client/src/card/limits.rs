//! The longest texts that WeChat takes, in bytes of UTF-8: three for a Chinese character.
//!
//! Source: the field tables of the official pages; a test holds them against `fixtures`.

/// `brand_name`: 12 Chinese characters.
pub const BRAND_NAME: usize = 36;
/// `title`: 9 Chinese characters.
pub const TITLE: usize = 27;
/// `notice`: 16 Chinese characters.
pub const NOTICE: usize = 48;
/// `description`: 1024 Chinese characters.
pub const DESCRIPTION: usize = 3072;
/// `default_detail`, `deal_detail` and `gift`: 1024 Chinese characters.
pub const DETAIL: usize = 3072;
/// `service_phone`.
pub const SERVICE_PHONE: usize = 24;
/// Any URL, and the path of a mini-program.
pub const URL: usize = 128;
/// The texts of links and of the button in the middle: 5 and 6 Chinese characters.
pub const URL_NAME: usize = 15;
/// `center_title`: 6 Chinese characters.
pub const CENTER_TITLE: usize = 18;
/// `center_sub_title`: 8 Chinese characters.
pub const CENTER_SUB_TITLE: usize = 24;
/// `abstract`: 8 Chinese characters by the field table, which the page's own sample (57 bytes) does not keep to.
pub const ABSTRACT: usize = 24;
/// The texts beside pictures.
pub const IMAGE_TEXT: usize = 512;
/// The largest stock.
pub const QUANTITY: u64 = 100_000_000;
/// The largest `get_limit`.
pub const GET_LIMIT: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_the_table() {
        let of = |path: &str, column: &str| {
            let rows = fixtures::card_fields().as_array().unwrap();
            let row = rows.iter().find(|row| row["path"] == path).unwrap();
            // What sources contradict each other about stands under the switch that decides it.
            row[column]
                .as_u64()
                .or_else(|| row["length_with"][column].as_u64())
                .unwrap_or_else(|| panic!("{path} has no {column}"))
        };
        for (path, limit) in [
            ("base_info.brand_name", BRAND_NAME),
            ("base_info.title", TITLE),
            ("base_info.notice", NOTICE),
            ("base_info.description", DESCRIPTION),
            ("general_coupon.default_detail", DETAIL),
            ("groupon.deal_detail", DETAIL),
            ("gift.gift", DETAIL),
            ("base_info.service_phone", SERVICE_PHONE),
            ("base_info.logo_url", URL),
            ("base_info.custom_app_brand_pass", URL),
            ("base_info.custom_url_name", URL_NAME),
            ("base_info.promotion_url_name", URL_NAME),
            ("base_info.center_title", CENTER_TITLE),
            ("base_info.center_sub_title", CENTER_SUB_TITLE),
            ("advanced_info.abstract.abstract", ABSTRACT),
            ("advanced_info.text_image_list[].text", IMAGE_TEXT),
        ] {
            assert_eq!(
                of(path, "max_bytes"),
                u64::try_from(limit).unwrap(),
                "{path}"
            );
        }
        assert_eq!(of("base_info.sku.quantity", "max"), QUANTITY);
        assert_eq!(of("base_info.get_limit", "max"), u64::from(GET_LIMIT));
    }
}
