//! What a call does to a real account: only what is known to be harmless is ever sent to WeChat.

/// What a path does at WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It changes nothing.
    Reads,
    /// It gives out a token: harmless unless the secret is right, and the token of others ends by it.
    Token,
    /// It makes a card, which is deleted at the end.
    Makes,
    /// It stores a picture, which is seen nowhere; WeChat has no call that deletes it.
    Stores,
    /// It changes the cards that its body names.
    Changes,
    /// It cannot be taken back, or touches more than what a run has made.
    Forbidden,
}

impl Effect {
    /// The effect of a path; a path that is not known is not sent.
    pub(crate) fn of(path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        match path {
            "/cgi-bin/token" | "/cgi-bin/stable_token" => Self::Token,
            "/card/create" => Self::Makes,
            "/cgi-bin/media/uploadimg" | "/cgi-bin/media/upload" => Self::Stores,
            path if READING.contains(&path) => Self::Reads,
            path if CHANGING.contains(&path) => Self::Changes,
            _ => Self::Forbidden,
        }
    }

    /// Whether a run that only reads leaves it out.
    pub(crate) fn writes(self) -> bool {
        matches!(
            self,
            Self::Makes | Self::Stores | Self::Changes | Self::Forbidden
        )
    }
}

const READING: [&str; 29] = [
    "/card/batchget",
    "/card/code/checkcode",
    "/card/code/decrypt",
    "/card/code/get",
    "/card/code/getdepositcount",
    "/card/get",
    "/card/getapplyprotocol",
    "/card/getcolors",
    "/card/membercard/activate/geturl",
    "/card/membercard/activatetempinfo/get",
    "/card/membercard/userinfo/get",
    "/card/mpnews/gethtml",
    "/card/paygiftcard/batchget",
    "/card/paygiftcard/getbyid",
    "/card/paygiftmembercard/get",
    "/card/submerchant/batchget",
    "/card/submerchant/get",
    "/card/user/getcardlist",
    "/cgi-bin/get_api_domain_ip",
    "/cgi-bin/getcallbackip",
    "/cgi-bin/media/get",
    "/cgi-bin/openapi/quota/get",
    "/cgi-bin/openapi/rid/get",
    "/cgi-bin/ticket/getticket",
    "/datacube/getcardbizuininfo",
    "/datacube/getcardcardinfo",
    "/datacube/getcardmembercarddetail",
    "/datacube/getcardmembercardinfo",
    "/sns/jscode2session",
];

const CHANGING: [&str; 21] = [
    "/card/boardingpass/checkin",
    "/card/code/consume",
    "/card/code/deposit",
    "/card/code/mark",
    "/card/code/unavailable",
    "/card/code/update",
    "/card/delete",
    "/card/generalcard/activate",
    "/card/generalcard/unactivate",
    "/card/generalcard/updateuser",
    "/card/meetingticket/updateuser",
    "/card/membercard/activate",
    "/card/membercard/activateuserform/set",
    "/card/membercard/unactivate",
    "/card/membercard/updateuser",
    "/card/modifystock",
    "/card/movieticket/updateuser",
    "/card/paycell/set",
    "/card/qrcode/create",
    "/card/selfconsumecell/set",
    "/card/update",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_sent() {
        assert_eq!(Effect::of("/card/getcolors?access_token=t"), Effect::Reads);
        assert_eq!(Effect::of("/card/update"), Effect::Changes);
        for path in [
            "/cgi-bin/clear_quota",
            "/card/testwhitelist/set",
            "/cgi-bin/message/mass/sendall",
            "/card/nonsense",
            "/CARD/GET",
        ] {
            assert_eq!(Effect::of(path), Effect::Forbidden, "{path}");
        }
    }

    #[test]
    fn every_path_is_one_that_the_fixtures_know_or_that_asks_about_the_platform() {
        let of_the_platform = [
            "/cgi-bin/get_api_domain_ip",
            "/cgi-bin/getcallbackip",
            "/cgi-bin/media/get",
            "/cgi-bin/openapi/rid/get",
        ];
        let known = fixtures::endpoints().as_array();
        let known: Vec<&str> = known
            .into_iter()
            .flatten()
            .filter_map(|row| row["path"].as_str())
            .collect();
        for path in READING.iter().chain(&CHANGING) {
            assert!(
                known.contains(path) || of_the_platform.contains(path),
                "{path}"
            );
        }
    }
}
