//! The words of the command line, in the documents and in the program: what is named exists, and what exists is named.

use super::{
    none,
    page::{self, COMMANDS, Page},
    table,
};
use clap::{Arg, Command, CommandFactory as _};
use std::collections::BTreeSet;

/// The command line as the program knows it.
pub(crate) fn program() -> Command {
    let mut program = pmx::cli::Cli::command();
    program.build();
    program
}

/// A command and all below it, with their names from the first below `pmx`.
pub(crate) fn commands(command: &Command, path: &[String]) -> Vec<(Vec<String>, Command)> {
    let below = command.get_subcommands().filter(|command| command.get_name() != "help");
    below
        .flat_map(|command| {
            let path = [path, &[command.get_name().to_owned()]].concat();
            let mut all = commands(command, &path);
            all.insert(0, (path, command.clone()));
            all
        })
        .collect()
}

/// Every way in which an option may be written, hidden ones too.
fn spellings(arg: &Arg) -> Vec<String> {
    let long = arg.get_long().into_iter().chain(arg.get_all_aliases().into_iter().flatten());
    let short = arg.get_short().into_iter().chain(arg.get_all_short_aliases().into_iter().flatten());
    long.map(|long| format!("--{long}")).chain(short.map(|short| format!("-{short}"))).collect()
}

fn is_option_of(command: &Command, option: &str) -> bool {
    command.get_arguments().flat_map(spellings).any(|spelling| spelling == option)
        || command.get_subcommands().any(|command| is_option_of(command, option))
}

/// The option of a word: `--poll` of `--poll=1000`.
fn option(word: &str) -> &str {
    word.split('=').next().unwrap_or(word)
}

/// Whether code begins with an option, and not with a line of dashes, a custom property or a footnote.
fn is_option(text: &str) -> bool {
    let name = text.trim_start_matches('-');
    let dashes = text.len() - name.len();
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic());
    is_word
        && (dashes == 2 || (dashes == 1 && option(name).split(' ').next().is_some_and(|name| name.len() == 1)))
        && !name.starts_with("pmx-")
}

/// What is wrong with a line that calls `pmx`; placeholders (`<dir>`, `…`) and alternatives (`kv|r2`) may stand in it.
fn faults(line: &str, program: &Command) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let mut found = vec![program];
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        let next: Vec<&Command> = word
            .split('|')
            .flat_map(|name| found.iter().filter_map(move |command| command.find_subcommand(name)))
            .collect();
        if next.is_empty() {
            let placeholder = word.contains(['<', '…', '[']) || *word == "help";
            let takes_more = found.iter().all(|command| command.get_positionals().next().is_some());
            let takes_value = words.iter().any(|word| word.starts_with('-'));
            if !placeholder && !takes_more && !takes_value {
                return vec![format!("`{line}`: there is no command `{word}`")];
            }
            break;
        }
        found = next;
    }
    let options = words.iter().filter(|word| word.len() > 1 && word.starts_with('-'));
    options
        .map(|word| option(word))
        .filter(|option| !found.iter().any(|command| is_option_of(command, option)))
        .map(|option| format!("`{line}`: there is no option `{option}`"))
        .collect()
}

/// The commands that a heading names.
fn of_heading<'p>(heading: &str, program: &'p Command) -> Vec<&'p Command> {
    let spans = heading.split('`').skip(1).step_by(2).filter_map(|span| span.strip_prefix("pmx "));
    spans
        .filter_map(|span| span.split_whitespace().try_fold(program, |command, name| command.find_subcommand(name)))
        .collect()
}

#[test]
fn every_command_and_option_that_a_document_names_exists() {
    let program = program();
    let mut found = Vec::new();
    for page in page::all() {
        for span in &page.spans {
            let text = span.text.trim();
            let wrong = if text == "pmx" || text.starts_with("pmx ") {
                faults(text, &program)
            } else if is_option(text) && !table::FOREIGN_OPTIONS.contains(&(&page.path, text)) {
                let here = of_heading(&span.heading, &program);
                let options = text.split_whitespace().filter(|word| word.starts_with('-')).map(option);
                let known = |option: &str| match here.as_slice() {
                    [] => is_option_of(&program, option),
                    here => here.iter().any(|command| is_option_of(command, option)),
                };
                options.filter(|option| !known(option)).map(|option| format!("there is no option `{option}`")).collect()
            } else {
                Vec::new()
            };
            found.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", page.at(span.line))));
        }
    }
    none("words of the command line are wrong", &found);
}

