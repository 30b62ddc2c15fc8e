//! How diagrams look: the theme's tokens in the places where Mermaid has its colours.

use super::colours::stand_in;
use merman::{
    Engine, MermaidConfig, ParseOptions, Renderer,
    svg::{HostTheme, Presentation, PresentationRenderPolicy, ThemeRole as Role},
};
use serde_json::Value;

/// What no diagram decides: the page's theme, and what is safe.
const LOCKED: [&str; 12] = [
    "secure",
    "securityLevel",
    "startOnLoad",
    "maxTextSize",
    "suppressErrorRendering",
    "maxEdges",
    "themeCSS",
    "theme",
    "darkMode",
    "fontFamily",
    "altFontFamily",
    "htmlLabels",
];
/// Tokens of fills, in turn: eight, as many as people tell apart.
const SERIES: usize = 8;
/// How many colours of a kind Mermaid has.
const SCALE: usize = 12;

const ROLES: [(Role, &str); 22] = [
    (Role::Canvas, "--pmx-color-bg"),
    (Role::Surface, "--pmx-diagram-node"),
    (Role::SurfaceAlt, "--pmx-diagram-group"),
    (Role::SurfaceMuted, "--pmx-diagram-group"),
    (Role::Text, "--pmx-color-fg"),
    (Role::SubtleText, "--pmx-color-fg"),
    (Role::Border, "--pmx-diagram-border"),
    (Role::Line, "--pmx-diagram-line"),
    (Role::EdgeLabelBackground, "--pmx-color-bg"),
    (Role::ClusterBackground, "--pmx-diagram-group"),
    (Role::ClusterBorder, "--pmx-color-border"),
    (Role::NoteBackground, "--pmx-diagram-note"),
    (Role::NoteBorder, "--pmx-diagram-note-border"),
    (Role::NoteText, "--pmx-color-fg"),
    (Role::ActorBackground, "--pmx-diagram-node"),
    (Role::ActorBorder, "--pmx-diagram-border"),
    (Role::ActorText, "--pmx-color-fg"),
    (Role::ActivationBackground, "--pmx-color-border"),
    (Role::ActivationBorder, "--pmx-diagram-border"),
    (Role::Error, "--pmx-color-danger"),
    (Role::Warning, "--pmx-color-danger"),
    (Role::Success, "--pmx-diagram-border"),
];

/// One renderer for all diagrams; it keeps nothing of them.
pub(super) fn renderer() -> (Renderer, PresentationRenderPolicy) {
    let series: Vec<String> = (0..SCALE).map(|n| stand_in(&format!("--pmx-diagram-{}", n % SERIES + 1))).collect();
    let theme =
        ROLES.iter().try_fold(HostTheme::new(), |theme, (role, token)| theme.try_with_role(*role, stand_in(token)));
    let theme = theme.and_then(|theme| theme.try_with_series_palette(series)).unwrap_or_default();
    let presentation = Presentation::new().with_theme(theme).resolve();
    let engine = presentation.materialize_engine(Engine::new()).with_site_config(config());
    (Renderer::new().with_engine(engine).with_parse_options(ParseOptions::strict()), presentation.render_policy())
}

fn config() -> MermaidConfig {
    let mut config = MermaidConfig::default();
    let [text, ground, line, border] =
        ["--pmx-color-fg", "--pmx-color-bg", "--pmx-diagram-line", "--pmx-diagram-border"].map(stand_in);
    for (key, value) in [("layout", "dagre"), ("look", "classic"), ("securityLevel", "strict")] {
        config.set_value(key, value.into());
    }
    for key in ["htmlLabels", "flowchart.htmlLabels"] {
        config.set_value(key, true.into());
    }
    config.set_value("secure", LOCKED.iter().map(|key| Value::from(*key)).collect());
    let strong: Vec<String> = (0..SCALE).map(|n| stand_in(&format!("--pmx-diagram-line-{}", n % SERIES + 1))).collect();
    config.set_value("themeVariables.xyChart.plotColorPalette", strong.join(",").into());
    for (key, token) in [("radar.graticuleColor", "--pmx-color-border"), ("radar.axisColor", "--pmx-diagram-line")] {
        config.set_value(key, stand_in(token).into());
        config.set_value(&format!("themeVariables.{key}"), stand_in(token).into());
    }
    for (key, token) in [
        ("sequenceNumberColor", "--pmx-color-bg"),
        ("doneTaskBkgColor", "--pmx-color-border"),
        ("activeTaskBkgColor", "--pmx-diagram-1"),
        ("critBkgColor", "--pmx-diagram-5"),
    ] {
        config.set_value(&format!("themeVariables.{key}"), stand_in(token).into());
    }
    for (n, strong) in strong.iter().enumerate() {
        for (name, colour) in [
            (format!("cScaleLabel{n}"), &text),
            (format!("cScaleInv{n}"), &line),
            (format!("cScalePeer{n}"), &border),
            (format!("git{n}"), strong),
            (format!("gitBranchLabel{n}"), &ground),
            (format!("gitInv{n}"), &ground),
        ] {
            config.set_value(&format!("themeVariables.{name}"), colour.as_str().into());
        }
    }
    config
}
