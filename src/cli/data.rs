//! The words for the data of a local Worker.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Whose data it is.
#[derive(Clone, Debug, Args)]
pub struct StateFolderArgs {
    /// Folder of the emulated KV, R2 and Durable Objects [default: that of the process which serves the project, else the project's]
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// The project whose data it is [default: the one of the working directory]
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "state")]
    pub project: Option<PathBuf>,
    /// A server behind HTTP; none has an API for its data yet
    #[arg(long, global = true, value_name = "URL", hide = true, conflicts_with = "state")]
    pub server: Option<String>,
}

/// `pmx console`
#[derive(Debug, Args)]
pub struct ConsoleArgs {
    /// The project that is served [default: the one of the working directory]
    #[arg(conflicts_with = "state")]
    pub path: Option<PathBuf>,
    /// The state folder of the process that is meant
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Print the address alone, and open no browser
    #[arg(long)]
    pub no_open: bool,
}

/// `pmx kv`
#[derive(Debug, Args)]
pub struct KvArgs {
    /// Whose data it is.
    #[command(flatten)]
    pub place: StateFolderArgs,
    /// What to do.
    #[command(subcommand)]
    pub action: KvAction,
}

/// What can be done with KV.
#[derive(Debug, Subcommand)]
pub enum KvAction {
    /// Write a value to stdout, byte for byte
    Get {
        /// Its key
        key: String,
    },
    /// Store a value
    Put {
        /// Its key
        key: String,
        /// The value [default: what comes from stdin]
        #[arg(conflicts_with = "file")]
        value: Option<String>,
        /// Take the value from a file
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Let it end in so many seconds, at least 60
        #[arg(long, value_name = "SECONDS")]
        expiration_ttl: Option<i64>,
        /// What is said about it, as JSON
        #[arg(long, value_name = "JSON")]
        metadata: Option<String>,
    },
    /// List keys
    List(ListArgs),
    /// Remove a value
    Delete {
        /// Its key
        key: String,
    },
}

/// Which part of a list.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Only what starts so
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// At most this many, from 1 to 1000 [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: Option<u32>,
    /// Where the list before ended
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
}

/// `pmx r2`
#[derive(Debug, Args)]
pub struct R2Args {
    /// Whose data it is.
    #[command(flatten)]
    pub place: StateFolderArgs,
    /// What to do.
    #[command(subcommand)]
    pub action: R2Action,
}

/// What can be done with R2.
#[derive(Debug, Subcommand)]
pub enum R2Action {
    /// Write an object to stdout, byte for byte
    Get {
        /// Its key
        key: String,
    },
    /// Say what is known of an object
    Head {
        /// Its key
        key: String,
    },
    /// Store an object
    Put {
        /// Its key
        key: String,
        /// The file that holds it [default: what comes from stdin]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// List objects
    List(ListArgs),
    /// Remove an object
    Delete {
        /// Its key
        key: String,
    },
}

/// `pmx do`
#[derive(Debug, Args)]
pub struct DurableObjectArgs {
    /// Whose data it is.
    #[command(flatten)]
    pub place: StateFolderArgs,
    /// What to do.
    #[command(subcommand)]
    pub action: ObjectAction,
}

/// What can be done with Durable Objects. They are named by their name, which is that of the site, or by their id.
#[derive(Debug, Subcommand)]
pub enum ObjectAction {
    /// List the objects
    List,
    /// List the tables of an object
    Tables {
        /// Its name or id
        object: String,
    },
    /// Run SQL in an object's storage, under the platform's limits
    Sql {
        /// Its name or id
        object: String,
        /// The statements
        query: String,
        /// A parameter of the last statement: a JSON value, or any other text as it is
        #[arg(long = "param", value_name = "VALUE", allow_hyphen_values = true)]
        params: Vec<String>,
    },
    /// List the WebSockets of an object
    Sockets {
        /// Its name or id
        object: String,
    },
    /// Say when an object's alarm is due
    Alarm {
        /// Its name or id
        object: String,
        /// Deliver it now
        #[arg(long)]
        fire: bool,
    },
    /// End an object's instance as idleness does; its sockets stay
    Evict {
        /// Its name or id
        object: String,
    },
    /// Remove all that an object has stored
    Delete {
        /// Its name or id
        object: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

/// `pmx state`
#[derive(Debug, Args)]
pub struct StateArgs {
    /// Whose data it is.
    #[command(flatten)]
    pub place: StateFolderArgs,
    /// What to do.
    #[command(subcommand)]
    pub action: StateAction,
}

/// What can be done with a state folder.
#[derive(Debug, Subcommand)]
pub enum StateAction {
    /// Print where it is
    Path,
    /// Remove all that is in it, or all of one site
    Reset {
        /// Only this site
        #[arg(short, long, value_name = "NAME", alias = "subdomain")]
        site: Option<String>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Read all of it, and tell what is wrong with it
    Check,
    /// Set aside what is damaged, forget what is lost, and keep the rest
    Repair {
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Write all of it into an archive, as it is at one moment
    Export {
        /// The archive; `-` is stdout
        file: PathBuf,
    },
    /// Put what an archive holds in its place
    Import {
        /// The archive
        file: PathBuf,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}
