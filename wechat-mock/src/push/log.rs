//! What happened, and what became of telling it: a ring, the oldest goes first.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{
    http::{Answer, NoAnswer},
    letter::Letter,
};
use crate::{
    broadcast::{Broadcast, Topic},
    paging::Page,
    world::{callback::Format, event::Element},
};

/// Events that are kept.
pub(super) const EVENTS: usize = 10_000;
/// Bytes that are kept over all events and their tries.
const BYTES: usize = 32 * 1024 * 1024;
/// Tries of one event that are kept: more than any schedule makes.
const TRIES: usize = 100;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    /// Pending, until the mock's clock has come so far.
    Waiting,
    Delivered,
    Failed,
    /// Disorder swallowed it.
    Dropped,
    /// Nobody is to be told.
    NoCallback,
}

impl State {
    pub(crate) fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::Waiting)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pending | Self::Waiting => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
            Self::NoCallback => "no_callback",
        }
    }
}

/// One try to tell it.
#[derive(Debug)]
pub(crate) struct Try {
    /// Seconds since 1970 on the mock's clock.
    pub(crate) at: i64,
    pub(crate) is_badly_signed: bool,
    pub(crate) came: Result<Answer, NoAnswer>,
    /// Whether what came is what WeChat takes.
    pub(crate) is_taken: bool,
}

impl Try {
    fn show(&self) -> Value {
        let mut shown = json!({"at": self.at, "outcome": self.outcome()});
        match &self.came {
            Ok(answer) => {
                shown["status"] = json!(answer.status);
                shown["body"] = json!(answer.body);
            }
            Err(NoAnswer::Broken(error)) => shown["error"] = json!(error),
            Err(NoAnswer::Timeout | NoAnswer::Refused) => {}
        }
        if self.is_badly_signed {
            shown["bad_signature"] = json!(true);
        }
        shown
    }

    /// About how many bytes it holds.
    fn size(&self) -> usize {
        let text = match &self.came {
            Ok(answer) => answer.body.len(),
            Err(NoAnswer::Broken(error)) => error.len(),
            Err(NoAnswer::Timeout | NoAnswer::Refused) => 0,
        };
        size_of::<Self>() + text
    }

    fn outcome(&self) -> &'static str {
        match &self.came {
            Ok(_) if self.is_taken => "accepted",
            Ok(answer) if answer.status != 200 => "wrong_status",
            Ok(_) => "wrong_body",
            Err(NoAnswer::Timeout) => "timeout",
            Err(NoAnswer::Refused) => "refused",
            Err(NoAnswer::Broken(_)) => "broken",
        }
    }
}

/// One event in the log.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) appid: String,
    pub(crate) letter: Letter,
    /// That of the callback it was first meant for: a repeat has the same body.
    pub(crate) format: Option<Format>,
    pub(crate) state: State,
    tries: VecDeque<Try>,
    /// All tries, those that were forgotten too.
    pub(crate) tried: u64,
}

impl Entry {
    fn name(&self) -> String {
        format!("event-{}", self.number)
    }

    /// About how many bytes it holds.
    fn size(&self) -> usize {
        let event = &self.letter.event;
        let elements = event.elements.iter().map(|(name, element)| {
            let text = match element {
                Element::Text(text) => text.len(),
                Element::Number(_) => 0,
            };
            size_of::<(String, Element)>() + name.len() + text
        });
        let texts = self.appid.len() + self.letter.to.len() + event.name.len();
        let tries = self.tries.iter().map(Try::size);
        size_of::<Self>()
            + texts
            + event.from_user.len()
            + elements.sum::<usize>()
            + tries.sum::<usize>()
    }

    fn keep(&mut self, tried: Try) {
        if self.tries.len() >= TRIES {
            self.tries.pop_front();
        }
        self.tries.push_back(tried);
        self.tried += 1;
    }

    pub(crate) fn show(&self) -> Value {
        let mut shown = json!({
            "id": self.name(),
            "event": self.letter.event.name,
            "card_id": self.letter.text("CardId"),
            "appid": self.appid,
            "at": self.letter.at,
            "state": self.state.name(),
            "tries": self.tries.iter().map(Try::show).collect::<Vec<_>>(),
        });
        if let Some(code) = self.letter.text("UserCardCode") {
            shown["code"] = json!(code);
        }
        if let Some(format) = self.format {
            shown["body"] = json!(self.letter.clear(format));
        }
        shown
    }
}

