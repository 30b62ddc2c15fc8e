//! Diagrams in Mermaid's notation become SVG while the site is built: no script, nothing from elsewhere.
//!
//! The crate `merman` reads, lays out and draws, as Mermaid itself does and without a browser: its text is measured with tables, so one
//! diagram is the same bytes on every machine. What comes out of it is settled here (`settle`): colours are tokens of the theme (`look`),
//! only elements that draw stay, links go through the site's. A diagram that cannot be drawn here is left to Mermaid in the reader's
//! browser (`theme/mermaid`), unless that one could not draw it either (`kinds`).

mod cascade;
mod colours;
mod css;
mod hostile;
mod inline;
mod kinds;
mod labels;
mod look;
mod measure;
mod settle;
mod spans;

#[cfg(test)]
mod tests;

use super::caught::caught;
use crate::text::dom::Element;
use inline::LabelCharacters;
use merman::{
    OperationControl, RenderError, RenderOutput, RenderRequest, Renderer, SvgEnvironment, SvgRequest,
    svg::{PresentationRenderPolicy, RenderResourceLimitId, RenderResourcePolicy, ResourceLimitId, SvgRenderOptions},
};
use pmx_model::Hash;
use settle::Settled;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

/// Longer diagrams are refused, in bytes: Mermaid itself refuses what is longer than 50,000 characters.
const MAX_LENGTH: usize = 50_000;
/// The most work that one diagram may make, in the crate's units: a tenth of what it grants by itself, which no diagram of the corpus
/// (`tests/diagrams`) comes to. The same diagrams are refused on every machine.
const MAX_WORK: usize = 1_500_000;
/// When drawing is given up whatever it is at: a last resort that no diagram within [`MAX_WORK`] reaches.
const MAX_TIME: Duration = Duration::from_secs(20);

/// What is said of diagrams that readers' browsers draw.
pub(crate) const LEFT_HINT: &str =
    "pages with such a diagram load Mermaid, a script of some megabytes; without scripts they show its text";
/// What is said where a diagram cannot be read.
const READ_HINT: &str = "Mermaid describes its notation on https://mermaid.js.org; the reader's browser shows the text if Mermaid cannot read it either";

/// What is said of a diagram that would take too long.
const TOO_LARGE: &str = "it is too large to be drawn here";

/// Shorter lines may be in a message by chance, in bytes.
const SHORTEST_QUOTE: usize = 4;

/// What becomes of a diagram.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Drawing {
    /// `<svg class="pmx-mermaid-svg" …>`, its ids beginning with what was asked for.
    Drawn {
        svg: String,
        /// What it lacks of what its author wrote, in a sentence.
        lacks: Option<&'static str>,
    },
    /// Readers' browsers draw it.
    Left(Why),
    /// Nothing can draw it.
    Refused(Why),
}

/// Why a diagram is not drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    /// A sentence.
    pub message: String,
    /// The line of the diagram that it is about, from 0.
    pub line: Option<usize>,
    /// What could be done.
    pub hint: Option<String>,
}

impl Why {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), line: None, hint: None }
    }
}

/// Draws a diagram. A function of its text, of the `id` that its ids begin with, and of `address`, which says what a link leads to; a link
/// for which it says nothing is text.
pub(crate) fn draw(text: &str, id: &str, address: &mut dyn FnMut(&str) -> Option<String>) -> Drawing {
    if text.trim().is_empty() {
        return Drawing::Refused(Why::new("the diagram is empty"));
    }
    if text.len() > MAX_LENGTH {
        return Drawing::Refused(Why::new(format!("it has {} bytes, {MAX_LENGTH} are the most", text.len())));
    }
    let Some(kind) = kinds::of(text) else {
        let hint = kinds::nearest(text).map(|nearest| format!("did you mean `{nearest}`?"));
        return Drawing::Refused(Why { hint, ..Why::new(kinds::unknown(text)) });
    };
    if hostile::has_picture(text) {
        return Drawing::Refused(Why::new("pictures are not loaded into diagrams"));
    }
    if let Some(why) = hostile::is_endless(text, kinds::word(text)) {
        return Drawing::Refused(Why::new(why));
    }
    match drawn(text, id, kind, address) {
        Drawing::Left(_) if hostile::may_load(text) => {
            Drawing::Refused(Why::new("it cannot be drawn here, and elsewhere it might load something"))
        }
        drawing => drawing,
    }
}

