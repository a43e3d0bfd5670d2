//! Which entries of the audit list are meant; the same for users and admins.

use clap::Args as Group;

use super::{Moment, parse};

#[derive(Debug, Group)]
pub struct Filter {
    /// Only this action, such as allocation.stop; `allocation.` for all that begin so
    #[arg(long)]
    pub action: Option<String>,
    /// Only what was done to things of this kind, such as machine
    #[arg(long, value_name = "KIND")]
    pub subject_kind: Option<String>,
    /// Only what was done to the thing with this id
    #[arg(long, value_name = "ID")]
    pub subject_id: Option<String>,
    /// Only from then on: 2026-01-31T09:30:00Z, or 24h for a day ago
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub since: Option<Moment>,
    /// Only before then
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub until: Option<Moment>,
    /// How many entries at most, newest first
    #[arg(long, value_name = "N", value_parser = parse::most(), default_value_t = 100)]
    pub limit: usize,
}
