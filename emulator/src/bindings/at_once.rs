//! Ops that are answered before they return, from memory (`worker/ABI.md`, "Answers at once").

use std::sync::Mutex;

use bytes::Bytes;

use super::table::{Binding, BindingTable};
use crate::abi::answer::Answer;
use crate::abi::frame::FrameReader;
use crate::sync::lock;
use crate::trace::Recorder;
use crate::world::Seams;
use crate::world::clock::SplitMix64;

/// When an op of a stateless instance is answered at once, if memory has the answer. A Worker must not notice; tests let it vary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtOnce {
    /// Whenever it may be.
    #[default]
    Always,
    /// Never, as on Cloudflare.
    Never,
    /// As chance has it, from this seed.
    Drawn(u64),
}

/// Decides for each op.
#[derive(Debug)]
pub(super) struct AtOnceDraw {
    mode: AtOnce,
    draws: Mutex<SplitMix64>,
}

impl AtOnceDraw {
    pub(super) fn new(mode: AtOnce) -> Self {
        let seed = if let AtOnce::Drawn(seed) = mode { seed } else { 0 };
        Self { mode, draws: Mutex::new(SplitMix64::new(seed)) }
    }

    pub(super) fn allows(&self) -> bool {
        match self.mode {
            AtOnce::Always => true,
            AtOnce::Never => false,
            AtOnce::Drawn(_) => lock(&self.draws).next() & 1 == 0,
        }
    }
}

/// The answer to an op, if it is one of those that may be answered at once and memory has it.
pub(super) fn answer(world: &Seams, table: &BindingTable, frame: &[u8], recorder: Option<&Recorder>) -> Option<Answer> {
    let mut fields = FrameReader::new(frame);
    let name = match fields.next().ok()?? {
        b"kv.get" => "kv.get",
        b"r2.head" => "r2.head",
        b"r2.get" => "r2.get",
        _ => return None,
    };
    let binding = table.get(fields.text("binding").ok()?)?;
    let key = fields.text("key").ok()?;
    let answer = match (name, binding) {
        // How old the value may be is for the namespace to judge.
        ("kv.get", Binding::Kv(kv)) if fields.text("cacheTtl").ok()?.is_empty() => {
            kv.cached(key)?.map_or(Answer::None, |value: Bytes| Answer::Value(value))
        }
        ("r2.head", Binding::R2(r2)) => super::r2::head_in_memory(r2, key)?,
        ("r2.get", Binding::R2(r2)) => {
            let inline = fields.optional_number("inline").ok()?;
            // Conditions and ranges are for the bucket to judge.
            if !fields.bytes("options").ok()?.is_empty() {
                return None;
            }
            super::r2::object_in_memory(world, r2, key, inline)?
        }
        _ => return None,
    };
    if let Some(recorder) = recorder {
        recorder.op(name, key).end(answer.outcome(), true);
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_the_same_for_the_same_seed_and_takes_both_sides() {
        let draws = |seed| {
            let draw = AtOnceDraw::new(AtOnce::Drawn(seed));
            (0..64).map(|_| draw.allows()).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        assert!(draws(7).contains(&true) && draws(7).contains(&false));
    }
}
