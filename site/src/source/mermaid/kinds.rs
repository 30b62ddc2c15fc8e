//! The kinds of diagrams that Mermaid knows, by the words that they begin with.

/// The words, in lower case without `-beta` and `-v2`, and what such a diagram is called. Those of the version of Mermaid in `theme/mermaid`.
const KINDS: [(&str, &str); 43] = [
    ("agentflow", "Agent flow"),
    ("architecture", "Architecture diagram"),
    ("block", "Block diagram"),
    ("c4component", "Component diagram"),
    ("c4container", "Container diagram"),
    ("c4context", "Context diagram"),
    ("c4deployment", "Deployment diagram"),
    ("c4dynamic", "Dynamic diagram"),
    ("classdiagram", "Class diagram"),
    ("cynefin", "Cynefin framework"),
    ("erdiagram", "Entity diagram"),
    ("eventmodeling", "Event model"),
    ("flowchart", "Flowchart"),
    ("flowchart-elk", "Flowchart"),
    ("gantt", "Gantt chart"),
    ("gitgraph", "Git graph"),
    ("graph", "Flowchart"),
    ("info", "Version"),
    ("ishikawa", "Cause and effect"),
    ("journey", "User journey"),
    ("kanban", "Kanban board"),
    ("mindmap", "Mind map"),
    ("packet", "Packet diagram"),
    ("pie", "Pie chart"),
    ("quadrantchart", "Quadrant chart"),
    ("radar", "Radar chart"),
    ("railroad", "Railroad diagram"),
    ("requirementdiagram", "Requirement diagram"),
    ("sankey", "Sankey diagram"),
    ("sequencediagram", "Sequence diagram"),
    ("statediagram", "State diagram"),
    ("swimlane", "Swimlanes"),
    ("timeline", "Timeline"),
    ("treemap", "Treemap"),
    ("treeview", "Tree view"),
    ("usecase", "Use case diagram"),
    ("venn", "Venn diagram"),
    ("railroad-abnf", "Railroad diagram"),
    ("railroad-ebnf", "Railroad diagram"),
    ("railroad-peg", "Railroad diagram"),
    ("requirement", "Requirement diagram"),
    ("wardley", "Wardley map"),
    ("xychart", "Chart"),
];

/// How alike two words must be before one is worth suggesting (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.85;

/// What a diagram is called; none, if Mermaid does not know its kind.
pub(super) fn of(text: &str) -> Option<&'static str> {
    let word = word(text).to_ascii_lowercase();
    let word = word.trim_end_matches("-beta").trim_end_matches("-v2");
    KINDS.iter().find(|(known, _)| *known == word).map(|(_, name)| *name)
}

/// The word that a diagram begins with, after its frontmatter, directives and comments.
pub(super) fn word(text: &str) -> &str {
    let line = body(text).trim_start();
    &line[..line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(line.len())]
}

/// What is said of a kind that nobody knows.
pub(super) fn unknown(text: &str) -> String {
    match word(text) {
        "" => "it does not begin with the name of a kind, like `flowchart`".to_owned(),
        word => format!("Mermaid knows no diagrams of the kind `{}`", word.chars().take(40).collect::<String>()),
    }
}

/// The kind that an author may have meant.
pub(super) fn nearest(text: &str) -> Option<&'static str> {
    const WRITTEN: [&str; 14] = [
        "flowchart",
        "graph",
        "sequenceDiagram",
        "classDiagram",
        "stateDiagram-v2",
        "erDiagram",
        "gantt",
        "pie",
        "journey",
        "mindmap",
        "timeline",
        "gitGraph",
        "quadrantChart",
        "requirementDiagram",
    ];
    let word = word(text).to_ascii_lowercase();
    let alike = |known: &&str| strsim::jaro_winkler(&word, &known.to_ascii_lowercase());
    let found = WRITTEN.into_iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(&found) > ALIKE).then_some(found)
}

/// What a diagram asks for that only Mermaid itself has.
pub(super) fn needs_browser(text: &str) -> Option<&'static str> {
    let config = &text[..text.len() - body(text).len()];
    let says = |key: &str, value: &str| {
        let mut words = config.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut before = words.next().unwrap_or_default();
        words.any(|word| std::mem::replace(&mut before, word) == key && word == value)
    };
    if says("look", "handDrawn") {
        return Some("drawings by hand are not made here");
    }
    if says("layout", "elk") || says("defaultRenderer", "elk") || word(text) == "flowchart-elk" {
        return Some("the layout `elk` is not known here");
    }
    None
}

/// What a drawing lacks of what its author wrote.
pub(super) fn lacks(text: &str) -> Option<&'static str> {
    let is_font_awesome =
        ["fa", "fas", "far", "fab", "fal", "fad"].iter().any(|set| text.contains(&format!("{set}:fa-")));
    if is_font_awesome || text.contains("::icon(") {
        return Some("icons of fonts are left out");
    }
    if shape_data(text).any(|data| data.contains("icon:") || data.contains("\"icon\"")) {
        return Some("icons of other sets are a question mark");
    }
    None
}

/// What stands in `@{ … }`.
fn shape_data(text: &str) -> impl Iterator<Item = &str> {
    text.split("@{").skip(1).map(|data| &data[..data.find('}').unwrap_or(data.len())])
}

/// The diagram behind its frontmatter, directives and comments.
pub(super) fn body(text: &str) -> &str {
    let mut rest = text.trim_start();
    if let Some(front) = rest.strip_prefix("---").and_then(|front| front.find("\n---").map(|end| &front[end + 4..])) {
        rest = front.trim_start();
    }
    loop {
        let end = if rest.starts_with("%%{") {
            rest.find("}%%").map(|end| end + 3)
        } else if rest.starts_with("%%") {
            Some(rest.find('\n').unwrap_or(rest.len()))
        } else {
            None
        };
        let Some(end) = end else { return rest };
        rest = rest[end..].trim_start();
    }
}
