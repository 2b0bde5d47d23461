//! The steps of a case, as its data has them.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One step: exactly one of `call`, `create`, `claim`, `choose`, `do`, `push`, `receiver` and `repeat`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    pub(crate) call: Option<Call>,
    pub(crate) create: Option<Create>,
    pub(crate) claim: Option<Claim>,
    pub(crate) choose: Option<Choose>,
    #[serde(rename = "do")]
    pub(crate) action: Option<Value>,
    pub(crate) push: Option<Push>,
    /// The action of `do` must not be done; a part of the reason that the target gives.
    pub(crate) refused: Option<String>,
    pub(crate) receiver: Option<ReceiverPlan>,
    pub(crate) repeat: Option<Repeat>,
    pub(crate) expect: Option<Expect>,
    /// Values of the answer that later steps use: name and JSON pointer.
    pub(crate) save: Map<String, Value>,
}

/// A request on one of WeChat's paths.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Map<String, Value>,
    pub(crate) headers: Map<String, Value>,
    /// A JSON body, compact and in the order written.
    pub(crate) json: Option<Value>,
    /// A body byte for byte, `times` times over.
    pub(crate) text: Option<String>,
    pub(crate) times: Option<usize>,
    /// A multipart body.
    pub(crate) upload: Option<Upload>,
    /// Whose `access_token` is added: `oa` (unless said), `mp`, `stranger` or `none`.
    #[serde(rename = "as")]
    pub(crate) caller: Option<String>,
    /// Asks `http://api.weixin.qq.com` with the target as the proxy.
    pub(crate) by_proxy: bool,
}

/// One file in a multipart body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Upload {
    pub(crate) field: String,
    pub(crate) filename: Option<String>,
    #[serde(rename = "type")]
    pub(crate) content_type: Option<String>,
    /// A picture of `fixtures`.
    pub(crate) content: Option<String>,
    /// Bytes, as text of hexadecimal digits.
    pub(crate) hex: Option<String>,
    /// Zeros appended until the file has so many bytes.
    pub(crate) bytes: Option<usize>,
    pub(crate) boundary: Option<String>,
    pub(crate) content_type_header: Option<String>,
}

/// A card, made from the smallest one of its type and a merge patch (RFC 7386).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Create {
    /// A card type, or `SEED` for the card of the whole flow.
    pub(crate) card_type: String,
    pub(crate) with: Value,
    /// A merge patch of the whole body.
    pub(crate) body: Value,
}

/// What `wx.addCard` does on the phone, rightly signed unless said otherwise.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Claim {
    pub(crate) card: String,
    pub(crate) user: Option<String>,
    /// A merge patch of what is signed and sent.
    pub(crate) ext: Value,
    /// A merge patch of what is sent, after it was signed.
    pub(crate) sent: Value,
    /// A merge patch of what is signed alone.
    pub(crate) signed: Value,
    /// The values are joined as they stand.
    pub(crate) unsorted: bool,
    /// `mp` (unless said), `oa`, `stranger`, `stranger_mp`.
    pub(crate) page: Option<String>,
    pub(crate) cancel: bool,
    /// Sent in place of cardExt.
    pub(crate) raw: Option<Value>,
    /// cardExt is sent as an object, which a phone does not take.
    pub(crate) as_object: bool,
}

/// What `wx.chooseCard` does on the phone, rightly signed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Choose {
    pub(crate) card_type: String,
    pub(crate) sign_type: String,
}

/// A server that pushes go to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReceiverPlan {
    /// `plain` (unless said), `compatible` or `safe`.
    pub(crate) mode: Option<String>,
    /// Answered to every push; `success` unless said.
    pub(crate) reply: Option<String>,
    pub(crate) status: Option<u16>,
    /// A text that is sealed into the reply, at `{{sealed}}` of `envelope`.
    pub(crate) sealed: Option<String>,
    pub(crate) envelope: Option<String>,
}

/// A push that has to come.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Push {
    pub(crate) event: String,
    pub(crate) elements: Option<Vec<String>>,
    pub(crate) has: Value,
    pub(crate) cdata: Map<String, Value>,
    pub(crate) absent: Vec<String>,
    pub(crate) query: Option<Vec<String>>,
    pub(crate) headers: Map<String, Value>,
    /// A number of the query is a decimal without leading zeros below this.
    pub(crate) below: Map<String, Value>,
    /// The outcomes of all tries, once the last is over.
    pub(crate) tries: Option<Vec<String>>,
}

/// The same steps several times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repeat {
    pub(crate) times: usize,
    pub(crate) steps: Vec<Value>,
}

/// What has to come back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expect {
    /// 200 unless said.
    pub(crate) status: Option<u16>,
    pub(crate) content_type: Option<String>,
    /// Headers, by their names in small letters.
    pub(crate) headers: Map<String, Value>,
    /// The whole body, byte for byte.
    pub(crate) body: Option<String>,
    /// The whole answer.
    pub(crate) json: Option<Value>,
    /// At least these members.
    pub(crate) has: Option<Value>,
    /// The keys in their order, by JSON pointer.
    pub(crate) keys: Map<String, Value>,
    /// JSON pointers that lead nowhere.
    pub(crate) absent: Vec<String>,
    /// The rule that the target's own explanation names, of targets that explain.
    pub(crate) explain: Option<String>,
    /// At least these members of the target's own explanation, of targets that explain.
    pub(crate) explanation: Option<Value>,
    /// The rule of an advice, of targets that advise.
    pub(crate) advice: Option<String>,
}

impl Step {
    /// Reads one step.
    ///
    /// # Errors
    ///
    /// What the data says wrongly.
    pub(crate) fn read(step: &Value) -> Result<Self, String> {
        let step: Self = serde_json::from_value(step.clone())
            .map_err(|error| format!("a step cannot be read: {error} in {step}"))?;
        let kinds = [
            step.call.is_some(),
            step.create.is_some(),
            step.claim.is_some(),
            step.choose.is_some(),
            step.action.is_some(),
            step.push.is_some(),
            step.receiver.is_some(),
            step.repeat.is_some(),
        ];
        if kinds.iter().filter(|is_there| **is_there).count() == 1 {
            Ok(step)
        } else {
            Err("a step is of one kind".to_owned())
        }
    }
}
