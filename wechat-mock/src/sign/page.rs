//! The page signature, as `wx.config` has it checked, and the known mistakes in it.
//!
//! Source: official page JS-SDK, appendices 1 and 5.

use super::{Values, sha1_hex};

/// What is signed for `wx.config` on one page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageSigned<'a> {
    pub(crate) jsapi_ticket: &'a str,
    pub(crate) noncestr: &'a str,
    /// Seconds since 1970.
    pub(crate) timestamp: &'a str,
    /// The page's address without `#` and what follows.
    pub(crate) url: &'a str,
}

impl PageSigned<'_> {
    /// The pairs, in the order of their keys.
    pub(crate) fn pairs(self) -> Vec<String> {
        vec![
            format!("jsapi_ticket={}", self.jsapi_ticket),
            format!("noncestr={}", self.noncestr),
            format!("timestamp={}", self.timestamp),
            format!("url={}", self.url),
        ]
    }

    pub(crate) fn joined(self) -> String {
        self.pairs().join("&")
    }

    /// SHA-1 of the joined pairs, 40 lower-case hex digits.
    pub(crate) fn signature(self) -> String {
        sha1_hex(&self.joined())
    }
}

/// What else may have been signed for a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageMaterial {
    /// Mistakes, ids of `fixtures::page_signature_mistakes`, and the secret each has in the ticket's
    /// place.
    pub(crate) secrets: Vec<(&'static str, String)>,
    /// The address as the page gave it, `#` and what follows included.
    pub(crate) whole_url: String,
}

/// The mistake that gives the hash that came, `other` when none does.
pub(crate) fn mistake(
    right: PageSigned<'_>,
    received: &str,
    material: &PageMaterial,
) -> &'static str {
    let lower = received.trim().to_ascii_lowercase();
    if right.signature() == lower {
        return "upper_case_hex";
    }
    let found = candidates(right, material);
    let mut found = found.into_iter();
    found
        .find(|(_, joined)| sha1_hex(joined) == lower)
        .map_or("other", |(mistake, _)| mistake)
}

/// Mistakes, and the text that each has hashed.
fn candidates(right: PageSigned<'_>, material: &PageMaterial) -> Vec<(&'static str, String)> {
    let PageSigned {
        jsapi_ticket,
        noncestr,
        timestamp,
        url,
    } = right;
    let with_url = |url: &str| PageSigned { url, ..right }.joined();
    let encoded: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
    let other_slash = match url.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{url}/"),
    };
    let other_scheme = match url.strip_prefix("https://") {
        Some(rest) => format!("http://{rest}"),
        None => url.replacen("http://", "https://", 1),
    };
    let seconds = timestamp.strip_suffix("000").unwrap_or(timestamp);
    let milliseconds = format!("{timestamp}000");
    let mut all: Vec<(&'static str, String)> = material
        .secrets
        .iter()
        .map(|(mistake, secret)| {
            let signed = PageSigned {
                jsapi_ticket: secret,
                ..right
            };
            (*mistake, signed.joined())
        })
        .collect();
    all.extend([
        ("url_with_fragment", with_url(&material.whole_url)),
        (
            "url_without_query",
            with_url(url.split('?').next().unwrap_or_default()),
        ),
        ("url_encoded", with_url(&encoded)),
        ("url_slash", with_url(&other_slash)),
        ("url_scheme", with_url(&other_scheme)),
    ]);
    all.extend([seconds, &milliseconds].map(|timestamp| {
        let signed = PageSigned { timestamp, ..right };
        ("milliseconds", signed.joined())
    }));
    for nonce in ["noncestr", "nonceStr", "nonce_str"] {
        for ticket in ["jsapi_ticket", "ticket", "api_ticket"] {
            let joined = format!(
                "{ticket}={jsapi_ticket}&{nonce}={noncestr}&timestamp={timestamp}&url={url}"
            );
            all.push(("key_spelling", joined));
        }
    }
    let pairs = right.pairs();
    let orders = permutations(&pairs);
    all.extend(
        orders
            .into_iter()
            .map(|order| ("key_order", order.join("&"))),
    );
    let values = Values {
        api_ticket: jsapi_ticket,
        timestamp,
        nonce_str: noncestr,
        card_id: url,
        ..Values::default()
    };
    all.push(("values_alone", values.joined()));
    all
}

