//! Cursors are Cassandra's own, and clients can make up what they like.

use kit::{Ambient, Cursor, ErrorCode, MachineId, PageRequest};

use super::{Keyspace, shared};
use crate::ports::CommentStore as _;

#[tokio::test]
async fn a_paging_state_that_cassandra_did_not_give_is_refused() {
    let test = |keyspace: Keyspace| async move {
        let (feed, machine) = (keyspace.feed().await, MachineId::mint(&Ambient::system()));
        // Base64 of nothing, of `garbage`, and of a length that never ends.
        for text in ["", "Z2FyYmFnZQ", "__________8"] {
            let page = PageRequest { limit: 2, after: Some(Cursor::of(&[text])) };
            let refused = feed.list(machine, &page).await.unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("cursor")), "{text}");
        }
        let page = PageRequest { limit: 2, after: None };
        assert_eq!(feed.list(machine, &page).await.unwrap().next, None, "and others are not disturbed");
    };
    shared(test).await;
}
