//! Who works on an operation: a process, named so that others of its host see when it is dead.

use crate::store::operations::OperationRow;

use super::state::is_lease_over;

/// This process, since it started.
///
/// `host:pid:start:random`: the host's boot and its process name space, the process id, when the
/// process started by the host's clock, and something that nobody else has. Where the system does
/// not tell, the first three are empty, and only the lease says when an owner is gone.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    name: String,
    host: String,
}

impl Owner {
    pub(crate) fn new() -> Self {
        let host = host().unwrap_or_default();
        let pid = std::process::id();
        let start = started_at(pid).unwrap_or_default();
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self {
            name: format!("{host}:{pid}:{start}:{random}"),
            host,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether nobody works on a running operation any more: its owner is known dead, or its lease
    /// is over.
    pub(crate) fn has_abandoned(&self, row: &OperationRow, now: i64) -> bool {
        is_lease_over(row.lease_until, now)
            || row
                .owner
                .as_deref()
                .is_none_or(|owner| self.knows_dead(owner))
    }

    /// Whether another owner is a process of this host that is gone.
    fn knows_dead(&self, owner: &str) -> bool {
        let mut parts = owner.split(':');
        let (Some(host), Some(pid), Some(start)) = (parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let is_of_this_host = !host.is_empty() && !start.is_empty() && host == self.host;
        is_of_this_host
            && pid
                .parse()
                .is_ok_and(|pid: u32| started_at(pid).is_none_or(|at| at != start))
    }
}

/// This boot of this host, and the name space in which its process ids count.
fn host() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let space: String = space
        .to_str()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    Some(format!("{}-{space}", boot.trim()))
}

/// When a process started, in ticks since the boot; none when there is no such process.
fn started_at(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; the state follows it. A process that
    // ended and was not waited for is dead, too.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    // The 22nd field of all.
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_gone_is_known_dead_and_no_other() {
        let me = Owner::new();
        assert!(!me.knows_dead(me.as_str()));
        assert!(
            !me.knows_dead(Owner::new().as_str()),
            "another instance of this process"
        );
        assert!(
            !me.knows_dead("elsewhere:1:2:x"),
            "of another host nothing is known"
        );
        assert!(!me.knows_dead(""));
        if !me.host.is_empty() {
            // The same id, given to a later process.
            let pid = std::process::id();
            assert!(me.knows_dead(&format!("{}:{pid}:1:x", me.host)));
            let mut child = std::process::Command::new("true").spawn().unwrap();
            let start = started_at(child.id()).unwrap_or_else(|| "1".to_owned());
            let name = format!("{}:{}:{start}:x", me.host, child.id());
            child.wait().unwrap();
            assert!(me.knows_dead(&name));
        }
    }
}
