//! Why an example comes out otherwise than its specification says.

use std::fmt::Write as _;

/// What the list begins with.
pub(crate) const HEAD: &str = "\
---
title: CommonMark and GFM
description: The examples of the specifications that come out otherwise, each with its reason.
---

# CommonMark and GFM

Every example of the two specifications is built as a Source, with the settings that a site has without a config. Ids of headings, colours of code
and the marks of Beats are left out of the comparison. This page is made by the test that compares them.
";

/// Why some examples of a suite are other ones.
pub(crate) struct Reason {
    pub(crate) suite: &'static str,
    pub(crate) why: &'static str,
}

const CM: &str = "CommonMark 0.31.2";
const GFM: &str = "GFM 0.29";

const OPEN: &str = "HTML that is left open is closed, and ends that open nothing are left out: what stands in a Block stays in it. A tag \
                    that never ends is none to browsers either.";
const SELF_CLOSED: &str = "An element that closes itself is written with its end, as browsers need it.";
const FRONT: &str = "What stands between two lines `---` at the very top is frontmatter.";
const DIVIDER: &str = "A line `---` with blank lines around it begins a Block; `***` is a line to be seen.";
const BARE: &str = "Bare web and mail addresses are links, as on GitHub.";
const NAMES: &str = "Double brackets are a link by name, unless CommonMark makes a link of them.";
const CDATA: &str = "Browsers end a CDATA section of HTML at its first `>`, and what follows is text.";
const UNFILTERED: &str = "No tag is filtered: a Source is its author's own.";
const XMPP: &str = "The parser ends `xmpp:` addresses at another place.";

/// All reasons, and the numbers of the examples.
pub(crate) const REASONS: [(&Reason, &[usize]); 16] = [
    (&Reason { suite: CM, why: FRONT }, &[96, 98]),
    (&Reason { suite: CM, why: DIVIDER }, &[104]),
    (
        &Reason { suite: CM, why: OPEN },
        &[
            21, 31, 148, 150, 151, 155, 156, 157, 158, 165, 173, 174, 175, 184, 187, 344, 476, 477, 491, 494, 613, 623,
            630, 631, 642, 643,
        ],
    ),
    (&Reason { suite: CM, why: SELF_CLOSED }, &[614, 615, 616, 617]),
    (&Reason { suite: CM, why: NAMES }, &[548, 590]),
    (&Reason { suite: CM, why: BARE }, &[602, 608, 611, 612]),
    (&Reason { suite: CM, why: CDATA }, &[629]),
    (&Reason { suite: GFM, why: FRONT }, &[66, 68]),
    (&Reason { suite: GFM, why: DIVIDER }, &[74]),
    (
        &Reason { suite: GFM, why: OPEN },
        &[
            118, 120, 121, 125, 126, 127, 128, 135, 142, 143, 144, 153, 156, 317, 327, 354, 485, 486, 501, 504, 636,
            646, 654, 655, 667, 668,
        ],
    ),
    (&Reason { suite: GFM, why: SELF_CLOSED }, &[637, 638, 639, 640]),
    (&Reason { suite: GFM, why: NAMES }, &[557, 599]),
    (&Reason { suite: GFM, why: BARE }, &[611, 617, 620, 621]),
    (&Reason { suite: GFM, why: CDATA }, &[653]),
    (&Reason { suite: GFM, why: XMPP }, &[634, 635]),
    (&Reason { suite: GFM, why: UNFILTERED }, &[657]),
];

/// Why an example is another one.
pub(crate) fn of(suite: &str, number: usize) -> Option<&'static Reason> {
    REASONS
        .iter()
        .find(|(reason, numbers)| reason.suite == suite && numbers.contains(&number))
        .map(|(reason, _)| *reason)
}

/// The differences of a suite.
pub(crate) fn table(suite: &str) -> String {
    let mut out = String::new();
    for (reason, numbers) in REASONS.iter().filter(|(reason, _)| reason.suite == suite) {
        if out.is_empty() {
            out.push_str("\n| Examples | Why they are other ones |\n| --- | --- |\n");
        }
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        let _ = writeln!(out, "| {} | {} |", numbers.join(", "), reason.why);
    }
    out
}
