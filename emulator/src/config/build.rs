//! From values to a [`Config`]. What is of another type than it should be is left out here; the checks say so.

use super::{
    findings::Findings,
    keys,
    model::{
        Assets, ClassExport, ClassRename, ClassState, ClassTransfer, Config, CustomBuild, DurableObjectBinding,
        KvNamespace, Migration, R2Bucket, RouteEntry, ServiceBinding, WorkerFirst, WorkerLimits, WorkerLoader,
    },
    tree::{Node, Table},
};

/// The values that hold in one environment.
pub(super) struct View<'a> {
    pub(super) top: &'a Table,
    /// The environment's own, if it is one that the config has.
    pub(super) own: Option<&'a Table>,
}

impl<'a> View<'a> {
    /// The value of a key: the environment's own, and of a key that is inherited else that of the top level.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        let Some(own) = self.own else { return self.top.given(key) };
        let inherited = || keys::INHERITED.contains(&key).then(|| self.top.given(key)).flatten();
        own.given(key).or_else(inherited)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Node::text).map(str::to_owned)
    }

    /// The tables of a list, with the bytes where they begin.
    fn tables(&self, key: &str) -> impl Iterator<Item = (&'a Table, usize)> {
        tables(self.get(key))
    }
}

/// The tables of a list, with the bytes where they begin.
fn tables(node: Option<&Node>) -> impl Iterator<Item = (&Table, usize)> {
    node.and_then(Node::list).unwrap_or_default().iter().filter_map(|node| Some((node.table()?, node.at)))
}

fn text(table: &Table, key: &str) -> Option<String> {
    table.text(key).map(str::to_owned)
}

fn texts(node: Option<&Node>) -> Vec<String> {
    node.map(|node| node.texts().map(str::to_owned).collect()).unwrap_or_default()
}

/// The Worker that the values describe, without its secrets.
pub(super) fn build(view: &View<'_>, environment: Option<&str>, places: &Findings<'_>) -> Config {
    let routes = routes(view, places);
    Config {
        environment: environment.map(str::to_owned),
        own_keys: view.own.map(Table::fields).unwrap_or_default().iter().map(|field| field.key.clone()).collect(),
        name: name(view, environment),
        main: view.text("main"),
        compatibility_date: view.text("compatibility_date"),
        compatibility_flags: texts(view.get("compatibility_flags")),
        build: view.get("build").and_then(Node::table).map(custom_build).unwrap_or_default(),
        kv_namespaces: kv_namespaces(view, places),
        r2_buckets: r2_buckets(view, places),
        durable_objects: durable_objects(view, places),
        migrations: view.tables("migrations").map(|(table, at)| migration(table, at, places)).collect(),
        exports: exports(view, places),
        services: services(view, places),
        vars: fields(view.get("vars")).map(|field| (field.key.clone(), field.node.to_json())).collect(),
        required_secrets: texts(view.get("secrets").and_then(Node::table).and_then(|secrets| secrets.get("required"))),
        workers_dev: view.get("workers_dev").and_then(Node::bool).unwrap_or(routes.is_empty()),
        routes,
        assets: view.get("assets").and_then(|node| assets(node, places)),
        worker_loaders: worker_loaders(view, places),
        crons: texts(view.get("triggers").and_then(Node::table).and_then(|triggers| triggers.get("crons"))),
        limits: view.get("limits").and_then(Node::table).map(limits).unwrap_or_default(),
        ..Config::default()
    }
}

fn name(view: &View<'_>, environment: Option<&str>) -> Option<String> {
    let own = view.own.and_then(|own| own.given("name"));
    match (own, environment) {
        (Some(own), _) => own.text().map(str::to_owned),
        (None, None) => text(view.top, "name"),
        (None, Some(environment)) => {
            view.top.text("name").filter(|name| !name.is_empty()).map(|name| format!("{name}-{environment}"))
        }
    }
}

fn fields(node: Option<&Node>) -> impl Iterator<Item = &super::tree::Field> {
    node.and_then(Node::table).map(Table::fields).unwrap_or_default().iter()
}

fn kv_namespaces(view: &View<'_>, places: &Findings<'_>) -> Vec<KvNamespace> {
    let of = |(table, at)| {
        Some(KvNamespace {
            binding: text(table, "binding")?,
            id: text(table, "id"),
            preview_id: text(table, "preview_id"),
            place: places.place(at),
        })
    };
    view.tables("kv_namespaces").filter_map(of).collect()
}

fn r2_buckets(view: &View<'_>, places: &Findings<'_>) -> Vec<R2Bucket> {
    let of = |(table, at)| {
        Some(R2Bucket {
            binding: text(table, "binding")?,
            bucket_name: text(table, "bucket_name"),
            preview_bucket_name: text(table, "preview_bucket_name"),
            jurisdiction: text(table, "jurisdiction"),
            place: places.place(at),
        })
    };
    view.tables("r2_buckets").filter_map(of).collect()
}

