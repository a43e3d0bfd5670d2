//! What goes wrong, once: each code with its HTTP status, its gRPC code and whether trying again can help.

use std::fmt;

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    No,
    /// Try again after so many seconds; becomes `Retry-After`.
    AfterSeconds(u32),
}

/// The gRPC codes that Berth uses, by their standard names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcCode {
    InvalidArgument,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    Unauthenticated,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    Unavailable,
    DeadlineExceeded,
    Internal,
}

/// A code's row in the table: what a caller over HTTP and over gRPC gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub status: u16,
    pub rpc: RpcCode,
    pub again: Again,
}

macro_rules! codes {
    ($($name:ident $text:literal $title:literal => $status:literal $rpc:ident $again:expr;)*) => {
        /// What went wrong, by the name that clients see in `code`. Every code is one row below; a code without a row does not compile.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($name,)* }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// A few words that are the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            pub const fn row(self) -> Row {
                match self { $(Self::$name => Row { status: $status, rpc: RpcCode::$rpc, again: $again },)* }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

use Again::{AfterSeconds, No};

codes! {
    // what the caller sent
    InvalidInput "invalid_input" "The request is not valid" => 400 InvalidArgument No;
    UnknownField "unknown_field" "The request has a field that is not known" => 400 InvalidArgument No;
    BodyTooLarge "body_too_large" "The request's body is too large" => 413 InvalidArgument No;
    UnsupportedMediaType "unsupported_media_type" "The body's media type is not one that this call takes" => 415 InvalidArgument No;
    RequestTimeout "request_timeout" "The request did not arrive in time" => 408 InvalidArgument No;
    MethodNotAllowed "method_not_allowed" "This path does not take that method" => 405 InvalidArgument No;
    UpgradeRequired "upgrade_required" "This path speaks WebSocket" => 426 InvalidArgument No;
    RouteNotFound "route_not_found" "There is nothing at this path" => 404 NotFound No;
    InvalidProperty "invalid_property" "A property does not fit the machine" => 422 InvalidArgument No;
    LimitAboveMaximum "limit_above_maximum" "A limit is above what the machine allows" => 422 InvalidArgument No;
    IdempotencyKeyReused "idempotency_key_reused" "This idempotency key was used with another body" => 422 FailedPrecondition No;
    // who the caller is
    Unauthenticated "unauthenticated" "A valid access token is needed" => 401 Unauthenticated No;
    TokenExpired "token_expired" "The access token has expired" => 401 Unauthenticated No;
    SessionClosed "session_closed" "The session was closed" => 401 Unauthenticated No;
    InvalidCredentials "invalid_credentials" "E-mail or password is wrong" => 401 Unauthenticated No;
    RefreshTokenInvalid "refresh_token_invalid" "The refresh token is not valid" => 401 Unauthenticated No;
    UserNotVerified "user_not_verified" "The account is not verified yet" => 403 PermissionDenied No;
    Forbidden "forbidden" "The caller may not do this" => 403 PermissionDenied No;
    ScopeMissing "scope_missing" "The API key may not do this" => 403 PermissionDenied No;
    AccountSuspended "account_suspended" "The account is suspended" => 403 PermissionDenied No;
    SetupCodeRequired "setup_code_required" "The first sign-up needs the set-up code" => 403 PermissionDenied No;
    CodeInvalid "code_invalid" "The code is wrong or no longer valid" => 403 PermissionDenied No;
    // what is not there, or there already
    UserNotFound "user_not_found" "There is no such user" => 404 NotFound No;
    MachineNotFound "machine_not_found" "There is no such machine" => 404 NotFound No;
    AllocationNotFound "allocation_not_found" "There is no such allocation" => 404 NotFound No;
    SessionNotFound "session_not_found" "There is no such session" => 404 NotFound No;
    TenantNotFound "tenant_not_found" "There is no such tenant" => 404 NotFound No;
    ApiKeyNotFound "api_key_not_found" "There is no such API key" => 404 NotFound No;
    CommentNotFound "comment_not_found" "There is no such comment" => 404 NotFound No;
    WebhookNotFound "webhook_not_found" "There is no such webhook" => 404 NotFound No;
    DeadLetterNotFound "dead_letter_not_found" "There is no such dead letter" => 404 NotFound No;
    SiteNotFound "site_not_found" "There is no such site" => 404 NotFound No;
    EmailTaken "email_taken" "This e-mail address has an account already" => 409 AlreadyExists No;
    NameTaken "name_taken" "This name is taken" => 409 AlreadyExists No;
    PhoneTaken "phone_taken" "This telephone number has an account already" => 409 AlreadyExists No;
    OwnAccount "own_account" "An admin cannot do this to their own account" => 409 FailedPrecondition No;
    TooMany "too_many" "There are as many of these as there may be" => 409 ResourceExhausted No;
    LastAdmin "last_admin" "The last admin stays" => 409 FailedPrecondition No;
    RevisionMismatch "revision_mismatch" "Somebody changed this in the meantime" => 412 FailedPrecondition No;
    PreconditionRequired "precondition_required" "This call needs If-Match" => 428 FailedPrecondition No;
    // what does not fit the present state
    QuotaExceeded "quota_exceeded" "The tenant's quota does not allow this" => 409 ResourceExhausted No;
    AllocationNotRunning "allocation_not_running" "The allocation is not running" => 409 FailedPrecondition No;
    AllocationBusy "allocation_busy" "The allocation is in the middle of another change" => 409 Aborted AfterSeconds(2);
    AllocationRemoved "allocation_removed" "The allocation was removed" => 409 FailedPrecondition No;
    MachineInactive "machine_inactive" "The machine is not offered any more" => 409 FailedPrecondition No;
    // too much
    RateLimited "rate_limited" "Too many requests" => 429 ResourceExhausted AfterSeconds(1);
    CodeTooSoon "code_too_soon" "A code was sent a moment ago" => 429 ResourceExhausted AfterSeconds(60);
    Busy "busy" "The service is busy" => 503 Unavailable AfterSeconds(2);
    // what another part did
    EngineUnavailable "engine_unavailable" "The container engine does not answer" => 503 Unavailable AfterSeconds(5);
    SiteFull "site_full" "The site cannot take more" => 503 ResourceExhausted AfterSeconds(30);
    StoreUnavailable "store_unavailable" "The database does not answer" => 503 Unavailable AfterSeconds(2);
    PeerUnavailable "peer_unavailable" "A part of the platform does not answer" => 503 Unavailable AfterSeconds(2);
    SessionUnknown "session_unknown" "Whether the session is open cannot be told right now" => 503 Unavailable AfterSeconds(2);
    ShuttingDown "shutting_down" "The service is going away" => 503 Unavailable AfterSeconds(2);
    DeadlineExceeded "deadline_exceeded" "It took too long" => 504 DeadlineExceeded AfterSeconds(2);
    StaleEpoch "stale_epoch" "Another replica has taken this work over" => 409 Aborted AfterSeconds(1);
    // what the engine met; also the reasons that an allocation's `failed` carries
    ImagePullFailed "image_pull_failed" "The image could not be had" => 502 FailedPrecondition No;
    PortUnavailable "port_unavailable" "The host port is taken by something else" => 409 Aborted AfterSeconds(2);
    ReadinessTimeout "readiness_timeout" "The program was not ready in time" => 504 DeadlineExceeded No;
    ContainerExited "container_exited" "The program ended by itself" => 409 FailedPrecondition No;
    OomKilled "oom_killed" "The program used more memory than its limit" => 409 FailedPrecondition No;
    ContainerConflict "container_conflict" "A container of this name with another specification is there" => 409 AlreadyExists No;
    EngineRefused "engine_refused" "The container engine refused" => 502 Internal No;
    // what carried a message; also the reasons that a delivery's `dead` carries
    MailRefused "mail_refused" "The mail server refused the message" => 502 FailedPrecondition No;
    MailServerUnavailable "mail_server_unavailable" "The mail server does not answer" => 503 Unavailable AfterSeconds(5);
    SmsRefused "sms_refused" "The gateway for text messages refused the message" => 502 FailedPrecondition No;
    SmsGatewayUnavailable "sms_gateway_unavailable" "The gateway for text messages does not answer" => 503 Unavailable AfterSeconds(5);
    WebhookUrlForbidden "webhook_url_forbidden" "The webhook's address is not a public one" => 422 InvalidArgument No;
    WebhookRefused "webhook_refused" "The webhook's receiver refused the message" => 502 FailedPrecondition No;
    WebhookUnreachable "webhook_unreachable" "The webhook's receiver does not answer" => 503 Unavailable AfterSeconds(5);
    DeliveryExpired "delivery_expired" "The message came too late to be sent" => 409 FailedPrecondition No;
    NoGateway "no_gateway" "There is no gateway for text messages" => 422 FailedPrecondition No;
    Internal "internal" "Something went wrong on our side" => 500 Internal No;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a failed call left behind. A connection lost at COMMIT is `Unknown`: look before repeating or undoing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    Unknown,
}

/// A failure on its way to whoever asked: one code, a sentence for the user, detail for the operator.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {detail}{}", .operator.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
pub struct Failure {
    pub code: ErrorCode,
    /// A sentence that the user may read.
    pub detail: String,
    /// The field of the request that is at fault, as a dotted path.
    pub field: Option<String>,
    /// Goes to the log, never to the user.
    pub operator: Option<String>,
    /// In place of the row's own, where the wait is known.
    pub retry_after: Option<u32>,
    pub left: Left,
}

impl Failure {
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), field: None, operator: None, retry_after: None, left: Left::Nothing }
    }

    /// A failure whose title says enough.
    pub fn of(code: ErrorCode) -> Self {
        Self::new(code, format!("{}.", code.title()))
    }

    /// Something that should not happen; the user learns nothing about it but the request id.
    pub fn internal(operator: impl fmt::Display) -> Self {
        Self::of(ErrorCode::Internal).operator(operator)
    }

    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidInput, detail).field(field)
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn operator(mut self, detail: impl fmt::Display) -> Self {
        self.operator = Some(detail.to_string());
        self
    }

    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Marks that the change may have happened all the same.
    #[must_use]
    pub const fn unknown(mut self) -> Self {
        self.left = Left::Unknown;
        self
    }

    pub const fn again(&self) -> Again {
        match self.retry_after {
            Some(seconds) => Again::AfterSeconds(seconds),
            None => self.code.row().again,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_name_and_a_sensible_status() {
        let mut names = std::collections::BTreeSet::new();
        for code in ErrorCode::ALL {
            assert!(names.insert(code.as_str()), "{code} stands twice");
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
            assert!((400..600).contains(&code.row().status), "{code}");
        }
    }

    #[test]
    fn what_is_away_says_when_to_come_back() {
        for code in ErrorCode::ALL.iter().filter(|code| matches!(code.row().status, 429 | 503)) {
            assert!(matches!(code.row().again, Again::AfterSeconds(_)), "{code}");
        }
    }
}
