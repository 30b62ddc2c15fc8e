//! What a site's config says about how its Markdown is read.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How Sources are read. A parsed Source depends on its text and on this alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether the end of a line inside a paragraph is a line break. Off: it is a space.
    pub hard_breaks: bool,
    /// Whether `[[Target]]` is a link.
    pub wikilinks: bool,
    /// Parts that were switched on or off by name; what is not named is on. Here count `annotations`, `callouts`,
    /// `highlight` (colours of code), `marks` (`==x==`), `math` and `mermaid`.
    pub plugins: BTreeMap<String, bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hard_breaks: false, wikilinks: true, plugins: BTreeMap::new() }
    }
}

impl Settings {
    /// Reads `markdown` and `plugins` of a config.
    ///
    /// # Errors
    /// The top-level key whose value has the wrong shape, and what is wrong with it.
    pub(crate) fn of(values: &Map<String, Value>) -> Result<Self, (&'static str, String)> {
        let mut settings = Self::default();
        if let Some(markdown) = values.get("markdown") {
            let wrong = |what: &str| Err(("markdown", what.to_owned()));
            let Some(markdown) = markdown.as_object() else { return wrong("`markdown` is a mapping") };
            for (key, value) in markdown {
                let switch = match key.as_str() {
                    "hardBreaks" => &mut settings.hard_breaks,
                    "wikilinks" => &mut settings.wikilinks,
                    _ => {
                        return wrong(&format!(
                            "`markdown.{key}` is no setting; there are `hardBreaks` and `wikilinks`"
                        ));
                    }
                };
                let Some(value) = value.as_bool() else { return wrong(&format!("`markdown.{key}` is true or false")) };
                *switch = value;
            }
        }
        if let Some(plugins) = values.get("plugins") {
            let Some(plugins) = plugins.as_object() else {
                return Err(("plugins", "`plugins` is a mapping of names".to_owned()));
            };
            for (name, value) in plugins {
                // An object configures a plugin; its `enabled` may switch it off all the same.
                let on = value.get("enabled").unwrap_or(value).as_bool().unwrap_or(true);
                settings.plugins.insert(name.clone(), on);
            }
        }
        Ok(settings)
    }

    /// Whether a part is on.
    #[must_use]
    pub fn has(&self, plugin: &str) -> bool {
        self.plugins.get(plugin).copied().unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    fn of(text: &str) -> Result<Settings, (&'static str, String)> {
        Settings::of(&yaml::mapping(text).unwrap())
    }

    #[test]
    fn a_config_switches_parts_of_markdown() {
        assert_eq!(of("sourceDir: x").unwrap(), Settings::default());
        let settings = of("markdown: {hardBreaks: true, wikilinks: false}\nplugins:\n  tailwind: false\n  image: {enabled: false}\n  math: {}\n").unwrap();
        assert!(settings.hard_breaks && !settings.wikilinks);
        assert_eq!(["tailwind", "image", "math", "mermaid"].map(|name| settings.has(name)), [false, false, true, true]);
    }

    #[test]
    fn a_setting_of_the_wrong_shape_is_named() {
        assert_eq!(of("markdown: {hardBreaks: 3}").unwrap_err().0, "markdown");
        assert!(of("markdown: {hardbreaks: true}").unwrap_err().1.contains("`markdown.hardbreaks`"));
        assert_eq!(of("plugins: [math]").unwrap_err().0, "plugins");
    }
}
