//! Sites of any size from a seed, shaped like the public PathMX sites: how often headings, lists, code, tables, components and the
//! rest occur follows counts over 244 public Sources. The same text can be written as a Hugo site.

mod code;
mod words;

use std::{fmt::Write as _, fs, path::Path};
use words::{Random, capital, identifier, sentence, title, words as some_words, wrap};

/// Pages that one index page lists.
const SECTION: usize = 50;
const KINDS: [&str; 6] = ["guide", "lesson", "log", "demo", "task", "reference"];
const SEED: u64 = 0x5EED;

/// Which of the two builders the text is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Pmx,
    Hugo,
}

/// Writes a site of so many Sources; the bytes of its Markdown.
pub(crate) fn write(folder: &Path, sources: usize, target: For) -> u64 {
    let root = folder.join(if target == For::Pmx { "paths" } else { "content" });
    let plan = Plan::new(sources);
    let mut bytes = 0;
    let mut put = |name: &str, text: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        bytes += text.len() as u64;
    };
    put(&target.index(""), &plan.home(target));
    for section in 0..plan.sections() {
        put(&target.index(&format!("section-{section:03}/")), &plan.section(section, target));
    }
    for page in 0..plan.pages {
        put(&plan.file(page), &plan.page(page, target));
    }
    if target == For::Pmx {
        put("components/cards.components.md", COMPONENTS);
        fs::write(root.join("theme.css"), STYLES).unwrap();
    } else {
        for (name, text) in HUGO {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let images = root.join("images");
    fs::create_dir_all(&images).unwrap();
    for picture in 0..10 {
        fs::write(images.join(format!("{picture}.svg")), format!("<svg viewBox=\"0 0 {picture} 9\"/>")).unwrap();
    }
    bytes
}

/// The file of some page, below the folder of the Sources.
pub(crate) fn editable(sources: usize, number: usize) -> String {
    let plan = Plan::new(sources);
    plan.file(number * 37 % plan.pages)
}

impl For {
    fn index(self, folder: &str) -> String {
        format!("{folder}{}", if self == Self::Pmx { "index.path.md" } else { "_index.md" })
    }
}

struct Plan {
    pages: usize,
}

impl Plan {
    /// So that pages, index pages and the file of components together are `sources`.
    fn new(sources: usize) -> Self {
        let rest = sources.saturating_sub(2).max(2);
        Self { pages: rest - rest.div_ceil(SECTION + 1) }
    }

    fn sections(&self) -> usize {
        self.pages.div_ceil(SECTION)
    }

    fn name(page: usize) -> String {
        let mut random = Random::new(SEED ^ 1, page);
        let kind = KINDS[page % KINDS.len()];
        format!("{}-{page}.{kind}.md", identifier(&mut random).replace('_', "-"))
    }

    fn file(&self, page: usize) -> String {
        format!("section-{:03}/{}", page / SECTION, Self::name(page))
    }

    fn title(page: usize) -> String {
        title(&mut Random::new(SEED ^ 2, page))
    }

    fn home(&self, target: For) -> String {
        let mut random = Random::new(SEED ^ 3, 0);
        let mut out = "---\ntitle: A large course\ntype: path\n---\n\n# A large course\n\n".to_owned();
        let _ = writeln!(out, "{}\n", paragraph(&mut random));
        for section in 0..self.sections() {
            let index = target.index("");
            let _ = writeln!(out, "- [Section {section}](./section-{section:03}/{index})");
        }
        if target == For::Pmx {
            out.push_str("\n[@root.styles]: ./theme.css\n");
        }
        out
    }

    fn section(&self, section: usize, target: For) -> String {
        let mut random = Random::new(SEED ^ 4, section);
        let mut out = format!("---\ntype: path\nstatus: open\n---\n\n# Section {section}\n\n");
        let _ = writeln!(out, "{}\n\n---\n\n## Pages\n", paragraph(&mut random));
        for page in (section * SECTION..self.pages).take(SECTION) {
            let _ = writeln!(out, "{}. [{}](./{})", page % SECTION + 1, Self::title(page), Self::name(page));
        }
        let _ = writeln!(out, "\nBack to [the start](../{}).", target.index(""));
        out
    }

    fn page(&self, page: usize, target: For) -> String {
        let random = &mut Random::new(SEED, page);
        let mut text = Text { out: String::new(), target, imports: false };
        text.frontmatter(random, page);
        let _ = write!(text.out, "# {}\n\n", Self::title(page));
        text.prose(random);
        // What a page has much of. Most have little of anything.
        let (code, tasks, components) = (random.chance(31), random.chance(3), random.chance(12));
        let (tables, quotes, web) = (random.chance(17), random.chance(13), random.chance(15));
        let topmatter = random.chance(17);
        let blocks = if random.chance(56) { random.between(2, 9) } else { 1 };
        for block in 0..blocks {
            if block > 0 {
                text.out.push_str("---\n\n");
                text.topmatter(random, page, block, topmatter);
            }
            let sections = if blocks == 1 { random.between(2, 7) } else { random.between(1, 2) };
            for _ in 0..sections {
                text.heading(random);
                text.prose(random);
                text.list(random);
                if code && random.chance(55) {
                    text.code(random);
                }
                if components && random.chance(70) {
                    text.component(random);
                }
                if tables && random.chance(45) {
                    text.table(random);
                }
                if quotes && random.chance(60) {
                    let _ = write!(text.out, "> {}\n\n", wrap(&sentence(random), "> "));
                }
                if web && random.chance(60) {
                    let (name, label) = (identifier(random), some_words(random, 2));
                    let _ = write!(text.out, "More is at [{label}](https://example.org/{name}/{block}).\n\n");
                }
            }
        }
        if tasks {
            for _ in 0..45 {
                let done = if random.chance(40) { 'x' } else { ' ' };
                let _ = writeln!(text.out, "- [{done}] {}", sentence(random));
            }
            text.out.push('\n');
        }
        text.rarities(random, page);
        for _ in 0..random.between(0, 3) {
            let other = (page / SECTION * SECTION + random.below(SECTION)).min(self.pages - 1);
            let _ = write!(text.out, "See also [{}](./{}).\n\n", Self::title(other), Self::name(other));
        }
        if text.imports && target == For::Pmx {
            text.out.push_str("[@cards]: ../components/cards.components.md\n");
        }
        text.out
    }
}

/// A page as it is written.
struct Text {
    out: String,
    target: For,
    imports: bool,
}

impl Text {
    fn frontmatter(&mut self, random: &mut Random, page: usize) {
        if !random.chance(77) {
            return;
        }
        let (kind, owner) = (KINDS[page % KINDS.len()], identifier(random));
        let _ = write!(self.out, "---\ntype: {kind}\nstatus: {}\nowner: {owner}\n", ["open", "done"][page % 2]);
        if random.chance(15) {
            let _ = write!(self.out, "tags:\n  - {}\n  - {}\n", identifier(random), identifier(random));
        }
        if random.chance(15) {
            let _ = writeln!(self.out, "description: {}", some_words(random, 9));
        }
        self.out.push_str("---\n\n");
    }

    fn topmatter(&mut self, random: &mut Random, page: usize, block: usize, often: bool) {
        if often && random.chance(80) && self.target == For::Pmx {
            let _ = write!(self.out, "<!-- id: {}-{page}-{block} -->\n\n", identifier(random).replace('_', "-"));
        }
    }

    fn heading(&mut self, random: &mut Random) {
        let icon = if self.target == For::Pmx && random.chance(1) { ":lucide-book-open: " } else { "" };
        let level = if random.chance(70) { "##" } else { "###" };
        let _ = write!(self.out, "{level} {icon}{}\n\n", title(random));
    }

    fn prose(&mut self, random: &mut Random) {
        for _ in 0..if random.chance(30) { 2 } else { 1 } {
            let _ = write!(self.out, "{}\n\n", paragraph(random));
        }
    }

    fn list(&mut self, random: &mut Random) {
        if !random.chance(40) {
            return;
        }
        let ordered = random.chance(20);
        for item in 1..=random.between(3, 7) {
            let marker = if ordered { format!("{item}. ") } else { "- ".to_owned() };
            let indent = " ".repeat(marker.len());
            let _ = writeln!(self.out, "{marker}{}", wrap(&sentence(random), &indent));
        }
        self.out.push('\n');
    }

    fn code(&mut self, random: &mut Random) {
        let (language, body) = code::fence(random);
        let _ = write!(self.out, "````{language}\n{body}````\n\n");
    }

    fn component(&mut self, random: &mut Random) {
        self.imports = true;
        let (name, label, body) = (["note-card", "hint"][random.below(2)], title(random), paragraph(random));
        match self.target {
            For::Pmx => {
                let _ = write!(self.out, "<{name} label=\"{label}\">\n\n{body}\n\n</{name}>\n\n");
            }
            For::Hugo => {
                let _ = write!(self.out, "<aside class=\"{name}\"><strong>{label}</strong>\n\n{body}\n\n</aside>\n\n");
            }
        }
    }

    fn table(&mut self, random: &mut Random) {
        let columns = random.between(2, 4);
        let cells = |random: &mut Random, count: usize| {
            (0..columns).map(|_| some_words(random, count) + " | ").collect::<String>().trim_end().to_owned()
        };
        let _ = write!(self.out, "| {}\n|{}\n", cells(random, 1), " --- |".repeat(columns));
        for _ in 0..random.between(3, 8) {
            let _ = writeln!(self.out, "| {}", cells(random, 3));
        }
        self.out.push('\n');
    }

    /// What one page in thirty or fewer has.
    fn rarities(&mut self, random: &mut Random, page: usize) {
        if random.chance(10) {
            let _ = write!(self.out, "<p class=\"lead\">{} <kbd>Enter</kbd></p>\n\n", sentence(random));
        }
        if random.chance(3) {
            let (picture, label) = (random.below(10), some_words(random, 3));
            let _ = write!(self.out, "<figure><img src=\"../images/{picture}.svg\" alt=\"{label}\"></figure>\n\n");
        }
        if random.chance(2) {
            let steps: Vec<String> = (0..5).map(|_| capital(&some_words(random, 1))).collect();
            let chain = steps
                .windows(2)
                .enumerate()
                .map(|(n, pair)| format!("  n{n}[{}] --> n{}[{}]\n", pair[0], n + 1, pair[1]));
            let _ = write!(self.out, "```mermaid\nflowchart LR\n{}```\n\n", chain.collect::<String>());
        }
        if random.chance(1) {
            let _ = write!(self.out, "{}[^1]\n\n[^1]: {}\n\n", sentence(random), sentence(random));
        }
        if random.chance(3) {
            self.out.push_str("---\n\n");
            if self.target == For::Pmx {
                let _ = write!(
                    self.out,
                    "<!--\ntype: question\nid: question-{page}\nactions:\n  submit: questions.submitSingleChoice\n-->\n\n"
                );
            }
            let _ = write!(self.out, "## {}?\n\n", title(random));
            for _ in 0..3 {
                let _ = writeln!(self.out, "- {}", capital(&some_words(random, 4)));
            }
            self.out.push('\n');
        }
    }
}

fn paragraph(random: &mut Random) -> String {
    let sentences: Vec<String> = (0..random.between(1, 4)).map(|_| sentence(random)).collect();
    wrap(&sentences.join(" "), "")
}

const STYLES: &str = ".pmx-document { --accent: #05d }\n.lead { font-size: 1.2em; background: url(./images/1.svg) }\n";

const COMPONENTS: &str = "# Cards

Two small components.

---

<!--
componentName: note-card
-->

## Note card

```html
<aside class=\"note\" aria-label=\"{{ label: Note }}\"><strong>{{ label }}</strong><div class=\"body\"><yield /></div></aside>
```

```css
:self { border: 1px solid; padding: 1rem; }
.body { margin-block-start: 0.5rem; }
```

---

<!--
componentName: hint
-->

## Hint

```html
<aside class=\"hint\"><button type=\"button\" data-toggle>{{ label: Hint }}</button><div class=\"body\"><yield /></div></aside>
```

```css
:self { border-inline-start: 4px solid; padding-inline: 1rem; }
```

```js
on($(\"[data-toggle]\"), \"click\", () => el.classList.toggle(\"open\"))
```
";

/// What Hugo needs to do the same: raw HTML, highlighting by classes, a page with title, list of sections and content.
const HUGO: [(&str, &str); 6] = [
    (
        "config.toml",
        "baseURL = \"https://example.org/\"\nlanguageCode = \"en\"\ntitle = \"A large course\"\n\
         disableKinds = [\"taxonomy\", \"term\", \"RSS\", \"sitemap\", \"404\"]\n\n[markup.goldmark.renderer]\nunsafe = true\n\n\
         [markup.highlight]\nnoClasses = false\ncodeFences = true\n",
    ),
    (
        "layouts/_default/baseof.html",
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{{ .Title }} · {{ .Site.Title }}</title>\n</head>\n<body>\n<header>{{ partialCached \"nav.html\" . }}</header>\n\
         <main>\n{{ block \"main\" . }}{{ .Content }}{{ end }}\n</main>\n<footer><p>Built with Hugo</p></footer>\n</body>\n</html>\n",
    ),
    ("layouts/_default/single.html", "{{ define \"main\" }}<article>{{ .Content }}</article>{{ end }}\n"),
    ("layouts/_default/list.html", "{{ define \"main\" }}<article>{{ .Content }}</article>{{ end }}\n"),
    ("layouts/index.html", "{{ define \"main\" }}<article>{{ .Content }}</article>{{ end }}\n"),
    (
        "layouts/partials/nav.html",
        "<nav><ul>\n{{ range first 100 .Site.Sections }}<li><a href=\"{{ .RelPermalink }}\">{{ .LinkTitle }}</a></li>\n{{ end }}</ul></nav>\n",
    ),
];
