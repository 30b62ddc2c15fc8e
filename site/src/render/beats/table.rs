//! `play.table.steps`: parts of a table, in the order in which they are looked at.

use super::survey::BlockSurvey;
use crate::text::shorten::shorten;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// The most steps of a table: more than anybody would step through.
const MAX_STEPS: usize = 100;

/// A part of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableStep {
    pub label: String,
    /// Body rows, from 1, in order and apart; none means all.
    rows: Option<Vec<RangeInclusive<usize>>>,
    /// Cells of a row, likewise.
    columns: Option<Vec<RangeInclusive<usize>>>,
}

impl TableStep {
    /// Whether a cell belongs to it; row and column from 1.
    pub(super) fn holds(&self, row: usize, column: usize) -> bool {
        let on = |axis: &Option<Vec<RangeInclusive<usize>>>, at| {
            axis.as_ref().is_none_or(|ranges| {
                let index = ranges.partition_point(|range| *range.end() < at);
                ranges.get(index).is_some_and(|range| range.contains(&at))
            })
        };
        on(&self.rows, row) && on(&self.columns, column)
    }

    /// How many cells of a table of this size belong to it, at most.
    pub(super) fn size(&self, rows: usize, columns: usize) -> usize {
        let of = |axis: &Option<Vec<RangeInclusive<usize>>>, all| match axis {
            None => all,
            Some(ranges) => ranges.iter().map(|range| range.end() - range.start() + 1).sum(),
        };
        of(&self.rows, rows).saturating_mul(of(&self.columns, columns))
    }
}

/// The steps of a Block's table, `None` if it names none; what is wrong with them, one sentence.
pub(super) fn steps(values: &Map<String, Value>, present: &BlockSurvey) -> Result<Option<Vec<TableStep>>, String> {
    let Some(steps) = values.get("play").and_then(|play| play.get("table")).and_then(|table| table.get("steps")) else {
        return Ok(None);
    };
    let steps = steps.as_array().filter(|steps| !steps.is_empty());
    let steps = steps.ok_or("`play.table.steps` is a list of steps with `rows`, `columns` or both")?;
    if steps.len() > MAX_STEPS {
        return Err(format!("`play.table.steps` has {} steps, at most {MAX_STEPS} are allowed", steps.len()));
    }
    let table = match present.tables.as_slice() {
        [table] => table,
        [] => return Err("`play.table.steps` needs a table, and this Block has none".to_owned()),
        several => return Err(format!("`play.table.steps` needs exactly one table, this Block has {}", several.len())),
    };
    let columns = table.iter().copied().max().unwrap_or(0);
    let step = |(index, step)| {
        one(step, table.len(), columns).map_err(|problem| format!("step {} of `play.table.steps` {problem}", index + 1))
    };
    steps.iter().enumerate().map(step).collect::<Result<_, _>>().map(Some)
}

fn one(step: &Value, rows: usize, columns: usize) -> Result<TableStep, String> {
    let step = step.as_object().ok_or("is no mapping with `rows` or `columns`")?;
    if let Some(key) = step.keys().find(|key| !["label", "rows", "columns"].contains(&key.as_str())) {
        return Err(format!("has an unknown key `{}`", shorten(key, 40)));
    }
    let axis = |name: &str, most: usize| match step.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => ranges(value, name, most).map(|ranges| Some(apart(ranges))),
    };
    let (rows, columns) = (axis("rows", rows)?, axis("columns", columns)?);
    if rows.is_none() && columns.is_none() {
        return Err("has neither `rows` nor `columns`".to_owned());
    }
    let label = match step.get("label") {
        Some(Value::String(label)) => label.clone(),
        Some(Value::Number(label)) => label.to_string(),
        Some(Value::Bool(label)) => label.to_string(),
        None | Some(Value::Null) => String::new(),
        Some(_) => return Err("has a `label` that is no text".to_owned()),
    };
    Ok(TableStep { label: shorten(&label, super::label::MAX_LABEL), rows, columns })
}

/// A number, `a-b`, several with commas, or a list of these.
fn ranges(value: &Value, name: &str, most: usize) -> Result<Vec<RangeInclusive<usize>>, String> {
    let wrong = |shown: &str| format!("has `{name}: {}`, which is no number and no range", shorten(shown, 40));
    let ranges: Vec<_> = match value {
        Value::Number(number) => {
            let at =
                number.as_u64().and_then(|at| usize::try_from(at).ok()).ok_or_else(|| wrong(&number.to_string()))?;
            vec![at..=at]
        }
        Value::String(text) => {
            let range = |part: &str| {
                let (from, to) = part.split_once('-').unwrap_or((part, part));
                Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
            };
            text.split(',').map(|part| range(part).ok_or_else(|| wrong(text))).collect::<Result<_, _>>()?
        }
        Value::Array(list) if !list.iter().any(Value::is_array) => {
            let lists: Vec<_> = list.iter().map(|value| ranges(value, name, most)).collect::<Result<_, _>>()?;
            lists.into_iter().flatten().collect()
        }
        other => return Err(wrong(&other.to_string())),
    };
    if ranges.is_empty() {
        return Err(format!("names no {name}"));
    }
    match ranges.iter().find(|range| *range.start() == 0 || range.is_empty() || *range.end() > most) {
        Some(range) if range.is_empty() => Err(format!("has `{name}` that end before they start")),
        Some(range) if *range.start() == 0 => Err(format!("counts its {name} from 0; they count from 1")),
        Some(range) => Err(format!("names {} {} of a table that has {most}", name.trim_end_matches('s'), range.end())),
        None => Ok(ranges),
    }
}

/// The same numbers in ranges that are in order and do not meet.
fn apart(mut ranges: Vec<RangeInclusive<usize>>) -> Vec<RangeInclusive<usize>> {
    ranges.sort_unstable_by_key(|range| *range.start());
    let mut apart: Vec<RangeInclusive<usize>> = Vec::new();
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.start() <= last.end() => *last = *last.start()..=*range.end().max(last.end()),
            _ => apart.push(range),
        }
    }
    apart
}
