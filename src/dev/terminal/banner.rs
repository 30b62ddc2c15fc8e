use super::Terminal;
use crate::report::Style;

/// How many sites the banner names.
const NAMED: usize = 12;

/// What is said when all is ready: one part a line, in order.
#[derive(Debug, Default)]
pub(in crate::dev) struct Banner {
    /// What a browser opens.
    pub(in crate::dev) opened: String,
    /// How long it took, and what is still under way.
    pub(in crate::dev) remark: String,
    /// Word and text of each further line.
    pub(in crate::dev) lines: Vec<(&'static str, String)>,
    /// Name and address of every site, where there are several.
    pub(in crate::dev) sites: Vec<(String, String)>,
}

impl Banner {
    pub(in crate::dev) fn line(&mut self, word: &'static str, text: impl Into<String>) {
        self.lines.push((word, text.into()));
    }

    pub(in crate::dev) fn show(&self, terminal: &Terminal) {
        let report = terminal.report();
        let dim = |text: &str| report.paint(Style::Dim, text);
        let width = self.lines.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        terminal.say("");
        terminal.say(format_args!("  {}  {}", report.paint(Style::Bold, &self.opened), dim(&self.remark)));
        let longest = self.sites.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, url) in self.sites.iter().take(NAMED) {
            terminal.say(format_args!("  {name:longest$}  {}", dim(url)));
        }
        if self.sites.len() > NAMED {
            terminal.say(format_args!("  {}", dim(&format!("and {} more", self.sites.len() - NAMED))));
        }
        for (word, text) in &self.lines {
            terminal.say(format_args!("  {}  {text}", dim(&format!("{word:width$}"))));
        }
        terminal.say("");
    }
}
