//! Several Workers together: what one config asks of another, and addresses that two of them claim.

use super::{
    diagnostic::{Diagnostic, Place, Severity},
    keys,
    load::Loaded,
    model::{Config, ServiceBinding},
};
use crate::routes::{Overlap, OverlapKind, Pattern, RoutedWorker, overlaps};
use std::collections::{BTreeMap, BTreeSet};

/// The addresses that a Worker claims. Patterns that are none, and custom domains that are switched off, are left out.
#[must_use]
pub fn routed(config: &Config) -> RoutedWorker {
    let claims = claims(config);
    let pattern = |(index, _): &(usize, bool)| Pattern::parse(&config.routes.get(*index)?.pattern).ok();
    let domain = |(index, _): &(usize, bool)| Some(config.routes.get(*index)?.pattern.clone());
    RoutedWorker {
        name: Some(config.worker().to_owned()),
        routes: claims.iter().filter(|(_, is_domain)| !is_domain).filter_map(pattern).collect(),
        custom_domains: claims.iter().filter(|(_, is_domain)| *is_domain).filter_map(domain).collect(),
        workers_dev: config.workers_dev,
    }
}

/// The places in `routes` of what a Worker claims: routes first, then custom domains; and whether each is one.
fn claims(config: &Config) -> Vec<(usize, bool)> {
    let is_claim = |(index, is_domain): &(usize, bool)| {
        config
            .routes
            .get(*index)
            .is_some_and(|route| if *is_domain { route.enabled } else { Pattern::parse(&route.pattern).is_ok() })
    };
    let mut all: Vec<(usize, bool)> =
        config.routes.iter().enumerate().map(|(index, route)| (index, route.custom_domain)).collect();
    all.retain(is_claim);
    all.sort_by_key(|(index, is_domain)| (*is_domain, *index));
    all
}

/// Looks at Workers that are deployed together. With one alone, a Worker that it names may be anywhere; with several, it is one of them.
#[must_use]
pub fn check_together(loaded: &[Loaded]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let configs: Vec<&Config> = loaded.iter().map(|loaded| &loaded.config).collect();
    let mut workers: BTreeMap<&str, &Config> = BTreeMap::new();
    for config in &configs {
        if let Some(other) = workers.insert(config.worker(), config).filter(|_| !config.worker().is_empty()) {
            let message = format!("the Worker \"{}\" is that of {} as well", config.worker(), other.path.display());
            found.push(of(config, Severity::Error, Place::START, "name", message));
        }
    }
    let is_alone = configs.len() == 1;
    entrypoints(loaded, &mut found);
    for config in &configs {
        services(config, &workers, is_alone, &mut found);
        objects(config, &workers, is_alone, &mut found);
        transfers(config, &workers, is_alone, &mut found);
    }
    hosts(&configs, &mut found);
    found
}

fn of(config: &Config, severity: Severity, place: Place, key: &str, message: String) -> Diagnostic {
    Diagnostic { path: config.path.display().to_string(), place, severity, key: config.key(key), message, hint: None }
}

/// A Worker that is named and is none of those that are looked at.
fn unknown(
    config: &Config,
    (place, key): (Place, &str),
    named: &str,
    known: &BTreeMap<&str, &Config>,
    is_alone: bool,
    message: String,
) -> Diagnostic {
    let severity = if is_alone { Severity::Note } else { Severity::Error };
    let finding = of(config, severity, place, key, message);
    match keys::nearest(named, known.keys().copied()) {
        Some(nearest) if !is_alone => finding.with_hint(format!("did you mean \"{nearest}\"?")),
        _ => finding.with_hint(format!("name the config of \"{named}\", too, to have both looked at")),
    }
}

fn services(config: &Config, workers: &BTreeMap<&str, &Config>, is_alone: bool, found: &mut Vec<Diagnostic>) {
    for (index, service) in config.services.iter().enumerate() {
        if !workers.contains_key(service.service.as_str()) {
            let message = format!(
                "Worker \"{}\"'s binding \"{}\" refers to a service \"{}\", but no such service is defined.",
                config.worker(),
                service.binding,
                service.service
            );
            let key = format!("services[{index}].service");
            found.push(unknown(config, (service.place, &key), &service.service, workers, is_alone, message));
        }
    }
}

/// Says of entrypoints that the Worker which is bound does not export.
fn entrypoints(loaded: &[Loaded], found: &mut Vec<Diagnostic>) {
    for config in loaded.iter().map(|loaded| &loaded.config) {
        for (index, service) in config.services.iter().enumerate() {
            let Some((entrypoint, exports)) = lacking(loaded, service) else { continue };
            let (worker, callee) = (config.worker(), &service.service);
            let message = format!(
                "Worker \"{worker}\"'s binding \"{}\" refers to service \"{callee}\" with a named entrypoint \"{entrypoint}\", but \"{callee}\" has no such named entrypoint.",
                service.binding
            );
            let finding = of(config, Severity::Error, service.place, &format!("services[{index}].entrypoint"), message);
            found.push(match keys::nearest(entrypoint, exports.iter().map(String::as_str)) {
                Some(nearest) => finding.with_hint(format!("did you mean \"{nearest}\"?")),
                None => finding,
            });
        }
    }
}

