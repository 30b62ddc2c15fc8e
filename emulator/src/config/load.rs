//! From a file to a Worker and what is to be said of it.

use super::{
    build, check,
    dev_vars::{self, DevVars},
    diagnostic::{Diagnostic, Place, Severity},
    findings::Findings,
    limits::MAX_FILE_BYTES,
    model::Config,
    parse::{self, Format},
    tree::Table,
};
use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// How a config is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The environment; the top level without one.
    pub environment: Option<String>,
    /// The day, `YYYY-MM-DD` in UTC. With it a compatibility date in the future is refused.
    pub today: Option<String>,
}

/// A config that was read, and all that is to be said of it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says; as far as it can be read, if there are errors.
    pub config: Config,
    /// In the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// The environments that the config has.
    pub environments: Vec<String>,
}

impl Loaded {
    /// Whether Cloudflare would refuse it.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Why a config could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is larger than a config may be.
    #[error("{} is larger than the {MAX_FILE_BYTES} bytes that a config may have", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is no UTF-8.
    #[error("{} is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

/// The config of a folder, as wrangler finds it: the first of `wrangler.json`, `wrangler.jsonc` and `wrangler.toml` that is there or in a
/// folder above. `folder` is an absolute path.
#[must_use]
pub fn find_config(folder: &Path) -> Option<PathBuf> {
    let above = |name: &str| folder.ancestors().map(|folder| folder.join(name)).find(|file| file.is_file());
    ["wrangler.json", "wrangler.jsonc", "wrangler.toml"].into_iter().find_map(above)
}

/// Reads a config and, beside it, the secrets of this machine.
///
/// # Errors
/// A file cannot be read, is too large or no text. What is wrong in it is said in [`Loaded::diagnostics`].
pub fn load(path: &Path, options: &LoadOptions) -> Result<Loaded, LoadConfigError> {
    let text = read(path)?;
    let mut loaded = parse_config(path, &text, Format::of(path), options);
    let folder = path.parent().unwrap_or(Path::new(""));
    let own = options.environment.as_ref().map(|environment| folder.join(format!(".dev.vars.{environment}")));
    for file in own.into_iter().chain([folder.join(".dev.vars")]) {
        match read(&file) {
            Ok(text) => {
                secrets(&mut loaded, &file, dev_vars::parse(&text));
                break;
            }
            Err(LoadConfigError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    missing_secrets(&mut loaded);
    Ok(loaded)
}

/// Looks at the text of a config, without reading anything else. `path` is what findings call the file.
#[must_use]
pub fn parse_config(path: &Path, text: &str, format: Format, options: &LoadOptions) -> Loaded {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shown = path.display().to_string();
    let mut findings = Findings::of(&shown, text);
    let top = match parse::parse(text, format) {
        Ok(top) => top,
        Err(error) => {
            findings.error(error.at, "", error.message);
            let config = Config { path: path.to_owned(), ..Config::default() };
            return Loaded { config, diagnostics: findings.done(), environments: Vec::new() };
        }
    };
    let environment = options.environment.as_deref();
    let view = check::values(&mut findings, &top, environment);
    let config = Config { path: path.to_owned(), ..build::build(&view, environment, &findings) };
    check::worker(&mut findings, &view, &config, options.today.as_deref());
    let environments = top.get("env").and_then(|node| node.table()).map(Table::fields).unwrap_or_default();
    let environments = environments.iter().map(|field| field.key.clone()).collect();
    Loaded { config, diagnostics: findings.done(), environments }
}

/// A file's text, if it is no larger than it may be.
fn read(path: &Path) -> Result<String, LoadConfigError> {
    let unreadable = |error| LoadConfigError::Unreadable { path: path.to_owned(), error };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
        return Err(LoadConfigError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(bytes).map_err(|_| LoadConfigError::NotText { path: path.to_owned() })
}

fn secrets(loaded: &mut Loaded, file: &Path, found: DevVars) {
    for line in found.unread {
        loaded.diagnostics.push(Diagnostic {
            path: file.display().to_string(),
            place: Place { line, column: 1 },
            severity: Severity::Warning,
            key: String::new(),
            message: "this line sets nothing: it has no NAME=value".to_owned(),
            hint: None,
        });
    }
    loaded.config.secrets = found.secrets;
}

fn missing_secrets(loaded: &mut Loaded) {
    let config = &loaded.config;
    let missing: Vec<&str> =
        config.required_secrets.iter().filter(|name| !config.secrets.contains_key(*name)).map(String::as_str).collect();
    if missing.is_empty() {
        return;
    }
    let message = format!(
        "Missing required secrets: {}. Add them to .dev.vars, .env, or set as environment variables.",
        missing.join(", ")
    );
    loaded.diagnostics.push(Diagnostic {
        path: config.path.display().to_string(),
        place: Place::START,
        severity: Severity::Warning,
        key: "secrets.required".to_owned(),
        message,
        hint: None,
    });
}
