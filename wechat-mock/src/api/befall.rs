//! Faults, as they happen to a call.

use std::{io, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;

use super::{
    Endpoint,
    call::Call,
    family, gateway,
    reply::{Style, Wire},
    run,
};
use crate::{
    faults::FaultKind,
    journal::{Answered, Outcome},
    marks::Broken,
    mock::Mock,
    refusal::Refusal,
    world::World,
};

/// What a gateway says instead of WeChat.
fn page(status: StatusCode) -> Bytes {
    let reason = status.canonical_reason().unwrap_or("Error");
    let number = status.as_u16();
    format!(
        "<html>\r\n<head><title>{number} {reason}</title></head>\r\n<body>\r\n\
         <center><h1>{number} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    .into()
}

/// The fault that befalls a call, if one does.
pub(super) fn fault_of(mock: &Mock, call: &Call) -> Option<FaultKind> {
    if !mock.faults.is_any_in_force() {
        return None;
    }
    let appid = appid_of(&mock.world.lock(), call);
    mock.faults.lock().inject(&call.path, appid.as_deref())
}

/// Whose call it is, as far as its token or its own words tell.
fn appid_of(world: &World, call: &Call) -> Option<String> {
    if let Some(token) = call.query.get("access_token") {
        let (number, _) = world.token(token)?;
        return Some(world.account(number).profile.appid.clone());
    }
    let in_body = || call.given().ok()?.text("appid");
    call.query.get("appid").or_else(in_body).map(str::to_owned)
}

/// Answers a call that a fault befalls.
pub(super) async fn answer(
    mock: &Mock,
    endpoint: Option<&Endpoint>,
    call: Call,
    fault: FaultKind,
) -> Response {
    let work = |call| run(mock, endpoint, call, Some(fault));
    match fault {
        FaultKind::DelayMs(delay) => {
            // Done first: a caller that goes away meanwhile ends the wait, and not what it asked for.
            let wire = work(call);
            tokio::time::sleep(Duration::from_millis(delay)).await;
            wire.into_response()
        }
        FaultKind::Errcode(errcode) => {
            let refusal = Refusal::numbered("WX-FLT-001", errcode)
                .expected("no fault in force")
                .received(format!("the fault errcode {errcode}"));
            let style = {
                let world = mock.world.lock();
                Style {
                    family: family(&call.path),
                    switches: world.switches,
                    now: world.now(),
                }
            };
            // Other numbers come with the text and the tail of the back end that would have been asked.
            let wire = Wire::of_refusal(&refusal, gateway::answers(errcode), style);
            leave(mock, call, wire.clone(), Outcome::Refused(refusal), fault);
            wire.into_response()
        }
        FaultKind::HttpStatus(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let wire = Wire {
                status,
                ..Wire::foreign("text/html", page(status))
            };
            leave(mock, call, wire.clone(), Outcome::Lost, fault);
            wire.into_response()
        }
        FaultKind::Reset => {
            leave(
                mock,
                call,
                Wire::foreign("", Bytes::new()),
                Outcome::Lost,
                fault,
            );
            broken(Broken::Reset)
        }
        FaultKind::LostAnswer => {
            work(call);
            broken(Broken::Closed)
        }
        FaultKind::Truncate(bytes) => cut(work(call), bytes),
        FaultKind::Garbage => {
            let wire = work(call);
            let garbage = wire.body.iter().rev().map(|byte| byte ^ 0xA5).collect();
            Wire {
                body: garbage,
                ..wire
            }
            .into_response()
        }
    }
}

/// Writes a call that WeChat never heard of into the journal.
fn leave(mock: &Mock, call: Call, wire: Wire, outcome: Outcome, fault: FaultKind) {
    let world = mock.world.lock();
    let (now, appid) = (world.now(), appid_of(&world, &call));
    let journal = mock.journal.lock();
    drop(world);
    let answered = Answered {
        call,
        now,
        appid,
        wire,
        advice: Vec::new(),
        outcome,
        fault: Some(fault),
    };
    mock.write_down(journal, answered);
}

/// No answer: the connection ends.
fn broken(how: Broken) -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(how);
    response
}

/// An answer that announces its whole length and ends before.
fn cut(wire: Wire, bytes: usize) -> Response {
    let whole = wire.body.clone();
    let mut response = wire.into_response();
    if bytes < whole.len() {
        let parts = [
            Ok(whole.slice(..bytes)),
            Err(io::Error::other("cut on purpose")),
        ];
        *response.body_mut() = Body::from_stream(stream::iter(parts));
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    }
    response
}
