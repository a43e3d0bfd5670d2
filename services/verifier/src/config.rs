//! How long the verifier waits, remembers and trusts.

use std::time::Duration;

/// The bounds that users notice: each is a promise, not a tuning knob.
#[derive(Clone, Copy, Debug)]
pub struct VerifierConfig {
    /// How long an event may take before the owner is asked.
    pub patience: Duration,
    /// How often the copy is looked at meanwhile: another replica may have taken the event in.
    pub look_again: Duration,
    /// How long a yes is given again without looking.
    pub verdict_life: Duration,
    /// How long user's answer about an API key is kept; shorter than closures are.
    pub key_life: Duration,
    /// The shortest time between two questions to an owner about the same no.
    pub confirm_pause: Duration,
    /// How often user is asked for closures.
    pub closure_poll: Duration,
    /// How long closures are kept: longer than the 15 minutes that an access token lives.
    pub closure_life: Duration,
    /// How long writes go on after user was last heard.
    pub writes_trust: Duration,
    /// How long reads go on after user was last heard.
    pub reads_trust: Duration,
}

impl Default for VerifierConfig {
    fn default() -> Self {
        Self {
            patience: Duration::from_millis(250),
            look_again: Duration::from_millis(20),
            verdict_life: Duration::from_secs(1),
            key_life: Duration::from_secs(60),
            confirm_pause: Duration::from_secs(1),
            closure_poll: Duration::from_secs(1),
            closure_life: Duration::from_secs(20 * 60),
            writes_trust: Duration::from_secs(5),
            reads_trust: Duration::from_secs(60),
        }
    }
}
