//! What stands behind all faces: one world, one journal, the faults in force.

use std::sync::{Arc, MutexGuard};

use serde_json::Value;

use crate::{
    broadcast::{Broadcast, Topic},
    expect::SharedExpectations,
    faults::SharedFaults,
    intercept::Intercept,
    journal::{Answered, Journal, Outcome, SharedJournal, shown_call},
    push::SharedPushes,
    shared::SharedWorld,
    world::{World, starters::Starter},
};

/// The state behind all faces: one world, one journal.
#[derive(Clone, Debug)]
pub(crate) struct Mock {
    pub(crate) world: SharedWorld,
    pub(crate) journal: SharedJournal,
    pub(crate) faults: SharedFaults,
    /// What a test expects of its calls.
    pub(crate) expectations: SharedExpectations,
    pub(crate) pushes: SharedPushes,
    /// Everybody who listens to what happens.
    pub(crate) broadcast: Broadcast,
    /// The world that a reset goes back to.
    origin: Arc<World>,
    /// What the control API asks for, when others than this machine can reach it or somebody set it.
    pub(crate) control_token: Option<Arc<str>>,
    /// Web pages beside its own that may call the control API, as browsers write their origins.
    pub(crate) allowed_origins: Arc<[String]>,
    /// Who is told of every refusal.
    pub(crate) on_refusal: Option<OnRefusal>,
    /// What answers for WeChat's hosts, when it is to.
    pub(crate) intercept: Option<Intercept>,
    /// Whether the mock's port is a proxy for WeChat's hosts.
    pub(crate) is_proxy: bool,
}

/// Whether a call of WeChat's changed a card beyond its codes.
fn changed_card(answered: &Answered) -> bool {
    const CHANGES: [&str; 7] = [
        "/card/create",
        "/card/update",
        "/card/modifystock",
        "/card/delete",
        "/card/paycell/set",
        "/card/selfconsumecell/set",
        "/card/code/deposit",
    ];
    matches!(answered.outcome, Outcome::Done) && CHANGES.contains(&answered.call.path.as_str())
}

/// Is told of a refusal: its record, as `explain` shows it, and the name of the account, if it has one.
#[derive(Clone)]
pub(crate) struct OnRefusal(pub(crate) Arc<TellRefusal>);

/// Is told the record of a refusal, and the name of the account when it is known.
pub(crate) type TellRefusal = dyn Fn(&Value, Option<&str>) + Send + Sync;

impl std::fmt::Debug for OnRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnRefusal").finish_non_exhaustive()
    }
}

impl Mock {
    pub(crate) fn new(world: World, control_token: Option<String>) -> Self {
        let broadcast = Broadcast::default();
        let pushes = SharedPushes::new(broadcast.clone());
        Self {
            broadcast,
            origin: Arc::new(world.clone()),
            faults: SharedFaults::new(world.seed),
            world: SharedWorld::new(world, pushes.clone()),
            pushes,
            journal: SharedJournal::default(),
            expectations: SharedExpectations::default(),
            control_token: control_token.map(Into::into),
            allowed_origins: Arc::default(),
            on_refusal: None,
            intercept: None,
            is_proxy: false,
        }
    }

    /// The same, with a certificate of WeChat's hosts; `is_proxy`: its port is a proxy for them.
    #[cfg(feature = "intercept")]
    pub(crate) fn intercepting(
        self,
        is_proxy: bool,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let intercept = Some(Intercept::new()?);
        Ok(Self {
            intercept,
            is_proxy,
            ..self
        })
    }

    /// Another world; what the old one had to tell is told no more.
    pub(crate) fn replace(&self, by: World) {
        let mut world = self.world.lock();
        *world = by;
        self.pushes.reset();
    }

    /// Back to the world it began with; faults go, and the journal and its numbers begin anew.
    pub(crate) fn reset(&self) {
        self.begin_anew(World::clone(&self.origin));
    }

    /// The same with a world that is in the program; switches and seed stay those it began with.
    pub(crate) fn reset_to(&self, starter: &Starter) {
        let mut world = starter.make(self.origin.seed);
        world.switches = self.origin.switches;
        self.begin_anew(world);
    }

    fn begin_anew(&self, world: World) {
        self.replace(world);
        self.journal.lock().reset();
        self.faults.lock().reset(self.origin.seed);
        self.expectations.lock().clear();
    }

    /// Writes a call into the journal, and tells of it whoever wants to know.
    ///
    /// `journal` was locked while the call still had the world, so that rows stand in its order.
    pub(crate) fn write_down(&self, mut journal: MutexGuard<'_, Journal>, answered: Answered) {
        let is_refused = matches!(answered.outcome, Outcome::Refused(_));
        tracing::info!(
            target: "wechat_mock::calls",
            call = shown_call(&format!("{} {}", answered.call.method, answered.call.path)),
            appid = answered.appid.as_deref().unwrap_or_default(),
            status = answered.wire.status.as_u16(),
            errcode = answered.wire.errcode,
        );
        let changed = changed_card(&answered);
        self.expectations.count(&answered);
        let id = journal.write(answered);
        self.broadcast.tell(Topic::Request, || {
            let row = journal.shown(&id);
            row.unwrap_or_default()
        });
        let record = (is_refused && self.on_refusal.is_some()).then(|| journal.explain(&id));
        drop(journal);
        if changed {
            self.broadcast.tell_change("card");
        }
        if let Some(record) = record.flatten() {
            self.tell(&record);
        }
    }

    /// Keeps the record of what happened on the phone.
    pub(crate) fn keep_claim(&self, number: u64, record: &Value) {
        let mut journal = self.journal.lock();
        journal.keep_claim(number, record.clone());
        self.broadcast.tell(Topic::Claim, || record.clone());
    }

    /// Tells of a refusal whoever wants to know.
    pub(crate) fn tell(&self, record: &Value) {
        let Some(OnRefusal(on_refusal)) = &self.on_refusal else {
            return;
        };
        let name = {
            let world = self.world.lock();
            let number = record["appid"]
                .as_str()
                .and_then(|appid| world.account_no(appid));
            number.map(|number| world.account(number).profile.name.clone())
        };
        on_refusal(record, name.as_deref());
    }
}