/// The sections of the chapter of commands that tell of a command, with those that they refer to ("as `dev`", "those of `dev`").
fn told(chapter: &Page, program: &Command, command: &str, depth: usize) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let here = |heading: &str| of_heading(heading, program).iter().any(|found| found.get_name() == command);
    for span in chapter.spans.iter().filter(|span| here(&span.heading)) {
        words.extend(span.text.split_whitespace().map(|word| option(word).to_owned()));
    }
    if depth == 0 {
        return words;
    }
    let headings = chapter.text.lines().filter(|line| line.starts_with("## ") && here(line));
    for heading in headings {
        let section = chapter.section(heading.trim_start_matches('#').trim());
        for intro in ["as `", "as for `", "those of `"] {
            for rest in section.split(intro).skip(1) {
                let other = rest.split('`').next().unwrap_or_default();
                words.extend(told(chapter, program, other, depth - 1));
            }
        }
    }
    words
}

#[test]
fn every_command_and_option_of_the_program_is_in_the_chapter_of_commands() {
    let program = program();
    let chapter = page::named(COMMANDS);
    let mut found = Vec::new();
    for (path, command) in commands(&program, &[]) {
        // What can be done with one that has others below it is told of these.
        if command.is_hide_set() || command.has_subcommands() {
            continue;
        }
        let (line, last) = (path.join(" "), path.last().unwrap().as_str());
        let in_heading = || chapter.spans.iter().any(|span| span.text == format!("pmx {line}"));
        let in_row = || {
            chapter.rows.iter().filter_map(|row| row.cells.first()).any(|cell| {
                let first = cell.spans.first().map_or("", String::as_str);
                first == line
                    || (path.len() > 1
                        && first.split(' ').next() == Some(&path[0])
                        && cell.spans.iter().any(|s| s == last))
            })
        };
        let below = |row: &page::Row| {
            path.len() > 1 && of_heading(&row.heading, &program).iter().any(|found| found.get_name() == path[0])
        };
        let in_table =
            || chapter.rows.iter().any(|row| below(row) && row.cells[0].spans.iter().any(|span| span == last));
        if !in_heading() && !in_row() && !in_table() {
            found.push(format!("`pmx {line}` is nowhere in {COMMANDS}"));
            continue;
        }
        let words: BTreeSet<String> = told(chapter, &program, &path[0], 2)
            .into_iter()
            .chain(if path.len() > 1 { told(chapter, &program, last, 2) } else { BTreeSet::new() })
            .collect();
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_global_set()) {
            let built_in = matches!(arg.get_id().as_str(), "help" | "version");
            let spellings = spellings(arg);
            if !built_in && !spellings.is_empty() && !spellings.iter().any(|spelling| words.contains(spelling)) {
                found.push(format!("{COMMANDS} says nothing of `pmx {line} {}`", spellings[0]));
            }
        }
    }
    let global: BTreeSet<&str> = chapter.spans.iter().map(|span| span.text.as_str()).collect();
    for arg in program.get_arguments().filter(|arg| arg.is_global_set() && !arg.is_hide_set()) {
        let spellings = spellings(arg);
        if !spellings.iter().any(|spelling| global.contains(spelling.as_str())) {
            found.push(format!("{COMMANDS} says nothing of the option {} of every command", spellings[0]));
        }
    }
    none("words of the command line are undocumented", &found);
}

#[test]
fn every_default_in_the_chapter_of_commands_is_the_program_s() {
    let program = program();
    let mut found = Vec::new();
    for row in &page::named(COMMANDS).rows {
        let Some(at) = row.head.iter().position(|head| head == "Default") else { continue };
        let said = &row.cells[at];
        if row.cells[1].text.starts_with("as for") {
            continue;
        }
        for command in of_heading(&row.heading, &program) {
            let named = |arg: &&Arg| spellings(arg).iter().any(|spelling| row.cells[0].spans.contains(spelling));
            for arg in command.get_arguments().filter(named) {
                let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
                let defaults = if arg.get_action().takes_values() { defaults.join(",") } else { String::new() };
                let words: Vec<&str> = said.text.split([' ', '`', ',', ';']).collect();
                if !defaults.is_empty() && !words.contains(&defaults.as_str()) {
                    let (name, said) = (arg.get_id(), &said.text);
                    found.push(format!("{COMMANDS}:{}: `{name}` is {defaults} by default, not {said:?}", row.line));
                }
            }
        }
    }
    none("defaults are wrong", &found);
}