fn durable_objects(view: &View<'_>, places: &Findings<'_>) -> Vec<DurableObjectBinding> {
    let of = |(table, at)| {
        Some(DurableObjectBinding {
            name: text(table, "name")?,
            class_name: text(table, "class_name")?,
            script_name: text(table, "script_name"),
            place: places.place(at),
        })
    };
    tables(view.get("durable_objects").and_then(Node::table).and_then(|table| table.get("bindings")))
        .filter_map(of)
        .collect()
}

fn migration(table: &Table, at: usize, places: &Findings<'_>) -> Migration {
    let renamed = |(table, _)| Some(ClassRename { from: text(table, "from")?, to: text(table, "to")? });
    let transferred = |(table, _)| {
        let from_script = text(table, "from_script")?;
        Some(ClassTransfer { from: text(table, "from")?, from_script, to: text(table, "to")? })
    };
    Migration {
        tag: text(table, "tag").unwrap_or_default(),
        new_classes: texts(table.get("new_classes")),
        new_sqlite_classes: texts(table.get("new_sqlite_classes")),
        renamed_classes: tables(table.get("renamed_classes")).filter_map(renamed).collect(),
        deleted_classes: texts(table.get("deleted_classes")),
        transferred_classes: tables(table.get("transferred_classes")).filter_map(transferred).collect(),
        place: places.place(at),
    }
}

fn exports(view: &View<'_>, places: &Findings<'_>) -> Vec<ClassExport> {
    let of = |field: &super::tree::Field| {
        let table = field.node.table()?;
        if table.text("type") != Some("durable-object") {
            return None;
        }
        let other = |key| text(table, key).unwrap_or_default();
        let state = match table.text("state") {
            None => ClassState::Live,
            Some("deleted") => ClassState::Deleted,
            Some("renamed") => ClassState::Renamed { to: other("renamed_to") },
            Some("transferred") => ClassState::Transferred { to: other("transferred_to") },
            Some("expecting-transfer") => ClassState::ExpectingTransfer { from: other("transfer_from") },
            Some(_) => return None,
        };
        let sqlite = table.text("storage") != Some("legacy-kv");
        Some(ClassExport { class_name: field.key.clone(), state, sqlite, place: places.place(field.at) })
    };
    fields(view.get("exports")).filter_map(of).collect()
}

fn services(view: &View<'_>, places: &Findings<'_>) -> Vec<ServiceBinding> {
    let of = |(table, at): (&Table, usize)| {
        Some(ServiceBinding {
            binding: text(table, "binding")?,
            service: text(table, "service")?,
            entrypoint: text(table, "entrypoint"),
            props: table.given("props").map(Node::to_json),
            place: places.place(at),
        })
    };
    view.tables("services").filter_map(of).collect()
}

fn routes(view: &View<'_>, places: &Findings<'_>) -> Vec<RouteEntry> {
    let many = view.get("routes").and_then(Node::list).unwrap_or_default();
    // An empty `route` is none.
    let one = view.get("route").filter(|node| node.text() != Some(""));
    many.iter().chain(one).filter_map(|node| route(node, places)).collect()
}

fn route(node: &Node, places: &Findings<'_>) -> Option<RouteEntry> {
    let place = places.place(node.at);
    if let Some(pattern) = node.text() {
        return Some(RouteEntry { pattern: pattern.to_owned(), enabled: true, place, ..RouteEntry::default() });
    }
    let table = node.table()?;
    let flag = |key| table.get(key).and_then(Node::bool);
    Some(RouteEntry {
        pattern: text(table, "pattern")?,
        custom_domain: flag("custom_domain").unwrap_or(false),
        zone: text(table, "zone_id").or_else(|| text(table, "zone_name")),
        enabled: flag("enabled").unwrap_or(true),
        place,
    })
}

fn assets(node: &Node, places: &Findings<'_>) -> Option<Assets> {
    let table = node.table()?;
    let run_worker_first = match table.get("run_worker_first") {
        Some(node) if node.bool() == Some(true) => WorkerFirst::Always,
        Some(node) if node.list().is_some() => WorkerFirst::Paths(texts(Some(node))),
        _ => WorkerFirst::Never,
    };
    Some(Assets {
        directory: text(table, "directory"),
        binding: text(table, "binding"),
        html_handling: text(table, "html_handling"),
        not_found_handling: text(table, "not_found_handling"),
        run_worker_first,
        place: places.place(node.at),
    })
}

fn worker_loaders(view: &View<'_>, places: &Findings<'_>) -> Vec<WorkerLoader> {
    let of = |(table, at)| Some(WorkerLoader { binding: text(table, "binding")?, place: places.place(at) });
    view.tables("worker_loaders").filter_map(of).collect()
}

fn custom_build(table: &Table) -> CustomBuild {
    CustomBuild { command: text(table, "command"), cwd: text(table, "cwd") }
}

fn limits(table: &Table) -> WorkerLimits {
    let number = |key| table.get(key).and_then(Node::number);
    WorkerLimits { cpu_ms: number("cpu_ms"), subrequests: number("subrequests") }
}
