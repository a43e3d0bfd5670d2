//! Arguments of what people do with their own account.

use clap::{Args as Group, Subcommand};
use kit::Span;

use super::{Consent, parse};

#[derive(Debug, Group)]
pub struct Signup {
    #[arg(long)]
    pub email: Option<String>,
    /// Better left out: others on this machine may see it
    #[arg(long, env = "BERTH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    #[arg(long)]
    pub first_name: String,
    #[arg(long)]
    pub last_name: String,
    /// International, such as +4915112345678
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    #[arg(long)]
    pub gender: Option<String>,
    /// What `berthd up` printed; the first account of a new platform may need it
    #[arg(long, env = "BERTH_SETUP_CODE", hide_env_values = true)]
    pub setup_code: Option<String>,
}

#[derive(Debug, Group)]
pub struct Otp {
    #[arg(long)]
    pub email: Option<String>,
    /// By mail, or as a text to the account's telephone
    #[arg(long, value_parser = ["email", "sms"])]
    pub channel: Option<String>,
    /// What the code is for
    #[arg(long, value_parser = ["verify", "reset"])]
    pub purpose: Option<String>,
}

#[derive(Debug, Group)]
pub struct Verify {
    #[arg(long)]
    pub email: Option<String>,
    /// The six digits from the mail
    #[arg(long)]
    pub otp: Option<String>,
}

#[derive(Debug, Group)]
pub struct Login {
    #[arg(long)]
    pub email: Option<String>,
    /// Better left out: others on this machine may see it
    #[arg(long, env = "BERTH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Ask for an API key and keep that, in place of a login; taken from `BERTH_TOKEN` where that is set
    #[arg(long, conflicts_with = "email")]
    pub key: bool,
}

#[derive(Debug, Group)]
pub struct Profile {
    #[arg(long, value_name = "NAME")]
    pub first_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub last_name: Option<String>,
    /// International, such as +4915112345678
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// Forget the telephone number
    #[arg(long, conflicts_with = "phone")]
    pub no_phone: bool,
    #[arg(long)]
    pub gender: Option<String>,
    /// Forget the gender
    #[arg(long, conflicts_with = "gender")]
    pub no_gender: bool,
    /// Whether notifications come by mail
    #[arg(long, value_name = "on|off", value_parser = parse::on_or_off)]
    pub email_notification: Option<bool>,
    /// Whether notifications come as text messages
    #[arg(long, value_name = "on|off", value_parser = parse::on_or_off)]
    pub sms_notification: Option<bool>,
    /// Asked for where a proven number changes; better left out: others on this machine may see it
    #[arg(long, env = "BERTH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
}

#[derive(Debug, Group)]
pub struct Passwd {
    /// The present one; better left out: others on this machine may see it
    #[arg(long, env = "BERTH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    #[command(flatten)]
    pub new: NewPassword,
}

#[derive(Debug, Group)]
pub struct NewPassword {
    /// The one to come; better left out: others on this machine may see it
    #[arg(long, env = "BERTH_NEW_PASSWORD", hide_env_values = true)]
    pub new_password: Option<String>,
}

#[derive(Debug, Group)]
pub struct Email {
    /// The new address
    pub new: String,
    /// Better left out: others on this machine may see it
    #[arg(long, env = "BERTH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
}

#[derive(Debug, Group)]
pub struct PasswordReset {
    #[arg(long)]
    pub email: Option<String>,
    /// The six digits; without them a code is sent and asked for
    #[arg(long)]
    pub otp: Option<String>,
    /// How the code comes
    #[arg(long, value_parser = ["email", "sms"], conflicts_with = "otp")]
    pub channel: Option<String>,
    #[command(flatten)]
    pub new: NewPassword,
}

#[derive(Debug, Group)]
pub struct Sessions {
    /// What to do; `ls` where nothing is said
    #[command(subcommand)]
    pub command: Option<SessionsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// List where you are logged in
    #[command(after_help = examples!("berth sessions ls"))]
    Ls,
    /// End a login; whatever it has open ends with it
    #[command(after_help = examples!("berth sessions close 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a"))]
    Close {
        /// The session's id
        #[arg(value_parser = parse::id)]
        id: String,
    },
}

#[derive(Debug, Group)]
pub struct Keys {
    /// What to do; `ls` where nothing is said
    #[command(subcommand)]
    pub command: Option<KeysCommand>,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List your API keys
    #[command(after_help = examples!("berth keys ls"))]
    Ls,
    /// Make an API key; it is shown once
    #[command(after_help = examples!("berth keys create ci --scope allocations:read --scope logs:read --expires 90d"))]
    Create(KeyCreate),
    /// Take an API key back; what uses it stops working
    #[command(after_help = examples!("berth keys rm ci", "berth keys rm 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a --yes"))]
    Rm {
        /// The key's name or id
        key: String,
        #[command(flatten)]
        consent: Consent,
    },
}

#[derive(Debug, Group)]
pub struct KeyCreate {
    /// What it is called in lists
    pub name: String,
    /// What it may do; may be given several times
    #[arg(long = "scope", required = true, value_name = "SCOPE", value_delimiter = ',', value_parser = parse::scopes())]
    pub scopes: Vec<String>,
    /// How long it is valid, such as 90d; for ever where nothing is said
    #[arg(long, value_name = "SPAN")]
    pub expires: Option<Span>,
}

#[derive(Debug, Group)]
pub struct Export {
    /// Write to this file, readable by you alone
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<std::path::PathBuf>,
}

#[derive(Debug, Group)]
pub struct DeleteAccount {
    #[command(flatten)]
    pub consent: Consent,
}
