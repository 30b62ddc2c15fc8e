//! What the HTML standard says about elements by their names, as far as a tree depends on it.

/// How an element takes part in the building of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ElementKind {
    /// No element of HTML: a component, perhaps.
    Unknown,
    Inline,
    /// Ends an open paragraph.
    Block,
    /// Has no content.
    Void,
    /// Its content is text, whatever it looks like.
    Raw,
    Paragraph,
    /// `li`
    Item,
    /// `dt`, `dd`
    Term,
    Table,
    /// `caption`, `colgroup`
    Caption,
    /// `thead`, `tbody`, `tfoot`
    RowGroup,
    Row,
    Cell,
    Choice,
    ChoiceGroup,
    /// `rt`, `rp`, and what stood for them
    Ruby,
    /// What is open outside of it is not reached from inside.
    Scope,
    /// `svg`, `math`
    Foreign,
}

/// Of an element of HTML, in lower case.
pub(super) fn kind(name: &str) -> ElementKind {
    match name {
        "p" => ElementKind::Paragraph,
        "li" => ElementKind::Item,
        "dd" | "dt" => ElementKind::Term,
        "address" | "article" | "aside" | "blockquote" | "center" | "details" | "dialog" | "div" | "dl"
        | "fieldset" | "figcaption" | "figure" | "footer" | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
        | "header" | "hgroup" | "main" | "menu" | "nav" | "ol" | "pre" | "search" | "section" | "summary" | "ul" => {
            ElementKind::Block
        }
        "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "param" | "source"
        | "track" | "wbr" => ElementKind::Void,
        "iframe" | "noembed" | "noframes" | "script" | "style" | "textarea" | "title" | "xmp" => ElementKind::Raw,
        "table" => ElementKind::Table,
        "caption" | "colgroup" => ElementKind::Caption,
        "tbody" | "tfoot" | "thead" => ElementKind::RowGroup,
        "tr" => ElementKind::Row,
        "td" | "th" => ElementKind::Cell,
        "option" => ElementKind::Choice,
        "optgroup" => ElementKind::ChoiceGroup,
        "rb" | "rp" | "rt" | "rtc" => ElementKind::Ruby,
        "applet" | "button" | "marquee" | "object" | "template" => ElementKind::Scope,
        "math" | "svg" => ElementKind::Foreign,
        "a" | "abbr" | "acronym" | "audio" | "b" | "bdi" | "bdo" | "big" | "body" | "canvas" | "cite" | "code"
        | "data" | "datalist" | "del" | "dfn" | "em" | "font" | "head" | "html" | "i" | "ins" | "kbd" | "label"
        | "legend" | "map" | "mark" | "meter" | "nobr" | "noscript" | "output" | "picture" | "progress" | "q"
        | "ruby" | "s" | "samp" | "select" | "slot" | "small" | "span" | "strike" | "strong" | "sub" | "sup"
        | "time" | "tt" | "u" | "var" | "video" => ElementKind::Inline,
        _ => ElementKind::Unknown,
    }
}

/// Whether HTML has an element of this name (lower case).
pub(crate) fn is_known(name: &str) -> bool {
    kind(name) != ElementKind::Unknown
}

/// Elements that HTML had, and that browsers still do something with or know to ignore.
const FORMER: [&str; 17] = [
    "basefont", "bgsound", "blink", "dir", "frame", "frameset", "ilayer", "image", "isindex", "keygen", "layer",
    "listing", "menuitem", "multicol", "nextid", "nolayer", "spacer",
];

/// Whether HTML had an element of this name (lower case).
pub(crate) fn is_former(name: &str) -> bool {
    FORMER.contains(&name)
}

/// Elements of SVG 2, filters and animations apart.
const SVG: [&str; 37] = [
    "a",
    "circle",
    "clippath",
    "defs",
    "desc",
    "discard",
    "ellipse",
    "filter",
    "foreignobject",
    "g",
    "hatch",
    "hatchpath",
    "image",
    "line",
    "lineargradient",
    "marker",
    "mask",
    "metadata",
    "mpath",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialgradient",
    "rect",
    "script",
    "set",
    "stop",
    "style",
    "svg",
    "switch",
    "symbol",
    "text",
    "textpath",
    "title",
    "tspan",
    "use",
];

/// Whether SVG or MathML has an element of this name.
pub(crate) fn is_foreign(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SVG.contains(&&*name)
        || name == "view"
        || ["m", "fe", "animate", "annotation", "semantics"].iter().any(|start| name.starts_with(start))
}

/// Whether an element of this name (lower case) never has content.
pub(crate) fn is_void(name: &str) -> bool {
    kind(name) == ElementKind::Void
}

/// Whether the content of an element of this name (lower case) is text, whatever it looks like.
pub(crate) fn is_raw_text(name: &str) -> bool {
    kind(name) == ElementKind::Raw
}

/// Whether an element of this name (lower case) cannot stand in a paragraph.
pub(crate) fn closes_paragraph(name: &str) -> bool {
    matches!(
        kind(name),
        ElementKind::Block | ElementKind::Paragraph | ElementKind::Item | ElementKind::Term | ElementKind::Table
    ) || name == "hr"
}
