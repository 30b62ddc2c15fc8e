//! Follows a site's live events from outside of a browser (`worker/API.md`): connects as a page does that shows a deploy, comes back after
//! the connection is lost, is told then what it missed, and says which pages changed.
//!
//! [`Follower`] is the loop; `site` says where a site is, `connection` and `socket` how it is reached, and `web` asks for state and
//! titles. What a frame says to a person is a [`Change`](crate::publish::Change).

mod connection;
mod error;
mod follower;
mod site;
mod socket;
mod titles;
mod web;

pub use error::FollowError;
pub use follower::{FollowEvent, Follower};
pub use site::SiteAddress;
