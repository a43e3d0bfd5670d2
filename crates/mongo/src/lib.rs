//! What services on MongoDB share.
