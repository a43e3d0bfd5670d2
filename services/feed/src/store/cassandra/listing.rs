//! A machine's comments in pieces. A cursor is Cassandra's own paging state: where in the partition a piece ended, so that the
//! next one begins there whoever writes or removes in between.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::{CommentId, Cursor, Failure, MachineId, PageRequest};
use scylla::response::PagingState;

use super::comments::{Columns, said};
use super::link::{Link, Refusal};
use super::thread::Said;

/// Newest first, with the cursor behind them where more follows.
pub async fn piece(
    link: &Link,
    machine: MachineId,
    page: &PageRequest,
) -> Result<(Vec<(CommentId, Said)>, Option<Cursor>), Failure> {
    let mut state = Some(page.after.as_ref().map_or(Ok(PagingState::start()), read_cursor)?);
    let mut rows: Vec<Columns> = Vec::new();
    // A node may end a piece before it is full.
    while let Some(from) = state.take_if(|_| rows.len() < page.limit as usize) {
        let (found, next) = read(link, machine, page.limit as usize - rows.len(), from).await?;
        rows.extend(found);
        state = next;
    }
    let items = rows.into_iter().map(said).collect::<Result<_, _>>()?;
    Ok((items, ends_before_more(link, machine, state).await?.as_ref().and_then(cursor)))
}

/// A full piece has a state behind it even where nothing follows; then it is no cursor.
async fn ends_before_more(
    link: &Link,
    machine: MachineId,
    state: Option<PagingState>,
) -> Result<Option<PagingState>, Failure> {
    let mut ahead = state.clone();
    while let Some(from) = ahead {
        let (found, next) = read(link, machine, 1, from).await?;
        if !found.is_empty() {
            return Ok(state);
        }
        ahead = next;
    }
    Ok(None)
}

async fn read(
    link: &Link,
    machine: MachineId,
    limit: usize,
    from: PagingState,
) -> Result<(Vec<Columns>, Option<PagingState>), Failure> {
    let mut statement = link.statements.comments_list.clone();
    statement.set_page_size(i32::try_from(limit).unwrap_or(i32::MAX));
    let read = link.try_page(&statement, (machine.as_uuid(),), from).await;
    // Nothing but the state is a client's: what Cassandra does not understand is that.
    read.map_err(|refusal| match refusal {
        Refusal::NotUnderstood => refused(),
        Refusal::Failed(failure) => failure,
    })
}

fn cursor(state: &PagingState) -> Option<Cursor> {
    state.as_bytes_slice().map(|bytes| Cursor::of(&[&URL_SAFE_NO_PAD.encode(bytes)]))
}

fn read_cursor(cursor: &Cursor) -> Result<PagingState, Failure> {
    match cursor.parts().as_slice() {
        // Nothing at all would be the beginning.
        [state] if !state.is_empty() => {
            URL_SAFE_NO_PAD.decode(state).map(PagingState::new_from_raw_bytes).map_err(|_| refused())
        }
        _ => Err(refused()),
    }
}

fn refused() -> Failure {
    Failure::invalid("cursor", "This cursor is not one that a list of comments gave.")
}
