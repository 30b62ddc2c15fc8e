//! `pie`: shares of a whole.

use super::{
    lines::Source,
    svg::{Anchor, Canvas, num},
    text,
};
use std::f64::consts::TAU;

const RADIUS: f64 = 120.0;

/// More slices than eyes can tell apart.
const MAX_SLICES: usize = 60;

/// A colour for each slice, light and dark: the label on it reads in both.
const HUES: [u32; 8] = [175, 262, 35, 340, 210, 95, 300, 60];

/// Draws a pie chart.
pub(super) fn draw(source: &Source<'_>, canvas: &mut Canvas) -> Result<(), String> {
    let mut heading = source.after_kind();
    let show = heading.starts_with("showData");
    heading = heading.trim_start_matches("showData").trim();
    let mut title = heading.strip_prefix("title").map(str::trim);
    let mut slices = Vec::new();
    for statement in source.statements() {
        if let Some(text) = statement.strip_prefix("title ") {
            title = Some(text.trim());
            continue;
        }
        let slice = statement.rsplit_once(':').and_then(|(name, value)| {
            let value: f64 = value.trim().parse().ok()?;
            (value.is_finite() && value >= 0.0).then(|| (text::plain(name), value))
        });
        slices.push(slice.ok_or_else(|| format!("`{statement}` cannot be read as a slice of a pie"))?);
    }
    let whole: f64 = slices.iter().map(|(_, value)| value).sum();
    if slices.is_empty() || slices.len() > MAX_SLICES || whole <= 0.0 || !whole.is_finite() {
        return Err(format!("a pie has 1 to {MAX_SLICES} slices, and they are more than nothing"));
    }
    if let Some(title) = title.filter(|title| !title.is_empty()) {
        canvas.text("title", "", (0.0, -RADIUS - 24.0), Anchor::Middle, &text::plain(title));
        canvas.speak(text::plain(title));
    }
    let mut from = 0.0;
    for (at, (name, value)) in slices.iter().enumerate() {
        let share = value / whole;
        slice(canvas, from, share, &fill(at));
        from += share;
        canvas.speak(format!("{name} {}%", num(share * 100.0)));
    }
    let mut from = 0.0;
    for (_, value) in &slices {
        let share = value / whole;
        if share >= 0.04 {
            let (sin, cos) = ((from + share / 2.0) * TAU).sin_cos();
            let at = (sin * RADIUS * 0.7, -cos * RADIUS * 0.7);
            canvas.text("strong", "", at, Anchor::Middle, &format!("{}%", (share * 100.0).round()));
        }
        from += share;
    }
    let rows = f64::from(u16::try_from(slices.len()).unwrap_or(u16::MAX));
    let mut y = -(rows - 1.0) * 12.0;
    for (at, (name, value)) in slices.iter().enumerate() {
        canvas.rect("slice", &fill(at), (RADIUS + 28.0, y - 7.0), (14.0, 14.0), 2.0);
        let text = if show { format!("{name} ({})", num(*value)) } else { name.clone() };
        canvas.text("", "", (RADIUS + 50.0, y), Anchor::Start, &text);
        y += 24.0;
    }
    Ok(())
}

fn fill(at: usize) -> String {
    let hue = HUES[at % HUES.len()];
    let round = u32::try_from(at / HUES.len()).unwrap_or(0).min(4) * 4;
    format!(" style=\"fill:light-dark(hsl({hue} 48% {}%),hsl({hue} 38% {}%))\"", 80 - round, 30 - round / 2)
}

fn slice(canvas: &mut Canvas, from: f64, share: f64, style: &str) {
    if share > 0.9999 {
        return canvas.circle("slice", style, (0.0, 0.0), RADIUS);
    }
    let at = |share: f64| {
        let (sin, cos) = (share * TAU).sin_cos();
        (num(sin * RADIUS), num(-cos * RADIUS))
    };
    let ((x0, y0), (x1, y1)) = (at(from), at(from + share));
    let large = u8::from(share > 0.5);
    let r = num(RADIUS);
    canvas.path(
        "slice",
        style,
        &format!("M0 0L{x0} {y0}A{r} {r} 0 {large} 1 {x1} {y1}Z"),
        &[(-RADIUS, -RADIUS), (RADIUS, RADIUS)],
    );
}
