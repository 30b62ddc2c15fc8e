//! What wrangler says of a config, and what Cloudflare would refuse it for.

mod assets;
mod bindings;
mod classes;
mod environments;
mod expect;
mod exports;
mod migrations;
mod names;
mod routes;
mod scalars;
mod section;
mod vars;

use super::{
    build::View,
    findings::Findings,
    keys,
    model::Config,
    tree::{Node, NodeValue, Table},
};
use section::Section;

/// Looks at the values of the top level and, if one is asked for, of an environment.
pub(super) fn values<'a>(findings: &mut Findings<'_>, top: &'a Table, environment: Option<&'a str>) -> View<'a> {
    scalars::top_level(findings, top);
    let known = || keys::top().chain([scalars::NODE_COMPAT]);
    expect::unexpected_of(findings, "top-level", "", top, known);
    section(findings, &Section { table: top, within: None, at: 0 });
    let own = environment.and_then(|name| environments::find(findings, top, name).map(|field| (name, field)));
    if let Some((name, (table, at))) = own {
        findings.enter(Some(name));
        let known = || keys::environment().chain([scalars::NODE_COMPAT]);
        let label = format!("env.{name}");
        expect::unexpected_of(findings, &label, &label, table, known);
        let within = Section { table, within: Some((name, top)), at };
        environments::not_inherited(findings, &within);
        section(findings, &within);
        findings.enter(None);
    }
    View { top, own: own.map(|(_, (table, _))| table) }
}

fn section(findings: &mut Findings<'_>, section: &Section<'_>) {
    scalars::unsettled(findings, section);
    scalars::check(findings, section);
    routes::shapes(findings, section);
    bindings::check(findings, section);
    assets::check(findings, section);
    vars::check(findings, section);
    migrations::shapes(findings, section);
    exports::check(findings, section);
}

/// Looks at the Worker that the values come to. `today` is a date, `YYYY-MM-DD`.
pub(super) fn worker(findings: &mut Findings<'_>, view: &View<'_>, config: &Config, today: Option<&str>) {
    findings.enter_worker(config.environment.as_deref(), &config.own_keys);
    scalars::named(findings, config, view);
    scalars::entry_point(findings, config, view);
    scalars::dates(findings, view, today);
    names::unique(findings, view);
    names::reserved(findings, config);
    routes::patterns(findings, config);
    classes::history(findings, config);
    classes::bound(findings, config);
}

/// Whether a value is there: wrangler takes `null` for a value where it asks for a type, and for none where it asks whether there is one.
fn is_given(node: Option<&Node>) -> bool {
    node.is_some_and(|node| !matches!(node.value, NodeValue::Null))
}
