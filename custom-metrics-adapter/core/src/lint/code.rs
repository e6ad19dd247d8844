//! The kinds of findings.

use super::Severity::{self, Error, Note, Warning};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $severity:ident, $title:literal, $why:literal;)*) => {
        /// A kind of finding. Identifiers are stable: scripts look for them.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Such as `CM001`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The usual one; a finding may be more or less severe.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => $severity,)* }
            }

            /// A few words for a table.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Why it bites.
            pub fn why(self) -> &'static str {
                match self { $(Self::$name => $why,)* }
            }
        }
    };
}

codes! {
    Overlap = "CM001", Warning, "two rules make the same metric",
        "the last rule in the file wins without a word, so HPAs read another query than the one above it says";
    ManySeries = "CM002", Warning, "several series make the same metric",
        "only the last of them is read; the others are never seen";
    ShortWindow = "CM003", Warning, "a rate's window is under four scrapes",
        "one lost scrape makes rates jump, and with fewer than two samples the pod has no value at all";
    LostLabel = "CM004", Error, "the result has lost the object's label",
        "samples are matched to objects by that label, so no object ever gets a value";
    BareCounter = "CM005", Warning, "a counter is read without a rate",
        "it only ever grows, so an HPA scales to its maximum and stays there until the pods restart";
    RateOfGauge = "CM006", Note, "a rate is taken of what is not named like a counter",
        "each time a gauge falls, a rate takes it for a restart and counts the whole value as an increase";
    NothingMatches = "CM007", Warning, "no series belongs to the rule",
        "the rule offers no metric, or one without values: HPAs show <unknown>";
    TextLost = "CM008", Warning, "name.matches leaves text outside its match",
        "the metric's name is the expansion alone: what surrounds the match is dropped, and names may collide";
    UnknownGroup = "CM009", Error, "name.as refers to a group that does not exist",
        "such a reference expands to nothing, so the metric gets another name than intended, or none";
    NoNamespaceLabel = "CM010", Error, "a namespaced external rule has no namespace label",
        "every request for it fails with 500, for ever";
    EmptyMatcher = "CM011", Error, "the query has a comma without a matcher",
        "without a selector <<.LabelMatchers>> is empty there, and Prometheus refuses the query";
    NotConfined = "CM012", Error, "the query is not confined to what is asked for",
        "it reads the series of every namespace and every object, each time, and equal names in two namespaces are mixed up";
    SelectorIgnored = "CM013", Note, "selectors on the metric are ignored",
        "an HPA with metric.selector reads the same value as one without";
    NotANumber = "CM014", Warning, "a ratio may be 0/0",
        "0/0 is NaN: prometheus-adapter makes it 0 and shrinks idle workloads, this adapter leaves the object out; an external answer with one NaN is an error as a whole";
    NoResources = "CM015", Error, "the rule names no resource",
        "its metric belongs to nothing and never appears";
    NoQuery = "CM016", Error, "there is no query to send",
        "every request fails: 404 for custom metrics, 500 for external ones";
    TwoLabels = "CM017", Warning, "two labels name the same resource",
        "prometheus-adapter picks one of them at random at each start; this adapter takes the first in the file";
    UnknownResource = "CM018", Warning, "an override names an unknown resource",
        "prometheus-adapter does not start with it; this adapter leaves the override out until the cluster has the resource";
    OutOfReach = "CM019", Note, "no HPA can read the metric",
        "an HPA reads every metric below its own namespace, where metrics of nodes and persistent volumes never are";
    LabelTemplate = "CM020", Note, "the label template does not mean what it seems to",
        "labels become resources by their names alone";
    InequalityMeant = "CM021", Warning, "a regular expression is compared for equality",
        "!= and = compare the whole text, so the expression excludes (or selects) nothing";
    OneRow = "CM022", Note, "GroupBy is empty in external rules",
        "all series are added up into one row without labels";
    NoBuckets = "CM023", Error, "a quantile has lost the buckets",
        "histogram_quantile needs the label le; without it the result is empty or NaN";
    EverySeries = "CM024", Note, "the rule looks at nearly every series",
        "prometheus-adapter fetches all of them at each relist, with gigabytes of memory on large servers; this adapter asks for their names";
    Refused = "CM030", Error, "Prometheus refuses the query",
        "every request for the metric fails";
    NoValueNow = "CM031", Note, "the metric has no value now",
        "an HPA that reads it shows <unknown> until it has one";
    NotANumberNow = "CM032", Warning, "values are NaN or infinite now",
        "such an object is left out here, and read as 0 by prometheus-adapter";
    ManySamples = "CM033", Warning, "several samples describe one object",
        "only the last of them counts, and which one that is may change";
    UnsurePolicy = "CM034", Note, "a policy may belong to no metric",
        "only the series in Prometheus tell which metrics the rule makes; a policy without one changes nothing";
    NotOffered = "CM040", Error, "an HPA asks for a metric that no rule offers",
        "the HPA shows <unknown> and does not scale on it";
    NoAnswer = "CM041", Error, "an HPA finds no value",
        "the HPA shows <unknown> and does not scale on it";
    UnknownKind = "CM042", Error, "an HPA describes an object of an unknown kind",
        "its controller cannot ask for the metric";
    BadKey = "CM043", Error, "an HPA selects by a key that is no label of Prometheus",
        "keys go into the query as they are, and Prometheus refuses it";
    BadManifest = "CM044", Error, "an HPA's manifest cannot be used",
        "its controller reports the same and does not scale";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn identifiers_are_unique_and_in_order() {
        let ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
        let sorted: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids, sorted.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn every_kind_stands_in_the_document() {
        let document = include_str!("../../../../docs/CHECK.md");
        for code in Code::ALL {
            let row = format!(
                "| {} | {} | {} | {} |",
                code.id(),
                code.severity(),
                code.title(),
                code.why()
            );
            assert!(document.contains(&row), "docs/CHECK.md lacks: {row}");
        }
        let rows = document
            .lines()
            .filter(|line| line.starts_with("| CM"))
            .count();
        assert_eq!(rows, Code::ALL.len());
    }
}
