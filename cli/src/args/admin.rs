//! Arguments of what only admins may do. Users are given by mail address or id; allocations by id, because their names are
//! unique in their tenant only.

use clap::{Args as Group, Subcommand};
use kit::{Bytes, Cpu};

use super::audit::Filter;
use super::{Consent, parse};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List accounts
    #[command(after_help = examples!("berth admin users --verified true --sort -created_at", "berth admin users --suspended true"))]
    Users(Users),
    /// Show an account
    #[command(after_help = examples!("berth admin user ada@example.org"))]
    User(User),
    /// Close an account for the time being; its logins end within seconds, and the person's machines stop
    #[command(after_help = examples!("berth admin suspend ada@example.org --yes"))]
    Suspend(UserChange),
    /// Open a suspended account again
    #[command(after_help = examples!("berth admin resume ada@example.org"))]
    Resume(User),
    /// Make somebody an admin
    #[command(after_help = examples!("berth admin grant ada@example.org"))]
    Grant(User),
    /// Make an admin an ordinary user; asks where it is you
    #[command(after_help = examples!("berth admin revoke ada@example.org"))]
    Revoke(UserChange),
    /// Delete an account with everything that it owns
    #[command(after_help = examples!("berth admin delete-user ada@example.org --yes"))]
    DeleteUser(UserChange),
    /// List who did what to which from where
    #[command(after_help = examples!("berth admin audit --action allocation.stop --since 24h"))]
    Audit(Audit),
    /// Show a tenant's quota, or set what is given
    #[command(after_help = examples!("berth admin quota ada@example.org", "berth admin quota 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a --instances 20 --memory 16GiB"))]
    Quota(Quota),
    /// List everybody's allocations
    #[command(after_help = examples!("berth admin allocations --state failed"))]
    Allocations(Allocations),
    /// Stop anybody's allocation
    #[command(after_help = examples!("berth admin stop 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a --yes"))]
    Stop(Allocation),
    /// Remove anybody's allocation
    #[command(after_help = examples!("berth admin rm 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a --force --yes"))]
    Rm {
        #[command(flatten)]
        target: Allocation,
        /// Also in the middle of another change
        #[arg(long)]
        force: bool,
    },
    /// List messages that could not be delivered
    #[command(after_help = examples!("berth admin dead-letters --channel webhook"))]
    DeadLetters(DeadLetters),
    /// Try to deliver a message again
    #[command(after_help = examples!("berth admin resend 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a"))]
    Resend {
        /// The dead letter's id
        #[arg(value_parser = parse::id)]
        id: String,
    },
}

#[derive(Debug, Group)]
pub struct Users {
    /// Only the one with this address
    #[arg(long)]
    pub email: Option<String>,
    #[arg(long)]
    pub verified: Option<bool>,
    #[arg(long)]
    pub admin: Option<bool>,
    #[arg(long)]
    pub suspended: Option<bool>,
    /// In which order
    #[arg(long, value_parser = ["created_at", "-created_at", "email", "-email"], allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = parse::most(), default_value_t = 200)]
    pub limit: usize,
}

#[derive(Debug, Group)]
pub struct User {
    /// The user's mail address or id
    pub user: String,
}

#[derive(Debug, Group)]
pub struct UserChange {
    #[command(flatten)]
    pub target: User,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Debug, Group)]
pub struct Audit {
    /// Only what this user did, by mail address or id
    #[arg(long, value_name = "USER")]
    pub actor: Option<String>,
    /// Only what was done to this tenant's things
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    #[command(flatten)]
    pub filter: Filter,
}

#[derive(Debug, Group)]
pub struct Quota {
    /// The tenant's id, or its user's mail address or id
    #[arg(value_parser = parse::email_or_id)]
    pub tenant: String,
    #[arg(long)]
    pub instances: Option<u64>,
    /// Cores, such as 4
    #[arg(long, value_parser = parse::cpu)]
    pub cpu: Option<Cpu>,
    /// Memory, such as 8GiB
    #[arg(long)]
    pub memory: Option<Bytes>,
    /// Disk, such as 40GiB
    #[arg(long)]
    pub disk: Option<Bytes>,
    #[arg(long)]
    pub ports: Option<u64>,
    /// Back to the platform's default
    #[arg(long, conflicts_with_all = ["instances", "cpu", "memory", "disk", "ports"])]
    pub reset: bool,
}

#[derive(Debug, Group)]
pub struct Allocations {
    /// Only this tenant's
    #[arg(long, value_name = "ID", default_value = "all")]
    pub tenant: String,
    /// Only those in this state
    #[arg(long)]
    pub state: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = parse::most(), default_value_t = 200)]
    pub limit: usize,
}

#[derive(Debug, Group)]
pub struct Allocation {
    /// The allocation's id
    #[arg(value_parser = parse::id)]
    pub id: String,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Debug, Group)]
pub struct DeadLetters {
    /// Only those that went this way
    #[arg(long, value_parser = ["email", "sms", "webhook"])]
    pub channel: Option<String>,
    /// Only those of this kind, such as welcome or allocation.failed
    #[arg(long)]
    pub kind: Option<String>,
    /// Only those to this user, by mail address or id
    #[arg(long)]
    pub user: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = parse::most(), default_value_t = 100)]
    pub limit: usize,
}
