//! Commands for the data of a local Worker.

use crate::{record::Record, scene::Scene};

/// Calls of one command over a state folder, and where none is.
fn recorded(command: &str, calls: &[&str]) {
    let (mut scene, mut record) = (Scene::stored(), Record::of(command));
    for call in calls {
        record.call(&mut scene, "site", call);
    }
    record.check();
}

#[test]
fn kv() {
    recorded(
        "kv get",
        &[
            "pmx kv get greeting --state ../state",
            "pmx kv get -q greeting --state ../state",
            "pmx kv get greeting --state ../state --json",
            "pmx kv get gone --state ../state",
            "pmx kv get greeting",
            "pmx kv get greeting --server https://pathmx.path.app",
        ],
    );
    let (mut scene, mut record) = (Scene::stored(), Record::of("kv put"));
    record.call_with(&mut scene, "site", "pmx kv put piped --state ../state", "from stdin");
    for line in [
        "pmx kv put greeting hi --state ../state",
        "pmx kv put -q greeting hi --state ../state",
        "pmx kv put greeting hi --state ../state --json",
        "pmx kv put greeting hi --expiration-ttl 5 --state ../state",
        "pmx kv put greeting hi --metadata '{' --state ../state",
        "pmx kv put greeting --file gone --state ../state",
    ] {
        record.call(&mut scene, "site", line);
    }
    record.check();
    recorded(
        "kv list",
        &[
            "pmx kv list --state ../state",
            "pmx kv list --prefix gr --state ../state -q",
            "pmx kv list --prefix gr --state ../state --json",
            "pmx kv list --limit 1 --state ../state",
            "pmx kv list --prefix zz --state ../state",
        ],
    );
    recorded(
        "kv delete",
        &["pmx kv delete greeting --state ../state", "pmx kv delete -q gone --state ../state", "pmx kv delete gone"],
    );
}

#[test]
fn r2() {
    recorded(
        "r2 get",
        &[
            "pmx r2 get pictures/one --state ../state",
            "pmx r2 get -q pictures/one --state ../state --json",
            "pmx r2 get gone --state ../state",
            "pmx r2 get gone",
        ],
    );
    recorded(
        "r2 head",
        &[
            "pmx r2 head pictures/one --state ../state",
            "pmx r2 head pictures/one --state ../state --json",
            "pmx r2 head gone --state ../state -q",
        ],
    );
    recorded(
        "r2 put",
        &[
            "pmx r2 put two --file paths/board.svg --state ../state",
            "pmx r2 put -q two --file paths/board.svg --state ../state",
            "pmx r2 put two --file gone --state ../state",
        ],
    );
    recorded(
        "r2 list",
        &[
            "pmx r2 list --prefix pictures/ --state ../state",
            "pmx r2 list --prefix zz --state ../state",
            "pmx r2 list -q --prefix pictures/ --state ../state",
            "pmx r2 list",
        ],
    );
    recorded("r2 delete", &["pmx r2 delete pictures/one --state ../state", "pmx r2 delete -q gone --state ../state"]);
}

#[test]
fn durable_objects() {
    recorded("do list", &["pmx do list", "pmx do list --state ../state", "pmx do list -q --state ../elsewhere"]);
    recorded(
        "do tables",
        &[
            "pmx do tables chess --state ../state",
            "pmx do tables -q go --state ../state",
            "pmx do tables gone --state ../state",
        ],
    );
    recorded(
        "do sql",
        &[
            "pmx do sql chess 'SELECT 1 AS one, ?1 AS two' --param x --state ../state",
            "pmx do sql chess 'SELECT 1 AS one' --state ../state -q",
            "pmx do sql chess 'SELECT 1 AS one' --state ../state --json",
            "pmx do sql chess 'SELEKT 1' --state ../state",
        ],
    );
    recorded(
        "do sockets",
        &["pmx do sockets chess --state ../state", "pmx do sockets -q chess --state ../state --json"],
    );
    recorded("do alarm", &["pmx do alarm -q gone --state ../state"]);
    recorded("do evict", &["pmx do evict chess --state ../state", "pmx do evict -q gone --state ../state"]);
    recorded(
        "do delete",
        &[
            "pmx do delete chess --state ../state",
            "pmx do delete chess --yes --state ../state",
            "pmx do delete -q go -y --state ../state",
        ],
    );
}

#[test]
fn state() {
    recorded(
        "state path",
        &["pmx state path", "pmx state path -q --state ../state", "pmx state path --state ../state --json"],
    );
    recorded(
        "state check",
        &["pmx state check --state ../state", "pmx state check -q --state ../state", "pmx state check"],
    );
    recorded(
        "state repair",
        &["pmx state repair --state ../state", "pmx state repair -q --state ../state", "pmx state repair"],
    );
    recorded(
        "state export",
        &[
            "pmx state export ../state.tar --state ../state",
            "pmx state export -q ../state.tar --state ../state --json",
            "pmx state export ../elsewhere --state ../state",
            "pmx state export gone/state.tar --state ../state",
            "pmx state export ../state.tar",
        ],
    );
    let (mut scene, mut record) = (Scene::stored(), Record::of("state import"));
    scene.call("site", "pmx state export -q ../state.tar --state ../state", "");
    for line in [
        "pmx state import ../state.tar --state ../new",
        "pmx state import ../state.tar --state ../new",
        "pmx state import ../state.tar --state ../new --yes -q",
        "pmx state import paths/notes.md --state ../other",
        "pmx state import gone.tar --state ../other",
    ] {
        record.call(&mut scene, "site", line);
    }
    record.check();
    recorded(
        "state reset",
        &[
            "pmx state reset --state ../state",
            "pmx state reset --site chess -y --state ../state",
            "pmx state reset -y --state ../state",
            "pmx state reset -y -q --state ../state",
        ],
    );
}
