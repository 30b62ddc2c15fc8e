//! (mermaid)