/// All orders of a few texts.
fn permutations(texts: &[String]) -> Vec<Vec<String>> {
    let Some((first, rest)) = texts.split_first() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in permutations(rest) {
        for place in 0..=order.len() {
            let mut longer = order.clone();
            longer.insert(place, first.clone());
            all.push(longer);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use sha1::{Digest, Sha1};

    use super::*;

    #[test]
    fn every_published_page_signature_comes_out() {
        let vectors = fixtures::signature_vectors().as_array().unwrap();
        let pages = vectors
            .iter()
            .filter(|vector| vector["kind"] == "jsapi_config");
        let mut checked = 0;
        for vector in pages {
            let text = |key: &str| vector["inputs"][key].as_str().unwrap();
            let signed = PageSigned {
                jsapi_ticket: text("jsapi_ticket"),
                noncestr: text("noncestr"),
                timestamp: text("timestamp"),
                url: text("url"),
            };
            assert_eq!(signed.joined(), vector["joined"].as_str().unwrap());
            assert_eq!(signed.signature(), vector["sha1"].as_str().unwrap());
            checked += 1;
        }
        assert_eq!(checked, 2);
    }

    /// The mistake that is told from the hash of a text.
    fn told(right: PageSigned<'_>, joined: &str) -> &'static str {
        let material = PageMaterial {
            secrets: vec![
                ("wx_card_ticket", "CARD".to_owned()),
                ("app_secret", "SECRET".to_owned()),
            ],
            whole_url: "https://shop.example/p?a=1#top".to_owned(),
        };
        mistake(right, &hex::encode(Sha1::digest(joined)), &material)
    }

    const RIGHT: PageSigned<'_> = PageSigned {
        jsapi_ticket: "TICKET",
        noncestr: "NONCE",
        timestamp: "1700000000",
        url: "https://shop.example/p?a=1",
    };

    #[test]
    fn each_mistake_is_told_from_the_text_that_it_hashes() {
        for (expected, joined) in [
            (
                "wx_card_ticket",
                "jsapi_ticket=CARD&noncestr=NONCE&timestamp=1700000000&url=https://shop.example/p?a=1",
            ),
            (
                "app_secret",
                "jsapi_ticket=SECRET&noncestr=NONCE&timestamp=1700000000&url=https://shop.example/p?a=1",
            ),
            (
                "url_with_fragment",
                "jsapi_ticket=TICKET&noncestr=NONCE&timestamp=1700000000&url=https://shop.example/p?a=1#top",
            ),
            (
                "url_without_query",
                "jsapi_ticket=TICKET&noncestr=NONCE&timestamp=1700000000&url=https://shop.example/p",
            ),
            (
                "url_encoded",
                "jsapi_ticket=TICKET&noncestr=NONCE&timestamp=1700000000&url=https%3A%2F%2Fshop.example%2Fp%3Fa%3D1",
            ),
            (
                "url_slash",
                "jsapi_ticket=TICKET&noncestr=NONCE&timestamp=1700000000&url=https://shop.example/p?a=1/",
            ),
            (
                "url_scheme",
                "jsapi_ticket=TICKET&noncestr=NONCE&timestamp=1700000000&url=http://shop.example/p?a=1",
            ),
            (
                "milliseconds",
                "jsapi_ticket=TICKET&noncestr=NONCE&timestamp=1700000000000&url=https://shop.example/p?a=1",
            ),
            (
                "key_spelling",
                "jsapi_ticket=TICKET&nonceStr=NONCE&timestamp=1700000000&url=https://shop.example/p?a=1",
            ),
            (
                "key_spelling",
                "api_ticket=TICKET&nonce_str=NONCE&timestamp=1700000000&url=https://shop.example/p?a=1",
            ),
            (
                "key_order",
                "url=https://shop.example/p?a=1&timestamp=1700000000&noncestr=NONCE&jsapi_ticket=TICKET",
            ),
            (
                "values_alone",
                "1700000000NONCETICKEThttps://shop.example/p?a=1",
            ),
            ("other", "anything else"),
        ] {
            assert_eq!(told(RIGHT, joined), expected, "{joined}");
        }
    }

    #[test]
    fn a_mistake_is_told_whichever_side_has_the_slash_the_scheme_and_the_milliseconds() {
        let other_way = PageSigned {
            timestamp: "1700000000000",
            url: "http://shop.example/",
            ..RIGHT
        };
        for (expected, timestamp, url) in [
            ("url_slash", "1700000000000", "http://shop.example"),
            ("url_scheme", "1700000000000", "https://shop.example/"),
            ("milliseconds", "1700000000", "http://shop.example/"),
        ] {
            let joined =
                format!("jsapi_ticket=TICKET&noncestr=NONCE&timestamp={timestamp}&url={url}");
            assert_eq!(told(other_way, &joined), expected, "{joined}");
        }
    }

    #[test]
    fn letters_of_the_other_case_and_blanks_around_do_not_hide_a_mistake() {
        let material = PageMaterial::default();
        let upper = |joined: &str| hex::encode_upper(Sha1::digest(joined));
        let right = upper(
            "jsapi_ticket=TICKET&noncestr=NONCE&timestamp=1700000000&url=https://shop.example/p?a=1",
        );
        assert_eq!(mistake(RIGHT, &right, &material), "upper_case_hex");
        let bare = upper("1700000000NONCETICKEThttps://shop.example/p?a=1");
        assert_eq!(
            mistake(RIGHT, &format!(" {bare}\n"), &material),
            "values_alone"
        );
    }

    #[test]
    fn four_pairs_have_twenty_four_orders() {
        let pairs = PageSigned::default().pairs();
        let orders: std::collections::BTreeSet<_> = permutations(&pairs).into_iter().collect();
        assert_eq!(orders.len(), 24);
    }
}
