use crate::report::{Report, Style, counted, short_id};
use jiff::Zoned;
use std::time::Duration;

/// A line about a build.
#[derive(Debug)]
pub(in crate::dev) struct BuildLine<'a> {
    /// The site, where there are several.
    pub(in crate::dev) site: Option<&'a str>,
    /// What changed: pages by their titles, or files where nothing came of it.
    pub(in crate::dev) what: &'a str,
    /// What became of it, if it is not up.
    pub(in crate::dev) but: Option<&'a str>,
    /// Errors and warnings of the site.
    pub(in crate::dev) findings: (usize, usize),
    pub(in crate::dev) build: Duration,
    pub(in crate::dev) publish: Duration,
    /// The deploy that it became.
    pub(in crate::dev) deploy: Option<&'a str>,
}

impl BuildLine<'_> {
    /// What two lines have in common that say the same.
    pub(super) fn key(&self) -> String {
        format!("{:?} {} {:?} {:?}", self.site, self.what, self.but, self.findings)
    }

    /// `12:01:07  1 page: One  build 4 ms  publish 6 ms  → 3f2a91bc…`
    pub(super) fn show(&self, report: &Report) -> String {
        let dim = |text: &str| report.paint(Style::Dim, text);
        let mut parts = vec![dim(&Zoned::now().strftime("%H:%M:%S").to_string())];
        parts.extend(self.site.map(|site| report.paint(Style::Bold, site)));
        parts.push(self.what.to_owned());
        parts.push(dim(&format!("build {}", milliseconds(self.build))));
        if self.deploy.is_some() {
            parts.push(dim(&format!("publish {}", milliseconds(self.publish))));
        }
        let (errors, warnings) = self.findings;
        if errors > 0 {
            parts.push(report.paint(Style::Bad, &counted(errors, "error")));
        }
        if warnings > 0 {
            parts.push(report.paint(Style::Warn, &counted(warnings, "warning")));
        }
        if let Some(deploy) = self.deploy {
            parts.push(report.paint(Style::Good, &format!("→ {}…", short_id(deploy))));
        }
        parts.extend(self.but.map(|but| report.paint(Style::Warn, but)));
        parts.join("  ")
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", (time.as_secs_f64() * 1e3).max(1.0))
}