fn drawn(text: &str, id: &str, kind: &str, address: &mut dyn FnMut(&str) -> Option<String>) -> Drawing {
    if let Some(feature) = kinds::needs_browser(text) {
        return Drawing::Left(Why::new(feature));
    }
    if hostile::is_long(text, kinds::word(text)) {
        return Drawing::Left(Why::new(TOO_LARGE));
    }
    // Geometry of whatever an author writes: a mistake in it costs the diagram, not the build.
    let try_known = |text: &str| caught(|| known(text)).unwrap_or_else(|_| Err(Why::new("it cannot be drawn here")));
    let (replaced, mut inline) = LabelCharacters::take(text);
    let mut svg = try_known(&replaced);
    if svg.is_err() && replaced != text {
        // Where such a character may not stand, and so that errors speak of what is written.
        svg = try_known(text);
        inline = LabelCharacters::default();
    }
    let svg = match svg {
        Ok(svg) => svg,
        Err(why) => return Drawing::Left(why),
    };
    match settle::settle(&svg, &Settled { id, kind, inline: &inline }, address) {
        Some(svg) => Drawing::Drawn { svg, lacks: kinds::lacks(text).or(inline.lacks) },
        None => Drawing::Left(Why::new("what was drawn is no drawing")),
    }
}

/// Whether an element is a drawing.
pub(crate) fn is_drawing(element: &Element<'_>) -> bool {
    element.is("svg") && element.has_class("pmx-mermaid-svg")
}

/// Gives a drawing another id, and all ids in it.
pub(crate) fn rename(drawing: &mut Element<'_>, id: &str) {
    settle::rename(drawing, id);
}

static RENDERER: LazyLock<(Renderer, PresentationRenderPolicy)> = LazyLock::new(look::renderer);

/// What was drawn before, by the hash of its text: an edit parses its Source anew, and most of its diagrams are as they were.
static KNOWN: LazyLock<Mutex<HashMap<Hash, Known>>> = LazyLock::new(Mutex::default);
type Known = Result<Arc<str>, Why>;
/// How many are kept, of some tens of kilobytes each; then it begins from nothing.
const MAX_KNOWN: usize = 256;
/// The id that drawings have until they are settled.
const DRAFT: &str = "draft";

fn known(text: &str) -> Known {
    let key = Hash::of(text.as_bytes());
    let mut drawings = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(drawing) = drawings.get(&key) {
        return drawing.clone();
    }
    drop(drawings);
    let drawing: Known = svg(text).map(Into::into);
    drawings = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if drawings.len() >= MAX_KNOWN {
        drawings.clear();
    }
    drawings.insert(key, drawing.clone());
    drawing
}

/// What the renderer draws, with labels in HTML as Mermaid has them.
fn svg(text: &str) -> Result<String, Why> {
    let (renderer, presentation) = &*RENDERER;
    let work = ResourceLimitId::Render(RenderResourceLimitId::MaxLayoutWorkUnits);
    let limits = RenderResourcePolicy::interactive();
    let limits = limits.with_limit(work, MAX_WORK).unwrap_or(limits);
    let request = SvgRequest {
        environment: SvgEnvironment::deterministic()
            .with_text_measurement_policy(measure::policy())
            .with_resource_policy(limits),
        options: SvgRenderOptions { diagram_id: Some(DRAFT.to_owned()), ..SvgRenderOptions::default() },
        presentation: *presentation,
        ..SvgRequest::default()
    };
    let control = OperationControl::new().with_deadline(MAX_TIME);
    match renderer.render(RenderRequest::svg(text, control, request)) {
        Ok(RenderOutput::Svg(Some(output))) => {
            let mut svg = output.into_parts().0;
            // No character that is none in a page.
            svg.retain(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'));
            Ok(svg)
        }
        Ok(_) => Err(Why::new("it is no diagram that is known here")),
        Err(error) => Err(why(text, &error)),
    }
}

/// What an author can do something with.
fn why(text: &str, error: &RenderError) -> Why {
    match error {
        RenderError::Parse(parse) => {
            let details = parse.terminal_diagnostic_details();
            if details.code.contains("unsupported") {
                return Why::new(format!("diagrams of the kind `{}` are not drawn here", kinds::word(text)));
            }
            let said = parse.terminal_safe_message();
            let said = said.split_once("): ").map_or(&*said, |(_, said)| said);
            let before = details.span.and_then(|span| text.get(..span.start.min(text.len())));
            let line = before.map(|before| before.matches('\n').count()).or_else(|| quoted(text, said));
            Why {
                message: format!("it cannot be read: {}", said.trim_end_matches('.')),
                line,
                hint: Some(READ_HINT.to_owned()),
            }
        }
        RenderError::ResourceLimitExceeded(_) | RenderError::Cancelled(_) => Why::new(TOO_LARGE),
        _ => Why::new(error.to_string().trim_end_matches('.').to_owned()),
    }
}

/// The line that a message quotes, if it is one line only.
fn quoted(text: &str, message: &str) -> Option<usize> {
    let is_quoted = |line: &str| line.trim().len() >= SHORTEST_QUOTE && message.contains(line.trim());
    let mut lines = text.lines().enumerate().filter(|(_, line)| is_quoted(line)).map(|(number, _)| number);
    let first = lines.next()?;
    lines.next().is_none().then_some(first)
}
