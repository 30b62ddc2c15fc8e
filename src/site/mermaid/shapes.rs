//! The outlines of nodes.

use super::{
    graph::{Node, Shape},
    layout::Direction,
    svg::{Anchor, Canvas, num},
    text::LINE,
};

/// Draws a node around its middle.
pub(super) fn draw(canvas: &mut Canvas, node: &Node, (x, y): (f64, f64), direction: Direction) {
    let (w, h) = node.size(direction);
    let (corner, size, style) = ((x - w / 2.0, y - h / 2.0), (w, h), node.style.of_shape());
    let at = |dx: f64, dy: f64| (x + dx * w / 2.0, y + dy * h / 2.0);
    // How far a slanted side leans, in halves of the width.
    let lean = 24.0 / w;
    let mut text = (x, y);
    match node.shape {
        Shape::Box => canvas.rect("node", &style, corner, size, 3.0),
        Shape::Round => canvas.rect("node", &style, corner, size, 9.0),
        Shape::Stadium => canvas.rect("node", &style, corner, size, h / 2.0),
        Shape::Note => canvas.rect("note", &style, corner, size, 2.0),
        Shape::Subroutine => {
            canvas.rect("node", &style, corner, size, 2.0);
            for side in [x - w / 2.0 + 8.0, x + w / 2.0 - 8.0] {
                let data = format!("M{} {}V{}", num(side), num(y - h / 2.0), num(y + h / 2.0));
                canvas.path("node", &style, &data, &[]);
            }
        }
        Shape::Cylinder => {
            cylinder(canvas, corner, size, &style);
            text = (x, y + 6.0);
        }
        Shape::Circle => canvas.circle("node", &style, (x, y), w / 2.0),
        Shape::DoubleCircle => {
            canvas.circle("node", &style, (x, y), w / 2.0);
            canvas.circle("node", &style, (x, y), w / 2.0 - 5.0);
        }
        Shape::Diamond => canvas.polygon("node", &style, &[at(0.0, -1.0), at(1.0, 0.0), at(0.0, 1.0), at(-1.0, 0.0)]),
        Shape::Hexagon => {
            let inner = 1.0 - lean;
            let sides =
                [at(-inner, -1.0), at(inner, -1.0), at(1.0, 0.0), at(inner, 1.0), at(-inner, 1.0), at(-1.0, 0.0)];
            canvas.polygon("node", &style, &sides);
        }
        Shape::Flag => {
            let sides = [at(-1.0, -1.0), at(1.0, -1.0), at(1.0, 1.0), at(-1.0, 1.0), at(-1.0 + lean, 0.0)];
            canvas.polygon("node", &style, &sides);
            text = (x + 6.0, y);
        }
        Shape::LeanRight | Shape::LeanLeft | Shape::Trapezoid | Shape::TrapezoidUp => {
            let inner = 1.0 - 2.0 * lean;
            let (top, bottom) = match node.shape {
                Shape::LeanRight => ((-inner, 1.0), (-1.0, inner)),
                Shape::LeanLeft => ((-1.0, inner), (-inner, 1.0)),
                Shape::Trapezoid => ((-inner, inner), (-1.0, 1.0)),
                _ => ((-1.0, 1.0), (-inner, inner)),
            };
            canvas.polygon("node", &style, &[at(top.0, -1.0), at(top.1, -1.0), at(bottom.1, 1.0), at(bottom.0, 1.0)]);
        }
        Shape::Start => return canvas.circle("dot", "", (x, y), w / 2.0 - 1.0),
        Shape::Stop => {
            canvas.circle("hollow", "", (x, y), w / 2.0 - 1.0);
            return canvas.circle("dot", "", (x, y), w / 2.0 - 5.0);
        }
        Shape::Bar => return canvas.rect("dot", "", corner, size, 2.0),
        Shape::Text => {}
        Shape::Card => return card(canvas, node, corner, size),
    }
    canvas.label("", &node.style.of_text(), text, &node.label);
}

fn cylinder(canvas: &mut Canvas, (left, top): (f64, f64), (w, h): (f64, f64), style: &str) {
    let (rx, ry) = (num(w / 2.0), num(7.0));
    let (right, bottom) = (left + w, top + h);
    let data = format!(
        "M{l} {t}A{rx} {ry} 0 0 1 {r} {t}V{b}A{rx} {ry} 0 0 1 {l} {b}ZM{l} {t}A{rx} {ry} 0 0 0 {r} {t}",
        l = num(left),
        r = num(right),
        t = num(top + 7.0),
        b = num(bottom - 7.0),
    );
    canvas.path("node", style, &data, &[(left, top), (right, bottom)]);
}

/// A heading, and parts below it.
fn card(canvas: &mut Canvas, node: &Node, corner: (f64, f64), size: (f64, f64)) {
    let (x, text) = (corner.0 + size.0 / 2.0, node.style.of_text());
    canvas.rect("node", &node.style.of_shape(), corner, size, 3.0);
    let head = node.label.height.max(LINE) + 14.0;
    canvas.label("strong", &text, (x, corner.1 + head / 2.0), &node.label);
    let mut y = corner.1 + head;
    for part in &node.parts {
        canvas.line("hair", (corner.0, y), (corner.0 + size.0, y));
        y += 5.0 + LINE / 2.0;
        for line in part {
            canvas.text("", &text, (corner.0 + 12.0, y), Anchor::Start, line);
            y += LINE;
        }
        y += 5.0 - LINE / 2.0;
    }
}