/// The entrypoint that a binding names and its Worker does not export, and what that exports.
fn lacking<'a>(loaded: &'a [Loaded], service: &'a ServiceBinding) -> Option<(&'a str, &'a BTreeSet<String>)> {
    let entrypoint = service.entrypoint.as_deref()?;
    let callee = loaded.iter().find(|loaded| loaded.config.worker() == service.service)?;
    let exports = callee.exports.as_ref()?;
    (!exports.contains(entrypoint)).then_some((entrypoint, exports))
}

fn objects(config: &Config, workers: &BTreeMap<&str, &Config>, is_alone: bool, found: &mut Vec<Diagnostic>) {
    for (index, binding) in config.durable_objects.iter().enumerate() {
        let Some(script) = binding.script_name.as_deref().filter(|_| !config.is_own(binding)) else { continue };
        let key = format!("durable_objects.bindings[{index}].script_name");
        let Some(owner) = workers.get(script) else {
            let message = format!(
                "Worker \"{}\"'s binding \"{}\" refers to a service \"{script}\", but no such service is defined.",
                config.worker(),
                binding.name
            );
            found.push(unknown(config, (binding.place, &key), script, workers, is_alone, message));
            continue;
        };
        let (class, classes) = (binding.class_name.as_str(), owner.classes());
        if !classes.contains(class) {
            let message = format!(
                "Cannot create binding for class '{class}' because script '{script}' does not implement it: no migration of {} makes it",
                owner.path.display()
            );
            let key = format!("durable_objects.bindings[{index}].class_name");
            let finding = of(config, Severity::Error, binding.place, &key, message);
            found.push(match keys::nearest(class, classes.into_iter()) {
                Some(nearest) => finding.with_hint(format!("did you mean \"{nearest}\"?")),
                None => finding,
            });
        }
    }
}

fn transfers(config: &Config, workers: &BTreeMap<&str, &Config>, is_alone: bool, found: &mut Vec<Diagnostic>) {
    for (index, step) in config.migrations.iter().enumerate() {
        for transfer in &step.transferred_classes {
            let key = format!("migrations[{index}].transferred_classes");
            if !workers.contains_key(transfer.from_script.as_str()) {
                let message = format!(
                    "class '{}' comes from a script '{}' that is not defined",
                    transfer.to, transfer.from_script
                );
                found.push(unknown(config, (step.place, &key), &transfer.from_script, workers, is_alone, message));
            }
        }
    }
}

/// Says who has the hosts that two Workers claim.
fn hosts(configs: &[&Config], found: &mut Vec<Diagnostic>) {
    let routed: Vec<RoutedWorker> = configs.iter().map(|config| routed(config)).collect();
    let found_overlaps = overlaps(&routed);
    let key = |overlap: &Overlap| {
        let (one, other) = (overlap.winner.0, overlap.loser.0);
        (one.min(other), one.max(other), overlap.host.clone())
    };
    // Where each answers a part, one line for a host is enough, and none if more is to be said of it.
    let is_shared = |overlap: &&Overlap| overlap.kind == OverlapKind::Shared;
    let mut said: BTreeSet<_> = found_overlaps.iter().filter(|overlap| !is_shared(overlap)).map(key).collect();
    for overlap in &found_overlaps {
        if overlap.kind != OverlapKind::Shared || said.insert(key(overlap)) {
            found.extend(told(configs, overlap));
        }
    }
}

fn told(configs: &[&Config], overlap: &Overlap) -> Option<Diagnostic> {
    let claim = |(worker, claim): (usize, usize)| {
        let config = *configs.get(worker)?;
        let (index, _) = *claims(config).get(claim)?;
        Some((config, index, config.routes.get(index)?))
    };
    let ((winner, _, has), (loser, index, has_not)) = (claim(overlap.winner)?, claim(overlap.loser)?);
    let named = |route: &super::model::RouteEntry| {
        let kind = if route.custom_domain { "custom domain" } else { "route" };
        format!("{kind} \"{}\"", route.pattern)
    };
    let (first, second, host) = (winner.worker(), loser.worker(), &overlap.host);
    let key = format!("routes[{index}]");
    let (severity, message, hint) = match overlap.kind {
        OverlapKind::Same => (
            Severity::Error,
            format!(
                "Can't deploy routes that are assigned to another worker.\n\"{first}\" is already assigned to routes:\n  - {}",
                has.pattern
            ),
            format!("here \"{first}\" answers, which is named first; give \"{second}\" another pattern"),
        ),
        OverlapKind::Shadowed => (
            Severity::Warning,
            format!(
                "\"{second}\" never answers by its {}: the {} of \"{first}\" has all of {host}",
                named(has_not),
                named(has)
            ),
            if has_not.custom_domain {
                format!("a route comes before a custom domain; fetch(request) from \"{first}\" reaches \"{second}\"")
            } else {
                "the more specific route has the request".to_owned()
            },
        ),
        OverlapKind::Shared => (
            Severity::Note,
            format!("\"{first}\" and \"{second}\" share {host}: \"{first}\" has {} by its {}", overlap.url, named(has)),
            format!("`pmx routes explain <url>` says who answers an address of {host}"),
        ),
    };
    Some(of(loser, severity, has_not.place, &key, message).with_hint(hint))
}
