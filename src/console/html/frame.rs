//! The frame of every page: where one is, where one can go, whether it follows.

use super::count;
use crate::console::{
    assets::{ICON, SCRIPT_PATH, STYLE_PATH},
    editor::Editor,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The places of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::console) enum Section {
    Sites,
    Events,
    Kv,
    R2,
    Objects,
    Requests,
    Log,
    Faults,
    About,
}

impl Section {
    /// Name, address, the key after `g`, and the lines of its sign.
    const fn facts(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Sites => ("Sites", "/", "s", "M2.5 3.5h11v9h-11zM2.5 6.5h11M5 5h.01"),
            Self::Events => ("Events", "/events", "e", "M1.5 8h3l2-5 3 10 2-5h3"),
            Self::Kv => {
                ("KV", "/data/kv", "k", "M5.5 12.5a3 3 0 1 1 2.1-5.1l5.9-5.9M11 4l2 2M7.6 7.4a3 3 0 0 1-2.1 5.1")
            }
            Self::R2 => (
                "R2",
                "/data/r2",
                "r",
                "M2.5 4c0-1 2.5-1.8 5.5-1.8s5.5.8 5.5 1.8-2.5 1.8-5.5 1.8S2.5 5 2.5 4zl1 8c.2 1 2.2 1.8 4.5 1.8s4.3-.8 4.5-1.8l1-8",
            ),
            Self::Objects => (
                "Durable Objects",
                "/data/objects",
                "o",
                "M8 1.5 13.5 4.7v6.6L8 14.5l-5.5-3.2V4.7zM2.5 4.7 8 8l5.5-3.3M8 8v6.5",
            ),
            Self::Requests => ("Requests", "/requests", "q", "M2.5 4h7M5 8h8.5M3.5 12h6"),
            Self::Log => ("Log", "/log", "l", "M2.5 4.5l3 3-3 3M8 11.5h5.5"),
            Self::Faults => ("Faults", "/faults", "f", "M8.8 1.5 3.5 9h4l-.8 5.5L12.5 7h-4.5z"),
            Self::About => ("About", "/about", "a", "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 7.5v3.5M8 5h.01"),
        }
    }
}

const GROUPS: [(&str, &[Section]); 4] = [
    ("", &[Section::Sites, Section::Events]),
    ("Data", &[Section::Kv, Section::R2, Section::Objects]),
    ("Observe", &[Section::Requests, Section::Log]),
    ("This pmx", &[Section::Faults, Section::About]),
];

/// What a page says to its frame.
pub(in crate::console) struct Frame {
    /// Of the document.
    pub(in crate::console) title: String,
    /// Where the page belongs.
    pub(in crate::console) section: Section,
    /// The editor of the links.
    pub(in crate::console) editor: Editor,
    /// Path and query of the page.
    pub(in crate::console) here: String,
    /// Errors of all sites.
    pub(in crate::console) errors: usize,
    /// Whether anything is set to go wrong.
    pub(in crate::console) faulty: bool,
    /// What was done just now.
    pub(in crate::console) done: Option<String>,
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="robots" content="noindex";
        title { (title) " · pmx" }
        link rel="icon" href=(ICON);
        link rel="stylesheet" href=(*STYLE_PATH);
    }
}

fn brand() -> Markup {
    html! {
        a.brand href="/" {
            svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" {
                rect width="20" height="20" rx="5" fill="currentColor" {}
                path d="M5.5 6l4 4-4 4M11 14h4" fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}
            }
            "pmx " small { "console" }
        }
    }
}

fn navigation(frame: &Frame) -> Markup {
    html! {
        nav.side #menu popover aria-label="Console" {
            (brand())
            @for (title, sections) in GROUPS {
                div {
                    @if !title.is_empty() { h2 { (title) } }
                    ul {
                        @for section in sections {
                            @let (name, address, key, sign) = section.facts();
                            li {
                                a href=(address) data-key=(key) aria-current=[(*section == frame.section).then_some("page")] {
                                    svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" { path d=(sign) {} }
                                    (name)
                                    @if *section == Section::Sites && frame.errors > 0 { (count("bad", frame.errors)) span.seen { " errors" } }
                                    @if *section == Section::Faults && frame.faulty { span.count.warn { "on" } }
                                }
                            }
                        }
                    }
                }
            }
            div.foot {
                form method="post" action="/editor" data-submit {
                    input type="hidden" name="back" value=(frame.here);
                    label {
                        span { "Open files in" }
                        select name="editor" {
                            @for editor in Editor::ALL {
                                option value=(editor.id()) selected[editor == frame.editor] { (editor.label()) }
                            }
                        }
                    }
                    noscript { button.small { "Set" } }
                }
                p.live data-state="still" { "as of loading" }
            }
        }
    }
}

/// A whole page.
pub(in crate::console) fn frame(frame: &Frame, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(&frame.title))
                script type="module" src=(*SCRIPT_PATH) {}
            }
            body {
                a.skip href="#main" { "Skip to the page" }
                header.bar {
                    (brand())
                    button type="button" popovertarget="menu" { "Menu" }
                }
                (navigation(frame))
                main #main tabindex="-1" {
                    @if let Some(done) = &frame.done { (super::note("good", done)) }
                    (body)
                }
            }
        }
    }
}

/// A page that leads on to another of the console at once.
pub(in crate::console) fn redirect_page(to: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content={ "0;url=" (to) };
                title { "pmx" }
            }
            body { p { a href=(to) { "Open the console" } } }
        }
    }
}

/// The page of those who are not in.
pub(in crate::console) fn locked_page(title: &str, text: &[&str], again: Option<&str>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(title)) }
            body.locked_page {
                main {
                    (brand())
                    h1 { (title) }
                    @for text in text { p { (PreEscaped(*text)) } }
                    @if let Some(again) = again { p { a.button href=(again) { "Try again" } } }
                }
            }
        }
    }
}
