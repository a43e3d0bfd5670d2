//! What topics are called on a broker: our names behind a prefix, so that several installations, or tests, share one.

use std::sync::Arc;

use crate::event::Topic;

/// The prefix of our own names.
const OURS: &str = "berth.";

/// Topics as one installation calls them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(Arc<[(Topic, String)]>);

impl Default for Names {
    fn default() -> Self {
        Self::new(OURS)
    }
}

impl Names {
    pub fn new(prefix: &str) -> Self {
        let own = |topic: Topic| topic.as_str().strip_prefix(OURS).unwrap_or(topic.as_str());
        Self(Topic::all().map(|topic| (topic, format!("{prefix}{}", own(topic)))).collect())
    }

    pub fn of(&self, topic: Topic) -> &str {
        self.0.iter().find(|(of, _)| *of == topic).map_or(topic.as_str(), |(_, name)| name)
    }

    /// Where events go that a reader of the topic could not read.
    pub fn letters_of(&self, topic: Topic) -> String {
        format!("{}.dlq", self.of(topic))
    }

    pub fn parse(&self, name: &str) -> Option<Topic> {
        self.0.iter().find(|(_, of)| of == name).map(|(topic, _)| *topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::ServiceName;

    #[test]
    fn a_name_is_read_back_under_its_own_prefix_alone() {
        let (ours, theirs) = (Names::default(), Names::new("t1.berth."));
        assert_eq!(ours.of(Topic::User), "berth.user.v1");
        assert_eq!(theirs.of(Topic::Audit(ServiceName::Feed)), "t1.berth.audit.feed.v1");
        assert_eq!(theirs.letters_of(Topic::Node), "t1.berth.node.v1.dlq");
        for topic in Topic::all() {
            assert_eq!(theirs.parse(theirs.of(topic)), Some(topic));
            assert_eq!(theirs.parse(ours.of(topic)), None);
        }
    }
}
