//! `GET /load`

use std::time::Instant;

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::args::Pod;
use crate::burner::Burners;
use crate::error::ApiError;
use crate::inject::Injection;
use crate::memory::Memory;
use crate::work::WorkTime;

/// Text, not a number: a wrong value gets [`WorkTime`]'s explanation.
#[derive(Debug, Deserialize)]
pub struct LoadQuery {
    ms: Option<String>,
    mb: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Burnt {
    pod: String,
    requested_ms: u128,
    elapsed_ms: u128,
}

/// Burns CPU for `?ms=` milliseconds of wall-clock time (5000 without it). The clock starts here,
/// so a request ends on time however many others there are. `?mb=` holds memory meanwhile.
pub async fn load(
    query: web::Query<LoadQuery>,
    burners: web::Data<Burners>,
    memory: web::Data<Memory>,
    injection: web::Data<Injection>,
    pod: web::Data<Pod>,
) -> Result<web::Json<Burnt>, ApiError> {
    let entered = Instant::now();
    let work = WorkTime::parse(query.ms.as_deref())?.duration();
    let _held = match &query.mb {
        Some(mb) => {
            injection.require("mb")?;
            Some(memory.hold(mb).await?)
        }
        None => None,
    };
    burners.burn_until(entered + work).await?;
    Ok(web::Json(Burnt {
        pod: pod.name().to_owned(),
        requested_ms: work.as_millis(),
        elapsed_ms: entered.elapsed().as_millis(),
    }))
}
