//! Arguments of what people want to be told, and where.

use clap::{ArgAction, Args as Group, Subcommand};

use super::{Consent, parse};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show or set which kinds of news come by which channel
    #[command(after_help = examples!("berth notify preferences", "berth notify preferences set allocation_running email off"))]
    Preferences(Preferences),
    /// Have news sent to an address of yours
    #[command(subcommand, after_help = examples!("berth notify webhooks ls", "berth notify webhooks add https://example.org/hook --event allocation.failed"))]
    Webhooks(Webhooks),
}

#[derive(Debug, Group)]
pub struct Preferences {
    /// What to do; `ls` where nothing is said
    #[command(subcommand)]
    pub command: Option<PreferencesCommand>,
}

#[derive(Debug, Subcommand)]
pub enum PreferencesCommand {
    /// List what comes by which channel
    #[command(after_help = examples!("berth notify preferences ls"))]
    Ls,
    /// Turn a kind of news on or off for a channel
    #[command(after_help = examples!("berth notify preferences set allocation_running email off"))]
    Set {
        kind: String,
        channel: String,
        #[arg(value_name = "on|off", value_parser = parse::on_or_off, action = ArgAction::Set)]
        enabled: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// List your webhooks
    #[command(after_help = examples!("berth notify webhooks ls"))]
    Ls,
    /// Add a webhook; its secret is shown once
    #[command(after_help = examples!("berth notify webhooks add https://example.org/hook --event allocation.failed --event allocation.removed"))]
    Add {
        #[arg(id = "address", value_name = "URL")]
        url: String,
        /// What is sent, such as allocation.failed, or * for all; may be given several times
        #[arg(long = "event", required = true, value_name = "KIND", value_delimiter = ',')]
        events: Vec<String>,
    },
    /// Change where a webhook goes to, or what it gets
    #[command(after_help = examples!("berth notify webhooks update 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a --to https://example.org/other"))]
    Update(WebhookUpdate),
    /// Remove a webhook
    #[command(after_help = examples!("berth notify webhooks rm 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a --yes"))]
    Rm {
        #[command(flatten)]
        target: Webhook,
        #[command(flatten)]
        consent: Consent,
    },
    /// Give a webhook a new secret, which is shown once
    #[command(after_help = examples!("berth notify webhooks rotate 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a"))]
    Rotate(Webhook),
    /// Send a webhook something to try it out
    #[command(after_help = examples!("berth notify webhooks test 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a"))]
    Test(Webhook),
    /// List what was sent to a webhook lately, and how that went
    #[command(after_help = examples!("berth notify webhooks deliveries 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a"))]
    Deliveries(Webhook),
}

#[derive(Debug, Group)]
pub struct Webhook {
    /// The webhook's id
    #[arg(value_parser = parse::id)]
    pub id: String,
}

#[derive(Debug, Group)]
#[group(required = true, multiple = true, args = ["to", "events", "active"])]
pub struct WebhookUpdate {
    #[command(flatten)]
    pub target: Webhook,
    /// Where it goes to from now on
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// All that is sent from now on; may be given several times
    #[arg(long = "event", value_name = "KIND", value_delimiter = ',')]
    pub events: Vec<String>,
    /// Whether anything is sent; `on` also where the platform gave up
    #[arg(long, value_name = "on|off", value_parser = parse::on_or_off, action = ArgAction::Set)]
    pub active: Option<bool>,
}
