//! `/card/batchget`: the cards of the account.

use serde::{Deserialize, Serialize};

use super::CardStatus;
use crate::{CardId, Client, Paged, paging::Page, transport::Call, wire::maybe_whole};

/// Ids that one page holds; WeChat gives no more.
const PAGE: u64 = 50;

impl Client {
    /// The ids of this account's cards in these states; in all of them when none is named.
    ///
    /// Source: official page `Managing_Coupons_Vouchers_and_Cards`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(client: &wechat_client::Client) -> Result<(), wechat_client::Error> {
    /// let all = client.cards(&[]).try_collect().await?;
    /// println!("{} cards", all.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn cards(&self, statuses: &[CardStatus]) -> Paged<CardId> {
        #[derive(Serialize)]
        struct Request<'a> {
            offset: u64,
            count: u64,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            status_list: &'a [CardStatus],
        }

        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            card_id_list: Vec<CardId>,
            #[serde(default, deserialize_with = "maybe_whole")]
            total_num: Option<u64>,
        }

        let statuses = statuses.to_vec();
        Paged::new(
            self,
            move |offset| {
                let request = Request {
                    offset,
                    count: PAGE,
                    status_list: &statuses,
                };
                Call::ask("/card/batchget", &request)
            },
            |answer: Answer, offset| Page::by_offset(answer.card_id_list, offset, answer.total_num),
        )
    }
}
