//! What is not run, and why. A block or a program that stands neither here nor in a handler fails the tests.

/// Programs of blocks that are looked at and not run: they change accounts, systems or take minutes.
pub(crate) const NOT_RUN: [(&str, &str); 2] = [
    ("npx", "it would fetch wrangler and change an account at Cloudflare"),
    ("rustup", "it would change the toolchain of who runs the tests"),
];

/// Real programs that blocks may call.
pub(crate) const TOOLS: [&str; 9] = ["curl", "sha256sum", "cut", "sed", "grep", "cat", "mkfifo", "rm", "kill"];

/// Options in documents that belong to other programs.
pub(crate) const FOREIGN_OPTIONS: [(&str, &str); 0] = [];

/// Blocks that are read by people only: the page, the language, how the block begins, and why nothing runs it.
pub(crate) const READ_ONLY: [(&str, &str, &str, &str); 12] = [
    ("worker/ABI.md", "", "frame  = field*", "a grammar"),
    ("ARCHITECTURE.md", "", "paths/*.md", "a picture"),
    ("ARCHITECTURE.md", "", "includes", "a picture"),
    ("ARCHITECTURE.md", "", "roots + blobs", "a picture"),
    ("ARCHITECTURE.md", "", "connection:", "a picture"),
    ("ARCHITECTURE.md", "", "GET /x", "a picture"),
    ("emulator/README.md", "", "emulator ──▶ http, i", "a picture"),
    (
        "examples/handbook/paths/edit-loop.guide.md",
        "text",
        "12:01:07",
        "a line of a loop that does not end; `tests/dev.rs` looks at such lines",
    ),
    (
        "examples/handbook/paths/publish.guide.md",
        "text",
        "PATHMX_SHARE_TOKEN=",
        "a line of a file that is nobody else's; `tests/share.rs` writes such files",
    ),
    ("examples/showcase/paths/pages/pendulum.lesson.md", "python", "", "code that a lesson shows in colours"),
    ("examples/showcase/paths/pages/sorting.lesson.md", "rust", "", "code that a lesson shows in colours"),
    (
        "examples/handbook/paths/reach.guide.md",
        "nginx",
        "location /preview/",
        "nginx is no part of the tests; `tests/reach/proxy.rs` sends what it sends",
    ),
];

/// Messages that the program puts together from parts, so that its text does not have them whole.
pub(crate) const COMPOSED: [&str; 5] = [
    "there is no Source",
    "no publish token: PATHMX_PUBLISH_TOKEN is not set",
    "no share token: PATHMX_SHARE_TOKEN is not set",
    "is a link, and is not used without being asked for",
    // What follows the colon is SQLite's.
    "cannot be opened: file is not a database",
];
