//! How bright a CSS colour is: enough to know whether a background is a light or a dark one.

/// The luminance at which black and white text contrast equally well (WCAG 2: `(1 + 0.05) / (y + 0.05) = (y + 0.05) / 0.05`).
pub(super) const MIDDLE: f64 = 0.179;

/// Relative luminance, 0 to 1, if the colour is written in a form that is known here.
pub(super) fn luminance(color: &str) -> Option<f64> {
    let color = color.trim().to_ascii_lowercase();
    if let Some(digits) = color.strip_prefix('#') {
        return hex(digits);
    }
    let Some((function, rest)) = color.split_once('(') else { return named(&color) };
    let inner = rest.strip_suffix(')')?;
    let parts: Vec<&str> =
        inner.split(|c: char| c == ',' || c == '/' || c.is_whitespace()).filter(|part| !part.is_empty()).collect();
    let &[a, b, c, ..] = parts.as_slice() else { return None };
    match function.trim() {
        "rgb" | "rgba" => Some(linear([a, b, c].map(|part| number(part, 255.0).map(|value| value / 255.0)))?),
        "hsl" | "hsla" => hsl(angle(a)?, number(b, 100.0)? / 100.0, number(c, 100.0)? / 100.0),
        "hwb" => {
            let (white, black) = (number(b, 100.0)? / 100.0, number(c, 100.0)? / 100.0);
            let light = (1.0 + white - black) / 2.0;
            hsl(angle(a)?, if white + black >= 1.0 { 0.0 } else { 1.0 }, light)
        }
        "oklch" => {
            let (chroma, hue) = (number(b, 0.4)?, angle(c)?.to_radians());
            Some(oklab(number(a, 1.0)?, chroma * hue.cos(), chroma * hue.sin()))
        }
        "oklab" => Some(oklab(number(a, 1.0)?, number(b, 0.4)?, number(c, 0.4)?)),
        // The first of both is luminance alone.
        "lab" | "lch" => {
            let f = (number(a, 100.0)? + 16.0) / 116.0;
            Some(if f > 6.0 / 29.0 { f.powi(3) } else { (f - 4.0 / 29.0) * 3.0 * (6.0_f64 / 29.0).powi(2) })
        }
        _ => None,
    }
    .map(|y: f64| y.clamp(0.0, 1.0))
}

/// A number or a percentage of `whole`.
fn number(text: &str, whole: f64) -> Option<f64> {
    match text {
        "none" => Some(0.0),
        _ => match text.strip_suffix('%') {
            Some(percent) => Some(percent.parse::<f64>().ok()? * whole / 100.0),
            None => text.parse().ok(),
        },
    }
    .filter(|value: &f64| value.is_finite())
}

/// In degrees.
fn angle(text: &str) -> Option<f64> {
    let (digits, factor) = [("deg", 1.0), ("grad", 0.9), ("rad", 180.0 / std::f64::consts::PI), ("turn", 360.0)]
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .unwrap_or((text, 1.0));
    Some(number(digits, 360.0)? * factor)
}

fn hex(digits: &str) -> Option<f64> {
    let digits: Vec<f64> = digits.chars().map(|c| c.to_digit(16).map(f64::from)).collect::<Option<_>>()?;
    let channels = match *digits.as_slice() {
        [r, g, b] | [r, g, b, _] => [r / 15.0, g / 15.0, b / 15.0],
        [r, r2, g, g2, b, b2] | [r, r2, g, g2, b, b2, _, _] => {
            [(r * 16.0 + r2) / 255.0, (g * 16.0 + g2) / 255.0, (b * 16.0 + b2) / 255.0]
        }
        _ => return None,
    };
    linear(channels.map(Some))
}

/// sRGB channels, 0 to 1.
fn linear(channels: [Option<f64>; 3]) -> Option<f64> {
    let [r, g, b] = channels.map(|channel| {
        let value = channel?.clamp(0.0, 1.0);
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    });
    Some(0.2126 * r? + 0.7152 * g? + 0.0722 * b?)
}

fn hsl(hue: f64, saturation: f64, light: f64) -> Option<f64> {
    let amount = saturation.clamp(0.0, 1.0) * light.min(1.0 - light);
    let channel = |offset: f64| {
        let k = (offset + hue.rem_euclid(360.0) / 30.0).rem_euclid(12.0);
        Some(light - amount * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0))
    };
    linear([channel(0.0), channel(8.0), channel(4.0)])
}

/// The luminance row of Oklab -> XYZ.
fn oklab(light: f64, a: f64, b: f64) -> f64 {
    let l = (light + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (light - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (light - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    -0.040_580_178_4 * l + 1.112_256_869_6 * m - 0.071_676_678_7 * s
}

/// Names that authors use for backgrounds; others are as good as unknown.
fn named(name: &str) -> Option<f64> {
    match name {
        "black" | "midnightblue" | "navy" | "darkslategray" | "darkslategrey" | "darkblue" | "darkgreen" | "indigo"
        | "maroon" => Some(0.02),
        "white" | "snow" | "ivory" | "floralwhite" | "ghostwhite" | "whitesmoke" | "linen" | "seashell" | "oldlace"
        | "cornsilk" | "beige" | "antiquewhite" | "aliceblue" | "azure" | "mintcream" | "honeydew" | "lavender"
        | "lightyellow" | "lavenderblush" | "papayawhip" | "lightgray" | "lightgrey" | "gainsboro" => Some(0.9),
        _ => None,
    }
}
