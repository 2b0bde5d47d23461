//! A sealed answer, as XML or JSON.

use std::fmt;

use serde_json::json;

/// A sealed answer to a push.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    pub(super) encrypt: String,
    pub(super) msg_signature: String,
    pub(super) timestamp: i64,
    pub(super) nonce: String,
}

impl Sealed {
    /// What is sealed, in base64.
    pub fn encrypt(&self) -> &str {
        &self.encrypt
    }

    /// The signature over it.
    pub fn msg_signature(&self) -> &str {
        &self.msg_signature
    }

    /// The answer for a callback in XML.
    pub fn to_xml(&self) -> String {
        // The nonce is the caller's, and could end the CDATA.
        let nonce = self.nonce.replace("]]>", "]]]]><![CDATA[>");
        format!(
            "<xml>\n<Encrypt><![CDATA[{}]]></Encrypt>\n\
             <MsgSignature><![CDATA[{}]]></MsgSignature>\n\
             <TimeStamp>{}</TimeStamp>\n<Nonce><![CDATA[{nonce}]]></Nonce>\n</xml>",
            self.encrypt, self.msg_signature, self.timestamp
        )
    }

    /// The answer for a callback in JSON.
    pub fn to_json(&self) -> String {
        json!({
            "Encrypt": self.encrypt,
            "MsgSignature": self.msg_signature,
            "TimeStamp": self.timestamp,
            "Nonce": self.nonce,
        })
        .to_string()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}
