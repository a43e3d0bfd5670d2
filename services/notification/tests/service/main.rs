//! The service from events and calls to receivers: over a real file, a mail server, a gateway for texts and receivers of
//! webhooks that speak their protocols, with a clock that the test moves.

mod codes;
mod crash;
mod dead_letters;
mod forbidden;
mod kept;
mod news;
mod preferences;
mod slow;
mod support;
mod texts;
mod webhook_calls;
mod webhooks;
