use super::Target;
use clap::Args;

/// `pmx rollback`
#[derive(Debug, Args)]
pub struct Rollback {
    /// The deploy to make live, by its id or the beginning of it [default: the one that was live before the one that is now]
    pub deploy: Option<String>,
    /// Whose.
    #[command(flatten)]
    pub target: Target,
    /// Say which deploy it would be and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}
