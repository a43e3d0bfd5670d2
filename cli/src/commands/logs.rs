//! `logs`: what an allocation writes. Plain text so far is one download; following, and JSON, go over the WebSocket.

use futures::StreamExt as _;

use super::find;
use crate::args::Logs;
use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::socket::{self, Frame, Wanted};

pub async fn run(context: &Context, args: &Logs) -> Result<(), Failure> {
    let id = find::allocation_id(context, &args.target.allocation).await?;
    if args.follow || context.output.json {
        let wanted = Wanted { id, follow: args.follow, tail: args.tail, grep: args.grep.clone() };
        return socket::frames(&context.api, wanted, |frame, text| show(context, frame, text)).await;
    }
    download(context, &id, args).await
}

async fn download(context: &Context, id: &str, args: &Logs) -> Result<(), Failure> {
    let call = Call::get(format!("/allocations/{id}/logs")).query("tail", args.tail).query("grep", args.grep.as_ref());
    let mut body = context.api.open(call).await?.bytes_stream();
    while let Some(piece) = body.next().await {
        Output::bytes(&piece.map_err(|error| context.api.lost(&error))?)?;
    }
    Ok(())
}

/// Programs get the frame as it came; people the line, and a word where something is missing.
fn show(context: &Context, frame: &Frame, text: &str) -> Result<(), Failure> {
    if context.output.json {
        return Output::line(text);
    }
    match frame {
        Frame::Log { line, .. } => Output::bytes(format!("{line}\n").as_bytes())?,
        Frame::Gap { dropped: Some(dropped) } => {
            context.output.aside(format!("berth: {dropped} lines are missing here"));
        }
        Frame::Gap { dropped: None } => context.output.aside("berth: lines are missing here"),
        Frame::End { reason } => context.output.aside(format!("berth: the log ends here ({reason})")),
        Frame::Error { .. } | Frame::Other => {}
    }
    Ok(())
}
