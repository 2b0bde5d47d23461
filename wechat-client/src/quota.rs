//! How often calls can be made, and what became of one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    AppId, Client, Error,
    transport::Call,
    wire::{maybe_whole, whole},
};

/// How often a path can be called on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Quota {
    /// So often in all.
    #[serde(deserialize_with = "whole")]
    pub daily_limit: u64,
    /// So often it was.
    #[serde(deserialize_with = "whole")]
    pub used: u64,
    /// So often it still can be.
    #[serde(deserialize_with = "whole")]
    pub remain: u64,
}

/// A call as WeChat saw it. Its texts may hold secrets, so `Debug` does not show them.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct SeenCall {
    /// When it was made, in seconds since 1970.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub invoke_time: Option<i64>,
    /// How long it took, in milliseconds.
    #[serde(default, deserialize_with = "maybe_whole")]
    pub cost_in_ms: Option<u64>,
    /// Its query.
    #[serde(default)]
    pub request_url: String,
    /// What was sent.
    #[serde(default)]
    pub request_body: String,
    /// What was answered.
    #[serde(default)]
    pub response_body: String,
    /// From which address it came.
    #[serde(default)]
    pub client_ip: String,
}

impl fmt::Debug for SeenCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenCall")
            .field("invoke_time", &self.invoke_time)
            .field("cost_in_ms", &self.cost_in_ms)
            .field("client_ip", &self.client_ip)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Gives all paths their daily quotas back; ten times a month, for all who call for this account.
    ///
    /// Source: official page on quotas.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with [`crate::ErrCode::CLEARED_TOO_OFTEN`] when it was done ten times.
    pub async fn clear_quota(&self) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            appid: &'a AppId,
        }

        let appid = self.app_id();
        self.done(Call::act("/cgi-bin/clear_quota", &Request { appid }))
            .await
    }

    /// How often a path can still be called today, such as `/card/create`.
    ///
    /// Source: official page on quotas.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when WeChat knows no such path, or the account may not call it.
    pub async fn quota(&self, cgi_path: &str) -> Result<Quota, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            cgi_path: &'a str,
        }

        #[derive(Deserialize)]
        struct Answer {
            quota: Quota,
        }

        let call = Call::ask("/cgi-bin/openapi/quota/get", &Request { cgi_path });
        let answer: Answer = self.call(call).await?;
        Ok(answer.quota)
    }

    /// What WeChat saw of a call, by the `rid` at the end of [`crate::ApiError::errmsg`]; for seven days.
    ///
    /// Source: official page on quotas.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] when it is no rid, too old, or another account's.
    pub async fn call_of_rid(&self, rid: &str) -> Result<SeenCall, Error> {
        #[derive(Serialize)]
        struct Request<'a> {
            rid: &'a str,
        }

        #[derive(Deserialize)]
        struct Answer {
            request: SeenCall,
        }

        let call = Call::ask("/cgi-bin/openapi/rid/get", &Request { rid });
        let answer: Answer = self.call(call).await?;
        Ok(answer.request)
    }

    /// The addresses from which WeChat's pushes come; some are ranges, such as `101.226.103.0/25`.
    ///
    /// Source: official page on the addresses of WeChat's servers.
    ///
    /// # Errors
    ///
    /// As any call.
    pub async fn callback_addresses(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            ip_list: Vec<String>,
        }

        let answer: Answer = self.call(Call::get("/cgi-bin/getcallbackip")).await?;
        Ok(answer.ip_list)
    }
}
