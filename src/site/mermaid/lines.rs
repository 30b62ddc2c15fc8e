//! The lines of a diagram: without comments, directives and frontmatter, and apart where a `;` parts them.

/// A diagram's text, cut into statements.
pub(super) struct Source<'a> {
    header: &'a str,
    statements: Vec<&'a str>,
    title: Option<&'a str>,
    description: Option<&'a str>,
}

impl<'a> Source<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut source = Self { header: "", statements: Vec::new(), title: None, description: None };
        let mut lines = text.lines().map(str::trim).peekable();
        while lines.next_if(|line| line.is_empty()).is_some() {}
        if lines.next_if(|line| *line == "---").is_some() {
            for line in lines.by_ref().take_while(|line| *line != "---") {
                if let Some(title) = line.strip_prefix("title:") {
                    source.title = Some(title.trim().trim_matches(['"', '\'']));
                }
            }
        }
        let mut directive = false;
        for line in lines {
            directive |= line.starts_with("%%{");
            if directive {
                directive = !line.ends_with("}%%");
                continue;
            }
            let line = line.split("%%").next().unwrap_or_default().trim_end();
            if line.is_empty() {
                continue;
            }
            source.line(line);
        }
        source
    }

    fn line(&mut self, line: &'a str) {
        if self.header.is_empty() {
            // `graph TD; A-->B`
            let (header, rest) = line.split_once(';').unwrap_or((line, ""));
            self.header = header.trim();
            self.statements.extend(apart(rest));
            return;
        }
        let after = |name: &str| line.strip_prefix(name).map(|rest| rest.trim_start_matches(':').trim());
        if let Some(title) = after("accTitle") {
            self.title = Some(title);
        } else if let Some(description) = after("accDescr").filter(|text| !text.starts_with('{')) {
            self.description = Some(description);
        } else if self.header.starts_with("graph") || self.header.starts_with("flowchart") {
            self.statements.extend(apart(line));
        } else {
            self.statements.push(line.trim_end_matches(';').trim_end());
        }
    }

    /// The word that says what kind of diagram it is.
    pub(super) fn kind(&self) -> &'a str {
        self.header.split_whitespace().next().unwrap_or_default()
    }

    /// What follows that word on its line.
    pub(super) fn after_kind(&self) -> &'a str {
        self.header[self.kind().len()..].trim()
    }

    pub(super) fn statements(&self) -> &[&'a str] {
        &self.statements
    }

    pub(super) const fn title(&self) -> Option<&'a str> {
        self.title
    }

    pub(super) const fn description(&self) -> Option<&'a str> {
        self.description
    }
}

/// Statements between `;`, which inside quotes and brackets is text.
fn apart(line: &str) -> Vec<&str> {
    let (mut found, mut from, mut quoted, mut depth) = (Vec::new(), 0, false, 0_i32);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'[' | b'(' | b'{' if !quoted => depth += 1,
            b']' | b')' | b'}' if !quoted => depth -= 1,
            b';' if !quoted && depth <= 0 => {
                found.push(line[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(line[from..].trim());
    found.retain(|statement| !statement.is_empty());
    found
}
