//! `logs`: what an allocation writes. Plain text so far is one download; following, and JSON, go over the WebSocket.

use futures::StreamExt as _;

use super::find;
use crate::args::allocation::Logs;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;
use crate::socket::{self, Frame, Wanted};

pub async fn run(client: &Client, args: &Logs) -> Result<(), Failure> {
    let id = find::allocation_id(client, &args.target.allocation).await?;
    if args.follow || client.output.json {
        let wanted = Wanted { id, follow: args.follow, tail: args.tail, grep: args.grep.clone() };
        return socket::frames(&client.api, wanted, |frame, text| show(client, frame, text)).await;
    }
    download(client, &id, args).await
}

async fn download(client: &Client, id: &str, args: &Logs) -> Result<(), Failure> {
    let call = Call::get(format!("/allocations/{id}/logs")).query("tail", args.tail).query("grep", args.grep.as_ref());
    let mut body = client.api.open(call).await?.bytes_stream();
    while let Some(piece) = body.next().await {
        Output::bytes(&piece.map_err(|error| client.api.lost(&error))?)?;
    }
    Ok(())
}

/// Programs get the frame as it came; people the line, and a word where something is missing.
fn show(client: &Client, frame: &Frame, text: &str) -> Result<(), Failure> {
    if client.output.json {
        return Output::line(text);
    }
    match frame {
        Frame::Log { line, .. } => Output::bytes(format!("{line}\n").as_bytes())?,
        Frame::Gap { dropped: Some(dropped) } => {
            client.output.aside(format!("berth: {dropped} lines are missing here"));
        }
        Frame::Gap { dropped: None } => client.output.aside("berth: lines are missing here"),
        Frame::End { reason } => client.output.aside(format!("berth: the log ends here ({reason})")),
        Frame::Error { .. } | Frame::Other => {}
    }
    Ok(())
}
