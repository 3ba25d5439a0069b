//! Is LNet's port free for LNet?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, LNET_PORT, Lnet, NodeFacts, PortUse};

const NAME: &str = "lnet_port";
const NFS_PORT: u16 = 2049;

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is TCP port 988 of this node free for LNet?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads /proc/net/tcp and /proc/net/tcp6. Pass: LNet is up and somebody listens, or \
              nobody uses the port while LNet is not up. Warn: LNet's accept_port is another one, to \
              which file systems do not connect. Fail: \
              LNet is not up and something else has the port: LNet will not start. Warn: the same while \
              nobody knows whether LNet is up. Unknown: the tables cannot be read, LNet is up and no socket of \
              it is seen, or nobody but root is told who has it.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let Some(uses) = facts.lnet_port.value() else {
        let summary = "whether port 988 is free could not be found out";
        return Finding::unknown(NAME, summary, "see `ss -tnlp 'sport = :988'`")
            .seen(Evidence::unknown(&facts.lnet_port));
    };
    let shown = |uses: &Vec<PortUse>| {
        let all: Vec<String> = uses.iter().take(3).map(told).collect();
        if all.is_empty() { "no socket on port 988".to_owned() } else { all.join(", ") }
    };
    let finding = match (facts.lnet.value(), uses.first()) {
        (Some(Lnet::Up(_)), _) if facts.lnet_accept_port != LNET_PORT => {
            let port = facts.lnet_accept_port;
            let remedy = "take accept_port out of the options of lnet in /etc/modprobe.d, and load the \
                          modules anew";
            let summary = format!("LNet accepts connections on port {port}, file systems use 988");
            Finding::warn(NAME, summary, remedy)
        }
        (Some(Lnet::Up(_)), Some(_)) => Finding::pass(NAME, "LNet is up and has its port"),
        (Some(Lnet::Up(_)), None) => {
            let remedy =
                "look in the namespace of LNet: sudo nsenter -t 1 -n ss -tnl 'sport = :988'";
            Finding::unknown(NAME, "LNet is up, and no socket on port 988 is seen", remedy)
        }
        (_, None) => Finding::pass(NAME, "nobody uses port 988"),
        (known, Some(taken)) => {
            let summary = format!("port {LNET_PORT} is taken: {}", told(taken));
            let remedy = if taken.remote_port == NFS_PORT {
                "an NFS mount took it as its source port: mount it with `noresvport`, or load LNet \
                 before NFS (sudo modprobe lustre at boot: echo lustre | sudo tee \
                 /etc/modules-load.d/lustre.conf)"
            } else {
                "stop or move what has it (`sudo ss -tnlp 'sport = :988'`), then sudo modprobe lustre"
            };
            match (known, &taken.process) {
                (Some(_), _) => Finding::fail(NAME, summary, remedy),
                (None, Some(_)) => Finding::warn(NAME, summary, remedy),
                // LNet's own has no process, so this may be it.
                (None, None) => {
                    Finding::unknown(NAME, summary, "run it as root: sudo fsxlustre check")
                }
            }
        }
    };
    finding.seen(Evidence::of(&facts.lnet_port, shown)).seen(Evidence::of(&facts.lnet, |lnet| {
        let is_up = matches!(lnet, Lnet::Up(_));
        if is_up { "LNet is up".to_owned() } else { "LNet is not up".to_owned() }
    }))
}

fn told(used: &PortUse) -> String {
    let who = used.process.as_deref().unwrap_or("a process that is not shown, or the kernel");
    if used.is_listening {
        format!("{who} listens on it")
    } else {
        format!("{who} is connected from it to port {}", used.remote_port)
    }
}
