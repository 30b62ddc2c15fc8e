//! `gantt`: tasks on a line of days.

use super::{
    lines::Source,
    svg::{Anchor, Canvas},
    text,
};
use std::collections::HashMap;

const WIDTH: f64 = 620.0;
const ROW: f64 = 30.0;

/// More tasks than one chart shows.
const MAX_TASKS: usize = 200;

/// The longest chart, in days: two centuries.
const MAX_DAYS: f64 = 73_000.0;

struct Task<'a> {
    name: String,
    section: Option<&'a str>,
    from: f64,
    to: f64,
    done: bool,
    active: bool,
    critical: bool,
    milestone: bool,
}

/// Draws a Gantt chart.
pub(super) fn draw(source: &Source<'_>, canvas: &mut Canvas) -> Result<(), String> {
    let (mut tasks, mut ends, mut section) = (Vec::<Task<'_>>::new(), HashMap::new(), None);
    let mut title = None;
    for statement in source.statements() {
        let (word, rest) = statement.split_once(char::is_whitespace).unwrap_or((statement, ""));
        match word {
            "title" => title = Some(rest.trim()),
            "section" => section = Some(rest.trim()),
            "dateFormat" => {
                if !rest.trim().starts_with("YYYY-MM-DD") {
                    return Err(format!("dates of the form `{}` are not supported; `YYYY-MM-DD` is", rest.trim()));
                }
            }
            "axisFormat" | "excludes" | "includes" | "todayMarker" | "tickInterval" | "weekday" | "weekend"
            | "click" | "inclusiveEndDates" | "displayMode:" => {}
            _ => {
                let before = tasks.last().map(|task| task.to);
                let task = task(statement, section, before, &mut ends);
                tasks.push(task.ok_or_else(|| format!("`{statement}` cannot be read as a task"))?);
            }
        }
    }
    let from = tasks.iter().map(|task| task.from).fold(f64::INFINITY, f64::min);
    let to = tasks.iter().map(|task| task.to).fold(f64::NEG_INFINITY, f64::max);
    if tasks.is_empty() || tasks.len() > MAX_TASKS || to - from > MAX_DAYS {
        return Err(format!("a chart has 1 to {MAX_TASKS} tasks, within {MAX_DAYS} days"));
    }
    let scale = WIDTH / (to - from).max(1.0);
    let left = tasks.iter().filter_map(|task| task.section).map(text::width).fold(0.0, f64::max) + 16.0;
    if let Some(title) = title {
        canvas.text("title", "", (left + WIDTH / 2.0, -26.0), Anchor::Middle, &text::plain(title));
        canvas.speak(text::plain(title));
    }
    let bottom = ROW * f64::from(u16::try_from(tasks.len()).unwrap_or(u16::MAX));
    axis(canvas, from, to, left, bottom, scale);
    let mut last = None;
    for (row, task) in tasks.iter().enumerate() {
        let y = ROW * f64::from(u16::try_from(row).unwrap_or(u16::MAX));
        if task.section != last {
            last = task.section;
            canvas.text("strong", "", (0.0, y + ROW / 2.0), Anchor::Start, task.section.unwrap_or_default());
            if row > 0 {
                canvas.line("hair", (0.0, y), (left + WIDTH, y));
            }
        }
        bar(canvas, task, (left + (task.from - from) * scale, y), (task.to - task.from) * scale, left + WIDTH);
        canvas.speak(format!("{} {} to {}", task.name, date(task.from), date(task.to)));
    }
    Ok(())
}

fn bar(canvas: &mut Canvas, task: &Task<'_>, (x, y): (f64, f64), width: f64, right: f64) {
    let style = match task {
        Task { critical: true, .. } => " style=\"stroke:var(--pmx-color-danger);stroke-width:2\"",
        Task { done: true, .. } => " style=\"opacity:.6\"",
        Task { active: true, .. } => " style=\"stroke-width:2.5\"",
        _ => "",
    };
    let middle = y + ROW / 2.0;
    let width = if task.milestone {
        canvas.polygon("node", style, &[(x, middle - 9.0), (x + 9.0, middle), (x, middle + 9.0), (x - 9.0, middle)]);
        9.0
    } else {
        canvas.rect("node", style, (x, y + 4.0), (width.max(3.0), ROW - 8.0), 4.0);
        width.max(3.0)
    };
    let room = text::width(&task.name) + 12.0;
    if room <= width && !task.milestone {
        canvas.text("", "", (x + width / 2.0, middle), Anchor::Middle, &task.name);
    } else if x + width + room <= right + 60.0 {
        canvas.text("", "", (x + width + 6.0, middle), Anchor::Start, &task.name);
    } else {
        canvas.text("", "", (x - 12.0, middle), Anchor::End, &task.name);
    }
}

/// Days below the tasks, as many as have room.
fn axis(canvas: &mut Canvas, from: f64, to: f64, left: f64, bottom: f64, scale: f64) {
    const STEPS: [f64; 11] = [1.0, 2.0, 7.0, 14.0, 28.0, 91.0, 182.0, 364.0, 1_820.0, 3_640.0, 18_200.0];
    let step = STEPS.into_iter().find(|step| step * scale >= 88.0).unwrap_or(36_400.0);
    let mut day = from;
    while day <= to {
        let x = left + (day - from) * scale;
        canvas.line("hair", (x, -4.0), (x, bottom + 4.0));
        canvas.text("small", "", (x, bottom + 16.0), Anchor::Middle, &date(day));
        day += step;
    }
    canvas.line("hair", (left, bottom + 4.0), (left + WIDTH, bottom + 4.0));
}

/// `name : done, id, 2026-01-01, 10d`
fn task<'a>(
    statement: &str,
    section: Option<&'a str>,
    before: Option<f64>,
    ends: &mut HashMap<String, (f64, f64)>,
) -> Option<Task<'a>> {
    let (name, data) = statement.split_once(':')?;
    let mut task = Task {
        name: text::plain(name),
        section,
        from: 0.0,
        to: 0.0,
        done: false,
        active: false,
        critical: false,
        milestone: false,
    };
    let mut words: Vec<&str> = data.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    while let Some(word) = words.first() {
        match *word {
            "done" => task.done = true,
            "active" => task.active = true,
            "crit" => task.critical = true,
            "milestone" => task.milestone = true,
            _ => break,
        }
        words.remove(0);
    }
    let (id, start, end) = match words[..] {
        [end] => ("", None, end),
        [start, end] => ("", Some(start), end),
        [id, start, end] => (id, Some(start), end),
        _ => return None,
    };
    let one = |name: &str, ends: &HashMap<String, (f64, f64)>| ends.get(name).copied();
    task.from = match start {
        None => before?,
        Some(start) => match start.strip_prefix("after ") {
            Some(names) => {
                names.split_whitespace().filter_map(|name| one(name, ends)).map(|(_, to)| to).reduce(f64::max)?
            }
            None => days(start).or_else(|| one(start, ends).map(|(_, to)| to))?,
        },
    };
    task.to = match end.strip_prefix("until ") {
        Some(name) => one(name.trim(), ends)?.0,
        None => days(end).or_else(|| length(end).map(|length| task.from + length))?,
    };
    if task.to < task.from {
        return None;
    }
    if !id.is_empty() {
        ends.insert(id.to_owned(), (task.from, task.to));
    }
    Some(task)
}

/// `10d`, `2w`, `12h`, in days
fn length(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let count: f64 = text[..unit].parse().ok()?;
    let days = match &text[unit..] {
        "m" | "min" => 1.0 / 1_440.0,
        "h" => 1.0 / 24.0,
        "d" => 1.0,
        "w" => 7.0,
        "M" => 30.0,
        "y" => 365.0,
        _ => return None,
    };
    Some(count * days)
}

/// The number of a day since 1970, by the proleptic Gregorian calendar.
fn days(text: &str) -> Option<f64> {
    let mut parts = text.split(['T', ' ']).next()?.splitn(3, '-');
    let mut part = || parts.next()?.parse::<i32>().ok();
    let (year, month, day) = (part()?, part()?, part()?);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some(f64::from(before - 719_468))
}

/// A day as a date.
#[expect(clippy::cast_possible_truncation, reason = "days of four-digit years fit many times over")]
fn date(day: f64) -> String {
    let day = day.floor() as i32 + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{}-{month:02}-{day:02}", year_of_era + era * 400 + next)
}
