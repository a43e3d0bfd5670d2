//! A machine's standing as clients see it, and what they send to change it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{Stance, Standing};

/// What all think of a machine, and what the caller does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Like)]
pub struct LikeView {
    pub likes: u64,
    pub dislikes: u64,
    /// The caller's own; null for neither, and for callers without a token.
    #[schema(required = true)]
    pub mine: Option<LikeStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LikeStatus {
    Like,
    Dislike,
}

/// What the caller thinks from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LikeBody {
    pub status: LikeStatus,
}

impl From<Standing> for LikeView {
    fn from(standing: Standing) -> Self {
        let mine = standing.mine.map(|stance| match stance {
            Stance::Like => LikeStatus::Like,
            Stance::Dislike => LikeStatus::Dislike,
        });
        Self { likes: standing.likes, dislikes: standing.dislikes, mine }
    }
}

impl From<LikeStatus> for Stance {
    fn from(status: LikeStatus) -> Self {
        match status {
            LikeStatus::Like => Self::Like,
            LikeStatus::Dislike => Self::Dislike,
        }
    }
}
