//! The strings that known mistakes would have hashed.

use super::{Evidence, Stamp, Values};

/// A mistake, and the string it makes of the values.
type Candidate = (&'static str, String);

/// Texts that languages put in place of a value that is not there.
const ABSENT: [&str; 8] = [
    "undefined",
    "null",
    "None",
    "[object Object]",
    "nil",
    "NaN",
    "false",
    "true",
];
/// Seconds by which a second look at the clock may differ.
const SECONDS: i64 = 120;

fn sum(mut values: Vec<&str>) -> String {
    values.sort_unstable();
    values.concat()
}

impl Evidence<'_> {
    /// What is tried, the likeliest first.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Candidate> {
        self.with_other_secrets()
            .chain(self.in_other_orders())
            .chain(self.joined_otherwise())
            .chain(self.with_fewer_values())
            .chain(self.with_absent_values())
            .chain(self.with_more_values())
            .chain(self.with_other_times())
            .chain(self.with_other_nonces())
            .chain(self.with_other_filters())
            .chain(self.with_other_cards())
            .chain(self.with_blanks())
    }

    fn with_other_secrets(&self) -> impl Iterator<Item = Candidate> {
        self.material.secrets.iter().map(|other| {
            let signed = Values {
                api_ticket: &other.value,
                ..self.signed
            };
            (other.mistake, signed.joined())
        })
    }

    fn in_other_orders(&self) -> impl Iterator<Item = Candidate> {
        let named = self.signed.named();
        let mut by_key = named.clone();
        by_key.sort_unstable_by_key(|(name, _)| *name);
        let values = |named: Vec<(_, &str)>| -> String {
            named.into_iter().map(|(_, value)| value).collect()
        };
        let mut folded = named.clone();
        folded.sort_by_key(|(_, value)| value.to_lowercase());
        let mut backwards = self.signed.sorted();
        backwards.reverse();
        // What a language without a comparison for mixed values does: numbers first, by size.
        let by_size = |mut values: Vec<&str>| {
            values.sort_by_key(|value| value.parse::<u128>().unwrap_or(u128::MAX));
            values.concat()
        };
        let as_documented: Vec<&str> = named.iter().map(|(_, value)| *value).collect();
        let orders = orders(&as_documented);
        [
            ("sorted_by_key", values(by_key)),
            ("case_insensitive_sort", values(folded)),
            ("reverse_sort", backwards.concat()),
            ("numeric_sort", by_size(as_documented)),
            ("numeric_sort", by_size(self.signed.sorted())),
        ]
        .into_iter()
        .chain(orders.into_iter().map(|order| ("unsorted", order)))
    }

    fn joined_otherwise(&self) -> impl Iterator<Item = Candidate> {
        let mut named = self.signed.named();
        named.sort_unstable();
        let pairs = move |nonce: &str, ticket: &str, separator: &str| {
            let pairs: Vec<String> = named
                .iter()
                .map(|(name, value)| match *name {
                    "nonce_str" => format!("{nonce}={value}"),
                    "api_ticket" => format!("{ticket}={value}"),
                    other => format!("{other}={value}"),
                })
                .collect();
            ("key_value_pairs", pairs.join(separator))
        };
        let mut candidates = self.page_signatures();
        for nonce in ["nonce_str", "noncestr", "nonceStr"] {
            for ticket in ["api_ticket", "jsapi_ticket", "ticket"] {
                candidates.extend(["&", ""].map(|separator| pairs(nonce, ticket, separator)));
            }
        }
        let separators = [" ", ",", "&", "\n", "-", "_", "|", ";"];
        candidates.extend(separators.map(|separator| {
            let joined = self.signed.sorted().join(separator);
            ("joined_with_separator", joined)
        }));
        candidates.into_iter()
    }

    /// What `wx.config` signs; the page's address is mostly not known here.
    fn page_signatures(&self) -> Vec<Candidate> {
        let others = self.material.secrets.iter();
        let tickets = others
            .filter(|other| other.mistake == "jsapi_ticket")
            .map(|other| other.value.as_str())
            .take(8)
            .chain([self.signed.api_ticket]);
        let Values {
            nonce_str,
            timestamp,
            ..
        } = self.signed;
        let unsigned = self.unsigned.iter().map(|(_, value)| value);
        let urls: Vec<&String> = self.material.urls.iter().chain(unsigned).collect();
        tickets
            .flat_map(|ticket| {
                let bare =
                    format!("jsapi_ticket={ticket}&noncestr={nonce_str}&timestamp={timestamp}");
                let with_url = urls.iter().map(|url| format!("{bare}&url={url}"));
                let mut strings: Vec<String> = with_url.collect();
                strings.extend([format!("{bare}&url="), bare]);
                strings
            })
            .map(|string| ("page_signature", string))
            .collect()
    }

    fn with_fewer_values(&self) -> impl Iterator<Item = Candidate> {
        let named = self.signed.named();
        let is_choice = self.is_choice();
        (0..named.len()).map(move |absent| {
            let mut rest = named.clone();
            let (name, _) = rest.remove(absent);
            let mistake = match name {
                "app_id" => "app_id_left_out",
                _ if is_choice => "choose_value_left_out",
                "nonce_str" => "nonce_left_out",
                "code" => "code_left_out",
                "openid" => "openid_left_out",
                _ => "value_left_out",
            };
            (
                mistake,
                sum(rest.into_iter().map(|(_, value)| value).collect()),
            )
        })
    }

    fn with_absent_values(&self) -> impl Iterator<Item = Candidate> {
        let sorted = self.signed.sorted();
        ABSENT.into_iter().flat_map(move |text| {
            let added = (1..=3).map(|times| {
                let mut values = sorted.clone();
                values.extend(std::iter::repeat_n(text, times));
                sum(values)
            });
            let replaced = (0..sorted.len()).map(|at| {
                let mut values = sorted.clone();
                values[at] = text;
                sum(values)
            });
            let strings: Vec<String> = added.chain(replaced).collect();
            strings.into_iter().map(|string| ("absent_as_text", string))
        })
    }

    fn with_more_values(&self) -> impl Iterator<Item = Candidate> {
        let members = self.unsigned.iter().map(|(name, value)| {
            let mut values = self.signed.sorted();
            values.push(value);
            let mistake = if is_signed_name(name) {
                "misspelt_key"
            } else {
                "outer_str_signed"
            };
            (mistake, sum(values))
        });
        let mut all = self.signed.sorted();
        all.extend(self.unsigned.iter().map(|(_, value)| value.as_str()));
        let codes = self.material.codes.iter().map(|code| {
            let signed = Values {
                code,
                ..self.signed
            };
            ("code_not_in_card_ext", signed.joined())
        });
        let openids = self.material.openids.iter().map(|openid| {
            let signed = Values {
                openid,
                ..self.signed
            };
            ("openid_not_in_card_ext", signed.joined())
        });
        members
            .chain([("outer_str_signed", sum(all))])
            .chain(codes)
            .chain(openids)
    }

    fn with_other_times(&self) -> impl Iterator<Item = Candidate> {
        let timestamp = self.signed.timestamp;
        let whole = timestamp.get(..10).filter(|_| timestamp.len() > 10);
        let parts = if timestamp.len() == 10 { 0..1000 } else { 0..0 };
        let milliseconds = parts.flat_map(move |part| {
            [
                format!("{timestamp}{part:03}"),
                format!("{timestamp}.{part:03}"),
            ]
        });
        let around = timestamp.parse::<i64>().ok().into_iter().flat_map(|time| {
            (-SECONDS..=SECONDS).filter_map(move |seconds| time.checked_add(seconds))
        });
        whole
            .map(str::to_owned)
            .into_iter()
            .chain(milliseconds)
            .map(|time| ("milliseconds", time))
            .chain(around.map(|time| ("timestamp_differs", time.to_string())))
            .map(|(mistake, timestamp)| {
                let signed = Values {
                    timestamp: &timestamp,
                    ..self.signed
                };
                (mistake, signed.joined())
            })
    }

    fn with_other_nonces(&self) -> impl Iterator<Item = Candidate> {
        let nonce = self.signed.nonce_str;
        let names = ["nonce_str", "noncestr", "nonceStr"].map(str::to_owned);
        let cases = [nonce.to_uppercase(), nonce.to_lowercase()];
        let guessed = cases.into_iter().chain(names).map(|nonce_str| {
            let signed = Values {
                nonce_str: &nonce_str,
                ..self.signed
            };
            ("nonce_differs", signed.joined())
        });
        let earlier = self.earlier.iter().flat_map(|stamp| {
            let Stamp {
                timestamp,
                nonce_str,
                ..
            } = stamp;
            let other_nonce = Values {
                nonce_str,
                ..self.signed
            };
            let other_time = Values {
                timestamp,
                ..self.signed
            };
            let both = Values {
                timestamp,
                ..other_nonce
            };
            [other_nonce, other_time, both].map(|signed| ("earlier_claim", signed.joined()))
        });
        guessed.chain(earlier)
    }

    /// Whether the sum is that of `wx.chooseCard`: it alone has an appid in it.
    fn is_choice(&self) -> bool {
        !self.signed.app_id.is_empty()
    }

    /// What only `wx.chooseCard` has: filters that were signed and not passed, and other appids.
    fn with_other_filters(&self) -> impl Iterator<Item = Candidate> {
        let Values {
            card_id, card_type, ..
        } = self.signed;
        let types = fixtures::card_types().as_array().into_iter().flatten();
        let types = types
            .filter_map(|known| known.as_str())
            .filter(move |_| card_type.is_empty())
            .map(|card_type| Values {
                card_type,
                ..self.signed
            });
        let cards = self.material.cards.iter();
        let cards = cards
            .filter(move |_| card_id.is_empty())
            .map(|card_id| Values {
                card_id,
                ..self.signed
            });
        let app_ids = self.material.app_ids.iter().map(|app_id| Values {
            app_id,
            ..self.signed
        });
        let candidates = types
            .chain(cards)
            .map(|signed| ("filter_not_passed", signed.joined()))
            .chain(app_ids.map(|signed| ("foreign_app_id", signed.joined())));
        candidates.filter(|_| self.is_choice())
    }

    fn with_other_cards(&self) -> impl Iterator<Item = Candidate> {
        self.material.cards.iter().map(|card_id| {
            let signed = Values {
                card_id,
                ..self.signed
            };
            ("other_card", signed.joined())
        })
    }

    fn with_blanks(&self) -> impl Iterator<Item = Candidate> {
        let sorted = self.signed.sorted();
        let joined = sorted.concat();
        let replaced = move |at: usize, value: &str| {
            let mut values = sorted.clone();
            values[at] = value;
            sum(values)
        };
        let mut strings = Vec::new();
        for blank in [" ", "\n", "\r\n", "\t"] {
            strings.extend([format!("{joined}{blank}"), format!("{blank}{joined}")]);
            for (at, value) in self.signed.sorted().into_iter().enumerate() {
                strings.push(replaced(at, &format!("{value}{blank}")));
                strings.push(replaced(at, &format!("{blank}{value}")));
            }
        }
        for (at, value) in self.signed.sorted().into_iter().enumerate() {
            strings.push(replaced(at, value.trim()));
        }
        strings.into_iter().map(|string| ("stray_blank", string))
    }
}

/// Whether a member of cardExt is named like a signed one, but for its spelling.
fn is_signed_name(name: &str) -> bool {
    let letters: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    ["nonce", "noncestr", "noncestring", "code", "openid"].contains(&letters.as_str())
}

/// The values in every order: at most six values of a claim, so at most 720; seven of a choice.
fn orders(values: &[&str]) -> Vec<String> {
    if values.is_empty() {
        return vec![String::new()];
    }
    let mut all = Vec::new();
    for at in 0..values.len() {
        let mut rest = values.to_vec();
        let first = rest.remove(at);
        all.extend(
            orders(&rest)
                .into_iter()
                .map(|tail| format!("{first}{tail}")),
        );
    }
    all
}
