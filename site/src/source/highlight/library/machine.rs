//! Runs a grammar of `syntect` over code.
//!
//! The rules are those of Sublime Text's syntax definitions, as `syntect::parsing::ParseState` follows them, and a test holds the two to the
//! same classes. `ParseState` itself can be neither counted nor stopped: a pattern may take a million steps at each place of a
//! line, and two contexts that replace each other without reading go round forever. Here all work is paid for from a budget that
//! depends on nothing but the length of the code, so that a build comes out the same on every machine.

use super::{
    context_of,
    patterns::{PatternMatch, Patterns},
    scopes::{Classes, Painter},
};
use std::{collections::HashMap, sync::Arc};
use syntect::parsing::{
    SyntaxSet,
    syntax_definition::{Context, ContextId, ContextReference, MatchOperation, MatchPattern, Pattern, context_iter},
};

/// How deep contexts may nest, as in `syntect`.
const MAX_DEPTH: usize = 100;

/// How many rules may apply at one place without reading a character: more than the contexts that a grammar enters and leaves at once.
const MAX_IDLE: u32 = 2 * MAX_DEPTH as u32;

/// Why a grammar was not followed to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The budget is used up.
    Budget,
    /// The grammar refers to something that it does not have.
    Broken,
}

/// What a rule found, for patterns that ask for the same text once more.
#[derive(Clone)]
struct Captured {
    found: Arc<PatternMatch>,
    line: Arc<str>,
}

struct Level {
    context: &'static Context,
    /// Contexts whose rules come first, here and in what is entered from here.
    prototypes: Vec<&'static Context>,
    captured: Option<Captured>,
}

struct Match {
    found: Arc<PatternMatch>,
    pattern: &'static MatchPattern,
    from_prototype: bool,
    would_loop: bool,
}

/// A grammar with its place in a text, between two lines.
pub(super) struct Machine {
    set: &'static SyntaxSet,
    patterns: Patterns,
    contexts: HashMap<ContextId, &'static Context>,
    stack: Vec<Level>,
    /// How deep the stack was where prototypes began; those below the last one are not looked at.
    prototype_starts: Vec<usize>,
}

/// How far a line was read.
struct LinePosition {
    at: usize,
    /// Where a context was entered without reading, and how deep the stack was then: leaving it at once would be a loop.
    entered: (usize, usize),
    /// Rules that applied at this place without reading.
    idle: u32,
}

impl Machine {
    /// `start` is the context in which a text begins.
    pub(super) fn new(set: &'static SyntaxSet, start: &'static Context, budget: u64) -> Self {
        Self {
            set,
            patterns: Patterns::new(budget),
            contexts: HashMap::new(),
            stack: vec![Level { context: start, prototypes: Vec::new(), captured: None }],
            prototype_starts: Vec::new(),
        }
    }

    /// Paints a line, which ends with a line end; `shown` is what is painted of it.
    pub(super) fn line(
        &mut self,
        line: &str,
        shown: &str,
        painter: &mut Painter<'_>,
        classes: &mut Classes,
    ) -> Result<(), Stopped> {
        let mut place = LinePosition { at: 0, entered: (0, 0), idle: 0 };
        painter.begin(shown);
        self.patterns.begin_line();
        while self.token(line, &mut place, painter, classes)? {}
        painter.end();
        Ok(())
    }

    /// Applies the next rule. False if there is none.
    fn token(
        &mut self,
        line: &str,
        place: &mut LinePosition,
        painter: &mut Painter<'_>,
        classes: &mut Classes,
    ) -> Result<bool, Stopped> {
        while self.prototype_starts.last().is_some_and(|depth| *depth >= self.stack.len()) {
            self.prototype_starts.pop();
        }
        let looping = place.entered == (place.at, self.stack.len());
        let Some(found) = self.next_match(line, place.at, looping)? else { return Ok(false) };
        let end = found.found.end();
        if found.would_loop || (end <= place.at && place.idle >= MAX_IDLE) {
            // As Sublime Text does, one character is passed by.
            let Some(next) = line[place.at..].chars().next() else { return Ok(false) };
            place.at += next.len_utf8();
            place.idle = 0;
            return Ok(place.at < line.len());
        }
        if end > place.at {
            place.idle = 0;
        } else {
            place.idle += 1;
            if let MatchOperation::Push(_) = found.pattern.operation {
                place.entered = (end, self.stack.len() + 1);
            }
        }
        place.at = end;
        if found.from_prototype {
            self.prototype_starts.push(self.stack.len());
        }
        self.apply(line, &found, painter, classes)?;
        Ok(true)
    }