/// Which events to show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) appid: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) card_id: Option<String>,
}

impl Filter {
    fn takes(&self, entry: &Entry) -> bool {
        let fits = |wanted: &Option<String>, value: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == value
        };
        fits(&self.appid, Some(&entry.appid))
            && fits(&self.event, Some(&entry.letter.event.name))
            && fits(&self.card_id, entry.letter.text("CardId"))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    /// The sizes of all entries.
    bytes: usize,
    written: u64,
    /// Hears of every entry, and of whatever becomes of it.
    broadcast: Broadcast,
}

impl Log {
    pub(super) fn new(broadcast: Broadcast) -> Self {
        Self {
            broadcast,
            ..Self::default()
        }
    }

    pub(super) fn broadcast(&self) -> &Broadcast {
        &self.broadcast
    }

    /// Tells whoever listens how an entry stands.
    pub(super) fn tell(&self, number: u64) {
        let entry = self.place(number).map(|place| &self.entries[place]);
        if let Some(entry) = entry {
            self.broadcast.tell(Topic::Event, || entry.show());
        }
    }

    /// Writes an event down, and numbers it.
    pub(crate) fn write(
        &mut self,
        appid: String,
        letter: Letter,
        format: Option<Format>,
        state: State,
    ) -> u64 {
        self.written += 1;
        let entry = Entry {
            number: self.written,
            appid,
            letter,
            format,
            state,
            tries: VecDeque::new(),
            tried: 0,
        };
        self.bytes += entry.size();
        self.entries.push_back(entry);
        self.make_room();
        self.tell(self.written);
        self.written
    }

    /// Forgets the oldest beyond the bounds; the newest stays.
    fn make_room(&mut self) {
        while self.entries.len() > EVENTS || (self.bytes > BYTES && self.entries.len() > 1) {
            let Some(oldest) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= oldest.size();
        }
    }

    /// Keeps a try of an event, and tells it.
    pub(super) fn keep(&mut self, number: u64, tried: Try) {
        let Some(entry) = self.find(number) else {
            return;
        };
        let before = entry.size();
        entry.keep(tried);
        let after = entry.size();
        self.bytes = self.bytes - before + after;
        self.tell(number);
        self.make_room();
    }

    /// The number that the next event will have.
    pub(crate) fn next(&self) -> u64 {
        self.written + 1
    }

    pub(crate) fn find(&mut self, number: u64) -> Option<&mut Entry> {
        let place = self.place(number)?;
        self.entries.get_mut(place)
    }

    /// The entry of an id such as `event-7`.
    pub(crate) fn named(&self, id: &str) -> Option<&Entry> {
        let number = id.strip_prefix("event-")?.parse().ok()?;
        let entry = self.entries.get(self.place(number)?)?;
        // event-07 is another text.
        (entry.name() == id).then_some(entry)
    }

    fn place(&self, number: u64) -> Option<usize> {
        let place = self
            .entries
            .binary_search_by_key(&number, |entry| entry.number);
        place.ok()
    }

    /// The events that pass the filter, newest last.
    pub(crate) fn show(&self, filter: &Filter) -> Vec<Value> {
        let entries = self.entries.iter().filter(|entry| filter.takes(entry));
        entries.map(Entry::show).collect()
    }

