//! The script of a component as a file of its own: one that cannot be read leaves those of other components alone.

use super::{Chunk, Definition, DefinitionFiles, ResourceKind, word};
use crate::{
    diagnostic::{Diagnostic, Position},
    text::script::{Kind, imports, module_statement},
};
use serde_json::{Map, Value, json};

/// A classic script that tells the runtime of a component of this Source; `None` if it has no script.
///
/// It must run after `runtime.js`. Files are named as they are addressed from the script itself.
pub(crate) fn script(source: &str, definition: &Definition, files: &dyn DefinitionFiles) -> Option<String> {
    let mut body = String::new();
    for chunk in &definition.script {
        match chunk {
            Chunk::Text(text) => body.push_str(text),
            Chunk::File(link) => body.push_str(files.text(*link).as_deref().unwrap_or_default()),
        }
        body.push('\n');
    }
    if body.trim().is_empty() {
        return None;
    }
    let named = |kind: ResourceKind| -> Map<String, Value> {
        let of_kind = definition.resources.iter().filter(|resource| resource.kind == kind);
        of_kind
            .filter_map(|resource| {
                Some((resource.name.clone(), Value::from(files.address(resource.link)?.into_owned())))
            })
            .collect()
    };
    let about = json!({
        "source": word(source),
        "assets": named(ResourceKind::Asset),
        "data": named(ResourceKind::Data),
        "props": definition.values,
    });
    // A word in a string is enough: an async function does no harm.
    let kind = if body.contains("await") { "async function" } else { "function" };
    let name = &definition.name;
    Some(format!("pmxRuntime.define(\"{name}\", {about}, {kind} (el, $, $$, on, state, ctx) {{\n{body}}});\n"))
}

/// Says what a component's script cannot have: it is the body of a function, in a file of another folder.
pub(crate) fn unfit(text: &str, mut position: impl FnMut(usize) -> Position) -> Vec<Diagnostic> {
    let hint =
        "name the module in the Block, `[@asset.x]: ./x.js`, and write `const { a } = await import(ctx.assets.x.url)`";
    let mut warning = |at, message: String| Diagnostic::warning("literate/module", position(at), message).hint(hint);
    if let Some(at) = module_statement(text) {
        let message = "a component's script is the body of a function, so `import` and `export` end all of it";
        return vec![warning(at, message.to_owned())];
    }
    let calls = imports(text).into_iter().filter(|import| import.kind == Kind::Call && import.is_relative());
    calls
        .map(|import| warning(import.at, format!("`{}` is not read from the folder of the Source", import.target)))
        .collect()
}
