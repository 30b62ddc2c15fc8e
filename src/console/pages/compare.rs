//! `/sites/<name>/compare`: what differs between two deploys.

use super::{diff, history::signs, site};
use crate::{
    console::{
        call::{Call, Page},
        deploys::{Content, Difference, EntryChange, blob},
        html::{Section, bytes, empty, local, short},
        reply::RequestFailure,
        url::address,
    },
    publish::{self, Deploy},
};
use maud::{Markup, html};
use pmx_model::{File, Hash, SiteName};

/// Rows of a list.
const SHOWN: usize = 200;
/// The most bytes of a file whose lines are compared.
const MAX_TEXT: u64 = 1024 * 1024;

/// The file whose lines are shown.
struct Lines {
    path: String,
    /// None: no text, or too large, or not kept.
    shown: Option<Markup>,
}

pub(in crate::console) async fn page(call: &Call<'_>, site: &str) -> Result<Page, RequestFailure> {
    let name = site::name(site)?;
    let deploys = call.console.parts.control.deploys(&name).await?;
    let find =
        |id: &str| publish::find(&deploys, id).cloned().map_err(|error| RequestFailure::missing(error.to_string()));
    let to = match call.query.get("to") {
        "" => {
            deploys.first().cloned().ok_or_else(|| RequestFailure::missing(format!("`{name}` was never published")))?
        }
        id => find(id)?,
    };
    let from = match call.query.get("from") {
        // What it replaced; itself, if it is the first.
        "" => deploys
            .iter()
            .skip_while(|deploy| deploy.record.deploy_id != to.record.deploy_id)
            .nth(1)
            .unwrap_or(&to)
            .clone(),
        id => find(id)?,
    };
    let wanted = call.query.get("file").to_owned();
    let (old, new) = (from.record.roots.clone(), to.record.roots.clone());
    let (difference, lines) = call
        .blocking(move |console| {
            let r2 = console.parts.control.emulator().r2();
            let difference = Difference::between(&Content::of(r2, &old)?, &Content::of(r2, &new)?);
            let lines = choose(&difference, &wanted).map(|change| {
                let text = |side: &Option<File>| match side {
                    Some(file) => {
                        blob(r2, &file.hash, MAX_TEXT).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok())
                    }
                    None => Some(String::new()),
                };
                let both = text(&change.before).zip(text(&change.after));
                Lines { path: change.name.clone(), shown: both.map(|(old, new)| diff::lines(&change.name, &old, &new)) }
            });
            Ok((difference, lines))
        })
        .await?;
    let body = shown(&name, &deploys, (&from, &to), &difference, lines.as_ref());
    Ok(Page::new(Section::Sites, format!("{name}: changes"), body))
}

/// The file that was asked for; else the first that an author would look at.
fn choose<'a>(difference: &'a Difference, wanted: &str) -> Option<&'a EntryChange<File>> {
    let files = &difference.files;
    if !wanted.is_empty() {
        return files.iter().find(|change| change.name == wanted);
    }
    let of = |ends: &str| files.iter().find(|change| change.name.ends_with(ends));
    of(".md").or_else(|| of(".html")).or_else(|| files.iter().find(|change| diff::is_text(&change.name)))
}

