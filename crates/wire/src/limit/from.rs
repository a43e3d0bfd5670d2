//! Where an attempt comes from, as an argument: extracting it counts the attempt.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use kit::Failure;

use crate::Problem;
use crate::auth::Door;

/// The client's address, for calls that try a password or a code.
#[derive(Clone, Copy, Debug)]
pub struct CredentialsFrom(pub IpAddr);

impl FromRequest for CredentialsFrom {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let client = client(request);
        Box::pin(async move {
            let (door, address) = client?;
            door.limits.credentials(address).await?;
            Ok(Self(address))
        })
    }
}

/// The client's address, for calls that try a token.
#[derive(Clone, Copy, Debug)]
pub struct RenewalFrom(pub IpAddr);

impl FromRequest for RenewalFrom {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let client = client(request);
        Box::pin(async move {
            let (door, address) = client?;
            door.limits.renewal(address).await?;
            Ok(Self(address))
        })
    }
}

fn client(request: &HttpRequest) -> Result<(web::Data<Door>, IpAddr), Failure> {
    let door = request.app_data::<web::Data<Door>>().ok_or_else(|| Failure::internal("no door was set up"))?;
    Ok((door.clone(), door.limits.client_of(request)))
}
