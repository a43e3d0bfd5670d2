//! The contract of `CommentStore`: an order that holds while others write, one author a comment, a pace and an act a change.

use std::time::Duration;

use kit::{Cursor, ErrorCode, PageRequest};
use testkit::contract;
use tokio::task::JoinSet;

use super::{World, act};
use crate::domain::{Pace, Presence};

contract! {
    /// What every `CommentStore` must do.
    pub fn comments(world: World) {
        async fn a_comment_is_there_as_it_was_written() {
            let (user, machine) = (world.user(), world.machine());
            let draft = world.draft(machine, "<b>fast</b>\n\tand \"small\" 🦀");
            let comment = world.say(user, machine, draft.text.as_str()).await;
            assert_eq!((comment.text.as_str(), comment.machine), (draft.text.as_str(), machine));
            assert_eq!((comment.author.user, &comment.author.presence), (user, &Presence::Unknown));
            assert_eq!((comment.created_at, comment.edited_at), (world.ambient.now(), None));
            assert_eq!(world.comments.find(machine, comment.id).await.unwrap().as_ref(), Some(&comment));
            assert_eq!(world.listed(machine).await, [comment]);
        }

        async fn the_newest_comes_first_in_every_piece() {
            let machine = world.machine();
            assert_eq!(world.texts(machine).await, Vec::<String>::new());
            for text in ["one", "two", "three", "four", "five"] {
                world.say(world.user(), machine, text).await;
            }
            world.say(world.user(), world.machine(), "elsewhere").await;
            assert_eq!(world.texts(machine).await, ["five", "four", "three", "two", "one"]);
        }

        async fn a_list_read_in_pieces_does_not_shift_under_those_who_write() {
            let (user, machine) = (world.user(), world.machine());
            let mut written = Vec::new();
            for text in ["one", "two", "three", "four"] {
                written.push(world.say(user, machine, text).await.id);
            }
            let first = PageRequest { limit: 2, after: None };
            let piece = world.comments.list(machine, &first).await.unwrap();
            // Somebody writes, and the very comment that the piece ended with goes.
            world.say(world.user(), machine, "five").await;
            assert!(world.delete(user, machine, written[2]).await);
            let rest = world.comments.list(machine, &PageRequest { limit: 2, after: piece.next }).await.unwrap();
            let texts: Vec<_> = rest.items.iter().map(|comment| comment.text.as_str()).collect();
            assert_eq!((texts, rest.next), (vec!["two", "one"], None));
        }

        async fn a_cursor_that_no_list_gave_is_refused() {
            for parts in [["x"].as_slice(), &["a", "b"]] {
                let page = PageRequest { limit: 2, after: Some(Cursor::of(parts)) };
                let refused = world.comments.list(world.machine(), &page).await.unwrap_err();
                assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("cursor")));
            }
        }

        async fn an_edit_keeps_its_place_and_tells_when() {
            let (user, machine) = (world.user(), world.machine());
            let comment = world.say(user, machine, "one").await;
            world.say(user, machine, "two").await;
            let edited = world.edit(user, machine, comment.id, "first").await.unwrap();
            assert_eq!((edited.id, edited.created_at), (comment.id, comment.created_at));
            assert_eq!(edited.edited_at, Some(world.ambient.now()));
            assert_eq!(world.texts(machine).await, ["two", "first"]);
        }

        async fn the_same_text_again_changes_nothing() {
            let (user, machine) = (world.user(), world.machine());
            let comment = world.say(user, machine, "one").await;
            assert_eq!(world.edit(user, machine, comment.id, "one").await, Some(comment.clone()));
            let edited = world.edit(user, machine, comment.id, "two").await;
            assert_eq!(world.edit(user, machine, comment.id, "two").await, edited);
        }

        async fn nobody_edits_or_removes_in_anothers_name() {
            let (user, stranger, machine) = (world.user(), world.user(), world.machine());
            let comment = world.say(user, machine, "mine").await;
            assert_eq!(world.edit(stranger, machine, comment.id, "yours").await, None);
            assert!(!world.delete(stranger, machine, comment.id).await);
            assert_eq!(world.listed(machine).await, [comment]);
        }

        async fn a_comment_belongs_to_one_machine() {
            let (user, machine, other) = (world.user(), world.machine(), world.machine());
            let comment = world.say(user, machine, "here").await;
            assert_eq!(world.comments.find(other, comment.id).await.unwrap(), None);
            assert_eq!(world.edit(user, other, comment.id, "there").await, None);
            assert!(!world.delete(user, other, comment.id).await);
            assert_eq!(world.listed(other).await, []);
            assert_eq!(world.listed(machine).await, [comment]);
        }

        async fn what_is_removed_is_gone_and_removed_once() {
            let (user, machine) = (world.user(), world.machine());
            let comment = world.say(user, machine, "gone").await;
            assert!(world.delete(user, machine, comment.id).await);
            assert!(!world.delete(user, machine, comment.id).await);
            assert_eq!(world.comments.find(machine, comment.id).await.unwrap(), None);
            assert_eq!(world.edit(user, machine, comment.id, "back").await, None);
            assert_eq!(world.counted(machine).await, (0, 0, 0));
        }

        async fn the_pace_holds_for_each_user_removed_comments_included() {
            let (user, machine) = (world.user(), world.machine());
            let pace = Pace { most: 2, within: Duration::from_secs(60) };
            for _ in 0..2 {
                let comment = world.try_say(user, &world.draft(machine, "again"), pace).await.unwrap();
                assert!(world.delete(user, machine, comment.id).await);
            }
            let refused = world.try_say(user, &world.draft(machine, "again"), pace).await.unwrap_err();
            assert_eq!((refused.code, refused.retry_after), (ErrorCode::RateLimited, Some(60)));
            assert_eq!(world.listed(machine).await, [], "a refusal leaves nothing");
            world.try_say(world.user(), &world.draft(machine, "me too"), pace).await.unwrap();
            world.clock.advance(Duration::from_secs(60));
            world.try_say(user, &world.draft(machine, "again"), pace).await.unwrap();
        }

        async fn of_fifty_at_once_the_pace_lets_ten_through() {
            let (user, machine) = (world.user(), world.machine());
            let pace = Pace { most: 10, within: Duration::from_secs(60) };
            let mut work = JoinSet::new();
            for _ in 0..50 {
                let (comments, draft) = (world.comments.clone(), world.draft(machine, "now"));
                let act = act("comment.create", draft.id);
                work.spawn(async move { comments.create(user, &draft, pace, &act).await.is_ok() });
            }
            assert_eq!(work.join_all().await.into_iter().filter(|let_in| *let_in).count(), 10);
            assert_eq!(world.counted(machine).await, (0, 0, 10));
        }

        async fn each_change_has_its_act_and_a_refusal_has_none() {
            let (user, machine) = (world.user(), world.machine());
            let comment = world.say(user, machine, "one").await;
            let id = comment.id;
            world.edit(world.user(), machine, id, "two").await;
            world.edit(user, machine, id, "one").await;
            world.edit(user, machine, id, "two").await;
            world.delete(world.user(), machine, id).await;
            world.delete(user, machine, id).await;
            world.delete(user, machine, id).await;
            let none = Pace { most: 1, within: Duration::from_secs(60) };
            let refused = world.draft(machine, "three");
            world.try_say(user, &refused, none).await.unwrap_err();
            let expected = ["comment.create", "comment.edit", "comment.delete"];
            assert_eq!(world.acted(&[id, refused.id]).await, expected.map(|action| (action.to_owned(), id)));
        }

        async fn all_that_one_user_wrote_is_told_and_nothing_else() {
            let (user, machine, other) = (world.user(), world.machine(), world.machine());
            let first = world.say(user, machine, "one").await;
            world.say(world.user(), machine, "not mine").await;
            let gone = world.say(user, other, "gone").await;
            let second = world.say(user, other, "two").await;
            world.delete(user, other, gone.id).await;
            assert_eq!(world.comments.of_user(user, 9).await.unwrap(), [second, first]);
        }

        async fn of_more_than_is_asked_for_the_newest_are_told() {
            let (user, machine) = (world.user(), world.machine());
            world.say(user, machine, "one").await;
            let (second, third) = (world.say(user, machine, "two").await, world.say(user, machine, "three").await);
            assert_eq!(world.comments.of_user(user, 2).await.unwrap(), [third, second]);
        }
    }
}