fn shown(
    site: &SiteName,
    deploys: &[Deploy],
    (from, to): (&Deploy, &Deploy),
    difference: &Difference,
    lines: Option<&Lines>,
) -> Markup {
    let (from_id, to_id) = (from.record.deploy_id.as_str(), to.record.deploy_id.as_str());
    let summary = difference.summary();
    html! {
        div.head {
            div {
                p.crumbs { a href="/" { "Sites" } span aria-hidden="true" { "/" } a href={ "/sites/" (site) } { (site) } span aria-hidden="true" { "/" } }
                h1 { "Changes" }
            }
        }
        form.fields data-submit {
            (select("from", "From", deploys, from_id))
            (select("to", "To", deploys, to_id))
            button type="submit" { "Compare" }
        }
        @if *difference == Difference::default() { (empty("No difference", "Both deploys serve the same bytes at the same addresses.")) }
        @if !difference.sources.is_empty() {
            section aria-labelledby="sources" {
                header { h2 #sources { "Sources" } span { (signs(&summary.sources)) } }
                div.table { table.tight { tbody {
                    @for change in difference.sources.iter().take(SHOWN) { tr { td.fit { (mark(change)) } td.mono.wrap { (change.name) } td.num.mono.muted { (hashes(change)) } } }
                } } }
                (rest(difference.sources.len()))
            }
        }
        @if let Some(lines) = lines {
            section #lines aria-labelledby="lines-title" {
                header { h2 #lines-title.mono.wrap { (lines.path) } }
                @match &lines.shown {
                    Some(markup) => (markup),
                    None => (empty("Its lines cannot be shown", "It is no text, it is large, or one of its versions is not kept any more.")),
                }
            }
        }
        @if !difference.files.is_empty() {
            section aria-labelledby="files" {
                header { h2 #files { "Files" } span { (signs(&summary.files)) } }
                div.table { table.tight {
                    thead { tr { th { span.seen { "Change" } } th { "File" } th.num { "Size" } th.num { "Difference" } } }
                    tbody {
                        @for change in difference.files.iter().take(SHOWN) {
                            tr {
                                td.fit { (mark(change)) }
                                td.mono.wrap {
                                    @if diff::is_text(&change.name) {
                                        a href={ (address(&format!("/sites/{site}/compare"), &[("from", from_id), ("to", to_id), ("file", &change.name)])) "#lines" } { (change.name) }
                                    } @else { (change.name) }
                                }
                                td.num.nowrap { (bytes(change.after.or(change.before).map_or(0, |file| file.size))) }
                                td.num.nowrap { (growth(change)) }
                            }
                        }
                    }
                } }
                (rest(difference.files.len()))
            }
        }
        @if !difference.routes.is_empty() {
            section aria-labelledby="routes" {
                header { h2 #routes { "Routes" } span { (signs(&summary.routes)) } }
                div.table { table.tight { tbody {
                    @for change in difference.routes.iter().take(SHOWN) {
                        tr {
                            td.fit { (mark(change)) }
                            td.mono.wrap { (change.name) }
                            td.mono.wrap.muted {
                                @if let Some(before) = &change.before { (before) }
                                @if change.before.is_some() && change.after.is_some() { " → " }
                                @if let Some(after) = &change.after { (after) }
                            }
                        }
                    }
                } } }
                (rest(difference.routes.len()))
            }
        }
    }
}

fn select(name: &str, label: &str, deploys: &[Deploy], chosen: &str) -> Markup {
    html! {
        label.grow {
            span { (label) }
            select name=(name) {
                @for deploy in deploys {
                    @let record = &deploy.record;
                    option value=(record.deploy_id) selected[record.deploy_id == chosen] {
                        (short(&record.deploy_id)) " · " (created(&record.created_at))
                        @if record.is_active { " · live" }
                    }
                }
            }
        }
    }
}

/// Day and time where the author is.
fn created(at: &str) -> String {
    let time = humantime::parse_rfc3339(at).ok();
    time.and_then(|time| local(time, "%Y-%m-%d %H:%M:%S")).unwrap_or_else(|| at.to_owned())
}

fn mark<T>(change: &EntryChange<T>) -> Markup {
    match (&change.before, &change.after) {
        (None, _) => html! { span.plus.sign title="added" { "+" span.seen { "added" } } },
        (Some(_), Some(_)) => html! { span.turn.sign title="changed" { "~" span.seen { "changed" } } },
        (Some(_), None) => html! { span.minus.sign title="removed" { "−" span.seen { "removed" } } },
    }
}

fn hashes(change: &EntryChange<Hash>) -> String {
    let digits = |hash: &Option<Hash>| hash.map(|hash| hash.short(8));
    [digits(&change.before), digits(&change.after)].into_iter().flatten().collect::<Vec<_>>().join(" → ")
}

fn growth(change: &EntryChange<File>) -> Markup {
    let size = |side: &Option<File>| side.map_or(0, |file| file.size);
    let (before, after) = (size(&change.before), size(&change.after));
    match after.cmp(&before) {
        std::cmp::Ordering::Greater => html! { span.plus { "+" (bytes(after - before)) } },
        std::cmp::Ordering::Less => html! { span.minus { "−" (bytes(before - after)) } },
        std::cmp::Ordering::Equal => html! { span.muted { "±0" } },
    }
}

fn rest(all: usize) -> Markup {
    html! { @if all > SHOWN { p.muted { "and " (all - SHOWN) " more" } } }
}
