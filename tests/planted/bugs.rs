//! The bugs.

/// A bug, and the suites of which one must notice it.
pub(crate) struct Bug {
    pub(crate) name: &'static str,
    /// From the root of the checkout.
    pub(crate) file: &'static str,
    /// What stands there, once.
    pub(crate) find: &'static str,
    /// What is planted in its place.
    pub(crate) replace: &'static str,
    /// Arguments of `cargo test`.
    pub(crate) suites: &'static [&'static str],
}

const LIB: &[&str] = &["-p", "pmx-emulator", "--lib"];
const OBJECTS: &[&str] = &["-p", "pmx-emulator", "--test", "durable_object"];
const SOCKETS: &[&str] = &["-p", "pmx-emulator", "--test", "websocket"];
const STATELESS: &[&str] = &["-p", "pmx-emulator", "--test", "stateless"];

pub(crate) const BUGS: &[Bug] = &[
    Bug {
        name: "etag of parts is the etag of their bytes",
        file: "emulator/src/r2/checksum.rs",
        find: "format!(\"{}-{}\", HEXLOWER.encode(&Md5::digest(parts.concat())), parts.len())",
        replace: "format!(\"{}-{}\", HEXLOWER.encode(&Md5::digest(parts.concat())), parts.len() + 1)",
        suites: LIB,
    },
    Bug {
        name: "a checksum is not verified",
        file: "emulator/src/r2/incoming.rs",
        find: "if actual != *expected {",
        replace: "if actual != *expected && self.length == u64::MAX {",
        suites: LIB,
    },
    Bug {
        name: "a condition on etags is ignored",
        file: "emulator/src/r2/conditional.rs",
        find: "matches && differs && after && before",
        replace: "matches && after && before",
        suites: LIB,
    },
    Bug {
        name: "expiry is ignored",
        file: "emulator/src/kv/mod.rs",
        find: "Some(at) if at <= self.shared.clock.now_ms() / 1000 => Entry::default(),",
        replace: "Some(at) if at == 0 => Entry::default(),",
        suites: LIB,
    },
    Bug {
        name: "metadata outlives its value",
        file: "emulator/src/kv/engine.rs",
        find: "metadata = excluded.metadata, digest",
        replace: "metadata = coalesce(excluded.metadata, metadata), digest",
        suites: LIB,
    },
    Bug {
        name: "a writer lags behind itself",
        file: "emulator/src/kv/lag.rs",
        find: "|| write.seen.contains(place)",
        replace: "|| (place.is_none() && write.seen.contains(place))",
        suites: LIB,
    },
    Bug {
        name: "alarms are late",
        file: "emulator/src/durable_object/alarm_scheduler.rs",
        find: "alarm.due_ms.saturating_add(late)",
        replace: "alarm.due_ms.saturating_add(late + 1_000)",
        suites: OBJECTS,
    },
    Bug {
        name: "alarms are lost with the process",
        file: "emulator/src/durable_object/alarm_scheduler.rs",
        find: "for alarm in self.index.due(u64::MAX) {",
        replace: "for alarm in self.index.due(self.clock.now_ms()) {",
        suites: OBJECTS,
    },
    Bug {
        name: "retries do not back off",
        file: "emulator/src/durable_object/alarm_delivery.rs",
        find: "FIRST_ALARM_RETRY_MS << attempt.doublings.min(MAX_DOUBLINGS)",
        replace: "FIRST_ALARM_RETRY_MS << (attempt.doublings * 0)",
        suites: OBJECTS,
    },
    Bug {
        name: "an alarm is tried again for ever",
        file: "emulator/src/durable_object/alarm_delivery.rs",
        find: "attempt.retries >= MAX_ALARM_RETRIES",
        replace: "attempt.retries >= 100 * MAX_ALARM_RETRIES",
        suites: OBJECTS,
    },
    Bug {
        name: "deleted alarms come",
        file: "emulator/src/durable_object/alarm_state.rs",
        find: "                database.delete_alarm()?;\n                self.replaced",
        replace: "                self.replaced",
        suites: OBJECTS,
    },
    Bug {
        name: "a trap commits its turn",
        file: "emulator/src/durable_object/imports.rs",
        find: "        self.database.rollback_turn();\n",
        replace: "        let _ = self.database.commit_turn();\n",
        suites: OBJECTS,
    },
    Bug {
        name: "each statement commits",
        file: "emulator/src/durable_object/engine/mod.rs",
        find: "        self.trusted(|connection| connection.execute_batch(\"BEGIN\"))?;\n",
        replace: "        self.trusted(|connection| connection.execute_batch(\"SELECT 1\"))?;\n",
        suites: LIB,
    },
    Bug {
        name: "output leaves before the commit",
        file: "emulator/src/durable_object/instance.rs",
        find: "        self.charge(begun_by, meter)?;\n        self.commit(context)\n",
        replace: "        self.charge(begun_by, meter)?;\n        self.release(context, std::mem::take(outputs));\n        self.commit(context)\n",
        suites: OBJECTS,
    },
    Bug {
        name: "no authorizer",
        file: "emulator/src/durable_object/engine/mod.rs",
        find: "guard.authorize(&context)))?;",
        replace: "{ let _ = guard.authorize(&context); rusqlite::hooks::Authorization::Allow }))?;",
        suites: LIB,
    },
    Bug {
        name: "no limits",
        file: "emulator/src/durable_object/engine/mod.rs",
        find: "    limits::apply(&connection, profile)?;\n",
        replace: "    let _ = (&connection, profile, limits::apply);\n",
        suites: LIB,
    },
    Bug {
        name: "an inner transaction is kept",
        file: "emulator/src/durable_object/engine/savepoint.rs",
        find: "(SavepointState::Inside, true) =>",
        replace: "(SavepointState::Inside, _) =>",
        suites: LIB,
    },
    Bug {
        name: "messages are lost",
        file: "emulator/src/durable_object/outputs.rs",
        find: "                socket.push(frame);\n",
        replace: "                if !matches!(frame, Outgoing::Message(_)) {\n                    socket.push(frame);\n                }\n",
        suites: SOCKETS,
    },
    Bug {
        name: "messages are reordered",
        file: "emulator/src/websocket/socket.rs",
        find: "        state.frames.push_back(frame);\n",
        replace: "        state.frames.push_front(frame);\n",
        suites: LIB,
    },
    Bug {
        name: "attachments are forgotten",
        file: "emulator/src/websocket/socket.rs",
        find: "self.state().attachment = Some(data.into());",
        replace: "self.state().attachment = Some(data[..0].into());",
        suites: SOCKETS,
    },
    Bug {
        name: "a client that left is not told of",
        file: "emulator/src/stateless/isolate.rs",
        find: "Some(task) if task.is_awaited() => task.waiter = Waiter::ClientGone,\n            _ => return,",
        replace: "Some(task) if !task.is_awaited() => task.waiter = Waiter::ClientGone,\n            _ => return,",
        suites: STATELESS,
    },
    Bug {
        name: "nothing is evicted",
        file: "emulator/src/durable_object/container.rs",
        find: "if inputs.running || !inputs.queue.is_empty() || !lifecycle.is_idle() {",
        replace: "if inputs.running || !inputs.queue.is_empty() || lifecycle.is_idle() {",
        suites: OBJECTS,
    },
    Bug {
        name: "two namespaces share their ids",
        file: "emulator/src/durable_object/id.rs",
        find: "Self { key: Sha256::digest(unique_key).into() }",
        replace: "Self { key: Sha256::digest(&unique_key[..0]).into() }",
        suites: LIB,
    },
];