    /// The newest `limit` events that pass the filter, of those before the event `before`; newest last.
    ///
    /// The cursor of the page is the number of an event: the next page is before it.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
    ) -> Page<u64, Value> {
        let before = before.unwrap_or(u64::MAX);
        let until = self.entries.partition_point(|entry| entry.number < before);
        let entries = self.entries.range(..until).rev();
        let entries = entries.map(|entry| (entry.number, entry));
        let mut page = Page::of(entries, limit, |entry| {
            filter.takes(entry).then(|| entry.show())
        });
        page.items.reverse();
        page
    }

    /// Forgets all that is over.
    pub(crate) fn clear(&mut self) {
        self.entries.retain(|entry| entry.state.is_pending());
        self.bytes = self.entries.iter().map(Entry::size).sum();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::world::event::Event;

    #[test]
    fn the_oldest_event_makes_room_for_the_newest() {
        let mut log = Log::default();
        for _ in 0..=EVENTS {
            let letter = Letter {
                to: String::new(),
                at: 0,
                event: Event::new("user_del_card", ""),
            };
            log.write(String::new(), letter, None, State::NoCallback);
        }
        assert_eq!(log.entries.len(), EVENTS);
        assert_eq!(log.named("event-2").unwrap().number, 2);
        for id in ["event-1", "event-02", "2"] {
            assert!(log.named(id).is_none(), "{id}");
        }

        log.find(5).unwrap().state = State::Pending;
        log.clear();
        assert_eq!(log.entries.len(), 1);
        assert_eq!(log.next(), 10_002);
    }

    proptest! {
        #[test]
        fn pages_together_are_the_list(
            names in prop::collection::vec(0_usize..3, 0..80), limit in 1_usize..20, forget in any::<bool>(),
        ) {
            const NAMES: [&str; 3] = ["user_get_card", "user_del_card", "user_view_card"];
            let mut log = Log::default();
            for (at, name) in names.iter().enumerate() {
                let letter = Letter { to: String::new(), at: 0, event: Event::new(NAMES[*name], "") };
                let state = if at % 3 == 0 { State::Pending } else { State::Delivered };
                log.write(format!("wx{}", at % 2), letter, None, state);
            }
            if forget {
                log.clear();
            }
            for filter in [
                Filter::default(),
                Filter { event: Some(NAMES[0].to_owned()), ..Filter::default() },
                Filter { appid: Some("wx1".to_owned()), ..Filter::default() },
            ] {
                let (mut found, mut before) = (Vec::new(), None);
                loop {
                    let page = log.page(&filter, before, limit);
                    prop_assert!(page.items.len() <= limit);
                    found.splice(0..0, page.items);
                    before = page.next;
                    if before.is_none() {
                        break;
                    }
                }
                prop_assert_eq!(found, log.show(&filter));
            }
        }
    }

    #[test]
    fn events_and_their_tries_stay_within_their_bytes() {
        let mut log = Log::default();
        let held = |log: &Log| log.entries.iter().map(Entry::size).sum::<usize>();
        let text = "x".repeat(64 * 1024);
        for _ in 0..1_000 {
            let letter = Letter {
                to: String::new(),
                at: 0,
                event: Event::new("user_del_card", "").text("OuterStr", text.as_str()),
            };
            log.write(String::new(), letter, None, State::Pending);
        }
        assert!(log.bytes <= BYTES && log.bytes == held(&log));
        assert!((400..520).contains(&log.entries.len()));

        let newest = log.next() - 1;
        for at in 0..40 {
            let came = Err(NoAnswer::Broken(text.clone()));
            let tried = Try {
                at,
                is_badly_signed: false,
                came,
                is_taken: false,
            };
            log.keep(newest, tried);
        }
        assert!(log.bytes <= BYTES && log.bytes == held(&log));
        assert_eq!(log.find(newest).unwrap().tries.len(), 40);
        for number in 1..newest {
            if let Some(entry) = log.find(number) {
                entry.state = State::Delivered;
            }
        }
        log.clear();
        assert_eq!((log.entries.len(), log.bytes), (1, held(&log)));
    }

    #[test]
    fn the_tries_of_an_event_have_a_bound() {
        let mut log = Log::default();
        let letter = Letter {
            to: String::new(),
            at: 0,
            event: Event::new("user_del_card", ""),
        };
        let number = log.write(String::new(), letter, None, State::Pending);
        let entry = log.find(number).unwrap();
        for at in 0..150 {
            entry.keep(Try {
                at,
                is_badly_signed: false,
                came: Err(NoAnswer::Refused),
                is_taken: false,
            });
        }
        assert_eq!((entry.tries.len(), entry.tries[0].at), (100, 50));
        assert_eq!(entry.tried, 150);
    }
}
