//! The paths that exist, and which of them count as traffic.

/// Where a request goes. Labels come from here, so their number never depends on what clients ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    Root,
    Data,
    Load,
    Health,
    Ready,
    Metrics,
    /// Any other path.
    Unmatched,
}

impl Endpoint {
    /// The endpoints whose requests are counted. Probes and scrapes are not: they come to an idle
    /// pod too, and would keep a low request rate from ever reading 0.
    pub const COUNTED: [Self; 4] = [Self::Root, Self::Data, Self::Load, Self::Unmatched];

    /// The endpoint that serves `path`.
    pub fn of(path: &str) -> Self {
        match path {
            "/" => Self::Root,
            "/api/data" => Self::Data,
            "/load" => Self::Load,
            "/health" => Self::Health,
            "/ready" => Self::Ready,
            "/metrics" => Self::Metrics,
            _ => Self::Unmatched,
        }
    }

    /// The route's template, which is also the value of the label `path`.
    pub fn template(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::Data => "/api/data",
            Self::Load => "/load",
            Self::Health => "/health",
            Self::Ready => "/ready",
            Self::Metrics => "/metrics",
            Self::Unmatched => "unmatched",
        }
    }

    /// The status code that a GET here normally gets.
    pub fn usual_code(self) -> &'static str {
        match self {
            Self::Unmatched => "404",
            _ => "200",
        }
    }

    /// The other codes a GET here may get by the client's doing or under load.
    pub fn other_codes(self) -> &'static [&'static str] {
        match self {
            Self::Load => &["400", "499", "503"],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_leads_back_to_its_endpoint() {
        use Endpoint::{Data, Health, Load, Metrics, Ready, Root, Unmatched};
        for endpoint in [Root, Data, Load, Health, Ready, Metrics, Unmatched] {
            assert_eq!(Endpoint::of(endpoint.template()), endpoint);
        }
    }

    #[test]
    fn a_path_is_matched_as_a_whole() {
        for path in ["", "/load/", "/loads", "/api", "//", "/LOAD"] {
            assert_eq!(Endpoint::of(path), Endpoint::Unmatched, "{path}");
        }
    }
}