    /// The rule that applies first from here on; of several at one place, the first one.
    fn next_match(&mut self, line: &str, at: usize, looping: bool) -> Result<Option<Match>, Stopped> {
        let level = self.stack.last().ok_or(Stopped::Broken)?;
        let from = self.prototype_starts.last().copied().unwrap_or(0);
        let own = (level.context, level.captured.clone());
        let mut chain: Vec<(bool, &'static Context, Option<Captured>)> = Vec::new();
        for below in self.stack.get(from..).unwrap_or(&[]) {
            chain.extend(below.prototypes.iter().map(|context| (true, *context, below.captured.clone())));
        }
        if let Some(prototype) = own.0.prototype {
            chain.push((false, self.context(prototype)?, None));
        }
        chain.push((false, own.0, own.1));

        let depth = self.stack.len();
        let mut best: Option<Match> = None;
        let mut first = usize::MAX;
        let mut would_loop = false;
        for (from_prototype, context, captured) in &chain {
            for (within, index) in context_iter(self.set, context) {
                let Some(Pattern::Match(pattern)) = within.patterns.get(index) else { return Err(Stopped::Broken) };
                let Some(found) = self.search(line, at, pattern, captured.as_ref(), depth)? else { continue };
                let start = found.start();
                if start < first || (start == first && would_loop) {
                    first = start;
                    would_loop = looping && found.end() <= at && matches!(pattern.operation, MatchOperation::Pop);
                    if depth >= MAX_DEPTH && matches!(pattern.operation, MatchOperation::Push(_)) {
                        return Ok(None);
                    }
                    best = Some(Match { found, pattern, from_prototype: *from_prototype, would_loop });
                    if start == at && !would_loop {
                        return Ok(best);
                    }
                }
            }
        }
        Ok(best)
    }

    fn search(
        &mut self,
        line: &str,
        at: usize,
        pattern: &'static MatchPattern,
        captured: Option<&Captured>,
        depth: usize,
    ) -> Result<Option<Arc<PatternMatch>>, Stopped> {
        let found = match captured {
            Some(captured) if pattern.has_captures => {
                self.patterns.search_with(line, at, pattern, &captured.found, &captured.line)?
            }
            _ => self.patterns.search(line, at, pattern)?,
        };
        // A rule that would change nothing is passed over, or it would apply here forever.
        Ok(found.filter(|found| match pattern.operation {
            MatchOperation::None => found.start() != found.end(),
            MatchOperation::Push(_) => depth < MAX_DEPTH,
            MatchOperation::Set(_) | MatchOperation::Pop => true,
        }))
    }

    fn apply(
        &mut self,
        line: &str,
        matched: &Match,
        painter: &mut Painter<'_>,
        classes: &mut Classes,
    ) -> Result<(), Stopped> {
        let (start, end) = (matched.found.start(), matched.found.end());
        let pattern = matched.pattern;
        let context = self.stack.last().ok_or(Stopped::Broken)?.context;
        self.before(start, context, pattern, painter, classes)?;
        painter.to(start);
        for scope in &pattern.scope {
            painter.push(*scope, classes);
        }
        if let Some(captures) = &pattern.captures {
            // Outer ones first, and what ends before what begins at the same place.
            let mut marks = Vec::new();
            for (group, scopes) in captures {
                if let Some((from, to)) = matched.found.group(*group).filter(|(from, to)| from < to) {
                    let length = i64::try_from(to - from).unwrap_or(i64::MAX);
                    marks.extend(scopes.iter().map(|scope| ((from, -length), Some(*scope), 0)));
                    marks.push(((to, i64::MIN), None, scopes.len()));
                }
            }
            marks.sort_by_key(|mark| mark.0);
            for ((at, _), scope, ended) in marks {
                painter.to(at);
                match scope {
                    Some(scope) => painter.push(scope, classes),
                    None => painter.pop(ended),
                }
            }
        }
        painter.to(end);
        painter.pop(pattern.scope.len());
        self.after(context, pattern, painter, classes)?;
        self.enter(line, matched)
    }

    /// Scopes that begin before what a rule found.
    fn before(
        &self,
        start: usize,
        context: &Context,
        pattern: &MatchPattern,
        painter: &mut Painter<'_>,
        classes: &mut Classes,
    ) -> Result<(), Stopped> {
        painter.to(start);
        match &pattern.operation {
            MatchOperation::None => {}
            MatchOperation::Pop => painter.pop(context.meta_content_scope.len()),
            MatchOperation::Push(entered) | MatchOperation::Set(entered) => {
                let set = matches!(pattern.operation, MatchOperation::Set(_));
                if set && context.clear_scopes.is_some() {
                    painter.restore();
                }
                for reference in entered {
                    let next = self.referred(reference)?;
                    if let Some(amount) = next.clear_scopes.filter(|_| !set) {
                        painter.clear(amount);
                    }
                    next.meta_scope.iter().for_each(|scope| painter.push(*scope, classes));
                }
            }
        }
        Ok(())
    }

    /// Scopes that begin or end after what a rule found.
    fn after(
        &self,
        context: &Context,
        pattern: &MatchPattern,
        painter: &mut Painter<'_>,
        classes: &mut Classes,
    ) -> Result<(), Stopped> {
        match &pattern.operation {
            MatchOperation::None => {}
            MatchOperation::Pop => {
                painter.pop(context.meta_scope.len());
                if context.clear_scopes.is_some() {
                    painter.restore();
                }
            }
            MatchOperation::Push(entered) | MatchOperation::Set(entered) => {
                let set = matches!(pattern.operation, MatchOperation::Set(_));
                let entered = entered.iter().map(|next| self.referred(next)).collect::<Result<Vec<_>, _>>()?;
                let leaves = set && !(context.meta_scope.is_empty() && context.meta_content_scope.is_empty());
                let again = leaves
                    || entered
                        .iter()
                        .any(|next| !next.meta_content_scope.is_empty() || (set && next.clear_scopes.is_some()));
                if again {
                    let mut ended: usize = entered.iter().map(|next| next.meta_scope.len()).sum();
                    if set {
                        ended += context.meta_content_scope.len() + context.meta_scope.len();
                    }
                    painter.pop(ended);
                    for next in entered {
                        if let Some(amount) = next.clear_scopes.filter(|_| set) {
                            painter.clear(amount);
                        }
                        for scope in next.meta_scope.iter().chain(&next.meta_content_scope) {
                            painter.push(*scope, classes);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Enters and leaves contexts.
    fn enter(&mut self, line: &str, matched: &Match) -> Result<(), Stopped> {
        let (entered, mut kept) = match &matched.pattern.operation {
            MatchOperation::None => return Ok(()),
            MatchOperation::Pop => {
                // The context in which a text begins is never left.
                if self.stack.len() > 1 {
                    self.stack.pop();
                }
                return Ok(());
            }
            MatchOperation::Push(entered) => (entered, Vec::new()),
            MatchOperation::Set(entered) => (entered, self.stack.pop().map(|left| left.prototypes).unwrap_or_default()),
        };
        for (index, reference) in entered.iter().enumerate() {
            let mut prototypes = std::mem::take(&mut kept);
            if index + 1 == entered.len()
                && let Some(prototype) = &matched.pattern.with_prototype
            {
                prototypes.push(self.referred(prototype)?);
            }
            let context = self.referred(reference)?;
            let refers = context.uses_backrefs || prototypes.iter().any(|prototype| prototype.uses_backrefs);
            let captured = refers.then(|| Captured { found: Arc::clone(&matched.found), line: line.into() });
            self.stack.push(Level { context, prototypes, captured });
        }
        Ok(())
    }

    fn referred(&self, reference: &ContextReference) -> Result<&'static Context, Stopped> {
        reference.resolve(self.set).map_err(|_| Stopped::Broken)
    }

    fn context(&mut self, id: ContextId) -> Result<&'static Context, Stopped> {
        if let Some(context) = self.contexts.get(&id) {
            return Ok(context);
        }
        let context = context_of(self.set, id).ok_or(Stopped::Broken)?;
        self.contexts.insert(id, context);
        Ok(context)
    }
}
