//! A fault as the control API takes it.

use serde::Deserialize;

use super::{Fault, FaultKind};

/// A fault as the control API takes it.
#[cfg_attr(feature = "console", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultDraft {
    path: Option<String>,
    appid: Option<String>,
    times: Option<u64>,
    every: Option<u64>,
    probability: Option<f64>,
    errcode: Option<i64>,
    delay_ms: Option<u64>,
    http_status: Option<u16>,
    truncate: Option<usize>,
    reset: Option<bool>,
    garbage: Option<bool>,
    lost_answer: Option<bool>,
}

impl FaultDraft {
    /// The fault, or the field at fault and what is wrong with it.
    pub(crate) fn read(self) -> Result<Fault, (&'static str, String)> {
        let kinds = [
            self.errcode.map(FaultKind::Errcode),
            self.delay_ms.map(FaultKind::DelayMs),
            self.http_status.map(FaultKind::HttpStatus),
            self.truncate.map(FaultKind::Truncate),
            self.reset.unwrap_or(false).then_some(FaultKind::Reset),
            self.garbage.unwrap_or(false).then_some(FaultKind::Garbage),
            self.lost_answer
                .unwrap_or(false)
                .then_some(FaultKind::LostAnswer),
        ];
        let mut kinds = kinds.into_iter().flatten();
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            let message = "give exactly one of errcode, delay_ms, http_status, truncate, reset, \
                           garbage and lost_answer";
            return Err(("errcode", message.to_owned()));
        };
        if self.every == Some(0) {
            return Err(("every", "1 or more".to_owned()));
        }
        let probability = self.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(("probability", "0 to 1".to_owned()));
        }
        let fault = Fault {
            kind,
            path: self.path,
            appid: self.appid,
            times: self.times,
            every: self.every.unwrap_or(1),
            probability,
        };
        fault.check()?;
        Ok(fault)
    }
}
