//! Plain requests for pages that were answered before: what all of them are answered with is kept, so that neither the path is resolved
//! nor a header written again.

use super::{
    Answer, Forms, Prepared,
    state::{Shown, is_same},
};
use pmx_edge::http::{Body, Headers, Payload, Request, Response};
use pmx_model::File;
use std::{cell::RefCell, collections::HashMap, hash::BuildHasher, hash::RandomState, mem, rc::Rc};

/// The most answers that an instance keeps, of all its sites together. One takes half a kilobyte.
const MAX_KEPT: usize = 4_096;

/// The answer to all plain requests for a path of a state, without its body.
pub(super) struct PlainAnswer {
    state: Rc<Shown>,
    path: String,
    forms: Forms,
    file: File,
    headers: Headers,
}

/// Answers in two generations: what is asked for stays in the younger, and the elder is forgotten as a whole when that is full.
#[derive(Default)]
pub(super) struct PlainAnswers {
    generations: RefCell<Generations>,
    hasher: RandomState,
    /// The last `Accept`, and whether it prefers Markdown: clients of one kind all say the same.
    accept: RefCell<(String, bool)>,
}

#[derive(Default)]
struct Generations {
    younger: HashMap<u64, Rc<PlainAnswer>>,
    elder: HashMap<u64, Rc<PlainAnswer>>,
}

impl PlainAnswers {
    /// Two keys may be equal by chance: who finds an answer looks whether it is meant.
    fn key(&self, state: &Rc<Shown>, path: &str) -> u64 {
        self.hasher.hash_one((Rc::as_ptr(state).addr(), path))
    }

    fn get(&self, state: &Rc<Shown>, path: &str) -> Option<Rc<PlainAnswer>> {
        let key = self.key(state, path);
        let Generations { younger, elder } = &mut *self.generations.borrow_mut();
        let kept = match younger.get(&key) {
            Some(kept) => kept.clone(),
            None => {
                let kept = elder.remove(&key)?;
                younger.insert(key, kept.clone());
                kept
            }
        };
        (Rc::ptr_eq(&kept.state, state) && kept.path == path).then_some(kept)
    }

    fn insert(&self, kept: PlainAnswer) {
        let key = self.key(&kept.state, &kept.path);
        let generations = &mut *self.generations.borrow_mut();
        if generations.younger.len() >= MAX_KEPT / 2 {
            generations.elder = mem::take(&mut generations.younger);
        }
        generations.younger.insert(key, Rc::new(kept));
    }

    /// What this request is answered with, if it is plain and another one was before.
    pub(super) fn find(&self, state: &Rc<Shown>, answer: &Answer<'_>) -> Option<Prepared> {
        if !is_plain(answer.request) {
            return None;
        }
        let kept = self.get(state, answer.request.path())?;
        if kept.forms == Forms::Two && self.prefers_markdown(answer) {
            return None;
        }
        let payload = Payload::Body(Body::NONE);
        let response = Response { status: 200, headers: kept.headers.clone(), payload };
        Some(Prepared { response, body: Some((kept.file, None)), forms: Some(kept.forms) })
    }

    fn prefers_markdown(&self, answer: &Answer<'_>) -> bool {
        let mut lines = answer.request.headers.all("accept");
        let (Some(accept), None) = (lines.next(), lines.next()) else { return answer.wants_markdown() };
        let (last, prefers) = &mut *self.accept.borrow_mut();
        if !is_same(last.as_bytes(), accept.as_bytes()) {
            (*last, *prefers) = (accept.to_owned(), answer.wants_markdown());
        }
        *prefers
    }

    /// Keeps what a plain request is answered with.
    pub(super) fn keep(&self, state: &Rc<Shown>, answer: &Answer<'_>, prepared: &Prepared) {
        let Prepared { response, body: Some((file, None)), forms: Some(forms) } = prepared else { return };
        let is_other_form = *forms == Forms::Two && answer.wants_markdown();
        if response.status != 200 || is_other_form || !is_plain(answer.request) {
            return;
        }
        self.insert(PlainAnswer {
            state: state.clone(),
            path: answer.request.path().to_owned(),
            forms: *forms,
            file: *file,
            headers: response.headers.packed(),
        });
    }
}

/// Whether nothing but method, path and `Accept` has a say in the answer.
fn is_plain(request: &Request) -> bool {
    let has_say = |name: &str| name.starts_with("if-") || matches!(name, "range" | "pmx-fresh" | "pmx-min-seq");
    request.method() == "GET" && !request.headers.names().any(has_say)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_model::{Hash, SiteState, Tombstone, Unpublished};

    fn kept(state: &Rc<Shown>, path: &str) -> PlainAnswer {
        let file = File { hash: Hash::of(path.as_bytes()), size: 7 };
        PlainAnswer {
            state: state.clone(),
            path: path.to_owned(),
            forms: Forms::One,
            file,
            headers: Headers::default(),
        }
    }

    fn state() -> Rc<Shown> {
        let unpublished = Unpublished { status: 404, at: String::new() };
        Rc::new(Shown::new(SiteState::Unpublished(Tombstone { unpublished, updated_at: String::new(), seq: 1 })))
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_bounded() {
        let (answers, one, other) = (PlainAnswers::default(), state(), state());
        answers.insert(kept(&one, "/often"));
        for n in 0..3 * MAX_KEPT {
            answers.insert(kept(&one, &format!("/{n}")));
            assert!(answers.get(&one, "/often").is_some(), "{n}");
        }
        let generations = answers.generations.borrow();
        assert!(generations.younger.len() + generations.elder.len() <= MAX_KEPT + 1);
        drop(generations);
        assert!(answers.get(&one, "/0").is_none());
        assert!(answers.get(&other, "/often").is_none(), "another state has other answers");
    }
}
